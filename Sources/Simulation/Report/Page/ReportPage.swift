// The report as one HTML file that needs nothing else.

/// Opens from a file, reaches no network and works without its script, which only adds a readout to the time axis. A
/// content security policy holds the file to that, so that a name from a scenario could not either, were it ever to get
/// past ``Markup``. The same report gives the same bytes; of a large one the page shows the first and the largest parts
/// (``ReportLimits``) and says how much is left out.
public struct ReportPage: Sendable {
  private let report: SimulationReport

  public init(_ report: SimulationReport) { self.report = report }

  /// The file's bytes, UTF-8.
  public var html: [UInt8] { Array(page.text.utf8) }

  private var page: Markup {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
    script-src '\(Markup(stringLiteral: PageScript.hash))'; base-uri 'none'; form-action 'none'">
    <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
    <title>\(Figures.name(report.scenario)): Atoll simulation report</title>
    <style>\(Markup(stringLiteral: PageStyle.text))</style></head><body>
    <main>\(header)
    \(ComparisonSection(report: report).markup)
    \(MapFigure(report: report).markup)
    \(PlacementSection(report: report).markup)
    \(LatencySection(report: report).markup)
    \(TimelineSection(report: report).markup)
    \(ChecksSection(report: report).markup)
    \(ValidationSection(report: report).markup)
    </main><script>\(Markup(stringLiteral: PageScript.text))</script></body></html>

    """
  }

  private var header: Markup {
    let facts = [
      report.mode == .live ? "live: real nodes on this machine" : "virtual: a virtual clock and network",
      "seed \(report.seed)", Figures.seconds(report.seconds),
    ].joined(separator: " · ")
    return """
      <header><p class="kicker">Atoll simulation report</p><h1>\(Figures.name(report.scenario))</h1>
      <p class="facts">\(facts)</p>\(verdict)<div class="tiles">\(tiles)</div></header>
      """
  }

  private var verdict: Markup {
    guard !report.checks.isEmpty || !report.validation.isEmpty else { return "" }
    var problems: [String] = []
    let failed = report.checks.filter { !$0.passed }
    if let first = failed.first {
      problems.append(
        "\(failed.count) of \(Figures.plural(report.checks.count, "check")) failed: \(Figures.name(first.name))")
    }
    let apart = report.validation.count { !$0.within }
    if apart > 0 { problems.append("live and virtual disagree in \(Figures.plural(apart, "row"))") }
    return problems.isEmpty
      ? "<p class=\"verdict good\"><b class=\"mark\">pass</b> All \(Figures.plural(report.checks.count, "check")) hold.</p>"
      : "<p class=\"verdict bad\"><b class=\"mark\">fail</b> \(problems.joined(separator: "; ")).</p>"
  }

  private var tiles: Markup {
    let all = report.tools.filter(\.region.isEmpty)
    let calls = all.reduce(0) { $0 + $1.calls }
    let failed = all.reduce(0) { $0 + $1.failed }
    let edges = report.sites.count { $0.tier == .edge }
    var tiles = Self.tile(
      "Calls", Figures.rounded(report.calls), ["from \(Figures.plural(report.populations.count, "population"))"])
    if let ours = report.comparison.first(where: { $0.name == "manifest" }) {
      let others = report.comparison.filter { $0.name != "manifest" }
      func against(_ value: (VariantRow) -> String) -> [String] {
        others.map { "\(value($0)) \(Figures.name($0.name))" }
      }
      tiles += Self.tile("p50", Figures.duration(ours.p50), against { Figures.duration($0.p50) })
      tiles += Self.tile("p99", Figures.duration(ours.p99), against { Figures.duration($0.p99) })
      tiles += Self.tile(
        "Residency violations", Figures.rounded(ours.violations),
        against { Figures.rounded($0.violations) }, isBad: ours.violations > 0)
    }
    if !all.isEmpty { tiles += Self.tile("Failed", Figures.share(failed, of: calls), [Figures.plural(failed, "call")]) }
    tiles += Self.tile(
      "Sites", Figures.count(report.sites.count),
      ["\(Figures.count(edges)) edge", "\(Figures.count(report.sites.count - edges)) core"])
    return tiles
  }

  private static func tile(_ name: String, _ value: String, _ notes: [String], isBad: Bool = false) -> Markup {
    """
    <div class="tile\(isBad ? " bad" : "")"><span>\(name)</span><b>\(value)</b>\
    \(notes.map { "<span class=\"quiet\">\($0)</span>" as Markup }.joined())</div>
    """
  }
}
