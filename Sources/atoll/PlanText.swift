// The plan as people read it: a row a tool, the extremes below, and a chain where one was asked for.

import Manifests
import Placement

struct PlanText {
  let plan: Plan
  let comparison: [PolicyFigures]
  let chains: [ChainPlan]
  let planner: Planner

  private var topology: Topology { planner.topology }

  func print() {
    let cores = topology.sites.count { $0.isCore }
    Terminal.output(
      "\(topology.name): \(topology.sites.count) sites, \(cores) of them core; \(topology.populations.count) populations; "
        + "placed \(plan.policy == .manifest ? "as manifests say" : plan.policy.rawValue)\n")
    printTools()
    if !topology.populations.isEmpty { printComparison() }
    if !chains.isEmpty { printChain() }
    let assumed = plan.tools.filter(\.tool.isPartlyAssumed)
    guard !assumed.isEmpty else { return }
    Terminal.output(
      "\n* assumed in part: --explain TOOL says what; write [tools.expect], or give --measured what a node's /metrics answers"
    )
  }

  private func printTools() {
    var table = Columns()
    table.add(["tool", "sites", "answered by"].map { .init($0, .bold) } + Self.times + [.init("why", .bold)])
    for tool in plan.tools {
      let latency = tool.latency(in: topology)
      let mark = tool.tool.isPartlyAssumed ? "*" : " "
      table.add([
        .init(tool.tool.name), .init(Self.places(tool.sites, topology)), .init(answers(tool)),
        Self.time(latency, 0.5, mark), Self.time(latency, 0.99, mark), .init(planner.reason(tool), .dim),
      ])
    }
    table.print()
  }

  private static let times: [Columns.Cell] = [
    .init("p50 ms ", .bold, right: true), .init("p99 ms ", .bold, right: true),
  ]

  private static func time(_ latency: WeightedFigures, _ part: Double, _ mark: String = " ") -> Columns.Cell {
    .init(latency.isEmpty ? "- " : PlanFigures.milliseconds(latency.quantile(part)) + mark, right: true)
  }

  /// "iad", "fra, par, mad", "27 edge, 3 core".
  static func places(_ sites: [Int], _ topology: Topology) -> String {
    guard sites.count > 4 else { return sites.map { topology.sites[$0].name }.joined(separator: ", ") }
    let cores = sites.count { topology.sites[$0].isCore }
    return [(sites.count - cores, "edge"), (cores, "core")].filter { $0.0 > 0 }.map { count, tier in
      let all = topology.sites.count { $0.isCore == (tier == "core") }
      return count == all ? "all \(count) \(tier)" : "\(count) \(tier)"
    }.joined(separator: ", ")
  }

  /// The sites with the largest shares of the calls.
  private func answers(_ tool: ToolPlan) -> String {
    let shares = tool.shares(in: topology).sorted { ($1.share, $0.site) < ($0.share, $1.site) }
    guard !shares.isEmpty else { return "nobody calls" }
    let named = shares.prefix(shares.count > 4 ? 3 : 4).map {
      "\(topology.sites[$0.site].name) \(PlanFigures.percent($0.share))"
    }
    return (named + (shares.count > named.count ? ["\(shares.count - named.count) more"] : [])).joined(separator: ", ")
  }

  private func printComparison() {
    Terminal.output("\nThe same calls, every tool called as often, placed otherwise:\n")
    var table = Columns()
    table.add([.init("placed", .bold)] + Self.times + [.init("read outside their jurisdiction", .bold)])
    for figures in comparison {
      let violations = figures.violations > 0 ? "\(PlanFigures.percent(figures.violations)) of the calls" : "none"
      var row: [Columns.Cell] = [
        .init(figures.policy.rawValue), Self.time(figures.latency, 0.5), Self.time(figures.latency, 0.99),
        .init(violations, figures.violations > 0 ? .red : nil),
      ]
      if !figures.unplaced.isEmpty {
        row.append(.init("without \(figures.unplaced.joined(separator: ", ")): nowhere to run"))
      }
      table.add(row)
    }
    table.print()
  }

  private func printChain() {
    let names = chains[0].steps.map(\.tool.name)
    Terminal.output("\nThe chain \(names.joined(separator: " → ")), planned as a whole and step by step:\n")
    var table = Columns()
    table.add(["step", "as a whole", "step by step"].map { .init($0, .bold) })
    for index in names.indices {
      table.add([
        .init(names[index]), .init(chainSites { $0.steps[index].site }),
        .init(chainSites { $0.stepByStep[index].site }),
      ])
    }
    for (name, part) in [("p50 ms", 0.5), ("p99 ms", 0.99)] {
      table.add([
        .init(name, .dim), .init(PlanFigures.milliseconds(chainLatency(\.total).quantile(part))),
        .init(PlanFigures.milliseconds(chainLatency(\.stepByStepTotal).quantile(part))),
      ])
    }
    table.print()
  }

  private func chainLatency(_ total: (ChainPlan) -> Double) -> WeightedFigures {
    var latency = WeightedFigures()
    for chain in chains { latency.add(total(chain), weight: topology.populations[chain.population].share) }
    return latency
  }

  private func chainSites(_ site: (ChainPlan) -> Int) -> String {
    Self.places(Set(chains.map(site)).sorted(), topology)
  }
}

/// Figures of a plan: as exact as they are meant.
enum PlanFigures {
  /// "0.42", "12.3", "188".
  static func milliseconds(_ value: Double) -> String { Milliseconds.digits(value) }

  /// "24.8 %", "100 %".
  static func percent(_ part: Double) -> String {
    let tenths = Int((part * 1_000).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
  }
}
