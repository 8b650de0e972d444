// The report as a terminal shows it.

/// Plain text, with colour when asked for. What comes from a scenario is shown printable.
public struct ReportText: Sendable {
  private let report: SimulationReport
  private let coloured: Bool

  public init(_ report: SimulationReport, coloured: Bool = false) {
    self.report = report
    self.coloured = coloured
  }

  /// All of it, ending with a line break.
  public var text: String {
    [head, tools, comparison, placement, faults, validation, checks].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// One line for while it runs, without a line break.
  public static func progress(second: Double, of seconds: Double, calls: UInt64, failed: UInt64) -> String {
    let percent = seconds > 0 ? Int((second / seconds * 100).rounded(.down)) : 100
    return "\(Swift.min(Swift.max(percent, 0), 100)) %  \(Figures.seconds(second)) of \(Figures.seconds(seconds))  "
      + "\(Figures.plural(calls, "call"))  \(Figures.count(failed)) failed"
  }

  private var head: String {
    let edges = report.sites.count { $0.tier == .edge }
    var text = paint(Figures.name(report.scenario), .bold) + ": \(report.mode.rawValue), seed \(report.seed), "
    text += "\(Figures.seconds(report.seconds)), \(Figures.plural(report.calls, "call"))\n"
    text += "\(Figures.plural(edges, "edge site")), \(Figures.plural(report.sites.count - edges, "core site")), "
    text += "\(Figures.plural(report.populations.count, "population"))\n"
    return text
  }

  private var tools: String {
    guard !report.tools.isEmpty else { return "" }
    let columns = ["ms", "calls", "tool errors", "failed", "p50", "p95", "p99", "max", "above links p50", "p95"]
    var table = TextTable(columns, coloured: coloured)
    for row in report.tools {
      table.add(
        [
          row.region.isEmpty ? Figures.name(row.tool) : "  " + Figures.name(row.region),
          Figures.count(row.calls), Figures.count(row.toolErrors), Figures.count(row.failed),
          Figures.milliseconds(row.latency.p50), Figures.milliseconds(row.latency.p95),
          Figures.milliseconds(row.latency.p99), Figures.milliseconds(row.latency.max),
          Figures.milliseconds(row.aboveLinks.p50), Figures.milliseconds(row.aboveLinks.p95),
        ], paint: row.failed > 0 ? [3: .red] : [:])
    }
    let codes = report.tools.filter(\.region.isEmpty).flatMap(\.codes)
    guard !codes.isEmpty else { return table.text }
    return table.text + "failures: \(Self.failures(codes))\n"
  }

  /// Codes of several tools, added up.
  private static func failures(_ codes: [FailureCount]) -> String {
    let totals = Dictionary(codes.map { ($0.code, $0.count) }, uniquingKeysWith: +)
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let shown = totals.prefix(ReportLimits.failureCodes).map { "\(Figures.name($0.key)) \(Figures.count($0.value))" }
    let rest = totals.count - shown.count
    return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more codes" : "")
  }

  private var comparison: String {
    guard !report.comparison.isEmpty else { return "" }
    var table = TextTable(["plan, ms", "p50", "p95", "p99", "failed", "residency violations"], coloured: coloured)
    for row in report.comparison {
      table.add(
        [
          Figures.name(row.name), Figures.milliseconds(row.p50), Figures.milliseconds(row.p95),
          Figures.milliseconds(row.p99), Figures.count(row.failed), Figures.count(row.violations),
        ], paint: row.violations > 0 ? [5: .red] : [:])
    }
    return table.text
  }

  private var placement: String {
    guard !report.placement.isEmpty else { return "" }
    var text = paint("placement", .dim) + "\n"
    for row in report.placement {
      text += "\(paint(Figures.name(row.tool), .bold))  \(Figures.sentence(row.summary))\n"
      text += "  \(Figures.plural(row.sites.count, "site")): \(Figures.list(row.sites))\n"
      for reason in row.reasons { text += "  \(Figures.name(reason.rule)): \(Figures.sentence(reason.text))\n" }
    }
    return text
  }

  private var faults: String {
    guard !report.faults.isEmpty else { return "" }
    var table = TextTable(
      ["fault", "target", "from", "to", "failed", "slow", "recovered after"], leading: 2, coloured: coloured)
    for row in report.faults {
      table.add(
        [
          Figures.name(row.kind), Figures.name(row.target), Figures.seconds(row.startSeconds),
          row.endSeconds.map(Figures.seconds) ?? "end", Figures.count(row.failedCalls), Figures.count(row.slowCalls),
          row.recoveredAfterMilliseconds.map(Figures.duration) ?? "never",
        ],
        paint: (row.failedCalls > 0 ? [4: .red] : [:]).merging(row.recoveredAfterMilliseconds == nil ? [6: .red] : [:])
        { $1 })
    }
    let notes = report.faults.filter { !$0.note.isEmpty }
      .map { "\(Figures.name($0.kind)) \(Figures.name($0.target)): \(Figures.sentence($0.note))\n" }
    return table.text + notes.joined()
  }

  private var validation: String {
    guard !report.validation.isEmpty else { return "" }
    let columns = ["above links, ms", "region", "live p50", "virtual", "live p95", "virtual", "agree"]
    var table = TextTable(columns, leading: 2, coloured: coloured)
    for row in report.validation {
      table.add(
        [
          Figures.name(row.tool), row.region.isEmpty ? "all" : Figures.name(row.region),
          Figures.milliseconds(row.liveP50), Figures.milliseconds(row.virtualP50),
          Figures.milliseconds(row.liveP95), Figures.milliseconds(row.virtualP95), row.within ? "yes" : "NO",
        ], paint: [6: row.within ? .green : .red])
    }
    return table.text
  }

  /// Last, so that a run ends with whether it passed.
  private var checks: String {
    guard !report.checks.isEmpty else { return "" }
    var table = TextTable(["check", "", ""], leading: 3, coloured: coloured)
    for row in report.checks {
      table.add(
        [row.passed ? "pass" : "FAIL", Figures.name(row.name), Figures.sentence(row.detail)],
        paint: [0: row.passed ? .green : .red])
    }
    let failed = report.checks.count { !$0.passed }
    return table.text
      + paint(
        failed == 0
          ? "all \(Figures.plural(report.checks.count, "check")) passed"
          : "\(failed) of \(Figures.plural(report.checks.count, "check")) failed",
        failed == 0 ? .green : .red) + "\n"
  }

  private func paint(_ text: String, _ paint: TextTable.Paint) -> String { TextTable.painted(text, paint, coloured) }
}
