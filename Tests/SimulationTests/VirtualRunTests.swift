// Whole runs in virtual time.
import Manifests
import Testing

@testable import Simulation

@Suite(.timeLimit(.minutes(3))) struct VirtualRunTests {
  @Test func aRunEndsWithAllChecksPassed() async throws {
    let report = try await VirtualRun(VirtualWorlds.scenario()).report(threads: 1)
    for check in report.checks { #expect(check.passed, "\(check.name): \(check.detail)") }
    #expect(abs(Double(report.calls) - 20_000) < 600)
    #expect(report.tools.filter { $0.region.isEmpty }.allSatisfy { $0.ok == $0.calls && $0.calls > 500 })
    for tool in report.tools { print(tool.tool, tool.region, tool.calls, tool.ok, tool.latency.p50, tool.latency.p95, tool.aboveLinks.p50, tool.aboveLinks.p95, tool.codes) }
    for row in report.placement { print(row) }
    for row in report.checks { print(row) }
  }
}
