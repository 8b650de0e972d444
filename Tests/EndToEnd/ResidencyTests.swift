// Jurisdictions: who may read a call's arguments, and where its state is kept; through the built binary.
import Foundation
import Testing

extension TheBinary.InATopology {
  private static let bound = "jurisdictions = [\"eu\"]"

  /// The answer comes while the body is still to be sent: nobody can have read it.
  @Test(.timeLimit(.minutes(2)))
  func aSiteElsewhereAnswersBeforeTheBody() throws {
    let sites = try Sites([.fra, .iad])
    let worker = try Sites.probe(Self.bound)
    let away = try sites.start("iad", [worker], options: ["--log-level", "trace"])
    let home = try sites.start("fra", [worker])
    for name in ["order", "=?base64?b3JkZXI=?="] {
      let call = ToolRequest("order", #"{"secret":"of-a-patient"}"#)
      let head = call.headers(port: away.port).replacing("Mcp-Name: order", with: "Mcp-Name: \(name)")
      let client = try away.connect()
      try client.send("POST /mcp HTTP/1.1\r\n\(head)Content-Length: \(call.body.utf8.count)\r\n\r\n")
      let answer = try client.readResponse(timeoutSeconds: 5)
      #expect(answer.status == 421 && answer.headers["connection"] == "close")
      let told = try ToolAnswer(answer)
      #expect(told.errorCode == -31421 && told.text.contains("bound to eu"), "\(answer.bodyText)")
      #expect(
        answer.bodyText.contains(
          #""data":{"site":"iad","sites":[{"name":"fra","node":"http://127.0.0.1:\#(home.port)"}]}"#))
      try? client.send(call.body)
      client.finishSending()
      #expect(client.closesWithin(seconds: 5))
    }
    // At once with its body, and with a worker's own endpoint.
    for path in ["/mcp", "/mcp/probe"] {
      let call = ToolRequest("order", #"{"secret":"of-a-patient"}"#)
      #expect(try away.ask(call.text(port: away.port, path: path)).status == 421)
    }
    // Two copies of the name would be refused by their body otherwise.
    #expect(try away.ask(ToolRequest("order").text(port: away.port, field: "Mcp-Name: echo")).status == 421)
    #expect(!away.errors.contains("of-a-patient"))
    #expect(try away.metric("atoll_forwards_total") == nil && away.metric("atoll_fresh_call_seconds_count") == 0)
    #expect(try home.metric("atoll_fresh_call_seconds_count") == 0)
    // The tool is known everywhere.
    #expect(try away.ask(Self.list(port: away.port)).bodyText == home.ask(Self.list(port: home.port)).bodyText)
    #expect(try home.call("order").text == "ordered")
  }

  @Test(.timeLimit(.minutes(2)))
  func aHandshakeClientIsToldByItsBodyAndNothingGoesOn() throws {
    let sites = try Sites([.fra, .iad])
    let worker = try Sites.probe(Self.bound)
    let away = try sites.start("iad", [worker], options: ["--log-level", "trace"])
    let home = try sites.start("fra", [worker])
    let call =
      #"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"order","arguments":{"secret":"of-a-patient"}}}"#
    let answer = try away.ask(Self.legacy(call, port: away.port))
    #expect(answer.status == 200 && answer.bodyText.hasPrefix(#"{"jsonrpc":"2.0","id":7,"error":{"code":-31421"#))
    #expect(answer.bodyText.contains("http://127.0.0.1:\(home.port)"))
    let batch = try away.ask(
      Self.legacy("[\(call),{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"ping\"}]", port: away.port))
    #expect(
      batch.bodyText.contains(#""id":7,"error":{"code":-31421"#) && batch.bodyText.contains(#""id":8,"result":{}"#))
    #expect(!away.errors.contains("of-a-patient"))
    #expect(away.errors.contains("misdirected"), "the call is in the log, without its arguments")
    #expect(try away.metric("atoll_forwards_total") == nil && home.metric("atoll_fresh_call_seconds_count") == 0)
  }

  @Test(.timeLimit(.minutes(2)))
  func whoMayNotAskIsNotToldWhomToAsk() throws {
    let sites = try Sites([.fra, .iad])
    let worker = try Sites.probe(Self.bound)
    let config = try sites.folder.write(
      "[[callers]]\nname = \"ann\"\ntoken = \"{secret:ANN}\"\n", to: "node.toml")
    let away = try sites.start(
      "iad", [worker], options: ["--config", config],
      environment: ["ATOLL_SECRET_ANN": "anns"].merging(Sites.keys) { $1 })
    let call = ToolRequest("order")
    let stranger = try away.ask(call.text(port: away.port))
    #expect(stranger.status == 401 && !stranger.bodyText.contains("fra"))
    #expect(try away.ask(call.text(port: away.port, field: "Authorization: Bearer anns")).status == 421)
    #expect(
      try away.ask(call.text(port: away.port, field: "Atoll-Forward: x")).status == 401, "only looks like a forward")
  }

  /// A secret of one jurisdiction need not be at the sites of all, for them to say where to ask.
  @Test(.timeLimit(.minutes(2)))
  func aSiteElsewhereNeedsNoSecretsOfWhatMayNotRunThere() throws {
    let sites = try Sites([.fra, .iad])
    let worker = try Sites.probe(
      Self.bound + "\n[[upstreams]]\nname = \"ledger\"\nurl = \"https://ledger.example\"\n"
        + "headers = { Authorization = \"Bearer {secret:EU_KEY}\" }\n")
    let away = try sites.start("iad", [worker])
    #expect(try away.ask(ToolRequest("order").text(port: away.port)).status == 421)
    #expect(!away.errors.contains("EU_KEY"), "\(away.errors)")
    #expect(throws: EndToEndError.self) { try sites.start("fra", [worker]) }
  }

  @Test(.timeLimit(.minutes(2)))
  func aNodeThatDoesNotKnowWhereItStandsLoadsNoBoundWorker() throws {
    let worker = try Sites.probe(Self.bound)
    let refused = try Command.run(["serve", "--listen", "127.0.0.1:0", worker])
    #expect(refused.status == ExitStatus.usage)
    #expect(refused.errors.contains("--jurisdiction eu") && refused.errors.contains("--topology"), "\(refused.errors)")
    let elsewhere = try Command.run(["serve", "--listen", "127.0.0.1:0", "--jurisdiction", "us", worker])
    #expect(elsewhere.status == ExitStatus.usage && elsewhere.errors.contains("stands in `us`"), "\(elsewhere.errors)")
    let node = try ServedNode([worker], options: ["--jurisdiction", "eu"])
    #expect(try node.call("order").text == "ordered")
    // Who sits at the machine may try it out.
    let tried = try Command.run(["call", worker, "order"])
    #expect(tried.status == ExitStatus.ok && tried.output.contains("ordered"), "\(tried.errors)")
    #expect(try ServedNode([worker], verb: "dev", options: ["--loops", "1"]).call("order").text == "ordered")
  }

  @Test(.timeLimit(.minutes(2)), .needsRedis)
  func stateIsKeptWhereItsJurisdictionSaysAndReadNearBy() throws {
    let (european, copy, main) = (try RedisProcess(), try RedisProcess(), try RedisProcess())
    let sites = try Sites(
      [.fra, .dub, .iad],
      """
      [[stores]]
      name = "main"
      site = "iad"
      url = "\(main.url)"

      [[stores]]
      name = "european"
      site = "dub"
      keeps = ["eu"]
      url = "\(european.url)"

      [[replicas]]
      store = "european"
      site = "fra"
      lag_ms = 100
      url = "\(copy.url)"

      """)
    func worker(_ name: String, _ placement: String) throws -> String {
      try Sites.worker(
        name,
        "[limits]\ncpu_ms = 500\n[permissions]\nkv = [\"\(name)\"]\n[session]\nttl = \"5m\"\n\(placement)\n"
          + Sites.tool("\(name)_put") + Sites.tool("\(name)_get", "read_only = true")
          + Sites.tool("\(name)_own") + Sites.tool("\(name)_note", "session = true\nread_only = true"),
        tools: """
          \(name)_put: async () => { await kv.put("k", "v"); return "kept"; },
          \(name)_get: async () => String(await kv.get("k")),
          \(name)_own: async () => String(await kv.get("k")),
          \(name)_note: async () => String(await kv.get("k")),
          """)
    }
    let workers = [try worker("bound", "[placement]\njurisdictions = [\"eu\"]"), try worker("free", "")]
    let edge = try sites.start("fra", workers)
    for tool in ["bound_put", "free_put"] { #expect(try edge.call(tool).text == "kept") }
    func keys(_ store: RedisProcess, _ namespace: String) throws -> String {
      try Command.run(["kv", "list", "--kv", store.url, namespace]).output
    }
    #expect(try keys(european, "bound") == "k\n" && keys(main, "free") == "k\n")
    for (store, namespace) in [(main, "bound"), (copy, "bound"), (european, "free"), (copy, "free")] {
      #expect(try keys(store, namespace).isEmpty)
    }
    // Only what changes nothing and is in no conversation is read from the copy, which nobody has filled here.
    #expect(try edge.call("bound_get").text == "null")
    #expect(try edge.call("bound_own").text == "v")
    #expect(try edge.call("bound_note").text.hasPrefix("v"))
    #expect(try edge.call("free_get").text == "v")
    #expect(try keys(european, "_sessions").isEmpty == false && keys(copy, "_sessions").isEmpty)
    // State of a jurisdiction that no store keeps: not loaded.
    let lost = try Sites([.fra, .iad], "[[stores]]\nname = \"main\"\nsite = \"iad\"\n")
    let run = try Command.run(
      [
        "serve", "--listen", "127.0.0.1:0", "--topology", lost.folder.file("topology.toml"), "--site", "fra",
        workers[0],
      ],
      environment: Sites.keys)
    #expect(run.status == ExitStatus.usage && run.errors.contains("no store keeps the state of eu"), "\(run.errors)")
  }
}
