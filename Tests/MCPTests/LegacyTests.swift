// The handshake revisions without sessions: initialize, ping, lists, batches.
import JSON
import Testing

@testable import MCP

@Suite struct LegacyTests {
  @Test(arguments: [
    ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"),
    ("2026-07-28", "2025-11-25"), ("2024-11-05", "2025-11-25"), ("v999", "2025-11-25"), ("", "2025-11-25"),
  ])
  func initializeSettlesOnAHandshakeRevision(_ asked: String, _ settled: String) throws {
    let body = Fixture.legacyBody(
      "initialize", params: #""protocolVersion":"\#(asked)","capabilities":{},"clientInfo":{"name":"c","version":"1"}"#)
    let answer = try #require(Fixture.send(body, headers: Fixture.legacyHeaders()).answer)
    #expect(answer.status == 200)
    #expect(answer.at("result", "protocolVersion") == settled)
    #expect(answer.at("result", "capabilities") == #"{"tools":{"listChanged":false}}"#)
    #expect(answer.at("result", "serverInfo", "name") == "atoll-test")
    #expect(answer.at("result", "serverInfo", "version") == "1.0")
    #expect(answer.at("result", "instructions") == #"Ask for "forecasts"."#)
    #expect(answer.at("result", "resultType") == nil)
    #expect(answer.at("result", "_meta") == nil)
    #expect(answer.field("Mcp-Session-Id") == nil)
  }

  @Test(arguments: ["", #""protocolVersion":5"#, #""protocolVersion":null"#])
  func initializeNeedsAVersion(_ params: String) throws {
    let answer = try #require(
      Fixture.send(Fixture.legacyBody("initialize", params: params), headers: Fixture.legacyHeaders()).answer)
    #expect(answer.status == 200)
    #expect(answer.code == -32602)
  }

  @Test func pingIsAnEmptyResult() throws {
    let answer = try #require(
      Fixture.send(Fixture.legacyBody("ping", id: "\"p\""), headers: Fixture.legacyHeaders("2025-06-18")).answer)
    #expect(answer.text == #"{"jsonrpc":"2.0","id":"p","result":{}}"#)
  }

  @Test(arguments: [
    "server/discover", "logging/setLevel", "resources/list", "prompts/list", "completion/complete", "x",
  ])
  func unknownMethodIsAnErrorWithStatus200(_ method: String) throws {
    let answer = try #require(
      Fixture.send(Fixture.legacyBody(method), headers: Fixture.legacyHeaders("2025-11-25")).answer)
    #expect(answer.status == 200)
    #expect(answer.code == -32601)
    #expect(answer.id == "1")
  }

  @Test(arguments: Revision.allCases.filter { !$0.isModern })
  func listHasWhatTheRevisionKnows(_ revision: Revision) throws {
    let answer = try #require(
      Fixture.send(Fixture.legacyBody("tools/list"), headers: Fixture.legacyHeaders(revision.text)).answer)
    let newer = revision >= .v20250618
    #expect(answer.at("result", "tools", "0", "name") == "echo")
    #expect(answer.at("result", "tools", "0", "title") == (newer ? "Echo" : nil))
    #expect(answer.at("result", "tools", "0", "annotations", "title") == (newer ? nil : "Echo"))
    #expect(answer.at("result", "tools", "0", "annotations", "readOnlyHint") == "true")
    #expect(answer.at("result", "tools", "1", "annotations") == nil)
    #expect(answer.at("result", "tools", "1", "inputSchema") == #"{ "type" : "object" }"#)
    #expect((answer.at("result", "tools", "2", "outputSchema") != nil) == newer)
    // Its root is no object, which only 2026-07-28 allows.
    #expect(answer.at("result", "tools", "3", "outputSchema") == nil)
    for member in ["resultType", "ttlMs", "cacheScope", "_meta", "nextCursor"] {
      #expect(answer.at("result", member) == nil)
    }
  }

  @Test func nullMembersAreAbsentMembers() {
    let headers = Fixture.legacyHeaders("2025-06-18")
    #expect(
      Fixture.send(Fixture.legacyBody("tools/list", params: #""cursor":null"#), headers: headers).answer?.code == nil)
    let call = Fixture.send(
      Fixture.legacyBody("tools/call", params: #""name":"plain","arguments":null,"_meta":null"#), headers: headers)
    #expect(call.call?.argumentsRange == nil)
    #expect(call.call != nil)
    let body = #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":null}"#
    #expect(Fixture.send(body, headers: headers).answer?.status == 200)
  }

  @Test(arguments: ["abc", ""])
  func cursorIsNeverOurs(_ cursor: String) throws {
    let answer = try #require(
      Fixture.send(
        Fixture.legacyBody("tools/list", params: #""cursor":"\#(cursor)""#),
        headers: Fixture.legacyHeaders("2025-11-25")
      ).answer)
    #expect(answer.status == 200)
    #expect(answer.code == -32602)
  }

  @Test func malformedCallIsAnErrorWithStatus200() {
    let headers = Fixture.legacyHeaders("2025-11-25")
    for params in [#""arguments":{}"#, #""name":5"#, #""name":"plain","arguments":[]"#, #""name":"nope""#] {
      let answer = Fixture.send(Fixture.legacyBody("tools/call", params: params), headers: headers).answer
      #expect(answer?.status == 200)
      #expect(answer?.code == -32602)
    }
  }

  @Test func duplicatesAreRefusedHereToo() {
    let body = Fixture.legacyBody("tools/call", params: #""name":"plain","na\u006de":"echo""#)
    let answer = Fixture.send(body, headers: Fixture.legacyHeaders("2025-11-25")).answer
    #expect(answer?.status == 400)
    #expect(answer?.code == -32602)
  }

  @Test func batchIsAnsweredInItsOrder() throws {
    let body = """
      [\(Fixture.legacyBody("ping", id: "1")),
       {"jsonrpc":"2.0","method":"notifications/initialized"},
       \(Fixture.legacyBody("tools/call", params: #""name":"plain","arguments":{"a":1}"#, id: "\"two\"")),
       5,
       \(Fixture.legacyBody("initialize", params: #""protocolVersion":"2025-03-26""#, id: "4")),
       {"jsonrpc":"2.0","id":6,"result":{}},
       \(Fixture.modernBody("tools/list", id: "7"))]
      """
    let parts = try #require(Fixture.send(body, headers: Fixture.legacyHeaders()).parts)
    #expect(parts.count == 7)
    #expect(parts[1].answer?.status == 202)
    let call = try #require(parts[2].call)
    #expect(Fixture.text(call.arguments) == #"{"a":1}"#)
    #expect(
      Fixture.text(call.message)
        == Fixture.legacyBody("tools/call", params: #""name":"plain","arguments":{"a":1}"#, id: "\"two\""))
    let answers = parts.map { part in
      part.answer ?? encode(.toolError("done"), for: call, pool: .init(bytes: 1 << 16))
    }
    let joined = batchAnswer(of: answers)
    #expect(joined.status == 200)
    #expect(joined.at("0", "result") == "{}")
    #expect(joined.at("1", "id") == "two")
    #expect(joined.at("1", "result", "content", "0", "text") == "done")
    #expect(joined.at("2", "error", "code") == "-32600")
    #expect(joined.at("2", "id") == nil)
    #expect(joined.at("3", "error", "code") == "-32600")
    #expect(joined.at("3", "id") == "4")
    #expect(parts[5].answer?.status == 202, "a response has no answer")
    #expect(joined.at("4", "error", "code") == "-32600")
    #expect(joined.at("4", "id") == "7")
    #expect(joined.at("5") == nil)
  }

  @Test(arguments: [nil, "2025-03-26", "2025-06-18", "2025-11-25"] as [String?])
  func postedResponseIsTaken(_ version: String?) throws {
    for outcome in [#""result":{}"#, #""error":{"code":-32601,"message":"no"}"#] {
      let body = #"{"jsonrpc":"2.0","id":7,\#(outcome)}"#
      let answer = try #require(Fixture.send(body, headers: Fixture.legacyHeaders(version)).answer)
      #expect(answer.status == 202)
      #expect(answer.body.isEmpty)
      #expect(answer.verdict == .accepted)
    }
  }

  @Test(arguments: [
    #"{"jsonrpc":"2.0","result":{}}"#, #"{"jsonrpc":"2.0","id":null,"result":{}}"#, #"{"id":7,"result":{}}"#,
    #"{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}"#, #"{"jsonrpc":"2.0","id":7}"#,
  ])
  func whatIsNoResponseEitherIsRefused(_ body: String) throws {
    let answer = try #require(Fixture.send(body, headers: Fixture.legacyHeaders("2025-11-25")).answer)
    #expect(answer.status == 400)
    #expect(answer.code == -32600)
  }

  @Test func batchOfNotificationsGets202() throws {
    let body = #"[{"jsonrpc":"2.0","method":"notifications/a"},{"jsonrpc":"2.0","method":"notifications/b"}]"#
    let parts = try #require(Fixture.send(body, headers: Fixture.legacyHeaders("2025-03-26")).parts)
    let joined = batchAnswer(of: parts.compactMap(\.answer))
    #expect(joined.status == 202)
    #expect(joined.body.isEmpty)
  }

  @Test func batchIsBound() {
    func batch(_ count: Int) -> Decoded {
      let ping = Fixture.legacyBody("ping")
      return Fixture.send(
        "[" + Array(repeating: ping, count: count).joined(separator: ",") + "]", headers: Fixture.legacyHeaders())
    }
    #expect(batch(0).answer?.code == -32600)
    #expect(batch(MCPLimits.batchMessagesMax).parts?.count == MCPLimits.batchMessagesMax)
    #expect(batch(MCPLimits.batchMessagesMax + 1).answer?.code == -32600)
    #expect(batch(MCPLimits.batchMessagesMax + 1).answer?.status == 400)
  }
}
