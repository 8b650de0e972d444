// What must hold after every run, and whether live and virtual agree.

struct ChecksSection {
  let report: SimulationReport

  var markup: Markup {
    guard !report.checks.isEmpty else { return "" }
    // What failed is never among those left out.
    let ordered = report.checks.filter { !$0.passed } + report.checks.filter(\.passed)
    let rows = ordered.count > ReportLimits.checks ? Array(ordered.prefix(ReportLimits.checks)) : report.checks
    let items = rows.map { check -> Markup in
      """
      <li class="\(check.passed ? "good" : "bad")"><b class="mark">\(check.passed ? "pass" : "fail")</b>\
      <span><b>\(Figures.name(check.name))</b> <span class="quiet">\(Figures.sentence(check.detail))</span></span></li>
      """
    }.joined()
    let rest = report.checks.count - rows.count
    return """
      <section id="checks"><h2>Checks</h2><p class="lede">What must hold at the end of every run.</p>
      <ul class="checks">\(items)</ul>\
      \(Markup.leftOut(rest, "check"))</section>
      """
  }
}

/// Virtual over live, on an axis from half to one and a half times.
struct ValidationSection {
  let report: SimulationReport

  /// The share by which the two modes may differ.
  static let tolerance = 0.25

  var markup: Markup {
    guard !report.validation.isEmpty else { return "" }
    let shown = report.validation.prefix(ReportLimits.validationRows)
    let agree = report.validation.count(where: \.within)
    var table = DataTable(
      "Live and virtual mode compared, in milliseconds",
      [
        .text("Tool"), .text("Region"), .number("live p50"), .number("virtual p50"), .number("live p95"),
        .number("virtual p95"), .text("virtual ÷ live"), .text("Agree"),
      ])
    for row in shown {
      table.add([
        "\(Figures.name(row.tool))", "\(row.region.isEmpty ? "all" : Figures.name(row.region))",
        "\(Figures.milliseconds(row.liveP50))", "\(Figures.milliseconds(row.virtualP50))",
        "\(Figures.milliseconds(row.liveP95))", "\(Figures.milliseconds(row.virtualP95))", Self.ratios(row),
        row.within ? "<b class=\"good\">yes</b>" : "<b class=\"bad\">no</b>",
      ])
    }
    let rest = report.validation.count - shown.count
    return """
      <section id="validation"><h2>Live against virtual</h2>
      <p class="lede">Time above the links’ own delay, in milliseconds. \
      \(agree) of \(Figures.plural(report.validation.count, "row")) \
      agree within 25 %, the shaded part of each scale: <i class="key dot"></i> p50, <i class="key ring"></i> p95.</p>
      \(table.markup)\(Markup.leftOut(rest, "row"))</section>
      """
  }

  private static func ratios(_ row: ValidationRow) -> Markup {
    func place(_ live: Double, _ virtual: Double) -> Double? {
      guard live > 0, live.isFinite, virtual.isFinite else { return nil }
      return (min(max(virtual / live, 0.5), 1.5) - 0.5) * 100
    }
    let dots = [(place(row.liveP95, row.virtualP95), "ring"), (place(row.liveP50, row.virtualP50), "dot")]
      .map { dot -> Markup in
        let (place, name) = dot
        return place.map { "<i class=\"\(name)\" style=\"left:\($0)%\"></i>" } ?? ""
      }.joined()
    return "<div class=\"ratio\" aria-hidden=\"true\">\(dots)</div>"
  }
}
