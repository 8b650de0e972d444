// Faults in virtual time: what each costs, and what it must not cost.
import Manifests
import Placement
import Testing

@testable import Simulation

@Suite(.timeLimit(.minutes(3))) struct VirtualFaultTests {
  private func play(_ faults: String, head: String = "timeout = \"4s\"", calls: Int = 12_000) async throws
    -> SimulationReport
  {
    try await VirtualRun(VirtualWorlds.scenario(calls: calls, head: head, faults: faults)).report(threads: 1)
  }

  private func isSound(_ report: SimulationReport) {
    for check in report.checks { #expect(check.passed, "\(check.name): \(check.detail)") }
  }

  /// The site beside all session state dies: calls move to others within two seconds, and no write is lost.
  @Test func aKilledSiteCostsLittleAndLosesNothing() async throws {
    let report = try await play(VirtualWorlds.fault("kill", "fra", at: 6, for: 6))
    isSound(report)
    let fault = report.faults[0]
    #expect(fault.kind == "kill" && fault.target == "fra" && fault.startSeconds == 6 && fault.endSeconds == 12)
    #expect(try #require(fault.recoveredAfterMilliseconds) < 2_000 && fault.failedCalls < 100)
    let ran = Dictionary(uniqueKeysWithValues: report.sites.map { ($0.name, $0.ran) })
    let calm = try await play("")
    #expect(calm.faults.isEmpty && ran["fra"] ?? 0 < (calm.sites[0].ran * 9) / 10)
    let add = try #require(report.tool("add_item"))
    #expect(add.ok > add.calls * 95 / 100)
    // Calls that ran when it died break off, and are not made again.
    #expect(add.codes.allSatisfy { ["may_have_run", "connection_reset"].contains($0.code) }, "\(add.codes)")
  }

  @Test func aRegionDiesAndReturns() async throws {
    let report = try await play(VirtualWorlds.fault("kill", "europe", at: 6, for: 4))
    isSound(report)
    // What may only run in the EU has nowhere to go; the rest has.
    let resident = try #require(report.tool("find_resident"))
    #expect(resident.failed > resident.calls / 10 && resident.ok > resident.calls / 2)
    #expect(resident.codes.contains { $0.code == "no_site" || $0.code == "unreachable" }, "\(resident.codes)")
    let rates = try #require(report.tool("get_rates"))
    #expect(rates.ok > rates.calls * 97 / 100, "\(rates)")
    let late = report.timeline.filter { $0.second >= 12 && $0.second < 19 }
    #expect(late.reduce(0) { $0 + $1.failed } == 0)
  }

  /// Who waits for a site that stands still gives up at its time, and others are not asked for it any more.
  @Test func aPausedSiteIsLeftAlone() async throws {
    let report = try await play(VirtualWorlds.fault("pause", "iad", at: 5, for: 8))
    isSound(report)
    let orders = try #require(report.tool("list_orders"))
    #expect(orders.failed > 0 && orders.failed < orders.calls / 4, "\(orders.failed) of \(orders.calls)")
    #expect(orders.latency.max <= 4_000.001)
    let fault = report.faults[0]
    // Until probes have found it well again, calls to the database are made from afar.
    let recovered = try #require(fault.recoveredAfterMilliseconds)
    #expect(fault.failedCalls > 0 && recovered < 8_000 + 2_000, "\(fault)")
  }

  @Test func aSlowSiteIsSlow() async throws {
    let calm = try await play("")
    let report = try await play(VirtualWorlds.fault("slow", "fra", at: 0, for: nil, "factor = 20"))
    isSound(report)
    let (before, after) = (try #require(calm.tool("add_item")), try #require(report.tool("add_item")))
    #expect(after.failed == 0 && after.aboveLinks.p50 > before.aboveLinks.p50 + 6)
    #expect(
      report.tool("list_orders", "america")?.aboveLinks.p50 == calm.tool("list_orders", "america")?.aboveLinks.p50)
  }

  /// Nothing passes between Frankfurt and the rest: state is out of reach, and reads have their copy.
  @Test func aPartitionCutsStateOff() async throws {
    let report = try await play(VirtualWorlds.fault("partition", "fra", at: 6, for: 5))
    isSound(report)
    let add = try #require(report.tool("add_item"))
    #expect(add.ok < add.calls && add.ok > add.calls * 6 / 10, "\(add)")
    #expect(report.tool("get_rates", "asia")?.failed == 0)
    #expect(report.timeline.filter { (13..<19).contains($0.second) }.allSatisfy { $0.failed == 0 })
  }

  @Test func aStoreThatIsDownIsAToolError() async throws {
    let report = try await play(VirtualWorlds.fault("kv down", "main", at: 6, for: 5))
    isSound(report)
    let add = try #require(report.tool("add_item"))
    #expect(add.toolErrors > 0 && add.failed == 0)
    #expect(add.codes.map(\.code) == ["state_unavailable"])
    // Five of twenty seconds.
    #expect((15...35).contains(add.toolErrors * 100 / add.calls), "\(add.toolErrors) of \(add.calls)")
    #expect(report.tool("list_orders")?.toolErrors == 0)
    // After the first time-outs nobody waits for it: most fail at once.
    #expect(report.faults[0].slowCalls < report.faults[0].failedCalls)
    // Replicas still answer.
    #expect(report.tool("get_rates", "asia")?.toolErrors == 0)
  }

  /// What one fault costs is not put down to the next, nor taken for usual by it.
  @Test func eachFaultHasItsOwnCost() async throws {
    let first = VirtualWorlds.fault("kv down", "main", at: 4, for: 3)
    let second = VirtualWorlds.fault("upstream errors", "orders-db", at: 11, for: 3)
    let (both, one, two) = (try await play(first + second), try await play(first), try await play(second))
    isSound(both)
    #expect(both.faults.map(\.failedCalls) == [one.faults[0].failedCalls, two.faults[0].failedCalls])
    #expect(both.faults.allSatisfy { (2_900...4_500).contains($0.recoveredAfterMilliseconds ?? 0) }, "\(both.faults)")
  }

  @Test func upstreamErrorsAreAsManyAsAreSaid() async throws {
    let report = try await play(
      VirtualWorlds.fault("upstream errors", "orders-db", at: 0, for: nil, "percent = 10"), calls: 20_000)
    isSound(report)
    let orders = try #require(report.tool("list_orders"))
    // Three calls each: 1 − 0.9³.
    #expect(abs(Double(orders.toolErrors) / Double(orders.calls) - 0.271) < 0.03)
    #expect(orders.codes.map(\.code) == ["upstream_error"])
    #expect(report.tool("add_item")?.toolErrors == 0)
  }

  /// A forward is good for five seconds: a node whose clock is eight behind makes none that is taken.
  @Test func aClockThatIsOffCostsForwards() async throws {
    let report = try await play(VirtualWorlds.fault("clock skew", "par", at: 5, for: 5, "skew_ms = -8000"))
    isSound(report)
    let calm = try await play("")
    let hidden = report.tools.filter { $0.tool == "list_orders" && $0.region == "europe" }
    // Paris cannot forward to Virginia; it may run the call itself, far from the database.
    #expect(hidden.allSatisfy { $0.failed == 0 })
    let (odd, even) = (
      try #require(report.tool("list_orders", "europe")), try #require(calm.tool("list_orders", "europe"))
    )
    #expect(odd.latency.p95 > even.latency.p95 * 1.5, "\(odd.latency.p95), \(even.latency.p95)")
    // One that is a second off is none the worse.
    let slight = try await play(VirtualWorlds.fault("clock skew", "par", at: 5, for: 5, "skew_ms = -1000"))
    #expect(slight.tools == calm.tools)
  }

  @Test func theScheduleAnswersForEveryTime() throws {
    let loaded = try VirtualWorlds.scenario(
      faults: VirtualWorlds.fault("pause", "par", at: 2, for: 2) + VirtualWorlds.fault("pause", "europe", at: 3, for: 2)
        + VirtualWorlds.fault("partition", "fra to iad", at: 4, for: 3) + VirtualWorlds.fault("kill", "sin", at: 5)
        + VirtualWorlds.fault("slow", "sin", at: 1, for: 2, "factor = 3")
        + VirtualWorlds.fault("slow", "asia", at: 2, for: 2, "factor = 2"))
    let topology = try Topology(loaded.topology)
    let schedule = FaultSchedule(try FaultTimeline(loaded.scenario.faults, in: topology), sites: topology.sites.count)
    let second: UInt64 = 1_000_000_000
    let (fra, par, iad, sin) = (0, 1, 2, 3)
    #expect(schedule.pauseEnd(par, at: second) == nil && schedule.pauseEnd(par, at: 2 * second) == 5 * second)
    #expect(schedule.pauseEnd(fra, at: 3 * second) == 5 * second && schedule.pauseEnd(par, at: 5 * second) == nil)
    #expect(schedule.cutEnd(iad, fra, at: 4 * second) == 7 * second && schedule.cutEnd(fra, iad, at: 7 * second) == nil)
    #expect(schedule.cutEnd(par, iad, at: 4 * second) == nil && schedule.cutEnd(fra, fra, at: 4 * second) == nil)
    #expect(!schedule.isDead(sin, at: 5 * second - 1) && schedule.isDead(sin, at: 500 * second))
    #expect(schedule.slowness(sin, at: second) == 3 && schedule.slowness(sin, at: 2 * second) == 6)
    #expect(schedule.slowness(sin, at: 4 * second) == 1 && schedule.slowness(par, at: 2 * second) == 1)
  }
}
