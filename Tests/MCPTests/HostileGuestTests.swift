// Answers of guests that mean harm, or are broken: none of them reaches the caller as protocol.
import JSON
import Testing

@testable import MCP

@Suite struct HostileGuestTests {
  @Test(arguments: [
    "", "{", "nonsense", "{}{}", #"{"a":1,}"#, "\u{FEFF}{}", "NaN", "'x'", #"{"a":01}"#,
    String(repeating: "[", count: 65) + String(repeating: "]", count: 65),
    String(repeating: "[", count: 100_000),
  ])
  func whatIsNoJSONIsAToolError(_ guest: String) {
    let answer = Fixture.encoded(guest)
    #expect(answer.status == 200)
    #expect(answer.verdict == .toolError)
    #expect(answer.at("result", "isError") == "true")
    #expect(answer.note?.contains("`plain`") == true)
    #expect(answer.body.count < 600)
  }

  @Test(arguments: [ToolOutcome.Form.json, .jsonOrText])
  func bytesThatAreNotUTF8AreAToolError(_ form: ToolOutcome.Form) {
    for bytes: [UInt8] in [[0xFF], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x61, 0xC3]] {
      let answer = Fixture.encoded(.answer(bytes, form: form))
      #expect(answer.verdict == .toolError)
      #expect((try? JSONDocument(answer.body)) != nil)
    }
  }

  @Test func escapedHalfOfAPairIsAToolError() {
    #expect(Fixture.encoded(#""\ud800""#).verdict == .toolError)
  }

  @Test(arguments: [
    (#"{"result":5}"#, "structuredContent"), (#"{"result":null}"#, "must be an object"), (#"{"result":{}}"#, "neither"),
    (#"{"result":{"content":[],"resultType":"input_required"}}"#, "resultType"),
    (#"{"result":{"content":[],"inputRequests":{}}}"#, "inputRequests"),
    (#"{"result":{"content":[],"ttlMs":5}}"#, "ttlMs"),
    (#"{"result":{"content":{}}}"#, "array"), (#"{"result":{"content":"x"}}"#, "array"),
    (#"{"result":{"content":null}}"#, "array"),
    (#"{"result":{"content":[],"content":[]}}"#, "twice"),
    (#"{"result":{"content":[],"is\u0045rror":false,"isError":true}}"#, "twice"),
    (#"{"result":{"content":[],"isError":"yes"}}"#, "isError"),
    (#"{"result":{"content":[],"isError":null}}"#, "isError"),
    (#"{"result":{"content":[],"_meta":5}}"#, "_meta"),
    (#"{"result":{"content":[],"_meta":{"a":1,"a":2}}}"#, "twice"),
    (#"{"result":{"content":[],"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"bank"}}}}"#, "protocol's own"),
    (#"{"result":{"content":[],"_meta":{"io.modelcontextprotocol\/serverInfo":{}}}}"#, "protocol's own"),
    (#"{"result":{"content":[],"_meta":{"com.mcp.tools/x":1}}}"#, "protocol's own"),
    (#"{"result":{"content":[5]}}"#, "content[0]"), (#"{"result":{"content":[{}]}}"#, "`type`"),
    (#"{"result":{"content":[{"type":"text","text":"ok"},{"type":"text"}]}}"#, "content[1]"),
    (#"{"result":{"content":[{"type":"text","text":5}]}}"#, "`text`"),
    (#"{"result":{"content":[{"type":"video","text":"x"}]}}"#, "video"),
    (#"{"result":{"content":[{"type":"image","data":"TQ=="}]}}"#, "mimeType"),
    (#"{"result":{"content":[{"type":"image","data":"not base64","mimeType":"image/png"}]}}"#, "base64"),
    (#"{"result":{"content":[{"type":"audio","data":5,"mimeType":"audio/wav"}]}}"#, "`data`"),
    (#"{"result":{"content":[{"type":"resource_link","uri":"a:b"}]}}"#, "`name`"),
    (#"{"result":{"content":[{"type":"resource"}]}}"#, "`resource`"),
    (#"{"result":{"content":[{"type":"resource","resource":{"text":"x"}}]}}"#, "`uri`"),
    (#"{"result":{"content":[{"type":"resource","resource":{"uri":"a:b"}}]}}"#, "either `text` or `blob`"),
    (#"{"result":{"content":[{"type":"resource","resource":{"uri":"a:b","text":"x","blob":"TQ=="}}]}}"#, "either"),
    (#"{"result":{"content":[{"type":"resource","resource":{"uri":"a:b","blob":"?"}}]}}"#, "base64"),
    (#"{"result":{"content":[{"type":"text","text":"a","text":"b"}]}}"#, "twice"),
    (#"{"result":{"content":[{"type":"text","text":"a","annotations":{"priority":2}}]}}"#, "priority"),
    (#"{"result":{"content":[{"type":"text","text":"a","annotations":{"audience":["root"]}}]}}"#, "audience"),
    (#"{"result":{"content":[{"type":"text","text":"a","_meta":[]}]}}"#, "_meta"),
  ])
  func malformedResultIsAToolErrorThatSaysWhy(_ guest: String, _ part: String) throws {
    for revision in [Revision.modern, .v20250326] {
      let answer = Fixture.encoded(guest, revision: revision)
      #expect(answer.status == 200)
      #expect(answer.verdict == .toolError)
      #expect(answer.at("result", "isError") == "true")
      let text = try #require(answer.at("result", "content", "0", "text"))
      #expect(text.contains(part), "\(text)")
      #expect(answer.note != nil)
      #expect((answer.at("result", "resultType") == "complete") == revision.isModern)
    }
  }

  @Test func dataIsNeverTakenForProtocol() {
    for guest in [
      #"{"content":[{"type":"text","text":"x"}],"isError":true}"#, #"{"result":{"content":[]},"other":1}"#,
      #"{"result":1,"result":2}"#, #"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#, #"{"resultType":"input_required"}"#,
      #"[{"result":{"content":[]}}]"#,
    ] {
      let answer = Fixture.encoded(guest)
      #expect(answer.verdict == .result)
      #expect(answer.at("result", "structuredContent") == guest)
      #expect(answer.at("result", "resultType") == "complete")
      #expect(answer.at("result", "isError") == nil)
    }
  }

  @Test func escapedResultKeyIsTheResultKey() {
    let answer = Fixture.encoded(#"{"r\u0065sult":{"content":[{"type":"text","text":"x"}]}}"#)
    #expect(answer.at("result", "content", "0", "text") == "x")
    #expect(answer.at("result", "structuredContent") == nil)
  }

  @Test func contentIsBound() {
    func encoded(_ count: Int) -> HTTPAnswer {
      let blocks = Array(repeating: #"{"type":"text","text":"x"}"#, count: count).joined(separator: ",")
      return Fixture.encoded(#"{"result":{"content":[\#(blocks)]}}"#)
    }
    #expect(encoded(MCPLimits.contentBlocksMax).verdict == .result)
    #expect(encoded(MCPLimits.contentBlocksMax + 1).verdict == .toolError)
  }

  @Test func everyAnswerIsJSONOnOneRequest() throws {
    // Truncations and single changed bytes of a real answer: whatever they are, what goes out can be read.
    let guest = Fixture.bytes(
      #"{"result":{"content":[{"type":"text","text":"a\u00e9\n"}],"structuredContent":{"n":[1]},"_meta":{"k":"v"}}}"#)
    let call = try #require(Fixture.modernCall("plain").call)
    let pool = JSONPool(bytes: 1 << 16)
    for index in guest.indices {
      for byte: UInt8 in [0x00, 0x22, 0x5C, 0x7D, 0x2C, 0xC3] {
        var changed = guest
        changed[index] = byte
        for form in [ToolOutcome.Form.json, .jsonOrText] {
          let answer = encode(.answer(changed, form: form), for: call, pool: pool)
          #expect((try? JSONDocument(answer.body)) != nil, "\(Fixture.text(changed))")
          #expect(answer.id == "1")
        }
      }
      let cut = encode(.answer(Array(guest[..<index]), form: .json), for: call, pool: pool)
      #expect((try? JSONDocument(cut.body)) != nil)
      #expect(cut.verdict == .toolError)
    }
  }
}
