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

/// Plans tools in one topology. Immutable; the same input gives the same plan.
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
          name: rule.name, verdicts: topology.sites.indices.map { rule.verdict(on: $0, for: tool, in: model) })
      })
  }

  /// Places one tool.
  ///
  /// - throws: `impossible`, with the smallest set of rules that no site satisfies.
  public func place(_ tool: ToolProfile) throws(PlacementError) -> ToolPlan {
    let judgement = judge(tool)
    let allowed: [Int]
    switch policy {
    case .manifest: allowed = judgement.allowed
    case .allEdge: allowed = topology.sites.indices.filter { !topology.sites[$0].isCore && model.atSite(tool, $0) != nil }
    case .allCore: allowed = topology.sites.indices.filter { topology.sites[$0].isCore && model.atSite(tool, $0) != nil }
    }
    guard !allowed.isEmpty else {
      throw PlacementError(.impossible, impossible(tool, judgement))
    }
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
  /// nearest one there, since any other sends its callers away.
  public func entry(of population: Int, for tool: ToolProfile) -> Int {
    let nearest = topology.sites(nearestTo: population)
    guard policy == .manifest, let jurisdictions = tool.wish.jurisdictions else { return nearest[0] }
    return nearest.first { jurisdictions.contains(topology.sites[$0].jurisdiction) } ?? nearest[0]
  }

  /// Where a node at `entry` sends calls of the tool, best first; itself, where it may run them and that is best.
  public func route(_ plan: ToolPlan, from entry: Int) -> [Int] { route(plan.costs, from: entry) }

  private func route(_ costs: SiteCosts, from entry: Int) -> [Int] {
    // Everything where it arrives: the extreme does not look at what it costs.
    if policy == .allEdge, costs.allowed.contains(entry) {
      return [entry] + costs.nearest(from: entry, model).filter { $0 != entry }.prefix(PlacementLimits.routeSitesMax - 1)
    }
    return costs.nearest(from: entry, model)
  }

  private func impossible(_ tool: ToolProfile, _ judgement: Judgement) -> String {
    let names = judgement.smallestConflict
    if names.isEmpty { return "tool `\(tool.name)` has nowhere to run: the topology has no site of that tier" }
    let parts = names.map { rule -> String in
      switch rule {
      case "jurisdictions": "`jurisdictions` allows \(tool.wish.jurisdictions?.joined(separator: ", ") ?? "")"
      case "tier": "`tier` is \(tool.wish.tier.rawValue)"
      case "near": "`near` wants \(tool.wish.near ?? "") within \(Milliseconds.text(PlacementLimits.nearRoundTripMilliseconds))"
      case "latency_budget_ms":
        "`latency_budget_ms` is \(Milliseconds.digits(tool.wish.latencyBudgetMilliseconds ?? 0))"
      case "memory": "`memory` is \(Bytes.text(tool.memoryBytes))"
      default: "it keeps state"
      }
    }
    let closest = judgement.nearestMiss(names).map { site, text in " Nearest to it: \(topology.sites[site].name) (\(text))." } ?? ""
    return "tool `\(tool.name)` has nowhere to run: no site satisfies \(parts.joined(separator: " and ")).\(closest) "
      + "Change \(names.count == 1 ? "that" : "one of them") in the manifest of `\(tool.worker)`, or add a site"
  }
}
