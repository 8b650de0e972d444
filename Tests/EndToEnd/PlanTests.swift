// `atoll plan` as people and scripts use it: the table, the reasons, one object, and one clear error for each wrong input.
import Foundation
import Testing

extension TheBinary {
  @Suite("plan", .timeLimit(.minutes(3)))
  struct Plan {
    private static let world = Installation.root + "/scenarios/world-topology.toml"
    private static let workers = ["currency", "cart", "orders", "residents"].map(Installation.worker)

    private func plan(_ arguments: String..., topology: String = world, workers: [String] = workers) throws -> Command {
      try Command.run(["plan", topology] + workers + arguments)
    }

    private func object(_ command: Command) throws -> [String: Any] {
      #expect(command.status == ExitStatus.ok, "\(command.errors)")
      return try #require(JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any])
    }

    private func row(_ name: String, in text: String) throws -> Substring {
      try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") }, "\(text)")
    }

    @Test func theTableSaysWhereAndWhy() throws {
      let table = try plan().output
      #expect(table.hasPrefix("world: 30 sites, 3 of them core; 48 populations; placed as manifests say\n"))
      #expect(try row("convert", in: table).contains("all 27 edge, all 3 core"))
      #expect(try row("order_status", in: table).contains("iad 100 %"))
      #expect(try row("order_status", in: table).contains("beside orders-db at iad"))
      #expect(try row("register_resident", in: table).contains("only in eu"))
      #expect(try row("add_item", in: table).contains("a session, kept in main at iad"))
      // Their figures are in the manifests; those of hello are assumed, and marked.
      #expect(!table.contains("*"))
      let assumed = try plan(workers: [Installation.worker("hello")]).output
      #expect(try row(Hello.tool, in: assumed).contains("*"))
      #expect(assumed.contains("* assumed in part: --explain TOOL says what"))
      #expect(
        try row("manifest", in: table).hasSuffix("none") && row("all-edge", in: table).hasSuffix("% of the calls"))
      // A pipe is no terminal.
      #expect(!table.contains("\u{1B}"))
    }

    @Test func oneObjectTheSameEachTime() throws {
      let first = try plan("--json", "--chain", "order_status,convert")
      let second = try plan("--json", "--chain", "order_status,convert")
      #expect(first.output == second.output && first.output.split(separator: "\n").count == 1)
      let plan = try object(first)
      let tools = try #require(plan["tools"] as? [[String: Any]])
      #expect(tools.count == 10 && (plan["sites"] as? [Any])?.count == 30 && plan["policy"] as? String == "manifest")
      for tool in tools {
        let populations = try #require(tool["populations"] as? [[String: Any]])
        #expect(populations.count == 48)
        let (p50, p99) = (try #require(tool["p50_ms"] as? Double), try #require(tool["p99_ms"] as? Double))
        #expect(p50 > 0 && p50 <= p99)
        for answer in populations {
          let parts = ["network_ms", "forwarding_ms", "service_ms", "state_ms", "dependencies_ms"]
            .compactMap { answer[$0] as? Double }
          #expect(parts.count == 5 && abs(parts.reduce(0, +) - (answer["ms"] as? Double ?? -1)) < 0.01)
        }
      }
      let comparison = try #require(plan["comparison"] as? [[String: Any]])
      #expect(comparison.map { $0["policy"] as? String } == ["manifest", "all-edge", "all-core"])
      #expect(comparison[0]["violations"] as? Double == 0 && (comparison[1]["violations"] as? Double ?? 0) > 0.1)
      let chain = try #require(plan["chain"] as? [[String: Any]])
      #expect(chain.count == 48)
      for answer in chain {
        #expect((answer["total_ms"] as? Double ?? .infinity) <= (answer["step_by_step_ms"] as? Double ?? 0) + 0.001)
      }
    }

    @Test func whyIsEverySiteAndEveryRule() throws {
      let text = try plan("--explain", "register_resident").output
      for site in ["iad", "fra", "sin", "zrh", "syd"] { _ = try row(site, in: text) }
      #expect(try row("zrh", in: text).contains("removed  ✗ in ch"))
      #expect(
        try row("fra", in: text).contains("kept     in eu") && row("fra", in: text).contains("store eu at fra, 0.00 ms")
      )
      #expect(text.contains("not asked for: tier, near, latency_budget_ms"))
      #expect(text.contains("may write: only the store itself will do"))
      #expect(text.contains("from the manifest") && !text.contains("assumed"))
      #expect(try plan("--explain", "find_resident").output.contains("a public read: any copy of its state will do"))
      let explained = try object(plan("--json", "--explain", "register_resident"))
      let rules = try #require(explained["rules"] as? [[String: Any]])
      #expect(rules.map { $0["rule"] as? String } == ["jurisdictions", "state", "memory"])
      #expect(rules.allSatisfy { ($0["verdicts"] as? [Any])?.count == 30 })
      #expect((explained["candidates"] as? [Any])?.count == 6)
    }

    @Test func theExtremesCanBePlannedToo() throws {
      #expect(try row("order_status", in: plan("--policy", "all-edge").output).contains("everything where it arrives"))
      #expect(try row("convert", in: plan("--policy", "all-core").output).contains("fra, iad, sin") == false)
      let core = try object(plan("--json", "--policy", "all-core"))
      for tool in try #require(core["tools"] as? [[String: Any]]) {
        #expect(Set(try #require(tool["sites"] as? [String])).isSubset(of: ["iad", "fra", "sin"]))
      }
    }

    @Test func aBundleAndAManifestWillDo() throws {
      let folder = try TemporaryFolder()
      let copy = try folder.copyWorker("residents", as: "residents")
      for worker in [copy, copy + "/atoll.toml"] {
        #expect(try plan(workers: [worker]).output.contains("register_resident"))
      }
      #expect(try Command.run(["build", copy], timeoutSeconds: 120).status == ExitStatus.ok)
      #expect(try plan(workers: [copy + "/.atoll/residents.atoll"]).output.contains("register_resident"))
    }

    /// What a node has measured is what its plan is made of.
    @Test func aNodesMetricsCountBeforeTheManifest() throws {
      let folder = try TemporaryFolder()
      let node = try ServedNode([Bundles.hello()])
      for _ in 0..<5 { _ = try Command.run(["call", node.url, Hello.tool, Hello.arguments]) }
      let metrics = try folder.write(try node.get("/metrics").bodyText, to: "metrics.txt")
      let hello = [Installation.worker("hello")]
      #expect(try plan("--explain", Hello.tool, workers: hello).output.contains("2 ms  assumed"))
      let text = try plan("--explain", Hello.tool, "--measured", metrics, workers: hello).output
      #expect(
        text.contains("service at speed 1.00") && text.contains("measured") && !text.contains("assumed"), "\(text)")
      // At an edge site of speed 0.8 the same time is less of a processor.
      let slow = try plan("--explain", Hello.tool, "--measured", "nyc=\(metrics)", workers: hello).output
      #expect(slow.contains("service at speed 0.80"))
      let piped = try Command.run(
        Installation.binary, ["plan", Self.world] + hello + ["--measured", "-"], input: node.get("/metrics").bodyText,
        timeoutSeconds: 30)
      #expect(piped.status == ExitStatus.ok, "\(piped.errors)")
    }

    // MARK: Wrong input

    struct Mistake: Sendable, CustomTestStringConvertible {
      let testDescription: String
      var topology: String?
      var worker: String?
      var arguments: [String] = []
      let says: [String]
    }

    static let site = """
      [[sites]]
      name = "iad"
      tier = "core"
      region = "r"
      jurisdiction = "us"
      latitude = 39
      longitude = -77

      """

    static let mistakes: [Mistake] = [
      Mistake(
        testDescription: "no topology", topology: "/nowhere.toml", says: ["/nowhere.toml: there is no such file"]),
      Mistake(testDescription: "no worker", worker: "/nowhere", says: ["/nowhere"]),
      Mistake(
        testDescription: "a manifest of another name", worker: "/x/worker.toml", says: ["/x/worker.toml", "atoll.toml"]),
      Mistake(
        testDescription: "unknown site", topology: site + "[[stores]]\nname = \"s\"\nsite = \"idad\"",
        says: [":10:", "did you mean `iad`?"]),
      Mistake(
        testDescription: "islands", topology: "[paths]\nderive = false\n" + site + site.replacing("iad", with: "fra"),
        says: [":10:", "no way from `iad` to `fra`", "derive = true"]),
      Mistake(
        testDescription: "no core", topology: site.replacing("core", with: "edge"), says: [":3:", "no site is `core`"]),
      Mistake(
        testDescription: "nowhere to run", topology: site,
        says: ["`register_resident` has nowhere to run", "`jurisdictions` allows eu", "in the manifest of `residents`"]),
      Mistake(
        testDescription: "an unknown tool", arguments: ["--explain", "nothing"],
        says: ["no worker has a tool `nothing`", "find_resident"]),
      Mistake(
        testDescription: "a chain of unknown tools", arguments: ["--chain", "find_resident,x"],
        says: ["no worker has a tool `x`"]),
      Mistake(
        testDescription: "an empty step", arguments: ["--chain", "find_resident,"], says: ["no worker has a tool ``"]),
      Mistake(
        testDescription: "a long chain",
        arguments: ["--chain", Array(repeating: "find_resident", count: 9).joined(separator: ",")],
        says: ["9 steps, and at most 8"]),
      Mistake(
        testDescription: "an unknown policy", arguments: ["--policy", "all"],
        says: ["--policy takes manifest, all-edge, all-core"]),
      Mistake(
        testDescription: "no metrics", arguments: ["--measured", "/nowhere.txt"],
        says: ["/nowhere.txt: cannot be read", "curl"]),
      Mistake(
        testDescription: "metrics of nowhere", arguments: ["--measured", "mars=/x"],
        says: ["the topology has no site `mars`"]),
      Mistake(
        testDescription: "what is no metrics", arguments: ["--measured", world],
        says: ["world-topology.toml: line", "is no metric"]),
    ]

    @Test(arguments: mistakes)
    func aMistakeIsOneErrorAndTwo(mistake: Mistake) throws {
      let folder = try TemporaryFolder()
      var topology = mistake.topology ?? Self.world
      if topology.contains("\n") { topology = try folder.write(topology, to: "topology.toml") }
      let finished = try Command.run(
        ["plan", topology, mistake.worker ?? Installation.worker("residents")] + mistake.arguments)
      #expect(finished.status == ExitStatus.usage, "\(finished.output)\(finished.errors)")
      for words in mistake.says { #expect(finished.errors.contains(words), "\(finished.errors)") }
      #expect(finished.output.isEmpty && (finished.errors.hasPrefix("error: ") || finished.errors.hasPrefix("Error: ")))
    }

    /// What has nowhere to run is explained before it is refused.
    @Test func whyNothingIsLeft() throws {
      let folder = try TemporaryFolder()
      let topology = try folder.write(Self.site, to: "topology.toml")
      let finished = try plan(
        "--explain", "find_resident", topology: topology, workers: [Installation.worker("residents")])
      #expect(finished.status == ExitStatus.usage && finished.errors.contains("has nowhere to run"))
      #expect(try row("iad", in: finished.output).contains("removed  ✗ in us"))
    }

    @Test func twoToolsOfOneNameAreTwoTooMany() throws {
      let finished = try plan(workers: [Installation.worker("residents"), Installation.worker("residents")])
      #expect(finished.status == ExitStatus.usage && finished.errors.contains("is in `residents` too"))
    }
  }
}
