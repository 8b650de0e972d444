// The report in a terminal.
import Testing

@testable import Simulation

@Suite struct ReportTextTests {
  private static func small() -> SimulationReport {
    var report = SimulationReport(scenario: "laptop", mode: .live, seed: 7, seconds: 60, calls: 12_345)
    report.sites = [
      SiteRow(name: "fra", tier: .core, region: "eu", jurisdiction: "EU", latitude: 50, longitude: 8),
      SiteRow(name: "par", tier: .edge, region: "eu", jurisdiction: "EU", latitude: 49, longitude: 2),
    ]
    report.tools = [
      ToolRow(
        tool: "lookup", region: "", calls: 12_345, ok: 12_000, toolErrors: 300, failed: 45,
        latency: LatencySummary(p50: 0.42, p90: 8, p95: 9.5, p99: 120, max: 1_500),
        aboveLinks: LatencySummary(p50: 0.1, p90: 1, p95: 2, p99: 3, max: 4),
        codes: [FailureCount(code: "site_unreachable", count: 40), FailureCount(code: "deadline", count: 5)]),
      ToolRow(tool: "lookup", region: "eu", calls: 345, ok: 345),
    ]
    report.comparison = [
      VariantRow(name: "manifest", calls: 9, p50: 9.8, p95: 141, p99: 226, failed: 0, violations: 0),
      VariantRow(name: "all-edge", calls: 9, p50: 31.4, p95: 402, p99: 611, failed: 1_204, violations: 43_390),
    ]
    report.placement = [
      PlacementRow(
        tool: "lookup", sites: ["fra", "par"], summary: "At every site.",
        reasons: [PlacementReason(rule: "tier", text: "auto: no site removed")])
    ]
    report.faults = [
      FaultRow(
        kind: "kill", target: "par", startSeconds: 20, endSeconds: 45, failedCalls: 79,
        recoveredAfterMilliseconds: 1_420),
      FaultRow(kind: "kv down", target: "kv", startSeconds: 50, note: "reads are up to 5 s old"),
    ]
    report.validation = [
      ValidationRow(tool: "lookup", region: "", liveP50: 1, virtualP50: 1.1, liveP95: 2, virtualP95: 9, within: false)
    ]
    report.checks = [
      CheckRow(name: "loops", passed: true, detail: "none"),
      CheckRow(name: "lost calls", passed: false, detail: "call 17"),
    ]
    return report
  }

  @Test func itIsATable() {
    #expect(
      ReportText(Self.small()).text == """
        laptop: live, seed 7, 60 s, 12,345 calls
        1 edge site, 1 core site, 0 populations

        ms       calls  tool errors  failed   p50  p95  p99    max  above links p50  p95
        lookup  12,345          300      45  0.42  9.5  120  1,500             0.10  2.0
          eu       345            0       0     0    0    0      0                0    0
        failures: site_unreachable 40, deadline 5

        plan, ms   p50  p95  p99  failed  residency violations
        manifest   9.8  141  226       0                     0
        all-edge  31.4  402  611   1,204                43,390

        placement
        lookup  At every site.
          2 sites: fra, par
          tier: auto: no site removed

        fault    target  from    to  failed  slow  recovered after
        kill     par     20 s  45 s      79     0           1.42 s
        kv down  kv      50 s   end       0     0            never
        kv down kv: reads are up to 5 s old

        above links, ms  region  live p50  virtual  live p95  virtual  agree
        lookup           all          1.0      1.1       2.0      9.0     NO

        check
        pass   loops       none
        FAIL   lost calls  call 17
        1 of 2 checks failed

        """)
  }

  @Test func colourIsOnlyAddedAround() {
    let plain = ReportText(Self.small()).text
    let coloured = ReportText(Self.small(), coloured: true).text
    #expect(!plain.contains("\u{1B}") && coloured.contains("\u{1B}[31mFAIL\u{1B}[0m"))
    #expect(coloured.replacing(#/\u{1B}\[\d+m/#, with: "") == plain)
  }

  @Test func anEmptyReportIsItsHead() {
    let report = SimulationReport(scenario: "none", mode: .virtual, seed: 0, seconds: 0, calls: 0)
    #expect(
      ReportText(report).text == "none: virtual, seed 0, 0 s, 0 calls\n0 edge sites, 0 core sites, 0 populations\n")
    #expect(report.passed)
  }

  @Test(arguments: SampleReport.hostileTexts) func nothingSteersTheTerminal(_ text: String) {
    let shown = ReportText(SampleReport.named(text)).text
    let controls = shown.unicodeScalars.filter {
      $0.value < 0x20 && $0 != "\n" || $0.properties.generalCategory == .format
    }
    #expect(controls.isEmpty && shown.count < 60_000)
  }

  @Test func progressIsOneLine() {
    #expect(
      ReportText.progress(second: 15, of: 60, calls: 1_500, failed: 2) == "25 %  15 s of 60 s  1,500 calls  2 failed")
    #expect(ReportText.progress(second: 70, of: 60, calls: 1, failed: 0).hasPrefix("100 %"))
    #expect(ReportText.progress(second: 0, of: 0, calls: 0, failed: 0).hasPrefix("100 %"))
  }
}
