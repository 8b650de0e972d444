// What holds of every plan, tried on random topologies: jurisdictions, one site more, the same again.
import Manifests
import Testing

@testable import Placement

@Suite(.timeLimit(.minutes(1))) struct PlanPropertyTests {
  /// Random worlds with random tools; `body` gets those that can be planned too.
  private func forEach(_ worlds: Int, _ body: (inout Seeded, RandomWorld, Topology, ToolProfile) throws -> Void) throws
  {
    for seed in 0..<UInt64(worlds) {
      var random = Seeded(seed)
      let world = RandomWorld(&random, sites: Int.random(in: 1...12, using: &random))
      let topology = try Topology(TopologyFile.parse(world.text))
      let tool = try RandomWorld.tool(&random)
      try body(&random, world, topology, tool)
    }
  }

  @Test func noJurisdictionIsEverLeft() throws {
    var (planned, bound) = (0, 0)
    try forEach(700) { random, _, topology, tool in
      guard let jurisdictions = tool.wish.jurisdictions else { return }
      bound += 1
      let planner = Planner(topology)
      guard let plan = try? planner.place(tool) else { return }
      planned += 1
      func isInside(_ site: Int) -> Bool { jurisdictions.contains(topology.sites[site].jurisdiction) }
      #expect(plan.allowed.allSatisfy(isInside))
      #expect(plan.sites.allSatisfy(isInside) && plan.sites.allSatisfy(plan.allowed.contains))
      #expect(plan.populations.allSatisfy { isInside($0.site) && isInside($0.entry) })
      for site in topology.sites.indices {
        #expect(planner.route(plan, from: site).allSatisfy(isInside))
        #expect(plan.mayRead(at: site, in: topology) == isInside(site))
      }
      // Its state too: the store, and whatever copy a read may go to.
      guard let store = plan.store else { return }
      #expect(isInside(topology.stores[store].site) && topology.stores[store].replicas.allSatisfy { isInside($0.site) })
      for site in plan.allowed { #expect(isInside(planner.model.readSite(store: store, from: site))) }
      // And the steps of a chain.
      let other = try RandomWorld.tool(&random, name: "u")
      guard let chain = try? planner.chain([tool, other, tool], population: 0) else { return }
      for step in [chain.steps[0], chain.steps[2]] { #expect(isInside(step.site) && isInside(step.entry)) }
    }
    #expect(planned > 80 && bound - planned > 20, "\(planned) of \(bound)")
  }

  /// Of each population: the smallest cost over all sites that may take its calls in and all that may run them.
  @Test func oneSiteMoreNeverMakesTheBestLatencyWorse() throws {
    var (compared, better) = (0, 0)
    try forEach(400) { random, world, topology, tool in
      let grown = try Topology(TopologyFile.parse(world.grown(&random).text))
      let (before, after) = (Planner(topology), Planner(grown))
      guard let plan = try? before.place(tool) else { return }
      // What could be placed still can.
      let larger = try after.place(tool)
      #expect(Set(plan.allowed).isSubset(of: larger.allowed))
      for population in topology.populations.indices {
        let old = try #require(before.best(plan, population: population)).cost.total
        let new = try #require(after.best(larger, population: population)).cost.total
        #expect(new <= old * (1 + 1e-12), "seeded world, population \(population): \(old) became \(new)")
        compared += 1
        if new < old { better += 1 }
      }
    }
    #expect(compared > 300 && better > 10, "\(better) of \(compared)")
  }

  /// Clients go to the nearest site that takes their calls in, so that a plan may be worse than the best there is.
  @Test func aPlanIsNeverBetterThanTheBest() throws {
    try forEach(200) { _, _, topology, tool in
      let planner = Planner(topology)
      guard let plan = try? planner.place(tool) else { return }
      for answer in plan.populations {
        let best = try #require(planner.best(plan, population: answer.population))
        #expect(answer.cost.total >= best.cost.total * (1 - 1e-12))
        // Of the ways in, the nearest; of the sites, the best from there.
        #expect(answer.entry == planner.entry(of: answer.population, for: tool))
        let fromThere = plan.allowed.compactMap {
          planner.model.call(tool, population: answer.population, entry: answer.entry, site: $0)?.total
        }
        #expect(abs(answer.cost.total - (fromThere.min() ?? .infinity)) < 1e-9)
      }
    }
  }

  @Test func theSameInputGivesTheSamePlan() throws {
    try forEach(100) { _, world, topology, tool in
      let again = try Topology(TopologyFile.parse(world.text))
      let (one, other) = (try? Planner(topology).place(tool), try? Planner(again).place(tool))
      #expect(one == other)
      #expect(topology.identity == again.identity)
      #expect(
        PlacementPolicy.compare([tool], in: topology) == PlacementPolicy.compare([tool], in: again))
    }
  }

  @Test func thePlanDoesNotDependOnTheOrderOfTheTools() throws {
    for seed in 0..<60 as Range<UInt64> {
      var random = Seeded(seed)
      let topology = try Topology(TopologyFile.parse(RandomWorld(&random, sites: 8).text))
      let planner = Planner(topology)
      let tools = try (0..<5).map { try RandomWorld.tool(&random, name: "t\($0)") }
        .filter { (try? planner.place($0)) != nil }
      let plan = try planner.plan(tools)
      let shuffled = tools.shuffled(using: &random)
      let other = try planner.plan(shuffled)
      for tool in tools { #expect(plan[tool: tool.name] == other[tool: tool.name]) }
      #expect(PlacementPolicy.compare(tools, in: topology) == PlacementPolicy.compare(shuffled, in: topology))
    }
  }

  /// Every set of rules that is named is too much together, and no smaller one is.
  @Test func aConflictIsTheSmallest() throws {
    var seen = 0
    try forEach(250) { _, _, topology, tool in
      let judgement = Planner(topology).judge(tool)
      let conflict = judgement.smallestConflict
      #expect(conflict.isEmpty == !judgement.allowed.isEmpty)
      guard !conflict.isEmpty else { return }
      seen += 1
      func isSatisfiable(_ names: [String]) -> Bool {
        topology.sites.indices.contains { site in
          judgement.rules.filter { names.contains($0.name) }.allSatisfy { $0.verdicts[site].isKept }
        }
      }
      #expect(!isSatisfiable(conflict))
      let names = judgement.rules.map(\.name)
      for set in 0..<(1 << names.count) {
        let some = names.indices.filter { set & (1 << $0) != 0 }.map { names[$0] }
        if some.count < conflict.count { #expect(isSatisfiable(some)) }
      }
      // The message names each of them, and nothing else.
      let error = #expect(throws: PlacementError.self) { try Planner(topology).place(tool) }
      let said = error?.message.split(separator: ". Nearest to it").first ?? ""
      for rule in judgement.rules { #expect(said.contains(rule.asked) == conflict.contains(rule.name), "\(said)") }
    }
    #expect(seen > 40)
  }
}
