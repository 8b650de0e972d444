// The same load under three plans, as bars.

struct ComparisonSection {
  let report: SimulationReport

  var markup: Markup {
    let rows = report.comparison
    guard !rows.isEmpty else { return "" }
    return """
      <section id="comparison"><h2>The manifests’ plan against simpler ones</h2>
      <p class="lede">The same calls, with every tool placed by its manifest, at every edge site, or only at the core.</p>
      <div class="panels">
      \(Self.panel("p50", rows, rows.map(\.p50), Figures.duration))
      \(Self.panel("p95", rows, rows.map(\.p95), Figures.duration))
      \(Self.panel("p99", rows, rows.map(\.p99), Figures.duration))
      \(Self.panel("Failed calls", rows, rows.map { Double($0.failed) }, Figures.rounded))
      \(Self.panel("Residency violations", rows, rows.map { Double($0.violations) }, Figures.rounded, isBad: true))
      </div></section>
      """
  }

  private static func panel(
    _ title: String, _ rows: [VariantRow], _ values: [Double], _ figure: (Double) -> String, isBad: Bool = false
  ) -> Markup {
    let most = values.filter(\.isFinite).max() ?? 0
    let bars = zip(rows, values).map { row, value -> Markup in
      let width = most > 0 && value.isFinite ? max(value / most * 100, 0) : 0
      let kind: Markup = isBad && value > 0 ? "bad" : row.name == "manifest" ? "ours" : "other"
      return """
        <div class="bar \(kind)"><span>\(Figures.name(row.name))</span><b>\(figure(value))</b>\
        <i><u style="width:\(width)%"></u></i></div>
        """
    }.joined()
    return "<div class=\"panel\"><h3>\(title)</h3>\(bars)</div>"
  }
}
