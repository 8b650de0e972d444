// Nodes in a topology, through the built binary: what is forwarded and what is not, and that nobody can tell.
import Foundation
import Synchronization
import Testing

extension TheBinary {
  @Suite("in a topology", .needsEsbuild)
  struct InATopology {
    @Test(.timeLimit(.minutes(2)))
    func aForwardedCallIsAnsweredAsIfItRanHere() throws {
      let sites = try Sites([.fra, .iad])
      let worker = try Sites.probe("tier = \"core\"")
      let (edge, core) = (try sites.start("fra", [worker]), try sites.start("iad", [worker]))
      let calls = [
        ToolRequest("echo", #"{"a":[1,2.50,"é\u0041"],"b":{"c":null}}"#), ToolRequest("fail"), ToolRequest("echo", "7"),
        ToolRequest("nothing"), ToolRequest("echo", #"{"a":1,"a":2}"#), ToolRequest("order", id: 9_007_199_254_740_991),
      ]
      for call in calls {
        let here = try core.ask(call.text(port: core.port))
        let there = try edge.ask(call.text(port: edge.port))
        #expect(there.status == here.status)
        #expect(there.bodyText == here.bodyText)
        #expect(
          there.headers.filter { $0.key != "date" } == here.headers.filter { $0.key != "date" }, "\(there.headers)")
      }
      let lists = try [edge, core].map { try $0.ask(Self.list(port: $0.port)).bodyText }
      #expect(lists[0] == lists[1] && lists[0].contains("echo"))
      #expect(try edge.metric("atoll_forwards_total") == 4, "what is no call is answered where it comes in")
      #expect(try edge.metric("atoll_fresh_call_seconds_count") == 0, "nothing ran at the edge")
      #expect(try core.metric("atoll_forward_refusals_total") == nil)
      // Both at once, on one connection each: answers keep their order.
      let connection = try edge.connect()
      try connection.send((1...20).map { ToolRequest("echo", "{\"n\":\($0)}", id: $0).text(port: edge.port) }.joined())
      for number in 1...20 { #expect(try connection.readResponse().bodyText.contains("\"id\":\(number),")) }
    }

    @Test(.timeLimit(.minutes(2)))
    func handshakeClientsAndBatchesAreForwardedToo() throws {
      let sites = try Sites([.fra, .iad])
      let worker = try Sites.probe("tier = \"core\"")
      let (edge, core) = (try sites.start("fra", [worker]), try sites.start("iad", [worker]))
      let single = #"{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"echo","arguments":{"é":1}}}"#
      let batch = """
        [ \(single) , {"jsonrpc":"2.0","id":2,"method":"ping"},\n {"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"fail"}}]
        """
      for body in [single, batch] {
        let answers = try [edge, core].map { try $0.ask(Self.legacy(body, port: $0.port)) }
        #expect(answers[0].status == 200)
        #expect(answers[0].bodyText == answers[1].bodyText)
        #expect(answers[0].bodyText.contains("\"id\":\"x\""))
      }
      #expect(try edge.metric("atoll_forwards_total") == 3)
    }

    @Test(.timeLimit(.minutes(2)))
    func aSessionOfACallerGoesOnAtAnotherSite() throws {
      let sites = try Sites([.fra, .iad], "[[stores]]\nname = \"main\"\nsite = \"iad\"\n")
      let worker = try Sites.worker(
        "basket",
        "[limits]\ncpu_ms = 500\n[session]\nttl = \"5m\"\n[placement]\ntier = \"core\"\n"
          + Sites.tool("add", "session = true"),
        tools: "add: async () => ({ count: await session.update((n) => (n ?? 0) + 1) }),")
      let config = try sites.folder.write(
        """
        kv = "memory:"
        [[callers]]
        name = "ann"
        token = "{secret:ANN}"
        [[callers]]
        name = "bob"
        token = "{secret:BOB}"
        """, to: "node.toml")
      let secrets = ["ATOLL_SECRET_ANN": "token-of-ann", "ATOLL_SECRET_BOB": "token-of-bob"].merging(Sites.keys) { $1 }
      // The core knows no token of anybody: it believes the edge.
      let core = try sites.start("iad", [worker], options: ["--kv", "memory:"])
      let edge = try sites.start("fra", [worker], options: ["--config", config], environment: secrets)
      func add(_ token: String, _ session: String? = nil) throws -> ToolAnswer {
        try edge.call(
          "add", session.map { "{\"session\":\"\($0)\"}" } ?? "{}", field: "Authorization: Bearer \(token)")
      }
      let first = try add("token-of-ann")
      let handle = try #require(first.session, "\(first.response.bodyText)")
      #expect(try add("token-of-ann", handle).structured["count"] as? Int == 2)
      #expect(try add("token-of-bob", handle).text.hasPrefix("session_refused"))
      #expect(
        try core.call("add", "{\"session\":\"\(handle)\"}").text.hasPrefix("session_refused"), "nobody in particular")
      #expect(try edge.ask(ToolRequest("add").text(port: edge.port)).status == 401)
      for node in [edge, core] { #expect(!node.errors.contains("token-of-ann") && !node.errors.contains(handle)) }
    }

    @Test(.timeLimit(.minutes(2)), .needsClient, arguments: ["auto", "legacy"])
    func theOfficialClientCannotTell(mode: String) throws {
      let sites = try Sites([.fra, .iad])
      let worker = try Sites.probe("tier = \"core\"")
      let (edge, core) = (try sites.start("fra", [worker]), try sites.start("iad", [worker]))
      let steps = #"[{"list": true}, {"call": "echo", "arguments": {"a": "b"}}, {"call": "fail"}, {"call": "none"}]"#
      let reports = try [edge, core].map { node in
        let finished = try Command.run(
          Installation.python, [Installation.root + "/Tests/EndToEnd/clients/session.py", node.url, mode], input: steps,
          timeoutSeconds: 40)
        #expect(finished.status == 0, "\(finished.errors)")
        return finished.output
      }
      #expect(reports[0] == reports[1])
      #expect(reports[0].contains("no such order"))
      #expect(try edge.metric("atoll_forwards_total") ?? 0 >= 2)
    }

    /// A slow site may run the tool and has a faster one do it; where that is gone, it does it itself.
    @Test(.timeLimit(.minutes(2)))
    func theOwnSiteIsTheLastResort() throws {
      let sites = try Sites([.fra, .iad])
      let worker = try Sites.worker(
        "sums", Sites.tool("sum", "[tools.expect]\nservice_ms = 20"), tools: "sum: () => 42,")
      let slow: (String) -> String = { $0.replacing("name = \"fra\"", with: "name = \"fra\"\nspeed = 0.01") }
      let core = try sites.start("iad", [worker], editing: slow)
      let edge = try sites.start("fra", [worker], editing: slow)
      #expect(try edge.call("sum").text == "42")
      #expect(try core.metric("atoll_fresh_call_seconds_count") == 1)
      core.crash()
      #expect(try edge.call("sum").text == "42")
      #expect(try edge.metric("atoll_fresh_call_seconds_count") == 1)
    }

    // MARK: Bytes

    static func list(port: UInt16) -> String {
      let body = """
        {"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",\
        "io.modelcontextprotocol/clientCapabilities":{}}}}
        """
      return "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\n"
        + "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/list\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static func legacy(_ body: String, port: UInt16) -> String {
      "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\n"
        + "Accept: application/json, text/event-stream\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
  }
}
