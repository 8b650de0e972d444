// A plan against the two extremes: what each is expected to take, and what it breaks.
internal import Manifests

/// What one policy comes to, over all tools and populations.
public struct PolicyFigures: Sendable, Equatable {
  public let policy: PlacementPolicy
  /// Expected milliseconds of calls, by share of the populations; every tool is called as often.
  public let latency: WeightedFigures
  /// Part of the calls whose arguments are read outside their tool's jurisdictions.
  public let violations: Double
  /// Tools that this policy has no site for; their calls are in no other figure.
  public let unplaced: [String]
}

extension PlacementPolicy {
  /// Plans the tools under each policy.
  public static func compare(_ tools: [ToolProfile], in topology: Topology) -> [PolicyFigures] {
    allCases.map { policy in
      let planner = Planner(topology, policy: policy)
      var latency = WeightedFigures()
      var (unplaced, all, broken): ([String], Double, Double) = ([], 0, 0)
      // In an order of their own, so that sums do not depend on the order in which tools are given.
      for tool in tools.sorted(by: { $0.name < $1.name }) {
        guard let plan = try? planner.place(tool) else {
          unplaced.append(tool.name)
          continue
        }
        latency.add(plan.latency(in: topology))
        for answer in plan.populations {
          let share = topology.populations[answer.population].share
          all += share
          let isKept = plan.mayRead(at: answer.entry, in: topology) && plan.mayRead(at: answer.site, in: topology)
          if !isKept { broken += share }
        }
      }
      return PolicyFigures(
        policy: policy, latency: latency, violations: all > 0 ? broken / all : 0, unplaced: unplaced)
    }
  }
}

extension ToolPlan {
  /// Expected milliseconds of its calls, by share of the populations.
  public func latency(in topology: Topology) -> WeightedFigures {
    var latency = WeightedFigures()
    for answer in populations {
      latency.add(answer.cost.total, weight: topology.populations[answer.population].share)
    }
    return latency
  }

  /// Which part of the calls each site answers that answers any, in the order of the sites.
  public func shares(in topology: Topology) -> [(site: Int, share: Double)] {
    var bySite: [Int: Double] = [:]
    for answer in populations { bySite[answer.site, default: 0] += topology.populations[answer.population].share }
    // Added in the order of the populations, so that the last bits are the same each time.
    let all = populations.reduce(0) { $0 + topology.populations[$1.population].share }
    return bySite.sorted { $0.key < $1.key }.map { (site: $0.key, share: $0.value / all) }
  }
}
