// The page's markup: escaped, self-contained, bounded.
import Foundation
import Testing

@testable import Simulation

@Suite(.timeLimit(.minutes(2))) struct ReportPageTests {
  private static func html(_ report: SimulationReport) -> String {
    String(decoding: ReportPage(report).html, as: UTF8.self)
  }

  @Test func dataInMarkupIsEscapedAndLiteralsAreNot() {
    let name = "<b>\"&'"
    let markup: Markup = "<i title=\"\(name)\">\(name)\(true ? "<u>\(name)</u>" : "")</i>"
    let escaped = "&lt;b&gt;&quot;&amp;&#39;"
    #expect(markup.text == "<i title=\"\(escaped)\">\(escaped)<u>\(escaped)</u></i>")
    #expect(("\(1.25) \(-0.04) \(-3.5) \(12)" as Markup).text == "1.3 0 -3.5 12")
  }

  /// The elements are those of a page with harmless names, whatever the names are.
  @Test(arguments: SampleReport.hostileTexts) func aHostileNameIsOnlyText(_ text: String) {
    let harmless = Self.html(SampleReport.named("harmless"))
    let hostile = Self.html(SampleReport.named(text))
    // A note or name that is empty leaves its element out; nothing else may differ.
    if !text.isEmpty { #expect(Self.elements(hostile) == Self.elements(harmless)) }
    #expect(Self.elements(hostile)["script"] == 1 && Self.elements(hostile)["img"] == nil)
    #expect(hostile.utf8.count < 1_000_000)
  }

  private static func elements(_ html: String) -> [String: Int] {
    // A name on the map is there when it has room.
    let fixed = html.replacing(#/<span class="label [^>]*>[^<]*<\/span>/#, with: "")
    let script = fixed.range(of: "<script>").map { fixed[..<$0.upperBound] } ?? fixed[...]
    return script.matches(of: #/<([a-z0-9]+)[ >]/#).reduce(into: [:]) { $0[String($1.output.1), default: 0] += 1 }
  }

  @Test func itReachesForNothing() {
    let html = Self.html(SampleReport.build(seconds: 20, callsPerTool: 2_000))
    for word in [
      "http:", "https:", "src=", "url(", "@import", "<link", "<img", "<iframe", "fetch(", "import(", "eval(",
    ] {
      #expect(!html.contains(word), "\(word)")
    }
    // Its own drawing is all that is referred to.
    #expect(Set(html.matches(of: #/href="([^"]*)"/#).map { String($0.output.1) }) == ["#land"])
    #expect(html.contains("default-src 'none'"))
  }

  @Test func whatTheIssueAsksForIsOnIt() {
    let html = Self.html(SampleReport.build(seconds: 120, callsPerTool: 2_000))
    for section in ["comparison", "map", "placement", "latency", "timeline", "checks", "validation"] {
      #expect(html.contains("<section id=\"\(section)\">"), "\(section)")
    }
    #expect(html.contains("EU: removes 24 of 30 sites") && html.contains("its callers went to seoul"))
    #expect(html.matches(of: #/class="band"/#).count == 4 && html.matches(of: #/class="halo"/#).count == 30)
    #expect(html.matches(of: #/class="multiple/#).count == 2 * 4 * 8 + 8)
  }

  @Test func aFailedCheckIsInTheHead() {
    var report = SampleReport.build(seconds: 4, callsPerTool: 300)
    report.checks[1].passed = false
    report.validation[0].within = false
    let html = Self.html(report)
    #expect(html.contains("1 of 4 checks failed: jurisdiction; live and virtual disagree in 1 row."))
  }

  @Test func anEmptyReportIsAPage() {
    let html = Self.html(SimulationReport(scenario: "none", mode: .live, seed: 0, seconds: 0, calls: 0))
    #expect(html.contains("<h1>none</h1>") && !html.contains("<section") && html.hasSuffix("</html>\n"))
  }

  @Test func numbersThatAreNoneDoNotBreakIt() {
    var report = SampleReport.build(seconds: 4, callsPerTool: 300)
    for (index, bad) in [Double.nan, .infinity, -.infinity, 1e300, -1].enumerated() {
      report.sites[index].latitude = bad
      report.populations[index].longitude = bad
      report.comparison[index % 3].p99 = bad
      report.timeline[index % 4].p50 = bad
      report.timeline[index % 4].p99 = bad
      report.tools[index].latency.p99 = bad
      report.validation[index].liveP50 = bad
      report.faults[index % 4].startSeconds = bad
      report.faults[index % 4].endSeconds = bad
    }
    let html = Self.html(report)
    #expect(!html.contains("nan") && !html.contains("inf ") && html.hasSuffix("</html>\n"))
  }

  /// A thousand sites, an hour, 492 distributions.
  @Test func aLargeRunMakesNoLargePage() {
    let report = SampleReport.large()
    var page: [UInt8] = []
    let time = ContinuousClock().measure { page = ReportPage(report).html }
    #expect(page.count < 2 << 20, "\(page.count) bytes")
    // A debug build on a busy machine; a release build takes a fiftieth.
    #expect(time < .seconds(20), "\(time)")
    let html = String(decoding: page, as: UTF8.self)
    #expect(html.contains("What lies within 5° is drawn as one") && html.contains("29 more regions"))
    #expect(html.contains("check 150") && html.contains("140 more checks") && html.contains("140 more faults"))
  }
}
