// A guest's answer on its way to the caller: bare values, explicit results, text, faults.
import JSON
import Testing

@testable import MCP

@Suite struct EncodeTests {
  static let older: [Revision] = [.v20250618, .v20251125]

  @Test func objectIsStructuredAndText() {
    let answer = Fixture.encoded(#" { "a" : "x\"\u00e9", "content":[1] } "#)
    #expect(answer.status == 200)
    #expect(answer.verdict == .result)
    #expect(answer.at("result", "resultType") == "complete")
    #expect(answer.at("result", "structuredContent") == #"{ "a" : "x\"\u00e9", "content":[1] }"#)
    #expect(answer.at("result", "content", "0", "type") == "text")
    #expect(answer.at("result", "content", "0", "text") == #"{ "a" : "x\"\u00e9", "content":[1] }"#)
    #expect(answer.at("result", "content", "1") == nil)
    #expect(answer.at("result", "isError") == nil)
    #expect(answer.at("result", "_meta", "io.modelcontextprotocol/serverInfo", "name") == "atoll-test")
  }

  @Test(arguments: older)
  func objectIsStructuredOnTheNewerLegacyRevisions(_ revision: Revision) {
    let answer = Fixture.encoded(#"{"a":1}"#, revision: revision)
    #expect(
      answer.text
        == #"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\"a\":1}"}],"#
        + #""structuredContent":{"a":1}}}"#
    )
  }

  @Test func objectIsTextOnTheFirstRevision() {
    let answer = Fixture.encoded(#"{"a":1}"#, revision: .v20250326)
    #expect(answer.text == #"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\"a\":1}"}]}}"#)
  }

  @Test func arrayIsStructuredOnlyOnTheModernRevision() {
    #expect(Fixture.encoded("[1,2]").at("result", "structuredContent") == "[1,2]")
    for revision in Revision.allCases where !revision.isModern {
      let answer = Fixture.encoded("[1,2]", revision: revision)
      #expect(answer.at("result", "structuredContent") == nil)
      #expect(answer.at("result", "content", "0", "text") == "[1,2]")
    }
  }

  @Test func stringIsText() {
    let answer = Fixture.encoded(#""line\n\"q\" \u0041 é""#)
    #expect(answer.at("result", "content", "0", "text") == "line\n\"q\" A é")
    #expect(answer.at("result", "structuredContent") == nil)
  }

  @Test(arguments: ["5", "-1.5e10", "true", "false", "null"])
  func scalarIsText(_ value: String) {
    let answer = Fixture.encoded(value)
    #expect(answer.at("result", "content", "0", "text") == value)
    #expect(answer.at("result", "structuredContent") == nil)
  }

  @Test func scalarWithAnOutputSchemaIsStructured() {
    #expect(Fixture.encoded("5", tool: "counted").at("result", "structuredContent") == "5")
    let legacy = Fixture.encoded("5", tool: "counted", revision: .v20251125)
    #expect(legacy.at("result", "structuredContent") == nil)
    #expect(legacy.at("result", "content", "0", "text") == "5")
  }

  @Test func brokenPromiseIsAToolErrorWithItsDetailInTheLog() {
    for (guest, form) in [
      (#"{"sum":"x"}"#, ToolOutcome.Form.json), ("{}", .json), ("5", .json), (#"{"sum":1,"sum":"x"}"#, .json),
      (#"{"result":{"content":[]}}"#, .json), (#"{"result":{"structuredContent":{}}}"#, .json),
      ("plain text", .jsonOrText),
    ] {
      let answer = Fixture.encoded(guest, tool: "typed", form: form)
      #expect(answer.status == 200)
      #expect(answer.verdict == .toolError)
      #expect(answer.at("result", "isError") == "true")
      #expect(answer.at("result", "structuredContent") == nil)
      #expect(answer.at("result", "content", "0", "text")?.contains("output schema") == true)
      #expect(answer.note?.contains("`typed`") == true)
    }
    let kept = Fixture.encoded(#"{"sum":1.5}"#, tool: "typed")
    #expect(kept.at("result", "structuredContent", "sum") == "1.5")
    #expect(kept.note == nil)
  }

  @Test func failureNeedNotKeepThePromise() {
    let answer = Fixture.encoded(
      #"{"result":{"content":[{"type":"text","text":"no such city"}],"isError":true}}"#, tool: "typed")
    #expect(answer.verdict == .toolError)
    #expect(answer.note == nil)
    #expect(answer.at("result", "content", "0", "text") == "no such city")
    #expect(answer.at("result", "isError") == "true")
  }

  @Test func commandsTextIsOneBlock() {
    for (output, text) in [
      ("3 12 80\n", "3 12 80"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("", ""), ("\n", ""), ("{not json", "{not json"),
      ("\u{1}\"\\", "\u{1}\"\\"),
    ] {
      let answer = Fixture.encoded(output, form: .jsonOrText)
      #expect(answer.at("result", "content", "0", "text") == text)
      #expect(answer.at("result", "structuredContent") == nil)
      #expect(answer.verdict == .result)
    }
    #expect(Fixture.encoded("{\"a\":1}\n", form: .jsonOrText).at("result", "structuredContent", "a") == "1")
    #expect(Fixture.encoded("\"x\"\n", form: .jsonOrText).at("result", "content", "0", "text") == "x")
  }

  @Test func textTooLargeForTheParserIsStillText() throws {
    let call = try #require(Fixture.modernCall("plain").call)
    let pool = JSONPool(bytes: 8 << 10)
    let text = String(repeating: "word ", count: 10_000)
    let answer = encode(.answer(Fixture.bytes(text), form: .jsonOrText), for: call, pool: pool)
    #expect(answer.at("result", "content", "0", "text") == text)
    let json = "[" + String(repeating: "1,", count: 10_000) + "1]"
    #expect(encode(.answer(Fixture.bytes(json), form: .jsonOrText), for: call, pool: pool).verdict == .toolError)
    #expect(encode(.answer(Fixture.bytes(json), form: .json), for: call, pool: pool).verdict == .toolError)
  }

  @Test func explicitResultGoesOutAsItIsWritten() {
    let content =
      #"[ {"type":"text","text":"a"}, {"type":"image","data":"TQ==","mimeType":"image/png","#
      + #""annotations":{"audience":["user"],"priority":0.5}} ]"#
    let answer = Fixture.encoded(
      #"{"result":{"_meta":{"com.example/x":{"a":1},"y":2},"content":\#(content),"structuredContent":{"n":1}}}"#)
    #expect(answer.verdict == .result)
    #expect(answer.at("result", "content") == content)
    #expect(answer.at("result", "structuredContent") == #"{"n":1}"#)
    #expect(answer.at("result", "_meta", "com.example/x", "a") == "1")
    #expect(answer.at("result", "_meta", "y") == "2")
    #expect(answer.at("result", "_meta", "io.modelcontextprotocol/serverInfo", "name") == "atoll-test")
    #expect(answer.at("result", "result") == nil)
  }

  @Test func explicitMetaGoesOutOnLegacyToo() {
    let answer = Fixture.encoded(#"{"result":{"content":[],"_meta":{"a":1}}}"#, revision: .v20250618)
    #expect(answer.text == #"{"jsonrpc":"2.0","id":1,"result":{"content":[],"_meta":{"a":1}}}"#)
  }

  @Test func contentIsMadeWhereThereIsNone() {
    let only = #"{"result":{"structuredContent":{"n":1}}}"#
    for revision in Revision.allCases {
      let answer = Fixture.encoded(only, revision: revision)
      #expect(answer.at("result", "content", "0", "text") == #"{"n":1}"#)
      #expect((answer.at("result", "structuredContent") != nil) == (revision >= .v20250618))
    }
    // The worker wants no text, and the caller can read the structure.
    #expect(Fixture.encoded(#"{"result":{"content":[],"structuredContent":{"n":1}}}"#).at("result", "content") == "[]")
    // The caller cannot.
    let list = Fixture.encoded(#"{"result":{"content":[],"structuredContent":[1]}}"#, revision: .v20251125)
    #expect(list.at("result", "content", "0", "text") == "[1]")
    #expect(list.at("result", "structuredContent") == nil)
    #expect(Fixture.encoded(#"{"result":{"structuredContent":null}}"#).at("result", "structuredContent") == "null")
    #expect(Fixture.encoded(#"{"result":{"structuredContent":"s"}}"#).at("result", "content", "0", "text") == "s")
  }

  @Test func resourceLinkIsTextOnTheFirstRevision() {
    let guest = #"{"result":{"content":[{"type":"text","text":"a"},{"type":"resource_link","uri":"x:y","name":"n"}]}}"#
    let answer = Fixture.encoded(guest, revision: .v20250326)
    #expect(answer.at("result", "content", "0", "text") == "a")
    #expect(answer.at("result", "content", "1", "type") == "text")
    #expect(answer.at("result", "content", "1", "text") == "n: x:y")
    #expect(Fixture.encoded(guest, revision: .v20250618).at("result", "content", "1", "uri") == "x:y")
  }

  @Test(arguments: [
    #"{"type":"text","text":""}"#, #"{"type":"audio","data":"","mimeType":"audio/wav"}"#,
    #"{"type":"image","data":"a\/+b","mimeType":"image/png"}"#,
    #"{"type":"resource_link","uri":"a:b","name":"n","title":"t","size":5}"#,
    #"{"type":"resource","resource":{"uri":"a:b","mimeType":"text/plain","text":"x"}}"#,
    #"{"type":"resource","resource":{"uri":"a:b","blob":"TQ=="},"_meta":{"k":1}}"#,
    #"{"type":"text","text":"x","annotations":{"lastModified":"2025-01-01T00:00:00Z","priority":1}}"#,
  ])
  func knownBlocksGoOut(_ block: String) {
    let answer = Fixture.encoded(#"{"result":{"content":[\#(block)]}}"#)
    #expect(answer.at("result", "content") == "[\(block)]")
    #expect(answer.verdict == .result, "\(answer.note ?? "")")
  }

  @Test func faultsAreToolErrors() {
    let answer = Fixture.encoded(.toolError("cpu_limit: used 50 ms; raise limits.cpu_ms"))
    #expect(answer.status == 200)
    #expect(answer.verdict == .toolError)
    #expect(answer.at("result", "isError") == "true")
    #expect(answer.at("result", "resultType") == "complete")
    #expect(answer.at("result", "content", "0", "text") == "cpu_limit: used 50 ms; raise limits.cpu_ms")
  }

  @Test func overloadIs503WithTheSecondsToWait() {
    let answer = Fixture.encoded(.overloaded(retryAfterSeconds: 2))
    #expect(answer.status == 503)
    #expect(answer.field("Retry-After") == "2")
    #expect(answer.code == -31503)
    #expect(answer.id == "1")
    #expect(Fixture.encoded(.overloaded(retryAfterSeconds: 0)).field("Retry-After") == "1")
  }

  @Test func rateLimitIs429WithTheSecondsToWait() {
    let answer = Fixture.encoded(.rateLimited(retryAfterSeconds: 1), revision: .v20250618)
    #expect(answer.status == 429)
    #expect(answer.field("Retry-After") == "1")
    #expect(answer.code == -31429)
  }

  @Test func anotherServersAnswerGoesOutAsItCame() {
    let came = HTTPAnswer(
      status: 418, fields: [(name: "X-Own", value: "1")], body: Fixture.bytes("{ not even JSON"), verdict: .result)
    let answer = Fixture.encoded(.relayed(came))
    #expect(
      answer.status == 418 && answer.body == came.body && answer.field("X-Own") == "1" && answer.contentType == nil)
  }

  @Test func aCallThatWasNotServedSaysWhyWithItsStatus() {
    let why = ToolOutcome.Unserved(
      status: 421, code: .misdirected, "Ask \"fra\".", data: #"{"sites":["fra"]}"#,
      fields: [(name: "X-Own", value: "1")])
    let answer = Fixture.encoded(.unserved(why))
    #expect(answer.status == 421 && answer.code == -31421 && answer.id == "1" && answer.field("X-Own") == "1")
    #expect(answer.at("error", "data", "sites", "0") == "fra")
    #expect(answer.at("error", "message") == "Ask \"fra\".")
    // Before a body was read there is no id.
    #expect(Fixture.text(why.answer().body).hasPrefix(#"{"jsonrpc":"2.0","error":{"code":-31421"#))
  }

  @Test func otherErrorsHaveStatus200() {
    let fault = Fixture.encoded(.internalError("The worker could not be started."))
    #expect(fault.status == 200)
    #expect(fault.code == -32603)
    let own = Fixture.encoded(.protocolError(RPCCode(rawValue: -31001), "no"))
    #expect(own.status == 200)
    #expect(own.code == -31001)
    #expect(own.message == "no")
  }
}
