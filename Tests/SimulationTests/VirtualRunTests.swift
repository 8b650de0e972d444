// Whole runs in virtual time: they end, they can be repeated, and their checks find what is wrong.
import Manifests
import Synchronization
import Testing

@testable import Simulation

@Suite(.timeLimit(.minutes(3))) struct VirtualRunTests {
  /// Without faults and without variants: one run for several tests.
  private static let plain = Task { try await VirtualRun(VirtualWorlds.scenario()).report(threads: 1) }

  @Test func aRunEndsWithAllChecksPassed() async throws {
    let report = try await Self.plain.value
    for check in report.checks { #expect(check.passed, "\(check.name): \(check.detail)") }
    #expect(report.checks.count == 5 && report.passed && report.mode == .virtual)
    #expect(abs(Double(report.calls) - 20_000) < 600)
    let whole = report.tools.filter(\.region.isEmpty)
    #expect(whole.allSatisfy { $0.ok == $0.calls && $0.calls > 500 } && whole.count == 5)
    #expect(whole.reduce(0) { $0 + $1.calls } == report.calls)
    #expect(report.populations.reduce(0) { $0 + $1.calls } == report.calls)
    #expect(report.timeline.reduce(0) { $0 + $1.calls } == report.calls && report.timeline.count > 19)
    #expect(report.sites.reduce(0) { $0 + $1.ran } == report.calls)
  }

  /// What a caller in New York waits for: to Ashburn and back, three times to the database beside it, and no ocean.
  @Test func latenciesAreThoseOfTheWay() async throws {
    let report = try await Self.plain.value
    let orders = try #require(report.tool("list_orders", "america"))
    // 330 km: 2.4 ms of cable, 4 of the last mile and 0.25 of the hop, there and back.
    #expect((13...15).contains(orders.latency.p50 - orders.aboveLinks.p50))
    #expect((6.4...9).contains(orders.aboveLinks.p50))
    // The session's store is in Frankfurt: that is where its tool runs, a local trip from its state.
    let add = try #require(report.tool("add_item", "america"))
    #expect((0.5...3).contains(add.aboveLinks.p50) && add.latency.p50 > 90)
    // Reads in Singapore go to the copy beside them.
    #expect(try #require(report.tool("get_rates", "asia")).aboveLinks.p95 < 3)
  }

  @Test func oneSeedOneReport() async throws {
    let faults =
      VirtualWorlds.fault("kill", "fra", at: 5, for: 3) + VirtualWorlds.fault("partition", "iad", at: 12, for: 2)
    let first = try await VirtualRun(VirtualWorlds.scenario(calls: 8_000, compare: 2_000, faults: faults)).report(
      threads: 1)
    let again = try await VirtualRun(VirtualWorlds.scenario(calls: 8_000, compare: 2_000, faults: faults)).report(
      threads: 1)
    let other = try await VirtualRun(VirtualWorlds.scenario(calls: 8_000, seed: 2, compare: 2_000, faults: faults))
      .report(threads: 1)
    #expect(first == again && first != other)
    for threads in 2...3 {
      let report = try await VirtualRun(VirtualWorlds.scenario(calls: 8_000, compare: 2_000, faults: faults)).report(
        threads: threads)
      #expect(report == first, "\(threads) threads")
    }
  }

  @Test func aDroppedWriteIsFound() async throws {
    let honest = try await Self.plain.value
    #expect(honest.check("acknowledged")?.passed == true)
    let report = try await VirtualRun(VirtualWorlds.scenario(), dropsWrite: 500).report(threads: 1)
    #expect(report.check("acknowledged")?.passed == false && !report.passed)
    #expect(report.checks.count(where: \.passed) == 4)
  }

  /// Everybody is sent away once, by the first site that may not read the arguments, and then knows where to go.
  @Test func whoAsksOutsideIsSentAwayOnce() async throws {
    let report = try await Self.plain.value
    let refused = Dictionary(uniqueKeysWithValues: report.sites.map { ($0.name, $0.refused) })
    // Calls that were under way when the first answer came are sent away too.
    #expect(refused["par"] == 0 && (1...12).contains(refused["iad"] ?? 0) && (1...6).contains(refused["sin"] ?? 0))
    #expect(report.tool("find_resident", "america")?.failed == 0)
    #expect(report.check("jurisdictions")?.passed == true)
  }

  @Test func theExtremesArePlayedWithTheSameCalls() async throws {
    let report = try await VirtualRun(VirtualWorlds.scenario(compare: 8_000)).report(threads: 1)
    #expect(report.comparison.map(\.name) == ["manifest", "all-edge", "all-core"])
    let (own, edge, core) = (report.comparison[0], report.comparison[1], report.comparison[2])
    #expect(own.calls == edge.calls && own.calls == core.calls && (7_500...8_500).contains(own.calls))
    #expect(own.violations == 0 && edge.violations > 100)
    #expect(own.p50 < core.p50 && own.p99 < edge.p99)
    // Calls of the sample are the first ones of the run.
    let none = try await Self.plain.value
    #expect(none.comparison.isEmpty && none.tools == report.tools)
  }

  @Test func readsAtACopyMayBeBehind() async throws {
    let report = try await VirtualRun(VirtualWorlds.scenario(calls: 30_000)).report(threads: 1)
    let detail = try #require(report.check("stale")?.detail)
    let numbers = detail.split(separator: " ").compactMap { Int($0) }
    #expect(numbers[0] > 20 && numbers[0] < numbers[1] / 4, "\(detail)")
    // Without a lag to speak of nearly nothing is stale.
    let quick = VirtualWorlds.topology.replacing("lag_ms = 400", with: "lag_ms = 0")
    let fresh = try await VirtualRun(VirtualWorlds.scenario(calls: 30_000, topology: quick)).report(threads: 1)
    let few = try #require(fresh.check("stale")?.detail.split(separator: " ").first.flatMap { Int($0) })
    #expect(few < numbers[0] * 2 / 3)
  }

  @Test func progressIsSaid() async throws {
    let seen = Seen()
    _ = try await VirtualRun(VirtualWorlds.scenario(compare: 2_000)).report(threads: 2) { seen.add($0) }
    let stages = seen.all.map(\.stage)
    #expect(stages.first == .planning && stages.last == .counting && stages.contains(.comparing))
    #expect(stages.count { $0 == .playing } > 50)
    #expect(seen.all.allSatisfy { $0.seconds <= $0.totalSeconds })
  }

  @Test(arguments: [
    ("[[loads]]\npopulation = \"pariss\"\nshare = 2", "", "pariss"),
    ("", "dependency = \"orders-db\"|dependency = \"order-db\"", "order-db"),
    (VirtualWorlds.fault("kill", "frb", at: 1), "", "frb"),
    (VirtualWorlds.fault("kv down", "fra", at: 1), "", "fra"),
    ("", "jurisdictions = [\"eu\"]|jurisdictions = [\"mars\"]", "nowhere to run"),
  ])
  func whatDoesNotGoTogetherIsRefused(more: String, change: String, says: String) async throws {
    let sides = change.split(separator: "|").map(String.init)
    let tools = sides.count == 2 ? VirtualWorlds.mix.replacing(sides[0], with: sides[1]) : VirtualWorlds.mix
    let loaded = try VirtualWorlds.scenario(tools: tools, faults: more)
    do {
      _ = try await VirtualRun(loaded).report(threads: 1)
      Issue.record("\(says) was taken")
    } catch {
      #expect(error.code == .scenario && error.message.contains(says), "\(error)")
    }
  }
}

/// Progress, from whichever thread.
private final class Seen: Sendable {
  private let said = Mutex<[VirtualRun.Progress]>([])
  func add(_ progress: VirtualRun.Progress) { said.withLock { $0.append(progress) } }
  var all: [VirtualRun.Progress] { said.withLock { $0 } }
}
