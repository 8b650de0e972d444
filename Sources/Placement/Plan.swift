// A plan: where each tool stands, who is answered from where, and what that is expected to take.
internal import Manifests

/// The plan of all tools.
public struct Plan: Sendable, Equatable {
  public let policy: PlacementPolicy
  public let tools: [ToolPlan]

  public subscript(tool name: String) -> ToolPlan? { tools.first { $0.tool.name == name } }
}

/// The plan of one tool.
public struct ToolPlan: Sendable, Equatable {
  public let tool: ToolProfile
  public let judgement: Judgement
  /// Sites that may run it: those it is placed on, and those that step in.
  public let allowed: [Int]
  /// Sites that it is placed on: the best one of some population each.
  public let sites: [Int]
  /// Where its state is kept.
  public let store: Int?
  /// Of each population, in their order.
  public let populations: [PopulationPlan]
  let costs: SiteCosts

  /// Whether a site may read its arguments at all.
  public func mayRead(at site: Int, in topology: Topology) -> Bool {
    tool.wish.jurisdictions.map { $0.contains(topology.sites[site].jurisdiction) } ?? true
  }
}

/// How one population is served.
public struct PopulationPlan: Sendable, Equatable {
  public let population: Int
  /// Where its calls come in.
  public let entry: Int
  /// Where they run.
  public let site: Int
  public let cost: CostModel.Cost
}

/// What a tool costs at each site that may have it.
struct SiteCosts: Sendable, Equatable {
  let tool: ToolProfile
  let allowed: [Int]
  /// In the order of `allowed`, in milliseconds.
  let atSite: [Double]

  init(_ tool: ToolProfile, allowed: [Int], _ model: CostModel) {
    self.tool = tool
    self.allowed = allowed
    atSite = allowed.map { model.atSite(tool, $0)?.total ?? .infinity }
  }

  /// The best sites for calls that come in at `entry`, best first, by what the way and the site take together.
  func nearest(from entry: Int, _ model: CostModel) -> [Int] {
    var best: [(cost: Double, site: Int)] = []
    for (index, site) in allowed.enumerated() {
      let way = site == entry ? 0 : model.forward(tool, from: entry, to: site).total
      let candidate = (cost: way + atSite[index], site: site)
      if best.count == PlacementLimits.routeSitesMax, candidate >= best[best.count - 1] { continue }
      let place = best.firstIndex { candidate < $0 } ?? best.count
      best.insert(candidate, at: place)
      if best.count > PlacementLimits.routeSitesMax { best.removeLast() }
    }
    return best.map(\.site)
  }
}
