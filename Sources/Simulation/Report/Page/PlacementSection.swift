// Where each tool runs, and the rules that said so.

struct PlacementSection {
  let report: SimulationReport

  var markup: Markup {
    guard !report.placement.isEmpty else { return "" }
    let sites = Dictionary(report.sites.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let shown = report.placement.prefix(ReportLimits.tools)
    let rest = report.placement.count - shown.count
    return """
      <section id="placement"><h2>Where each tool is placed, and why</h2>
      <p class="lede">Each rule with what it decided, in the order in which they were asked.</p>
      <div class="placements">\(shown.map { Self.tool($0, sites) }.joined())</div>
      \(Markup.leftOut(rest, "tool"))</section>
      """
  }

  private static func tool(_ row: PlacementRow, _ sites: [String: SiteRow]) -> Markup {
    let placed = row.sites.compactMap { sites[$0] }
    var marks: Markup = ""
    let placedMarks = MapMarks.marks(placed)
    let half = placedMarks.count > 60 ? 5.0 : 9.0
    for mark in placedMarks {
      marks +=
        mark.tier == .edge
        ? "<circle class=\"edge\" cx=\"\(mark.x)\" cy=\"\(mark.y)\" r=\"\(half)\"/>"
        : "<rect class=\"core\" x=\"\(mark.x - half)\" y=\"\(mark.y - half)\" width=\"\(half * 2)\" height=\"\(half * 2)\"/>"
    }
    let shown = row.reasons.prefix(ReportLimits.reasons)
    let reasons = shown.map { reason -> Markup in
      "<div><dt>\(Figures.name(reason.rule))</dt><dd>\(Figures.sentence(reason.text))</dd></div>"
    }.joined()
    let more = row.reasons.count - shown.count
    let rest: Markup = more > 0 ? "<div><dt>and</dt><dd>\(Figures.plural(more, "more reason"))</dd></div>" : ""
    let count = Figures.plural(row.sites.count, "site")
    return """
      <article><div class="head"><h3>\(Figures.name(row.tool)) <span class="quiet">\(count)</span></h3>
      <p>\(Figures.sentence(row.summary))</p></div>
      <div class="mini"><svg viewBox="0 0 \(MapProjection.width) \(MapProjection.height)" role="img" \
      aria-label="\(count)"><use href="#land"/>\(marks)</svg>
      <p class="quiet">\(row.sites.isEmpty ? "no site" : Figures.list(row.sites))</p></div>
      <dl class="why">\(reasons)\(rest)</dl></article>
      """
  }
}
