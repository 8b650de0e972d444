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
  ///
  /// The last places are for other regions than the best site's, so that a region that dies takes nobody's last site.
  func nearest(from entry: Int, _ model: CostModel) -> [Int] {
    var best = Ranking(capacity: PlacementLimits.routeSitesMax)
    for (index, site) in allowed.enumerated() { best.offer(cost(index, from: entry, model), site) }
    guard allowed.count > PlacementLimits.routeSitesMax, let first = best.all.first else { return best.all.map(\.site) }
    let sites = model.topology.sites
    let region = sites[first.site].region
    let here = best.all.filter { sites[$0.site].region == region }
    guard best.all.count - here.count < PlacementLimits.routeSitesElsewhere else { return best.all.map(\.site) }
    var elsewhere = Ranking(capacity: PlacementLimits.routeSitesElsewhere)
    for (index, site) in allowed.enumerated() where sites[site].region != region {
      elsewhere.offer(cost(index, from: entry, model), site)
    }
    let kept = here.prefix(PlacementLimits.routeSitesMax - elsewhere.all.count) + elsewhere.all
    return kept.sorted { $0 < $1 }.map(\.site)
  }

  private func cost(_ index: Int, from entry: Int, _ model: CostModel) -> Double {
    let site = allowed[index]
    return atSite[index] + (site == entry ? 0 : model.forward(tool, from: entry, to: site).total)
  }

  /// The cheapest few; of two that cost the same, the first in the file.
  private struct Ranking {
    let capacity: Int
    private(set) var all: [(cost: Double, site: Int)] = []

    init(capacity: Int) { self.capacity = capacity }

    mutating func offer(_ cost: Double, _ site: Int) {
      let candidate = (cost: cost, site: site)
      if all.count == capacity, candidate >= all[capacity - 1] { return }
      all.insert(candidate, at: all.firstIndex { candidate < $0 } ?? all.count)
      if all.count > capacity { all.removeLast() }
    }
  }
}
