// The world with its sites and populations.

struct MapFigure {
  let report: SimulationReport

  var markup: Markup {
    guard !report.sites.isEmpty || !report.populations.isEmpty else { return "" }
    let struck = Set(report.faults.map(\.target))
    let marks = MapMarks.marks(report.sites, struck: struck)
    let halos = MapMarks.halos(report.populations)
    let wide = MapLabels(marks, width: 840, magnification: 1, limit: 48)
    let narrow = MapLabels(marks, width: 360, magnification: Self.narrowMagnification, limit: 9)
    let edges = report.sites.count { $0.tier == .edge }
    let summary = """
      World map: \(Figures.plural(edges, "edge site")), \(Figures.plural(report.sites.count - edges, "core site")) and \
      \(Figures.plural(report.populations.count, "client population")).
      """
    return """
      <section id="map"><h2>Where calls come from, and where they run</h2>
      <p class="lede">\(Self.lede(report))</p>
      <figure><div class="map">
      <svg viewBox="0 0 \(MapProjection.width) \(MapProjection.height)" role="img" aria-label="\(summary)">
      <defs><g id="land"><path class="land" d="\(MapProjection.path(LandOutline.rings))"/>\
      <path class="water" d="\(MapProjection.path(LandOutline.waters))"/></g></defs>
      <path class="graticule" d="\(MapProjection.graticule)"/><use href="#land"/>
      \(halos.map(Self.halo).joined())
      \(marks.map(Self.mark).joined())
      </svg>
      \(wide.markup(class: "wide"))\(narrow.markup(class: "narrow"))
      </div>
      <figcaption class="legend">
      <span><i class="key circle"></i>edge site</span><span><i class="key square"></i>core site</span>\
      <span><i class="key halo"></i>clients</span>\
      \(marks.contains(where: \.isStruck) ? "<span><i class=\"key struck\"></i>struck by a fault</span>" : "")\
      <span class="quiet">Areas are calls run, or made. \(Self.grouping(marks, halos))</span>
      </figcaption></figure>
      \(table)</section>
      """
  }

  static let narrowMagnification = 1.5

  private static func lede(_ report: SimulationReport) -> String {
    let ran = report.sites.reduce(0) { $0 + $1.ran }
    let atEdge = report.sites.filter { $0.tier == .edge }.reduce(0) { $0 + $1.ran }
    let forwarded = report.sites.reduce(0) { $0 + $1.forwarded }
    let refused = report.sites.reduce(0) { $0 + $1.refused }
    return "\(Figures.share(atEdge, of: ran)) of the calls ran at an edge site. "
      + "Sites forwarded \(Figures.plural(forwarded, "call")) to another site and refused \(Figures.count(refused))."
  }

  private static func grouping(_ marks: [MapMark], _ halos: [MapHalo]) -> String {
    marks.contains { $0.sites.count > 1 } || halos.contains { $0.count > 1 }
      ? "What lies within \(Figures.significant(ReportLimits.cellDegrees))° is drawn as one." : ""
  }

  private static func halo(_ halo: MapHalo) -> Markup {
    let more = halo.count > 1 ? " and \(halo.count - 1) more near it" : ""
    return """
      <circle class="halo" cx="\(halo.x)" cy="\(halo.y)" r="\(halo.radius)">\
      <title>Clients: \(Figures.name(halo.name))\(more), \(Figures.plural(halo.calls, "call"))</title></circle>
      """
  }

  private static func mark(_ mark: MapMark) -> Markup {
    let title: Markup = "<title>\(describe(mark))</title>"
    let ring: Markup =
      mark.isStruck
      ? "<circle class=\"struck\" cx=\"\(mark.x)\" cy=\"\(mark.y)\" r=\"\(mark.radius + 3)\"/>" : ""
    switch mark.tier {
    case .edge:
      return """
        \(ring)<circle class="edge" cx="\(mark.x)" cy="\(mark.y)" r="\(mark.radius)">\(title)</circle>
        """
    case .core:
      // A square of the circle's area.
      let half = mark.radius * 0.886
      return """
        \(ring)<rect class="core" x="\(mark.x - half)" y="\(mark.y - half)" width="\(half * 2)" height="\(half * 2)">\
        \(title)</rect>
        """
    }
  }

  private static func describe(_ mark: MapMark) -> String {
    if let site = mark.sites.first, mark.sites.count == 1 {
      return
        "\(Figures.name(site.name)), \(site.tier.rawValue), \(Figures.name(site.region)), \(Figures.name(site.jurisdiction)): "
        + "ran \(Figures.count(site.ran)), forwarded \(Figures.count(site.forwarded)), refused \(Figures.count(site.refused))"
    }
    return
      "\(Figures.plural(mark.sites.count, "\(mark.tier.rawValue) site")): \(Figures.list(mark.sites.map(\.name), limit: 5)); "
      + "ran \(Figures.count(mark.ran))"
  }

  /// The same in words and numbers.
  private var table: Markup {
    let busiest = report.sites.enumerated()
      .sorted { ($0.element.ran, $1.offset) > ($1.element.ran, $0.offset) }.prefix(40).map(\.element)
    guard !busiest.isEmpty else { return "" }
    var table = DataTable(
      "Sites",
      [
        .text("Site"), .text("Tier"), .text("Region"), .text("Jurisdiction"), .number("Ran"), .number("Forwarded"),
        .number("Refused"),
      ])
    for site in busiest {
      table.add([
        "\(Figures.name(site.name))", "\(site.tier.rawValue)", "\(Figures.name(site.region))",
        "\(Figures.name(site.jurisdiction))", "\(Figures.count(site.ran))", "\(Figures.count(site.forwarded))",
        "\(Figures.count(site.refused))",
      ])
    }
    let title =
      report.sites.count > busiest.count
      ? "The \(busiest.count) busiest of \(Figures.count(report.sites.count)) sites as a table" : "The sites as a table"
    return "<details><summary>\(title)</summary>\(table.markup)</details>"
  }
}
