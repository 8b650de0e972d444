// Each rule by itself: whom it concerns, which sites it removes, and the figure that it gives.
import Manifests
import Testing

@testable import Placement

@Suite struct RuleTests {
  /// fra (edge, eu, small), iad (core, us), ham (core, eu); stores in both jurisdictions; orders-db at iad.
  static let world = """
    [[sites]]
    name = "fra"
    tier = "edge"
    region = "r"
    jurisdiction = "eu"
    latitude = 50.11
    longitude = 8.68
    memory = "8MiB"
    [[sites]]
    name = "iad"
    tier = "core"
    region = "r"
    jurisdiction = "us"
    latitude = 38.95
    longitude = -77.45
    [[sites]]
    name = "ham"
    tier = "core"
    region = "r"
    jurisdiction = "eu"
    latitude = 53.55
    longitude = 9.99
    [[stores]]
    name = "eu"
    site = "ham"
    keeps = ["eu"]
    [[dependencies]]
    name = "orders-db"
    site = "iad"
    [[populations]]
    name = "berlin"
    region = "r"
    latitude = 52.52
    longitude = 13.40

    """

  private func verdicts(_ rule: any PlacementRule, _ tool: ToolProfile, _ world: String = world) throws -> [Verdict] {
    let topology = try Topology(TopologyFile.parse(world))
    return topology.sites.indices.map { rule.verdict(on: $0, for: tool, in: CostModel(topology)) }
  }

  private func placed(_ lines: String, kv: Bool = false) throws -> ToolProfile {
    try Fixtures.tool("", (kv ? "[permissions]\nkv = [\"n\"]\n" : "") + "[placement]\n" + lines)
  }

  @Test func theOrderIsThatOfTheDesign() {
    #expect(
      PlacementRules.all.map(\.name) == ["jurisdictions", "tier", "state", "near", "memory", "latency_budget_ms"])
  }

  @Test func aRuleThatNobodyAskedForIsNotListed() throws {
    let judgement = Planner(try Topology(TopologyFile.parse(Self.world))).judge(try Fixtures.tool())
    #expect(judgement.rules.map(\.name) == ["memory"])
    #expect(judgement.smallestConflict.isEmpty)
  }

  // MARK: jurisdictions

  @Test func jurisdictionsRemoveEveryOtherPlace() throws {
    let tool = try placed("jurisdictions = [\"eu\"]")
    let free = try placed("")
    #expect(JurisdictionRule().applies(to: tool) && !JurisdictionRule().applies(to: free))
    #expect(try verdicts(JurisdictionRule(), tool) == [.kept("in eu"), .removed("in us"), .kept("in eu")])
    #expect(try verdicts(JurisdictionRule(), placed("jurisdictions = [\"us\", \"eu\"]")).allSatisfy { $0.isKept })
    // A name is a whole name.
    #expect(try verdicts(JurisdictionRule(), placed("jurisdictions = [\"e\", \"eu-west\"]")).allSatisfy { !$0.isKept })
  }

  // MARK: tier

  @Test func aTierKeepsItsOwn() throws {
    #expect(
      try verdicts(TierRule(), placed("tier = \"core\"")) == [.removed("is edge"), .kept("is core"), .kept("is core")])
    #expect(try verdicts(TierRule(), placed("tier = \"edge\"")).map(\.isKept) == [true, false, false])
    #expect(!TierRule().applies(to: try placed("tier = \"auto\"")))
  }

  // MARK: state

  @Test func stateNeedsAStoreThatMayKeepIt() throws {
    let free = try placed("", kv: true)
    let stateless = try placed("")
    #expect(StateRule().applies(to: free) && !StateRule().applies(to: stateless))
    // There is one for the EU's state, and none for what is bound to nothing.
    #expect(try verdicts(StateRule(), free).allSatisfy { !$0.isKept })
    let bound = try verdicts(StateRule(), placed("jurisdictions = [\"eu\"]", kv: true))
    #expect(bound.allSatisfy { $0.isKept })
    #expect(bound[2].text == "store eu at ham, 0.00 ms" && bound[0].text.hasPrefix("store eu at ham, 6."))
    // A store of the EU alone is no store for what may be kept in the US only.
    #expect(try verdicts(StateRule(), placed("jurisdictions = [\"us\"]", kv: true)).allSatisfy { !$0.isKept })
  }

  /// A copy of such a store may stand in either place.
  @Test func aStoreOfTwoJurisdictionsIsNotForAToolOfOne() throws {
    let world = Self.world.replacing("keeps = [\"eu\"]", with: "keeps = [\"eu\", \"us\"]")
    #expect(try verdicts(StateRule(), placed("jurisdictions = [\"eu\"]", kv: true), world).allSatisfy { !$0.isKept })
    #expect(
      try verdicts(StateRule(), placed("jurisdictions = [\"eu\", \"us\"]", kv: true), world).allSatisfy { $0.isKept })
  }

  // MARK: near

  @Test func nearIsABoundInMilliseconds() throws {
    let verdicts = try verdicts(NearRule(), placed("near = \"orders-db\""))
    #expect(verdicts.map(\.isKept) == [false, true, false])
    #expect(verdicts[1].text == "orders-db at iad, 0.00 ms" && verdicts[0].text.hasPrefix("orders-db at iad, 9"))
    #expect(!NearRule().applies(to: try placed("")))
  }

  @Test func nearWhatIsNotThereIsNowhere() throws {
    let verdicts = try verdicts(NearRule(), placed("near = \"order-db\""))
    #expect(verdicts.allSatisfy { $0 == .removed("the topology has no dependency order-db; it has orders-db") })
  }

  // MARK: memory

  @Test func aSmallSiteTakesNoLargeTool() throws {
    #expect(MemoryRule().applies(to: try placed("")))
    let verdicts = try verdicts(MemoryRule(), placed(""))
    #expect(verdicts == [.removed("16 MiB of 8 MiB"), .kept("no bound"), .kept("no bound")])
    let small = try Fixtures.tool("", "[limits]\nmemory = \"8MiB\"")
    #expect(try self.verdicts(MemoryRule(), small)[0] == .kept("8 MiB of 8 MiB"))
  }

  // MARK: latency_budget_ms

  @Test func aBudgetRemovesSitesThatNobodyIsAnsweredFromInTime() throws {
    let verdicts = try verdicts(BudgetRule(), placed("latency_budget_ms = 40"))
    #expect(verdicts.map(\.isKept) == [true, false, true])
    #expect(verdicts[0].text.hasSuffix("from berlin"))
    #expect(try self.verdicts(BudgetRule(), placed("latency_budget_ms = 0.1")).allSatisfy { !$0.isKept })
    #expect(!BudgetRule().applies(to: try placed("")))
  }

  @Test func withoutClientsABudgetSaysNothing() throws {
    let world = Self.world.split(separator: "[[populations]]")[0]
    let verdicts = try verdicts(BudgetRule(), placed("latency_budget_ms = 0.1"), String(world))
    #expect(verdicts.allSatisfy { $0 == .kept("no populations to judge by") })
  }

  // MARK: Conflicts

  @Test(arguments: [
    ("jurisdictions = [\"mars\"]", "no site satisfies `jurisdictions` allows mars."),
    (
      "jurisdictions = [\"eu\"]\nnear = \"orders-db\"",
      "`jurisdictions` allows eu and `near` wants orders-db within 10.0 ms"
    ),
    ("jurisdictions = [\"us\"]\ntier = \"edge\"", "`jurisdictions` allows us and `tier` is edge"),
    ("tier = \"edge\"", "`tier` is edge and `memory` is 16 MiB. Nearest to it: fra (memory: 16 MiB of 8 MiB)"),
    ("latency_budget_ms = 1", "no site satisfies `latency_budget_ms` is 1.00. Nearest to it: fra"),
    ("near = \"db\"", "it has orders-db"),
  ])
  func aConflictSaysWhatCannotHoldTogether(lines: String, words: String) throws {
    let error = #expect(throws: PlacementError.self) {
      try Planner(Topology(TopologyFile.parse(Self.world))).place(placed(lines))
    }
    #expect(error?.code == .impossible)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("in the manifest of `w`") == true)
  }

  @Test func theExtremesSayWhatTheyLack() throws {
    let topology = try Topology(TopologyFile.parse(TopologyTests.oneCore))
    let error = #expect(throws: PlacementError.self) { try Planner(topology, policy: .allEdge).place(Fixtures.tool()) }
    #expect(error?.message.contains("with everything all-edge: the topology has no site of that tier") == true)
    let state = #expect(throws: PlacementError.self) {
      try Planner(topology, policy: .allCore).place(Fixtures.tool("", "[permissions]\nkv = [\"n\"]"))
    }
    #expect(state?.message.contains("no store for its state") == true)
  }
}
