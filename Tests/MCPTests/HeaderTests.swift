// Header values: white space, the base64 sentinel, media types, base64 itself.
import Testing

@testable import MCP

@Suite struct HeaderTests {
  @Test(arguments: [
    ("plain", "plain"), ("  padded\t", "padded"), ("", ""), ("a b\tc", "a b\tc"),
    ("=?base64?SGVsbG8=?=", "Hello"), (" =?base64?SGVsbG8=?= ", "Hello"), ("=?base64??=", ""),
    ("=?base64?w7zDtg==?=", "üö"),
    // Decoded once: what looks encoded inside is the value.
    ("=?base64?PT9iYXNlNjQ/U0dWc2JHOD0/PQ==?=", "=?base64?SGVsbG8=?="),
    // No prefix or no suffix is a literal, and so is another spelling of the markers.
    ("SGVsbG8=?=", "SGVsbG8=?="), ("=?base64?SGVsbG8=", "=?base64?SGVsbG8="),
    ("=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?="),
    ("=?base64?=", "=?base64?="), ("x=?base64?SGVsbG8=?=", "x=?base64?SGVsbG8=?="),
  ])
  func valueIsDecoded(_ field: String, _ expected: String) {
    #expect(HeaderValue.decoded(Fixture.bytes(field)[...]).map { Fixture.text($0) } == expected)
  }

  @Test(arguments: [
    "=?base64?SGVsbG8?=", "=?base64?SGVs bG8=?=", "=?base64?SGV-bG8=?=", "=?base64?SGVsbG9=?=", "=?base64?=?=",
    "=?base64?====?=", "=?base64?/w==?=", "=?base64?7aCA?=", "ü", "a\u{7F}", "a\u{1}b",
  ])
  func malformedValueIsRefused(_ field: String) {
    #expect(HeaderValue.decoded(Fixture.bytes(field)[...]) == nil)
  }

  @Test(arguments: ["", "TQ==", "TWE=", "TWFu", "TWFuTQ==", "//79", "AAAA"])
  func bothReadersTakeCanonicalBase64(_ text: String) {
    let bytes = Fixture.bytes(text)
    let isValid = Base64.isValid(bytes.span)
    #expect(isValid)
    #expect(Base64.decoded(bytes[...])?.count == text.count / 4 * 3 - text.filter { $0 == "=" }.count)
  }

  @Test(arguments: ["T", "TQ", "TQ=", "TR==", "TWF=", "T===", "=", "====", "TQ==TQ==", "TW Fu", "TWF_", "TWFu\n"])
  func bothReadersRefuseTheRest(_ text: String) {
    let bytes = Fixture.bytes(text)
    let isValid = Base64.isValid(bytes.span)
    #expect(!isValid)
    #expect(Base64.decoded(bytes[...]) == nil)
  }

  @Test(arguments: [
    ("application/json, text/event-stream", true), ("*/*", true), ("application/*", true), ("application/json", true),
    ("text/event-stream, */*;q=0.1", true), ("Application/JSON;q=0.5", true),
    ("application/json;q=0, */*", false), ("application/json ; q=0.000", false), ("application/*;q=0, */*", false),
    ("text/event-stream", false), ("text/html", false), ("application/jsonp", false), ("", false),
    ("text/html;x=\"a,application/json\"", false), ("*/*;q=0, application/json", true),
  ])
  func acceptDecides(_ value: String, _ accepted: Bool) throws {
    let headers = [(name: "Accept", value: value), (name: "Content-Type", value: "application/json")]
    let answer = try #require(Fixture.send(Fixture.legacyBody("ping"), headers: headers).answer)
    #expect(answer.status == (accepted ? 200 : 406))
  }

  @Test func acceptMayBeAbsentOrInSeveralLines() throws {
    let type = [(name: "Content-Type", value: "application/json")]
    #expect(Fixture.send(Fixture.legacyBody("ping"), headers: type).answer?.status == 200)
    let lines = type + [(name: "accept", value: "text/event-stream"), (name: "Accept", value: "application/json")]
    #expect(Fixture.send(Fixture.legacyBody("ping"), headers: lines).answer?.status == 200)
  }

  @Test(arguments: [
    ("application/json", 200), ("application/json; charset=utf-8", 200), ("APPLICATION/JSON;Charset=\"UTF-8\"", 200),
    (" application/json ", 200), ("application/json; profile=x", 200), ("application/json;charset=latin1", 415),
    ("text/json", 415), ("text/plain", 415), ("application/json-rpc", 415), ("", 415),
    ("application/x-www-form-urlencoded", 415),
  ])
  func contentTypeDecides(_ value: String, _ status: Int) throws {
    let headers = [(name: "Accept", value: "*/*"), (name: "Content-Type", value: value)]
    #expect(Fixture.send(Fixture.legacyBody("ping"), headers: headers).answer?.status == status)
  }

  @Test func contentTypeIsNeededOnce() {
    let accept = [(name: "Accept", value: "*/*")]
    #expect(Fixture.send(Fixture.legacyBody("ping"), headers: accept).answer?.status == 415)
    let twice = Fixture.transport + [(name: "content-type", value: "application/json")]
    #expect(Fixture.send(Fixture.legacyBody("ping"), headers: twice).answer?.status == 415)
  }

  @Test func headerNamesAreOfAnyCaseAndValuesArePadded() {
    let headers =
      Fixture.transport + [
        (name: "mCP-PROTOCOL-version", value: " 2026-07-28\t"), (name: "MCP-METHOD", value: " tools/call"),
        (name: "mcp-NAME", value: "\tplain "),
      ]
    #expect(Fixture.send(Fixture.modernBody("tools/call", params: #""name":"plain""#), headers: headers).call != nil)
  }

  @Test func nameMayBeEncoded() {
    let headers = Fixture.modernHeaders("tools/call", name: "=?base64?cGxhaW4=?=")
    #expect(Fixture.send(Fixture.modernBody("tools/call", params: #""name":"plain""#), headers: headers).call != nil)
    let literal = Fixture.modernHeaders("tools/call", name: "cGxhaW4=?=")
    #expect(
      Fixture.send(Fixture.modernBody("tools/call", params: #""name":"plain""#), headers: literal).answer?.code
        == -32020)
  }

  @Test func unsolicitedNameIsIgnored() {
    let headers = Fixture.modernHeaders("tools/list", name: "=?base64?broken?=")
    #expect(Fixture.send(Fixture.modernBody("tools/list"), headers: headers).answer?.status == 200)
  }
}
