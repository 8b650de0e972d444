// From what a live run has kept to the report: the same rows as virtual mode's, counted by the same code.

internal import Manifests
internal import Placement

/// What is known when a live run is over.
struct LiveOutcome {
  let stage: LiveStage
  let records: CallRecords
  /// By site.
  let logs: [NodeLog]
  /// How often each operation stands in all sessions.
  let operations: [String: Int]
  /// Calls that were still under way.
  let open: Int
  /// Steps of faults that could not be done.
  let problems: [SimulationError]

  var report: SimulationReport {
    let world = stage.world
    let tally = tally
    var report = VirtualReport(
      scenario: stage.scenario, world: world, outcome: Play.Outcome(tally: tally, open: open, rounds: 0),
      variants: [(.manifest, tally)]
    ).report
    report.mode = .live
    for index in report.tools.indices { report.tools[index].codes = codes(of: report.tools[index]) }
    report.checks = checks
    return report
  }

  private var tally: Tally {
    let world = stage.world
    let last = records.calls.map(\.ended).max() ?? 0
    var tally = Tally(
      tools: world.tools.count, regions: world.regions.count, sites: world.topology.sites.count,
      populations: world.topology.populations.count, duration: world.duration,
      tail: last > world.duration ? last - world.duration : 0, sampleEnd: 0)
    tally.began = records.sent
    for call in records.calls {
      let (tool, population) = (Int(call.tool), Int(call.population))
      tally.populations[population] += 1
      tally.record(
        tool: tool, region: world.regionOfPopulation[population], outcome: outcome(of: call), start: call.planned,
        end: call.ended, links: links(of: call))
    }
    for (site, log) in logs.enumerated() {
      tally.ran[site] = log.ran.values.reduce(0, +)
      tally.forwarded[site] = log.forwarded
      tally.refused[site] = log.refused
    }
    return tally
  }

  /// The delay of the links themselves: to the site that the call was sent to and from there to where it is planned to
  /// run. Nothing for a call that failed.
  private func links(of call: CallRecord) -> UInt64 {
    guard !call.hasFailed else { return 0 }
    let (world, entry) = (stage.world, Int(call.entry))
    let ranAt = world.planner.route(world.plan.tools[Int(call.tool)], from: entry).first ?? entry
    return world.linksNanoseconds(population: Int(call.population), entry: entry, ranAt: ranAt)
  }

  /// As virtual mode's counting knows it; names of failures follow in ``codes(of:)``.
  private func outcome(of call: CallRecord) -> Outcome {
    switch call.end {
    case .ok: .ok
    case .toolError: .upstreamError
    case .failed: .reset
    }
  }

  private func codes(of row: ToolRow) -> [FailureCount] {
    let world = stage.world
    var counts: [String: UInt64] = [:]
    for call in records.calls where world.tools[Int(call.tool)].name == row.tool {
      let region = world.regions[world.regionOfPopulation[Int(call.population)]]
      guard row.region.isEmpty || row.region == region else { continue }
      switch call.end {
      case .ok: break
      case .toolError: counts["tool_error", default: 0] += 1
      case .failed(let code): counts[records.codes[Int(code)], default: 0] += 1
      }
    }
    return counts.map { FailureCount(code: $0.key, count: $0.value) }
      .sorted { ($1.count, $0.code) < ($0.count, $1.code) }
  }

  // MARK: Checks

  private var checks: [CheckRow] {
    let lost = records.acknowledged.filter { operations[$0] != 1 }
    let ended = UInt64(records.calls.count)
    let violations = violations
    let loops = logs.reduce(0) { $0 + ($1.forwardsRefused["loop"] ?? 0) }
    let forwarded = logs.reduce(0) { $0 + $1.forwarded }
    let ran = logs.reduce(0) { $0 + $1.ran.values.reduce(0, +) }
    var checks = [
      CheckRow(
        name: "every acknowledged session write is in the store exactly once", passed: lost.isEmpty,
        detail: "\(records.acknowledged.count) acknowledged, \(operations.count) in the stores; "
          + "\(lost.count) lost or doubled" + (lost.first.map { ", the first of them \($0)" } ?? "")),
      CheckRow(
        name: "no call ran outside its jurisdictions", passed: violations.count == 0,
        detail: "\(violations.count) of \(ran) runs" + violations.first),
      CheckRow(
        name: "no call came to a site twice", passed: loops == 0,
        detail: "\(loops) of \(forwarded) forwards were refused as loops"),
      CheckRow(
        name: "every call ended with an answer or an error", passed: records.sent == ended && open == 0,
        detail: "\(records.sent) began, \(ended) ended, \(open) open"),
    ]
    if !stage.timeline.steps.isEmpty {
      checks.append(
        CheckRow(
          name: "every fault struck and ended when it should", passed: problems.isEmpty,
          detail: problems.first?.message ?? "\(stage.timeline.steps.count) steps"))
    }
    return checks
  }

  private var violations: (count: UInt64, first: String) {
    var (count, first) = (UInt64(0), "")
    for (site, log) in logs.enumerated() {
      for (index, tool) in stage.world.tools.enumerated() where !stage.world.mayRead(index, at: site) {
        guard let ran = log.ran[tool.name] else { continue }
        if count == 0 { first = "; `\(tool.name)` ran \(ran) times at `\(stage.topology.sites[site].name)`" }
        count += ran
      }
    }
    return (count, first)
  }
}
