// The report's JSON: read back by another reader, and the same each time.
import Foundation
import Testing

@testable import Simulation

@Suite struct ReportJSONTests {
  private static func read(_ report: SimulationReport) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(report.json)) as? [String: Any])
  }
  private static func rows(_ object: [String: Any], _ name: String) throws -> [[String: Any]] {
    try #require(object[name] as? [[String: Any]])
  }

  @Test func everythingIsInIt() throws {
    let report = SampleReport.build(seconds: 20, callsPerTool: 2_000)
    let read = try Self.read(report)
    #expect(read["scenario"] as? String == "world" && read["mode"] as? String == "virtual")
    #expect(
      read["seed"] as? String == "42" && read["calls"] as? UInt64 == report.calls && read["passed"] as? Bool == true)
    let sites = try Self.rows(read, "sites")
    #expect(sites.count == 30 && sites[0]["tier"] as? String == "core" && sites[0]["latitude"] as? Double == 50.11)
    let tool = try Self.rows(read, "tools")[0]
    let latency = try #require(tool["latency_ms"] as? [String: Any])
    #expect(latency["p99"] as? Double == report.tools[0].latency.p99)
    let histogram = try #require(latency["histogram"] as? [[Double]])
    #expect(histogram.count == report.tools[0].latency.histogram.count)
    #expect(histogram.reduce(0) { $0 + $1[1] } == Double(report.tools[0].ok))
    let faults = try Self.rows(read, "faults")
    #expect(faults[0]["recovered_after_ms"] as? Double == 1_420)
    #expect(faults[3]["recovered_after_ms"] is NSNull && faults[3]["end_s"] is NSNull)
    for name in ["populations", "placement", "comparison", "timeline", "checks", "validation"] {
      #expect(try !Self.rows(read, name).isEmpty, "\(name)")
    }
  }

  @Test func aSeedIsExactAndNoNumberIsNaN() throws {
    var report = SimulationReport(scenario: "edge", mode: .live, seed: .max, seconds: .nan, calls: .max)
    report.comparison = [
      VariantRow(name: "manifest", calls: 0, p50: .infinity, p95: 0, p99: 0, failed: 0, violations: 0)
    ]
    let read = try Self.read(report)
    #expect(read["seed"] as? String == "18446744073709551615" && read["calls"] as? UInt64 == .max)
    #expect(read["seconds"] is NSNull)
  }

  @Test(arguments: SampleReport.hostileTexts) func hostileNamesAreReadBackAsTheyWere(_ text: String) throws {
    let read = try Self.read(SampleReport.named(text))
    #expect(read["scenario"] as? String == text)
    #expect(try Self.rows(read, "sites").allSatisfy { $0["name"] as? String == text })
  }

  @Test func theSameSeedGivesTheSameBytes() {
    let first = SampleReport.build(seconds: 20, callsPerTool: 2_000)
    let second = SampleReport.build(seconds: 20, callsPerTool: 2_000)
    #expect(first.json == second.json)
    #expect(ReportPage(first).html == ReportPage(second).html)
    #expect(ReportText(first).text == ReportText(second).text)
    #expect(SampleReport.build(seed: 43, seconds: 20, callsPerTool: 2_000).json != first.json)
  }
}
