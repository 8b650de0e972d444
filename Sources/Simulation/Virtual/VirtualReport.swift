// From counts to the report's rows.
internal import Manifests
internal import Placement

/// Puts a report together from what a run has counted.
struct VirtualReport {
  let scenario: Scenario
  let world: World
  let outcome: Play.Outcome
  let variants: [(policy: PlacementPolicy, tally: Tally)]

  private var tally: Tally { outcome.tally }
  private var topology: Topology { world.topology }

  var report: SimulationReport {
    var report = SimulationReport(
      scenario: scenario.name, mode: .virtual, seed: scenario.seed, seconds: Double(scenario.milliseconds) / 1_000,
      calls: tally.began)
    report.sites = topology.sites.enumerated().map { index, site in
      SiteRow(
        name: site.name, tier: site.isCore ? .core : .edge, region: site.region, jurisdiction: site.jurisdiction,
        latitude: site.latitude, longitude: site.longitude, ran: tally.ran[index], forwarded: tally.forwarded[index],
        refused: tally.refused[index])
    }
    report.populations = topology.populations.enumerated().map { index, population in
      PopulationRow(
        name: population.name, region: population.region, latitude: population.latitude,
        longitude: population.longitude, calls: tally.populations[index])
    }
    report.tools = tools
    report.placement = world.plan.tools.map(placement)
    report.comparison = variants.count > 1 ? variants.map(variant) : []
    report.faults = world.faults.faults.map(fault)
    report.timeline = timeline
    report.checks = checks
    return report
  }

  private var tools: [ToolRow] {
    world.tools.indices.flatMap { tool -> [ToolRow] in
      var all = ToolTally()
      var rows: [ToolRow] = []
      for region in world.regions.indices {
        let counts = tally.tools[tool * world.regions.count + region]
        all.merge(counts)
        if counts.calls > 0 { rows.append(row(tool, world.regions[region], counts)) }
      }
      return [row(tool, "", all)] + rows
    }
  }

  private func row(_ tool: Int, _ region: String, _ counts: ToolTally) -> ToolRow {
    let codes = (0..<Outcome.count).compactMap { index -> FailureCount? in
      guard counts.outcomes[index] > 0, let outcome = Outcome(rawValue: UInt8(index)) else { return nil }
      return FailureCount(code: outcome.code, count: counts.outcomes[index])
    }
    return ToolRow(
      tool: world.tools[tool].name, region: region, calls: counts.calls, ok: counts.ok, toolErrors: counts.toolErrors,
      failed: counts.failed, latency: counts.latency.summary, aboveLinks: counts.aboveLinks.summary,
      codes: codes.sorted { ($1.count, $0.code) < ($0.count, $1.code) })
  }

  private func placement(_ plan: ToolPlan) -> PlacementRow {
    let names = plan.sites.map { topology.sites[$0].name }
    let cores = plan.sites.count { topology.sites[$0].isCore }
    let share = "\(plan.sites.count) of \(topology.sites.count) sites (\(cores) core)"
    let summary = "\(world.planner.reason(plan)); on \(share), and \(plan.allowed.count) may run it"
    let reasons = plan.judgement.rules.map { rule in
      let removed = rule.verdicts.indices.filter { !rule.verdicts[$0].isKept }
      var text = "keeps \(rule.verdicts.count - removed.count) of \(rule.verdicts.count) sites"
      if let first = removed.first { text += "; not \(topology.sites[first].name): \(rule.verdicts[first].text)" }
      return PlacementReason(rule: rule.name, text: text)
    }
    return PlacementRow(tool: plan.tool.name, sites: names, summary: summary, reasons: reasons)
  }

  private func variant(_ policy: PlacementPolicy, _ tally: Tally) -> VariantRow {
    let sample = tally.sample
    return VariantRow(
      name: policy.rawValue, calls: sample.count, p50: sample.percentile(50), p95: sample.percentile(95),
      p99: sample.percentile(99), failed: tally.sampleFailed, violations: tally.sampleViolations)
  }

  private var timeline: [TimelineRow] {
    let last = tally.steps.lastIndex { $0.calls > 0 } ?? -1
    return tally.steps.prefix(last + 1).enumerated().map { index, step in
      TimelineRow(
        second: index * tally.stepSeconds, calls: step.calls, failed: step.failed, p50: step.latency.percentile(50),
        p99: step.latency.percentile(99))
    }
  }

  /// What a fault cost: calls that ended while it lasted or until things were as before, beyond what is usual.
  private func fault(_ fault: FaultSchedule.Fault) -> FaultRow {
    let step = Tally.momentNanoseconds
    let first = min(Int(fault.start / step), tally.moments.count - 1)
    // Until the next fault begins, what goes wrong is put down to this one.
    let next = world.faults.faults.map(\.start).filter { $0 > max(fault.start, fault.end == .max ? 0 : fault.end) }
      .min()
    let last = next.map { min(Int($0 / step), tally.moments.count) } ?? tally.moments.count
    // What is usual is what was before anything went wrong.
    let calm = world.faults.faults.map(\.start).min() ?? 0
    let usual = tally.moments[..<min(first, Int(calm / step))]
    let failedBefore = Double(usual.reduce(0) { $0 + UInt64($1.failed) }) / Double(max(1, usual.count))
    let slowBefore = Double(usual.reduce(0) { $0 + UInt64($1.slow) }) / Double(max(1, usual.count))
    var row = FaultRow(
      kind: fault.kind.rawValue, target: fault.entry.fault.target, startSeconds: Double(fault.start) / 1e9,
      endSeconds: fault.end == .max ? nil : Double(fault.end) / 1e9)
    var lastBad: Int?
    for index in first..<max(first, last) {
      let moment = tally.moments[index]
      row.failedCalls += UInt64(moment.failed)
      row.slowCalls += UInt64(moment.slow)
      if isMore(moment.failed, than: failedBefore) || isMore(moment.slow, than: slowBefore) { lastBad = index }
    }
    let usualFailed = UInt64(failedBefore * Double(max(0, last - first)))
    let usualSlow = UInt64(slowBefore * Double(max(0, last - first)))
    row.failedCalls -= min(row.failedCalls, usualFailed)
    row.slowCalls -= min(row.slowCalls, usualSlow)
    let isStillBad = lastBad.map { $0 >= Int(world.duration / step) - 1 } ?? false
    if !isStillBad {
      row.recoveredAfterMilliseconds = lastBad.map { Double(UInt64($0 + 1) * step - fault.start) / 1e6 } ?? 0
    }
    row.note =
      "failed: answered with an error, by the tool or instead of it; slow: over "
      + "\(Tally.slowNanoseconds / 1_000_000) ms above the links' own delay; both beyond what was usual before the first fault"
    return row
  }

  /// Whether so many are more than chance makes of what is usual: four standard deviations of a Poisson count.
  private func isMore(_ count: UInt32, than usual: Double) -> Bool { Double(count) > usual + 4 * usual.squareRoot() }
}
