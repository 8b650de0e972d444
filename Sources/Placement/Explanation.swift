// Why a tool is where it is: every site with every rule, what each allowed site would cost, and what that is reckoned from.
internal import Manifests

/// Everything that was looked at for one tool.
public struct Explanation: Sendable {
  /// What a plan reckons with.
  public struct Input: Sendable, Equatable {
    public let name: String
    /// Empty for a plain count.
    public let unit: String
    public let figure: Figure
  }

  /// What a site would cost if it answered everybody.
  public struct Candidate: Sendable, Equatable {
    public let site: Int
    /// Mean over the populations by share; without any, what happens at the site itself.
    public let cost: CostModel.Cost
    /// Part of the calls that the plan has answered here.
    public let share: Double
  }

  public let tool: ToolProfile
  public let judgement: Judgement
  public let inputs: [Input]
  /// Cheapest first; empty where no site may have the tool.
  public let candidates: [Candidate]
  /// Nil where no site may have the tool.
  public let plan: ToolPlan?
  /// Why, in a few words.
  public let reason: String
}

extension Planner {
  /// Says why the tool stands where it stands. It never fails: of a tool that has nowhere to run it says that.
  public func explain(_ tool: ToolProfile) -> Explanation {
    let judgement = judge(tool)
    do throws(PlacementError) {
      let plan = try place(tool)
      let shares = Dictionary(uniqueKeysWithValues: plan.shares(in: topology).map { ($0.site, $0.share) })
      let candidates = plan.allowed.map { site in
        Explanation.Candidate(site: site, cost: mean(tool, at: site), share: shares[site] ?? 0)
      }
      return Explanation(
        tool: tool, judgement: judgement, inputs: tool.inputs,
        candidates: candidates.sorted { ($0.cost.total, $0.site) < ($1.cost.total, $1.site) }, plan: plan,
        reason: reason(plan))
    } catch {
      return Explanation(
        tool: tool, judgement: judgement, inputs: tool.inputs, candidates: [], plan: nil, reason: error.message)
    }
  }

  /// Why the tool stands where it does, in a few words: what keeps it somewhere, then what draws it there.
  public func reason(_ plan: ToolPlan) -> String {
    let tool = plan.tool
    guard policy == .manifest else {
      return policy == .allEdge ? "everything where it arrives" : "everything at the core"
    }
    var parts: [String] = []
    if let jurisdictions = tool.wish.jurisdictions { parts.append("only in \(jurisdictions.joined(separator: ", "))") }
    if tool.wish.tier != .auto { parts.append("\(tool.wish.tier.rawValue) only") }
    if let near = tool.wish.near, let index = topology.dependency(named: near) {
      parts.append("beside \(near) at \(topology.sites[topology.dependencies[index].site].name)")
    }
    if let budget = tool.wish.latencyBudgetMilliseconds {
      parts.append("where somebody is answered within \(Milliseconds.text(budget))")
    }
    if let store = plan.store { parts.append(stateReason(tool, topology.stores[store])) }
    for dependency in tool.dependencies where dependency.name != tool.wish.near && dependency.calls.value > 0 {
      guard let index = topology.dependency(named: dependency.name) else { continue }
      parts.append(
        "\(Count.text(dependency.calls.value, "call")) of \(dependency.name) at "
          + topology.sites[topology.dependencies[index].site].name)
    }
    if plan.store == nil && tool.dependencies.isEmpty { parts.append("needs nothing else: where its callers are") }
    return parts.joined(separator: "; ")
  }

  private func stateReason(_ tool: ToolProfile, _ store: TopologyFile.Store) -> String {
    let place = "\(store.name) at \(topology.sites[store.site].name)"
    if tool.hasSession { return "a session, kept in \(place): two operations there and those of the call" }
    guard tool.readsReplicas else {
      return
        "writes or must read what is written: \(Count.text(tool.keyValueReads.value + tool.keyValueWrites.value, "operation")) on \(place)"
    }
    return store.replicas.isEmpty
      ? "reads only, but \(place) has no copies"
      : "a public read: \(Count.text(Double(store.replicas.count), "copy", "copies")) of \(place) near its callers"
  }

  private func mean(_ tool: ToolProfile, at site: Int) -> CostModel.Cost {
    guard let local = model.atSite(tool, site) else { return CostModel.Cost() }
    var (sum, shares) = (CostModel.Cost(), 0.0)
    for population in topology.populations.indices {
      let entry = entry(of: population, for: tool)
      guard let cost = model.call(tool, population: population, entry: entry, site: site) else { continue }
      let share = topology.populations[population].share
      sum = sum.adding(cost.scaled(by: share))
      shares += share
    }
    return shares > 0 ? sum.scaled(by: 1 / shares) : local
  }
}

extension CostModel.Cost {
  func scaled(by factor: Double) -> Self {
    var scaled = self
    scaled.network *= factor
    scaled.forwarding *= factor
    scaled.service *= factor
    scaled.state *= factor
    scaled.dependencies *= factor
    return scaled
  }
}

extension ToolProfile {
  /// Every figure that its costs are reckoned from.
  public var inputs: [Explanation.Input] {
    var inputs = [Explanation.Input(name: "service", unit: "ms", figure: serviceMilliseconds)]
    for service in measuredServices {
      inputs.append(
        Explanation.Input(
          name: "service at speed \(Milliseconds.digits(service.speed))", unit: "ms",
          figure: Figure(service.milliseconds, .measured)))
    }
    // The session's own are known: one load before a call, one write behind it.
    if usesStore {
      inputs.append(Explanation.Input(name: "reads of the store", unit: "", figure: keyValueReads))
      inputs.append(Explanation.Input(name: "writes of the store", unit: "", figure: keyValueWrites))
    }
    for dependency in dependencies {
      inputs.append(Explanation.Input(name: "calls of \(dependency.name)", unit: "", figure: dependency.calls))
      inputs.append(
        Explanation.Input(name: "answer of \(dependency.name)", unit: "bytes", figure: dependency.answerBytes))
    }
    inputs.append(Explanation.Input(name: "request", unit: "bytes", figure: requestBytes))
    inputs.append(Explanation.Input(name: "answer", unit: "bytes", figure: answerBytes))
    return inputs
  }

  /// Whether any of them is assumed.
  public var isPartlyAssumed: Bool { inputs.contains { $0.figure.origin == .assumed } }
}
