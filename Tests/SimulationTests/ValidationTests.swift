// Two modes compared.
import Testing

@testable import Simulation

@Suite struct ValidationTests {
  private func report(_ mode: SimulationReport.Mode, _ rows: [(String, String, UInt64, Double, Double)])
    -> SimulationReport
  {
    var report = SimulationReport(scenario: "s", mode: mode, seed: 1, seconds: 1, calls: 0)
    report.tools = rows.map { tool, region, calls, p50, p95 in
      ToolRow(tool: tool, region: region, calls: calls, aboveLinks: LatencySummary(p50: p50, p95: p95))
    }
    return report
  }

  @Test func eachToolAndRegionIsComparedOnce() {
    let virtual = report(
      .virtual,
      [
        ("a", "", 900, 9, 9), ("a", "eu", 400, 10, 20), ("a", "us", 400, 10, 26), ("a", "sg", 99, 1, 1),
        ("b", "eu", 200, 7, 9),
      ])
    let live = report(.live, [("a", "us", 500, 8, 20), ("a", "eu", 500, 8.1, 24), ("a", "sg", 500, 1, 1)])
    let rows = virtual.validation(against: live)
    #expect(rows.map(\.region) == ["eu", "us"] && rows.map(\.within) == [true, false])
    #expect(
      rows[0]
        == ValidationRow(
          tool: "a", region: "eu", liveP50: 8.1, virtualP50: 10, liveP95: 24, virtualP95: 20, within: true))
    var whole = virtual
    whole.validation = rows
    #expect(!whole.passed)
  }
}
