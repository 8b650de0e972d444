// What a node makes of answers that other sites give: which it believes, and whether a call may go on elsewhere.
import Foundation
import Synchronization
import Testing

extension TheBinary.InATopology {
  /// A node at `fra` that asks a site of the test's own at `dub` first, and the node at `iad` next.
  private func beside(_ answer: String) throws -> (edge: ServedNode, far: ServedNode, sites: Sites) {
    let post = try ScriptedSite { conversation, _ in conversation.send(answer) }
    posts.withLock { $0.append(post) }
    var dub = TestSite.dub
    dub.port = post.port
    let sites = try Sites([.fra, dub, .iad])
    let worker = try Sites.probe("tier = \"core\"")
    return (try sites.start("fra", [worker]), try sites.start("iad", [worker]), sites)
  }

  /// A balancer's 503 may stand for a node that died over the call.
  @Test(.timeLimit(.minutes(2)))
  func onlyA503ThatSaysSoHasNotBegunTheCall() throws {
    let body = #"{"jsonrpc":"2.0","id":1,"error":{"code":-31503,"message":"no room"}}"#
    func answer(_ line: String) -> String {
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n\(line)Content-Length: \(body.utf8.count)\r\n\r\n"
        + body
    }
    do {
      let (edge, far, _) = try beside(answer(""))
      let lost = try ToolAnswer(edge.ask(ToolRequest("order").text(port: edge.port)))
      #expect(lost.response.status == 502 && lost.errorCode == -31502, "\(lost.response.bodyText)")
      #expect(lost.response.bodyText.contains(#""may_have_run":true,"site":"dub""#))
      #expect(try far.metric("atoll_fresh_call_seconds_count") == 0, "it is not run a second time")
      #expect(try edge.call("patient").text == "waited", "what does no harm twice goes on")
      #expect(try edge.get("/metrics").bodyText.contains(#"atoll_forwards_total{site="dub",outcome="bad_answer"}"#))
    }
    do {
      let (edge, far, _) = try beside(answer("Atoll-Refused: overloaded\r\n"))
      #expect(try edge.call("order").text == "ordered")
      #expect(try far.metric("atoll_fresh_call_seconds_count") == 1)
      far.crash()
      let refused = try edge.ask(ToolRequest("order").text(port: edge.port))
      #expect(refused.status == 503 && refused.bodyText.contains(#""may_have_run":false"#), "\(refused.bodyText)")
    }
    do {
      let (edge, far, _) = try beside(answer("Atoll-Refused: x\"} 7\r\n"))
      let lost = try edge.ask(ToolRequest("order").text(port: edge.port))
      #expect(lost.status == 502 && lost.bodyText.contains(#""reason":"other""#), "\(lost.bodyText)")
      #expect(try far.metric("atoll_fresh_call_seconds_count") == 0)
      #expect(try edge.get("/metrics").bodyText.contains(#"{site="dub",outcome="other"} 1"#))
    }
  }

  /// A node that has no room says so to the node that asks, and the caller hears it.
  @Test(.timeLimit(.minutes(2)))
  func aSiteWithoutRoomIsPassedBy() throws {
    let worker = try Sites.probe("tier = \"core\"")
    for others in [[TestSite.dub], [.dub, .iad]] {
      let sites = try Sites([.fra] + others)
      let small = try sites.folder.write("[limits]\ninstances = 1\nqueue = 1\nqueue_ms = 10\n", to: "small.toml")
      let near = try sites.start("dub", [worker], options: ["--config", small])
      let far = try others.count == 2 ? sites.start("iad", [worker]) : nil
      let edge = try sites.start("fra", [worker])
      let answers = onThreads(2) { index -> RawResponse? in
        usleep(index == 0 ? 0 : 500_000)
        return try? edge.ask(ToolRequest(index == 0 ? "slow" : "order").text(port: edge.port))
      }.compactMap { $0 }
      #expect(answers.contains { $0.bodyText.contains("slept") })
      #expect(try edge.get("/metrics").bodyText.contains(#"{site="dub",outcome="overloaded"} 1"#))
      #expect(try near.metric("atoll_fresh_call_seconds_count") == 1)
      if let far {
        #expect(answers.contains { $0.bodyText.contains("ordered") }, "\(answers.map(\.bodyText))")
        #expect(try far.metric("atoll_fresh_call_seconds_count") == 1)
      } else {
        let refused = try #require(answers.first { $0.status == 503 })
        #expect(refused.bodyText.contains("no room") && refused.headers["retry-after"] == "1", "\(refused.bodyText)")
      }
    }
  }

  /// What another site took of a call's time is gone where the call runs at last.
  @Test(.timeLimit(.minutes(2)))
  func theOwnSiteGivesWhatIsLeftOfTheTime() throws {
    let post = try ScriptedSite { conversation, _ in
      usleep(600_000)
      conversation.send("HTTP/1.1 503 Busy\r\nAtoll-Refused: overloaded\r\nContent-Length: 0\r\n\r\n")
    }
    var iad = TestSite.iad
    iad.port = post.port
    let sites = try Sites([.fra, iad])
    let worker = try Sites.worker(
      "naps", "[limits]\nwall_ms = 1000\n" + Sites.tool("nap", "[tools.expect]\nservice_ms = 20"),
      tools: "nap: async () => { await new Promise((done) => setTimeout(done, 700)); return \"slept\"; },")
    let edge = try sites.start("fra", [worker]) {
      $0.replacing("name = \"fra\"", with: "name = \"fra\"\nspeed = 0.01")
    }
    let begin = ContinuousClock.now
    let answer = try edge.call("nap")
    let taken = (ContinuousClock.now - begin) / .seconds(1)
    #expect(answer.isError && answer.text.hasPrefix("wall_limit"), "\(answer.response.bodyText)")
    #expect(taken > 0.9 && taken < 1.25, "\(taken) s")
    #expect(try edge.metric("atoll_fresh_call_seconds_count") == 1)
  }

  /// Nodes may give tools other names: what is meant is the tool of the worker, and nothing of another name runs.
  @Test(.timeLimit(.minutes(2)))
  func aNameThatMeansAnotherToolThereIsRefused() throws {
    let sites = try Sites([.fra, .iad])
    let worker = try Sites.worker(
      "drops", "[placement]\ntier = \"core\"\n" + Sites.tool("drop") + Sites.tool("eu_drop"),
      tools: "drop: () => \"dropped\", eu_drop: () => \"dropped in the eu\",")
    let prefixed = try sites.folder.write("[[workers]]\npath = \"\(worker)\"\nprefix = \"eu_\"\n", to: "prefixed.toml")
    // `eu_drop` is the worker's `drop` at the edge, and its `eu_drop` at the core.
    let core = try sites.start("iad", [worker])
    let edge = try sites.start("fra", [], options: ["--config", prefixed])
    let refused = try ToolAnswer(edge.ask(ToolRequest("eu_drop").text(port: edge.port)))
    #expect(refused.response.status == 503 && refused.errorCode == -31504, "\(refused.response.bodyText)")
    #expect(refused.response.bodyText.contains(#""reason":"version_differs""#))
    #expect(try core.metric("atoll_fresh_call_seconds_count") == 0, "nothing ran")
    #expect(try core.call("eu_drop").text == "dropped in the eu")
  }

  /// What a node adds for another one makes no request too large that a client may send.
  @Test(.timeLimit(.minutes(2)))
  func aLargeHeaderGoesOnOrIsRefusedWhereItCameIn() throws {
    let sites = try Sites([.fra, .iad])
    let worker = try Sites.probe("tier = \"core\"")
    let (edge, core) = (try sites.start("fra", [worker]), try sites.start("iad", [worker]))
    func ask(_ bytes: Int) throws -> RawResponse {
      let field = "X-Long: " + String(repeating: "x", count: bytes)
      return try edge.ask(ToolRequest("order").text(port: edge.port, field: field))
    }
    for bytes in [100, 13_000, 15_900] { #expect(try ask(bytes).status == 200, "\(bytes)") }
    #expect(try core.metric("atoll_fresh_call_seconds_count") == 3)
    let refused = try ask(17_000)
    #expect(refused.status == 431 && refused.bodyText.contains("16384 bytes"), "\(refused.bodyText)")
    #expect(try ask(30_000).status == 431)
    #expect(try core.metric("atoll_fresh_call_seconds_count") == 3)
    #expect(try edge.call("order").text == "ordered")
  }

  @Test(.timeLimit(.minutes(2)))
  func aProxysPageIsNoAnswerOfATool() throws {
    let page = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<h1>"
    let (edge, far, _) = try beside(page)
    let lost = try ToolAnswer(edge.ask(ToolRequest("order").text(port: edge.port)))
    #expect(lost.response.status == 502 && lost.errorCode == -31502, "\(lost.response.bodyText)")
    let call = #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"order"}}"#
    let batch = try edge.ask(Self.legacy("[\(call)]", port: edge.port))
    let parts = try JSONSerialization.jsonObject(with: Data(batch.bodyText.utf8)) as? [[String: Any]]
    #expect(parts?.count == 1 && (parts?[0]["error"] as? [String: Any])?["code"] as? Int == -31502)
    #expect(try far.metric("atoll_fresh_call_seconds_count") == 0)
  }
}

/// Sites of the tests here, kept until the process ends.
private let posts = Mutex<[ScriptedSite]>([])
