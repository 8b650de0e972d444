// Chains: an agent calls one tool after the other, and what one answers is what the next one works on. Planned as a whole.
internal import Manifests

/// Where the steps of a chain run for one population.
///
/// The model. Each step is a call of its own through its entry, as MCP has it: its request, a reference to what it works
/// on, goes from the client to the site and an answer comes back. Between two steps the first one's answer has to get to
/// the second one's site. That takes nothing where both run at the same site; otherwise it goes the shorter of two ways:
/// - from site to site, where the second asks the first for it: a round trip, and the bytes on that path;
/// - by the client, which hands it on: no way of its own, since calls go there anyway, but the bytes on four of them.
///
/// What a tool answers that is bound to jurisdictions never goes from site to site out of them: only by the client, to whom
/// it was answered. The last answer goes to the client as it is.
public struct ChainPlan: Sendable, Equatable {
  public struct Step: Sendable, Equatable {
    public let tool: ToolProfile
    /// Where its call comes in.
    public let entry: Int
    public let site: Int
    /// Of the call itself.
    public let cost: CostModel.Cost
    /// What it takes until the answer of the step before is there, in milliseconds.
    public let moveMilliseconds: Double
  }

  public let population: Int
  public let steps: [Step]
  /// Each step where it would run by itself, its moves counted.
  public let stepByStep: [Step]

  /// Milliseconds of all steps.
  public var total: Double { Self.total(steps) }
  public var stepByStepTotal: Double { Self.total(stepByStep) }

  private static func total(_ steps: [Step]) -> Double { steps.reduce(0) { $0 + $1.cost.total + $1.moveMilliseconds } }
}

extension Planner {
  /// Plans a chain of up to `PlacementLimits.chainStepsMax` steps as a whole, for one population. Exact: the cheapest of all
  /// ways to give each step a site that may run it. Time is that of steps × sites², and mostly far less.
  ///
  /// - throws: `impossible` where a step has nowhere to run, `chainTooLong`, `badValue` for a chain of no steps.
  public func chain(_ tools: [ToolProfile], population: Int) throws(PlacementError) -> ChainPlan {
    guard !tools.isEmpty else {
      throw PlacementError(.badValue, "a chain has at least one step; name the tools in their order")
    }
    guard tools.count <= PlacementLimits.chainStepsMax else {
      throw PlacementError(
        .chainTooLong,
        "the chain has \(tools.count) steps, and at most \(PlacementLimits.chainStepsMax) are planned as a whole; split it"
      )
    }
    var steps: [StepCosts] = []
    for (index, tool) in tools.enumerated() {
      let entry = entry(of: population, for: tool)
      let allowed = try allowed(tool, judge(tool))
      // All but the last answer a reference; what it stands for moves by itself.
      var asked = tool
      if index + 1 < tools.count { asked.answerBytes = Figure(PlacementAssumptions.referenceBytes, .assumed) }
      steps.append(
        StepCosts(
          tool: tool, entry: entry, sites: allowed,
          costs: allowed.map { model.call(asked, population: population, entry: entry, site: $0) ?? CostModel.Cost() },
          alone: allowed.map { model.call(tool, population: population, entry: entry, site: $0)?.total ?? .infinity }))
    }
    let alone = steps.map { step in
      step.alone.indices.reduce(0) { step.alone[$1] < step.alone[$0] ? $1 : $0 }
    }
    return ChainPlan(
      population: population, steps: made(steps, cheapest(steps, population), population),
      stepByStep: made(steps, alone, population))
  }

  /// The place, in each step's sites, of the one it runs at: by dynamic programming over the steps.
  private func cheapest(_ steps: [StepCosts], _ population: Int) -> [Int] {
    var totals = steps[0].costs.map(\.total)
    var origins: [[Int]] = []
    for index in steps.indices.dropFirst() {
      let (before, step) = (steps[index - 1], steps[index])
      // Cheapest first: where even a free move would be too dear, so are all that follow.
      let order = totals.indices.sorted { (totals[$0], $0) < (totals[$1], $1) }
      var next: [Double] = []
      var origin: [Int] = []
      for place in step.sites.indices {
        var (best, from) = (Double.infinity, order[0])
        for candidate in order {
          if totals[candidate] >= best { break }
          let total = totals[candidate] + move(before, candidate, to: step, place, population)
          if total < best { (best, from) = (total, candidate) }
        }
        next.append(best + step.costs[place].total)
        origin.append(from)
      }
      totals = next
      origins.append(origin)
    }
    var place = totals.indices.reduce(0) { totals[$1] < totals[$0] ? $1 : $0 }
    var places = [place]
    for origin in origins.reversed() {
      place = origin[place]
      places.append(place)
    }
    return places.reversed()
  }

  private func made(_ steps: [StepCosts], _ places: [Int], _ population: Int) -> [ChainPlan.Step] {
    steps.indices.map { index in
      let (step, place) = (steps[index], places[index])
      let moved = index == 0 ? 0 : move(steps[index - 1], places[index - 1], to: step, place, population)
      return ChainPlan.Step(
        tool: step.tool, entry: step.entry, site: step.sites[place], cost: step.costs[place], moveMilliseconds: moved)
    }
  }

  private func move(_ first: StepCosts, _ from: Int, to second: StepCosts, _ to: Int, _ population: Int) -> Double {
    let (from, to, bytes) = (first.sites[from], second.sites[to], first.tool.answerBytes.value)
    guard from != to else { return 0 }
    func length(_ path: Path) -> Double { path.length(bytes: bytes) }
    let byClient =
      length(topology.path(from: from, to: first.entry))
      + length(topology.path(fromPopulation: population, to: first.entry))
      + length(topology.path(fromPopulation: population, to: second.entry))
      + length(topology.path(from: second.entry, to: to))
    let mayPass =
      policy != .manifest || first.tool.wish.jurisdictions?.contains(topology.sites[to].jurisdiction) ?? true
    guard mayPass else { return byClient }
    return min(
      byClient, topology.path(from: from, to: to).exchange(out: PlacementAssumptions.referenceBytes, back: bytes))
  }
}

/// What a step costs at each site that may run it.
private struct StepCosts {
  let tool: ToolProfile
  let entry: Int
  let sites: [Int]
  /// In the order of `sites`: within the chain, and by itself.
  let costs: [CostModel.Cost]
  let alone: [Double]
}
