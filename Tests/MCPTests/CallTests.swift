// A tools/call on its way to the worker: ids, arguments, tokens, schema failures.
import JSON
import Testing

@testable import MCP

@Suite struct CallTests {
  @Test(arguments: [
    "1", "0", "-5", "9007199254740993", "18446744073709551616", "123456789012345678901234567890", "1765432100123",
    #""""#, #""a""#, #""\u0041\"\\\/\n""#, #""🪸""#, #""server-discover-probe-1""#,
  ])
  func idIsEchoedAsItIsWritten(_ id: String) throws {
    let answer = try #require(
      Fixture.send(Fixture.modernBody("server/discover", id: id), headers: Fixture.modernHeaders("server/discover"))
        .answer)
    #expect(answer.text.hasPrefix(#"{"jsonrpc":"2.0","id":\#(id),"result":{"#))
    let call = try #require(
      Fixture.send(
        Fixture.modernBody("tools/call", params: #""name":"plain""#, id: id),
        headers: Fixture.modernHeaders("tools/call", name: "plain")
      ).call)
    #expect(Fixture.text(call.id) == id)
    let result = encode(.answer(Fixture.bytes("{}"), form: .json), for: call, pool: JSONPool(bytes: 1 << 16))
    #expect(result.text.hasPrefix(#"{"jsonrpc":"2.0","id":\#(id),"result":{"resultType":"complete","#))
    let error = try #require(Fixture.send(Fixture.modernBody("x", id: id), headers: Fixture.modernHeaders("x")).answer)
    #expect(error.text.hasPrefix(#"{"jsonrpc":"2.0","id":\#(id),"error":{"code":-32601,"#))
  }

  @Test func idIsBound() {
    func send(_ bytes: Int) -> HTTPAnswer? {
      let id = "\"" + String(repeating: "x", count: bytes - 2) + "\""
      return Fixture.send(Fixture.modernBody("tools/list", id: id), headers: Fixture.modernHeaders("tools/list")).answer
    }
    #expect(send(MCPLimits.requestIDBytesMax)?.status == 200)
    #expect(send(MCPLimits.requestIDBytesMax + 1)?.code == -32600)
    #expect(send(MCPLimits.requestIDBytesMax + 1)?.id == nil)
  }

  @Test func argumentsReachTheWorkerUntouched() throws {
    let arguments = #"{ "b" : 1.50e+2 , "a":"\u00e9\/",  "n":{"x":[1, 2 ]} }"#
    let call = try #require(Fixture.modernCall("plain", arguments: arguments).call)
    let request = call.guestRequest()
    #expect(
      Fixture.text(request)
        == #"{"method":"tools/call","name":"plain","arguments":\#(arguments),"context":{"protocol":"2026-07-28"}}"#)
    #expect(request.capacity < request.count + 64)
    #expect(Fixture.text(call.arguments) == arguments)
  }

  @Test func contextNamesTheRevision() throws {
    let call = try #require(Fixture.legacyCall("plain", version: "2025-06-18").call)
    #expect(JSONText.at(["context", "protocol"], in: call.guestRequest()) == "2025-06-18")
  }

  @Test func escapedMembersAreTheSameMembers() throws {
    let body =
      #"{"jsonrpc":"2.0","\u0069d":"7","method":"tools\/call","params":{"n\u0061me":"pl\u0061in","#
      + #""argument\u0073":{"x":1},\#(Fixture.meta)}}"#
    let call = try #require(Fixture.send(body, headers: Fixture.modernHeaders("tools/call", name: "plain")).call)
    #expect(Fixture.text(call.id) == #""7""#)
    #expect(call.toolName == "plain")
    #expect(Fixture.text(call.arguments) == #"{"x":1}"#)
  }

  @Test(arguments: [#""t""#, "5", "1.5", "-0", "1e3", #""""#])
  func progressTokenIsKeptAsItIsWritten(_ token: String) throws {
    let meta = Fixture.meta.dropLast() + #","progressToken":\#(token)}"#
    let body = Fixture.modernBody("tools/call", params: #""name":"plain""#, meta: String(meta))
    let call = try #require(Fixture.send(body, headers: Fixture.modernHeaders("tools/call", name: "plain")).call)
    #expect(call.progressToken.map { Fixture.text($0) } == token)
  }

  @Test func unusualButValidEnvelopesAreServed() {
    let extras = [
      #","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1","extra":[1]}"#,
      #","io.modelcontextprotocol/logLevel":"debug""#, #","traceparent":5,"baggage":null"#,
      #","com.example/x":{"a":1}"#,
    ]
    for extra in extras {
      let meta = String(Fixture.meta.dropLast()) + extra + "}"
      let body = Fixture.modernBody(
        "tools/call", params: #""name":"plain","inputResponses":{},"requestState":"s","task":{"ttl":5}"#, meta: meta)
      #expect(Fixture.send(body, headers: Fixture.modernHeaders("tools/call", name: "plain")).call != nil, "\(extra)")
    }
    let meta = Fixture.meta.replacing(#"{}"#, with: #"{"roots":{"listChanged":true},"future":5}"#)
    let body = Fixture.modernBody("tools/call", params: #""name":"plain""#, meta: meta)
    #expect(Fixture.send(body, headers: Fixture.modernHeaders("tools/call", name: "plain")).call != nil)
  }

  @Test func repeatedArgumentIsRefusedAtAnyDepth() throws {
    for arguments in [#"{"a":1,"\u0061":2}"#, #"{"l":[{"b":{"a":1,"a":2}}]}"#] {
      let answer = try #require(Fixture.argumentsRefusal(Fixture.modernCall("plain", arguments: arguments)))
      #expect(answer.status == 200)
      #expect(answer.at("result", "isError") == "true")
      #expect(answer.at("result", "content", "0", "text")?.contains("`a` twice") == true)
      let legacy = Fixture.legacyCall("plain", arguments: arguments, version: "2025-06-18")
      #expect(Fixture.argumentsRefusal(legacy)?.code == -32602)
    }
  }

  @Test func unknownToolIsNamed() throws {
    let answer = try #require(Fixture.modernCall("nope").answer)
    #expect(answer.status == 200)
    #expect(answer.code == -32602)
    #expect(answer.message == "Unknown tool: nope")
    let long = String(repeating: "n", count: 5_000)
    #expect(Fixture.modernCall(long).answer.map { $0.body.count < 400 } == true)
  }

  /// Decoding comes before the caller's rate, so it must not do what a caller can make costly.
  @Test func decodingDoesNotValidateTheArguments() throws {
    for arguments in [#"{"text":5}"#, #"{"text":"a","text":"b"}"#, "{}"] {
      let call = try #require(Fixture.modernCall("echo", arguments: arguments).call, "\(arguments)")
      let pool = JSONPool(bytes: 1 << 16)
      guard case .toolError(let text) = try #require(call.argumentsProblem(pool: pool)) else {
        Issue.record("not a tool error: \(arguments)")
        continue
      }
      #expect(text.hasPrefix("The arguments of `echo`"))
      let older = try #require(Fixture.legacyCall("echo", arguments: arguments, version: "2025-06-18").call)
      guard case .protocolError(.invalidParams, let same) = try #require(older.argumentsProblem(pool: pool)) else {
        Issue.record("not -32602: \(arguments)")
        continue
      }
      #expect(same == text)
    }
    let fitting = try #require(Fixture.modernCall("echo", arguments: #" { "text" : "\u00e9" } "#).call)
    #expect(fitting.argumentsProblem(pool: JSONPool(bytes: 1 << 16)) == nil)
  }

  @Test func deepestArgumentsAreReadAgain() throws {
    // The message and its params are two levels, the arguments themselves one more.
    let depth = MCPLimits.nestingDepthMax - 3
    let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    let call = try #require(Fixture.modernCall("plain", arguments: #"{"a":\#(nested)}"#).call)
    #expect(call.argumentsProblem(pool: JSONPool(bytes: 1 << 16)) == nil)
  }

  @Test(arguments: [Revision.v20251125, .v20260728])
  func badArgumentsAreAToolError(_ revision: Revision) throws {
    let bad = #"{"text":5}"#
    let decoded =
      revision.isModern ? Fixture.modernCall("echo", arguments: bad) : Fixture.legacyCall("echo", arguments: bad)
    let answer = try #require(Fixture.argumentsRefusal(decoded))
    #expect(answer.status == 200)
    #expect(answer.verdict == .toolError)
    #expect(answer.at("result", "isError") == "true")
    #expect(answer.at("result", "content", "0", "type") == "text")
    let text = try #require(answer.at("result", "content", "0", "text"))
    #expect(text.contains("`echo`"))
    #expect(text.contains("/text"))
    #expect((answer.at("result", "resultType") == "complete") == revision.isModern)
  }

  @Test(arguments: ["2025-03-26", "2025-06-18"])
  func badArgumentsAreAnErrorInTheFirstRevisions(_ version: String) throws {
    let call = Fixture.legacyCall("echo", arguments: #"{"text":5}"#, version: version)
    let answer = try #require(Fixture.argumentsRefusal(call))
    #expect(answer.status == 200)
    #expect(answer.code == -32602)
    #expect(answer.message?.contains("/text") == true)
  }

  @Test func missingArgumentsAreAnEmptyObject() throws {
    #expect(Fixture.modernCall("plain").call != nil)
    #expect(Fixture.argumentsRefusal(Fixture.modernCall("plain")) == nil)
    let answer = try #require(Fixture.argumentsRefusal(Fixture.modernCall("echo")))
    #expect(answer.at("result", "isError") == "true")
    #expect(answer.at("result", "content", "0", "text")?.contains("text") == true)
  }
}
