// `latency_budget_ms`: a site from which no clients are answered in time is of no use.
internal import Manifests

struct BudgetRule: PlacementRule {
  let name = "latency_budget_ms"

  func applies(to tool: ToolProfile) -> Bool { tool.wish.latencyBudgetMilliseconds != nil }

  func asked(of tool: ToolProfile) -> String {
    "`latency_budget_ms` is \(Milliseconds.digits(tool.wish.latencyBudgetMilliseconds ?? 0))"
  }

  func verdict(on site: Int, for tool: ToolProfile, in model: CostModel) -> Verdict {
    guard let budget = tool.wish.latencyBudgetMilliseconds else { return .kept("none") }
    let topology = model.topology
    guard !topology.populations.isEmpty else { return .kept("no populations to judge by") }
    guard model.atSite(tool, site) != nil else { return .kept("not known without a store") }
    var best = Double.infinity
    var nearest = 0
    for population in topology.populations.indices {
      guard let cost = model.call(tool, population: population, entry: site, site: site)?.total, cost < best else {
        continue
      }
      best = cost
      nearest = population
    }
    let text = "\(Milliseconds.text(best)) from \(topology.populations[nearest].name)"
    return best <= budget ? .kept(text) : .removed(text)
  }
}
