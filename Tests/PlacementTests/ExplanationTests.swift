// What a plan says of itself: reasons, candidates, inputs; and how it compares with the extremes.
import Manifests
import Testing

@testable import Placement

@Suite struct ExplanationTests {
  private let planner = Planner(
    try! Fixtures.topology(Fixtures.small + "\n[[replicas]]\nstore = \"main\"\nsite = \"fra\"\nlag_ms = 5"))

  private func reason(_ tool: ToolProfile) throws -> String { planner.reason(try planner.place(tool)) }

  @Test func reasonsSayWhatDrawsAToolAndWhatKeepsIt() throws {
    let kv = "[permissions]\nkv = [\"n\"]"
    #expect(try reason(Fixtures.tool()) == "needs nothing else: where its callers are")
    #expect(
      try reason(Fixtures.tool("read_only = true", kv)) == "a public read: 1 copy of main at iad near its callers")
    #expect(try reason(Fixtures.tool("", kv)) == "writes or must read what is written: 2 operations on main at iad")
    #expect(
      try reason(Fixtures.tool("session = true", "[session]\nttl = \"1m\""))
        == "a session, kept in main at iad: two operations there and those of the call")
    #expect(try reason(Fixtures.tool("", "[placement]\nnear = \"orders-db\"")) == "beside orders-db at iad")
    #expect(
      try reason(Fixtures.tool("", "[placement]\njurisdictions = [\"eu\"]\ntier = \"edge\"\nlatency_budget_ms = 50"))
        == "only in eu; edge only; where somebody is answered within 50.0 ms; needs nothing else: where its callers are"
    )
    let upstream = "[[upstreams]]\nname = \"orders-db\"\nurl = \"https://x.example\""
    #expect(
      try reason(Fixtures.tool("expect = { dependency_calls = 2.5 }", upstream)) == "2.50 calls of orders-db at iad")
  }

  @Test func everyAllowedSiteHasItsPrice() throws {
    let explanation = planner.explain(try Fixtures.tool("", "[permissions]\nkv = [\"n\"]"))
    #expect(explanation.candidates.map(\.site) == [1, 0] && explanation.candidates.map(\.share) == [1, 0])
    let (core, edge) = (explanation.candidates[0].cost, explanation.candidates[1].cost)
    #expect(core.state == 0 && edge.state > 180 && core.forwarding > 0 && edge.forwarding == 0)
    #expect(core.total == explanation.plan?.populations[0].cost.total)
  }

  @Test func everyFigureSaysWhereItIsFrom() throws {
    let tool = try Fixtures.tool(
      "expect = { kv_reads = 3 }", "[permissions]\nkv = [\"n\"]\n[placement]\nnear = \"orders-db\"")
    let inputs = tool.inputs.map { "\($0.name): \($0.figure.value) \($0.unit) (\($0.figure.origin.rawValue))" }
    #expect(
      inputs == [
        "service: 2.0 ms (assumed)", "reads of the store: 3.0  (manifest)", "writes of the store: 1.0  (assumed)",
        "calls of orders-db: 1.0  (assumed)", "answer of orders-db: 1024.0 bytes (assumed)",
        "request: 512.0 bytes (assumed)", "answer: 2048.0 bytes (assumed)",
      ])
  }

  @Test func whatHasNowhereToRunIsExplainedToo() throws {
    let explanation = planner.explain(try Fixtures.tool("", "[placement]\njurisdictions = [\"mars\"]"))
    #expect(explanation.plan == nil && explanation.candidates.isEmpty)
    #expect(explanation.reason.contains("has nowhere to run") && explanation.judgement.rules.count == 2)
  }

  // MARK: Against the extremes

  @Test func theExtremesAreWhatTheyAreCalled() throws {
    let tools = [
      try Fixtures.tool("read_only = true", name: "read"),
      try Fixtures.tool("", "[placement]\njurisdictions = [\"us\"]", name: "bound"),
      try Fixtures.tool("", "[permissions]\nkv = [\"n\"]", name: "write"),
    ]
    let figures = PlacementPolicy.compare(tools, in: planner.topology)
    #expect(figures.map(\.policy) == [.manifest, .allEdge, .allCore])
    #expect(figures[0].violations == 0 && figures.allSatisfy { $0.unplaced.isEmpty })
    // Berlin's nearest edge is Frankfurt's: a third of the calls are read where they may not be.
    #expect(abs(figures[1].violations - 1.0 / 3) < 1e-12 && figures[2].violations == 0)
    #expect(figures[0].latency.mean < figures[1].latency.mean && figures[0].latency.mean < figures[2].latency.mean)
  }

  @Test func whatAPolicyCannotPlaceIsNamed() throws {
    let topology = try Topology(TopologyFile.parse(TopologyTests.oneCore))
    let figures = PlacementPolicy.compare([try Fixtures.tool()], in: topology)
    #expect(figures.map(\.unplaced) == [[], ["t"], []] && figures[1].latency.isEmpty)
  }

  @Test func quantilesAreByWeight() {
    var figures = WeightedFigures()
    for (value, weight) in [(30.0, 1.0), (10.0, 90.0), (20.0, 9.0)] { figures.add(value, weight: weight) }
    #expect(figures.quantile(0.5) == 10 && figures.quantile(0.9) == 10 && figures.quantile(0.95) == 20)
    #expect(figures.quantile(0.99) == 20 && figures.quantile(1) == 30 && figures.quantile(0) == 10)
    #expect(abs(figures.mean - 11.1) < 1e-12)
    #expect(WeightedFigures().quantile(0.5) == 0 && WeightedFigures().mean == 0)
  }

  @Test func sharesOfSitesAddUp() throws {
    let topology = try Topology(TopologyFile.load(ShippedTopologyTests.path("world")))
    let plan = try Planner(topology).place(Fixtures.tool())
    #expect(abs(plan.shares(in: topology).reduce(0) { $0 + $1.share } - 1) < 1e-12)
    #expect(plan.shares(in: topology).map(\.site) == plan.sites)
  }
}
