// Sites that die, hang, or are not what they should be: where calls go then, and what callers are told.
import Foundation
import Testing

extension TheBinary.InATopology {
  /// Until `condition` holds; whether it came to that.
  private func within(_ seconds: Double, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while Date() < deadline {
      if try condition() { return true }
      usleep(20_000)
    }
    return false
  }

  private func up(_ site: String, at node: ServedNode) throws -> Bool {
    try node.get("/metrics").bodyText.contains("atoll_site_up{site=\"\(site)\"} 1")
  }

  @Test(.timeLimit(.minutes(2)))
  func aSiteThatDiesLosesNoCallThatCanGoElsewhere() throws {
    let sites = try Sites([.fra, .dub, .iad])
    let worker = try Sites.probe("tier = \"core\"")
    let (edge, near, far) = (
      try sites.start("fra", [worker]), try sites.start("dub", [worker]), try sites.start("iad", [worker])
    )
    #expect(try edge.call("order").text == "ordered")
    #expect(try near.metric("atoll_fresh_call_seconds_count") == 1, "the nearest core is asked")
    // One call that may not run twice is under way, and one that may.
    let answers = onThreads(3) { index -> (RawResponse?, Double) in
      let begin = ContinuousClock.now
      if index == 2 {
        usleep(300_000)
        near.crash()
        return (nil, 0)
      }
      let answer = try? edge.ask(ToolRequest(index == 0 ? "slow" : "patient").text(port: edge.port))
      return (answer, (ContinuousClock.now - begin) / .seconds(1))
    }
    let lost = try #require(answers.compactMap(\.0).first { $0.status != 200 })
    #expect(lost.status == 502)
    let told = try ToolAnswer(lost)
    #expect(
      told.errorCode == -31502 && told.text.contains("may have run") && told.text.contains("`dub`"), "\(told.text)")
    #expect(told.text.contains("not declared idempotent") && !told.text.contains("127.0.0.1"))
    #expect(lost.bodyText.contains(#""data":{"may_have_run":true,"site":"dub","reason":"#))
    let waited = try #require(answers.compactMap(\.0).first { $0.status == 200 })
    #expect(try ToolAnswer(waited).text == "waited", "an idempotent tool was run again, at the next site")
    // From now on nobody notices.
    for _ in 0..<5 { #expect(try edge.call("order").text == "ordered") }
    #expect(try far.metric("atoll_fresh_call_seconds_count") == 6)
    #expect(try within(4) { try !up("dub", at: edge) })
    #expect(edge.errors.contains("site does not answer"))
    let back = try sites.start("dub", [worker])
    #expect(try within(5) { try up("dub", at: edge) })
    #expect(try edge.call("order").text == "ordered")
    #expect(try back.metric("atoll_fresh_call_seconds_count") == 1)
    #expect(edge.errors.contains("site answers again"))
  }

  @Test(.timeLimit(.minutes(2)))
  func aSiteThatHangsCostsTheTimeOfItsCallsAndNoMore() throws {
    let sites = try Sites([.fra, .dub, .iad])
    let worker = try Sites.probe("tier = \"core\"", wall: 700)
    let (edge, near, far) = (
      try sites.start("fra", [worker]), try sites.start("dub", [worker]), try sites.start("iad", [worker])
    )
    #expect(try edge.call("order").text == "ordered")
    near.pause()
    defer { near.resume() }
    let begin = ContinuousClock.now
    let lost = try edge.ask(ToolRequest("order").text(port: edge.port))
    let taken = (ContinuousClock.now - begin) / .seconds(1)
    #expect(lost.status == 504 && lost.bodyText.contains("may_have_run\":true"), "\(lost.bodyText)")
    #expect(taken > 0.7 && taken < 2, "\(taken) s")
    // Probes find out by themselves, and calls go on elsewhere.
    #expect(try within(6) { try !up("dub", at: edge) })
    #expect(try edge.call("order").text == "ordered")
    #expect(try far.metric("atoll_fresh_call_seconds_count") == 1)
  }

  @Test(.timeLimit(.minutes(2)))
  func whereNoSiteIsThereCallersAreToldSoAtOnce() throws {
    let sites = try Sites([.fra, .iad])
    let worker = try Sites.probe("tier = \"core\"")
    let edge = try sites.start("fra", [worker])
    let begin = ContinuousClock.now
    for body in [
      ToolRequest("order").text(port: edge.port),
      Self.legacy(#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"order"}}"#, port: edge.port),
    ] {
      let refused = try edge.ask(body)
      let told = try ToolAnswer(refused)
      #expect(
        refused.status == 503 && told.errorCode == -31504 && told.text.contains("did not run"), "\(refused.bodyText)")
      #expect(refused.headers["retry-after"] == "1")
      #expect(
        refused.bodyText.contains(#"{"may_have_run":false,"site":"iad","reason":"connect_failed"}"#),
        "\(refused.bodyText)")
    }
    #expect((ContinuousClock.now - begin) / .seconds(1) < 1)
    let core = try sites.start("iad", [worker])
    #expect(try edge.call("order").text == "ordered", "the only site is tried, whatever was known of it")
    #expect(try core.metric("atoll_fresh_call_seconds_count") == 1)
  }

  @Test(.timeLimit(.minutes(2)))
  func aNodeThatIsNotTheSameIsNotAsked() throws {
    let worker = try Sites.probe("tier = \"core\"")
    // Another version of the worker, other keys, another topology: the next site answers, and nothing ran at the first.
    let others: [(String, (Sites) throws -> ServedNode, String)] = [
      (
        "version_differs", { try $0.start("dub", [Sites.probe("tier = \"core\"", version: 2)]) },
        "another version of the worker"
      ),
      (
        "forward_refused",
        { try $0.start("dub", [worker], environment: ["ATOLL_KEYS": "/wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4="]) },
        "other keys"
      ),
      (
        "topology_differs", { try $0.start("dub", [worker]) { $0.replacing("50.11", with: "50.12") } },
        "another topology"
      ),
    ]
    for (word, start, remedy) in others {
      let sites = try Sites([.fra, .dub, .iad])
      let (edge, stranger) = (try sites.start("fra", [worker]), try start(sites))
      // With no other site the caller is told which it was.
      let told = try ToolAnswer(edge.ask(ToolRequest("order").text(port: edge.port)))
      #expect(told.response.status == 503 && told.errorCode == -31504, "\(told.response.bodyText)")
      let far = try sites.start("iad", [worker])
      let answer = try edge.call("order")
      #expect(answer.text == "ordered", "\(word): \(answer.response.bodyText)")
      #expect(try far.metric("atoll_fresh_call_seconds_count") == 1)
      #expect(try stranger.metric("atoll_fresh_call_seconds_count") == 0, "\(word)")
      #expect(try edge.get("/metrics").bodyText.contains("atoll_forwards_total{site=\"dub\",outcome=\"\(word)\"}"))
      far.crash()
      let last = try ToolAnswer(edge.ask(ToolRequest("order").text(port: edge.port)))
      #expect(last.response.status == 503, "\(last.response.bodyText)")
      if word == "topology_differs" {
        #expect(within(3) { edge.errors.contains("has another topology") })
        #expect(edge.errors.components(separatedBy: "has another topology").count == 2, "it is said once")
      }
      // Where that is the only site, callers are told what is wrong.
      let pair = try Sites([.fra, .dub])
      let (lone, other) = (try pair.start("fra", [worker]), try start(pair))
      let refused = try ToolAnswer(lone.ask(ToolRequest("order").text(port: lone.port)))
      #expect(refused.response.status == 503 && refused.text.contains(remedy), "\(refused.response.bodyText)")
      #expect(try other.metric("atoll_forward_refusals_total") == 1)
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func theTimeOfACallGoesWithIt() throws {
    let sites = try Sites([.fra, .iad])
    let worker = try Sites.probe("tier = \"core\"", wall: 400)
    let (edge, core) = (try sites.start("fra", [worker]), try sites.start("iad", [worker]))
    let answer = try edge.call("slow")
    #expect(answer.isError && answer.text.hasPrefix("wall_limit"), "\(answer.text)")
    #expect(try core.metric("atoll_faults_total") == 1 && edge.metric("atoll_faults_total") == nil)
  }

  @Test(.timeLimit(.minutes(2)), .needsRedis)
  func nodesFindEachOtherByTheirLeases() throws {
    let store = try RedisProcess()
    let sites = try Sites([.fra, .iad], hasNodes: false)
    let worker = try Sites.probe("tier = \"core\"")
    let options = ["--members", "kv", "--kv", store.url]
    let edge = try sites.start("fra", [worker], options: options)
    #expect(try edge.ask(ToolRequest("order").text(port: edge.port)).status == 503)
    // On any free port: the lease says which.
    let core = try sites.start("iad", [worker], options: options + ["--listen", "127.0.0.1:0"])
    #expect(try within(5) { try edge.ask(ToolRequest("order").text(port: edge.port)).status == 200 })
    #expect(try Command.run(["kv", "list", "--kv", store.url, "_nodes"]).output.contains("iad"))
    core.crash()
    #expect(try within(14) { try !up("iad", at: edge) && edge.errors.contains("it has no lease") })
    let back = try sites.start("iad", [worker], options: options + ["--listen", "127.0.0.1:0"])
    #expect(try within(5) { try edge.ask(ToolRequest("order").text(port: edge.port)).status == 200 })
    // Who goes in peace takes its lease along.
    back.terminate()
    #expect(try back.waitForExit(seconds: 10) == 0)
    #expect(try within(4) { try !up("iad", at: edge) })
    let alone = try Command.run(
      [
        "serve", "--listen", "127.0.0.1:0", "--topology", sites.folder.file("topology.toml"), "--site", "fra",
        "--members", "kv", worker,
      ],
      environment: Sites.keys)
    #expect(alone.status == ExitStatus.usage && alone.errors.contains("--kv"), "\(alone.errors)")
  }

  /// Closing the stream is how clients of 2026-07-28 cancel: it must reach the site where the call runs.
  @Test(.timeLimit(.minutes(2)))
  func aClientThatLeavesEndsItsCallElsewhere() throws {
    let sites = try Sites([.fra, .iad])
    let worker = try Sites.probe("tier = \"core\"")
    let (edge, core) = (try sites.start("fra", [worker]), try sites.start("iad", [worker]))
    do {
      let client = try edge.connect()
      try client.send(ToolRequest("slow").text(port: edge.port))
      #expect(try within(2) { try core.metric(Metrics.liveInstances) == 1 })
    }
    #expect(try within(1) { try core.metric(Metrics.liveInstances) == 0 })
    #expect(try within(1) { try edge.metric("atoll_forwards_live") == 0 })
    #expect(try edge.get("/metrics").bodyText.contains("outcome=\"cancelled\"} 1"))
    #expect(try up("iad", at: edge))
  }

  @Test(.timeLimit(.minutes(2)))
  func aTopologyThatCannotBeUsedIsRefusedAtTheStart() throws {
    let sites = try Sites([.fra, .iad])
    let worker = try Sites.probe("tier = \"core\"")
    let file = sites.folder.file("topology.toml")
    func refused(_ options: [String], _ environment: [String: String] = Sites.keys) throws -> String {
      let run = try Command.run(["serve", "--listen", "127.0.0.1:0"] + options + [worker], environment: environment)
      #expect(run.status == ExitStatus.usage, "\(options): \(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
      return run.errors
    }
    #expect(try refused(["--topology", file, "--site", "ams"]).contains("`fra`, `iad`"))
    #expect(try refused(["--topology", file]).contains("--site"))
    #expect(try refused(["--site", "fra"]).contains("--topology"))
    #expect(
      try refused(["--topology", file, "--site", "fra", "--jurisdiction", "eu"]).contains("remove `jurisdiction`"))
    #expect(try refused(["--topology", file, "--site", "fra"], [:]).contains("ATOLL_KEYS"))
    #expect(try refused(["--topology", "no-such.toml", "--site", "fra"]).contains("no such file"))
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let remote = try sites.folder.write(
      text.replacing("127.0.0.1:\(sites.ports["iad"] ?? 0)", with: "10.255.0.1:80"), to: "remote.toml")
    #expect(try refused(["--topology", remote, "--site", "fra"]).contains("insecure_links = true"))
    // A tool that no site can take keeps its worker out, and says which wishes cannot hold together.
    let impossible = try Sites.probe("tier = \"core\"\njurisdictions = [\"eu\"]")
    let run = try Command.run(
      ["serve", "--listen", "127.0.0.1:0", "--topology", file, "--site", "fra", impossible], environment: Sites.keys)
    #expect(run.status == ExitStatus.usage)
    #expect(run.errors.contains("nowhere to run") && run.errors.contains("`tier` is core"), "\(run.errors)")
  }
}
