// From rules and costs to a plan: which sites have a tool, and which of them answers whom.
internal import Manifests

/// How tools are placed. The two extremes are what plans are compared with.
public enum PlacementPolicy: String, Sendable, CaseIterable {
  /// As manifests say.
  case manifest
  /// Everything where it arrives, whatever manifests say.
  case allEdge = "all-edge"
  /// Everything at core sites, whatever manifests say.
  case allCore = "all-core"
}

/// Plans tools in one topology. Immutable; the same input gives the same plan, and each tool's is its own, so that their
/// order says nothing.
public struct Planner: Sendable {
  public let model: CostModel
  public let policy: PlacementPolicy
  public var topology: Topology { model.topology }

  public init(_ topology: Topology, policy: PlacementPolicy = .manifest) {
    model = CostModel(topology)
    self.policy = policy
  }

  /// What each rule says of each site. Rules that do not apply to the tool are left out.
  public func judge(_ tool: ToolProfile) -> Judgement {
    let rules = PlacementRules.all.filter { $0.applies(to: tool) }
    return Judgement(
      rules: rules.map { rule in
        Judgement.Rule(
          name: rule.name, asked: rule.asked(of: tool),
          verdicts: topology.sites.indices.map { rule.verdict(on: $0, for: tool, in: model) })
      })
  }

  /// Places one tool.
  ///
  /// - throws: `impossible`, with the smallest set of rules that no site satisfies.
  public func place(_ tool: ToolProfile) throws(PlacementError) -> ToolPlan {
    let judgement = judge(tool)
    let allowed = try allowed(tool, judgement)
    let costs = SiteCosts(tool, allowed: allowed, model)
    var answers: [PopulationPlan] = []
    for population in topology.populations.indices {
      let entry = entry(of: population, for: tool)
      guard let site = route(costs, from: entry).first,
        let cost = model.call(tool, population: population, entry: entry, site: site)
      else { continue }
      answers.append(PopulationPlan(population: population, entry: entry, site: site, cost: cost))
    }
    let placed = topology.populations.isEmpty ? allowed : Set(answers.map(\.site)).sorted()
    return ToolPlan(
      tool: tool, judgement: judgement, allowed: allowed, sites: placed,
      store: tool.keepsState ? topology.store(for: tool.wish.jurisdictions) : nil, populations: answers, costs: costs)
  }

  /// Places them all.
  public func plan(_ tools: [ToolProfile]) throws(PlacementError) -> Plan {
    var plans: [ToolPlan] = []
    for tool in tools { plans.append(try place(tool)) }
    return Plan(policy: policy, tools: plans)
  }

  /// Where a population's calls of a tool come in: at the nearest site; for a tool that is bound to jurisdictions at the
  /// nearest one there, since any other sends its callers away. With everything at one tier, at the nearest site of it:
  /// the others are not there then.
  public func entry(of population: Int, for tool: ToolProfile) -> Int {
    topology.nearestSite(to: population) { takesIn(tool, at: $0) } ?? topology.nearestSite(to: population) { _ in true }
      ?? 0
  }

  /// Where a node at `entry` sends calls of the tool, best first; itself, where it may run them and that is best.
  public func route(_ plan: ToolPlan, from entry: Int) -> [Int] { route(plan.costs, from: entry) }

  /// The smallest cost at which a population's calls of a tool can be answered at all: over all sites that may run it, and
  /// all that may take it in. One site more never makes it larger. A plan's own cost is never smaller; it is larger where
  /// the nearest site is not the best way in, since clients go to the nearest.
  public func best(_ plan: ToolPlan, population: Int) -> PopulationPlan? {
    var best: PopulationPlan?
    for entry in topology.sites.indices where takesIn(plan.tool, at: entry) {
      for site in plan.allowed {
        guard let cost = model.call(plan.tool, population: population, entry: entry, site: site),
          cost.total < best?.cost.total ?? .infinity
        else { continue }
        best = PopulationPlan(population: population, entry: entry, site: site, cost: cost)
      }
    }
    return best
  }

  /// Sites that may run the tool.
  func allowed(_ tool: ToolProfile, _ judgement: Judgement) throws(PlacementError) -> [Int] {
    if policy == .manifest {
      let allowed = judgement.allowed
      guard !allowed.isEmpty else { throw PlacementError(.impossible, impossible(tool, judgement)) }
      return allowed
    }
    let allowed = topology.sites.indices.filter {
      topology.sites[$0].isCore == (policy == .allCore) && model.atSite(tool, $0) != nil
    }
    guard !allowed.isEmpty else {
      let why = model.atSite(tool, 0) == nil ? "no store for its state" : "no site of that tier"
      throw PlacementError(
        .impossible,
        "tool `\(tool.name)` has nowhere to run with everything \(policy.rawValue): the topology has \(why)")
    }
    return allowed
  }

  /// Whether clients may hand a site calls of the tool. The extremes ask for no jurisdiction.
  func takesIn(_ tool: ToolProfile, at site: Int) -> Bool {
    switch policy {
    case .manifest: tool.wish.jurisdictions?.contains(topology.sites[site].jurisdiction) ?? true
    case .allEdge: !topology.sites[site].isCore
    case .allCore: topology.sites[site].isCore
    }
  }

  private func route(_ costs: SiteCosts, from entry: Int) -> [Int] {
    // Everything where it arrives: the extreme does not look at what it costs.
    if policy == .allEdge, costs.allowed.contains(entry) {
      return [entry]
        + costs.nearest(from: entry, model).filter { $0 != entry }.prefix(PlacementLimits.routeSitesMax - 1)
    }
    return costs.nearest(from: entry, model)
  }

  private func impossible(_ tool: ToolProfile, _ judgement: Judgement) -> String {
    let conflict = judgement.smallestConflict
    let asked = judgement.rules.filter { conflict.contains($0.name) }.map(\.asked)
    let closest =
      judgement.nearestMiss(conflict).map { site, text in " Nearest to it: \(topology.sites[site].name) (\(text))." }
      ?? ""
    return "tool `\(tool.name)` has nowhere to run: no site satisfies \(asked.joined(separator: " and ")).\(closest) "
      + "Change \(asked.count == 1 ? "that" : "one of them") in the manifest of `\(tool.worker)`, or change the topology"
  }
}
