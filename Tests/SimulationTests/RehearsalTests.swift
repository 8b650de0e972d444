// What a rehearsal says of costs.
import Testing

@testable import Simulation

@Suite struct RehearsalTests {
  /// All regions together, and nothing beside: what links cost is the topology's, and was not in it.
  @Test func whatCallsTookIsTheirTools() {
    var histogram = LatencyHistogram()
    histogram.record(milliseconds: 2, times: 50)
    histogram.record(milliseconds: 4, times: 50)
    var report = SimulationReport(scenario: "s", mode: .live, seed: 1, seconds: 1, calls: 100)
    report.tools = [
      ToolRow(tool: "a", region: "", calls: 100, ok: 100, latency: histogram.summary),
      ToolRow(tool: "a", region: "eu", calls: 1, ok: 1, latency: LatencySummary(p50: 900)),
    ]
    let costs = ValidatedRun.costs(of: report)
    #expect(costs.request == .constant(0) && costs.forward == .constant(0) && costs.store == .constant(0))
    var random = SplitMix64(seed: 7)
    let drawn = (0..<1_000).map { _ in Double(costs.service["a"]!.draw(&random)) / 1e6 }
    #expect(costs.service.count == 1)
    #expect(drawn.allSatisfy { (1.9...4.1).contains($0) })
    #expect(abs(Double(drawn.count { $0 < 3 }) / 1_000 - 0.5) < 0.06)
  }

  @Test func aHistogramComesBackFromItsBuckets() {
    var histogram = LatencyHistogram()
    for milliseconds in [0.02, 0.5, 1.7, 1.7, 40, 900] { histogram.record(milliseconds: milliseconds) }
    let again = LatencyHistogram(histogram.summary.histogram)
    #expect(again.count == histogram.count)
    for percent in [1.0, 25, 50, 75, 95] {
      #expect(abs(again.percentile(percent) / histogram.percentile(percent) - 1) < 0.04, "\(percent)")
    }
  }
}
