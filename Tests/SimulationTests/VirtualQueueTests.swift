// Queues in virtual time against what theory says of them.
import Foundation
import Manifests
import Testing

@testable import Simulation

@Suite(.timeLimit(.minutes(3))) struct VirtualQueueTests {
  private let topology = """
    name = "one"
    [paths]
    jitter_ms = 0
    bandwidth_mbps = 1000000

    [[sites]]
    name = "fra"
    tier = "core"
    region = "europe"
    jurisdiction = "eu"
    latitude = 50.11
    longitude = 8.68
    processors = PROCESSORS
    capacity = CAPACITY

    [[populations]]
    name = "clients"
    region = "europe"
    latitude = 50.11
    longitude = 8.68
    """

  private func play(
    service: String, milliseconds: Double, rate: Int, seconds: Int, processors: Int = 1, capacity: Int = 10_000
  ) async throws -> SimulationReport {
    let tools = """
      [[tools]]
      name = "work"
      service = "\(service)"
      service_ms = \(milliseconds)
      """
    let place = topology.replacing("PROCESSORS", with: "\(processors)").replacing("CAPACITY", with: "\(capacity)")
    let loaded = try VirtualWorlds.scenario(calls: rate * seconds, seconds: seconds, tools: tools, topology: place)
    var costs = VirtualCosts()
    costs.request = .constant(0)
    return try await VirtualRun(loaded, costs: costs).report(threads: 1)
  }

  private func mean(_ summary: LatencySummary) -> Double {
    let sum = summary.histogram.reduce(0.0) { $0 + Double($1.count) * $1.upToMilliseconds / 1.011 }
    return sum / summary.histogram.reduce(0.0) { $0 + Double($1.count) }
  }

  /// M/M/1 at 80 %: the time in the system is exponential with mean 1 / (μ − λ) = 0.5 ms.
  @Test func oneProcessorWithExponentialWork() async throws {
    let report = try await play(service: "exponential", milliseconds: 0.1, rate: 8_000, seconds: 12)
    let time = try #require(report.tool("work")).aboveLinks
    #expect(abs(time.p50 - 0.5 * log(2)) < 0.5 * log(2) * 0.06, "\(time.p50)")
    #expect(abs(time.p95 - 0.5 * log(20)) < 0.5 * log(20) * 0.08, "\(time.p95)")
    #expect(abs(mean(time) - 0.5) < 0.03, "\(mean(time))")
  }

  /// M/D/1 at 80 %: the mean wait is ρ / (2 (1 − ρ)) services, so 0.2 ms, and the work itself 0.1 ms.
  @Test func oneProcessorWithConstantWork() async throws {
    let report = try await play(service: "constant", milliseconds: 0.1, rate: 8_000, seconds: 12)
    let time = try #require(report.tool("work")).aboveLinks
    #expect(abs(mean(time) - 0.3) < 0.015, "\(mean(time))")
  }

  /// M/M/4 at 80 %: by Erlang's formula a call waits with probability 0.596, and then 1 / (4 μ − λ) on average.
  @Test func fourProcessors() async throws {
    let report = try await play(service: "exponential", milliseconds: 0.4, rate: 8_000, seconds: 12, processors: 4)
    let time = try #require(report.tool("work")).aboveLinks
    #expect(abs(mean(time) - (0.4 + 0.596 * 0.5)) < 0.04, "\(mean(time))")
  }

  /// Twice what a site can do: it refuses half, and no one waits much longer than a second for an instance.
  @Test func tooMuchIsRefused() async throws {
    let report = try await play(service: "constant", milliseconds: 2, rate: 1_000, seconds: 6, capacity: 4)
    let work = try #require(report.tool("work"))
    #expect(work.codes.map(\.code) == ["overloaded"] && work.ok + work.failed == work.calls)
    #expect((2_800...4_300).contains(work.ok), "\(work.ok) of \(work.calls)")
    #expect(work.latency.max < 1_100)
    #expect(report.sites[0].refused == work.failed && report.sites[0].ran == work.ok)
  }

  /// Work that is longer than a slice shares the processor: a short call does not wait for a long one to end.
  @Test func longWorkSharesTheProcessor() async throws {
    let tools = """
      [[tools]]
      name = "long"
      service = "constant"
      service_ms = 200
      [[tools]]
      name = "short"
      share = 20
      service = "constant"
      service_ms = 0.1
      """
    let place = topology.replacing("PROCESSORS", with: "1").replacing("CAPACITY", with: "1000")
    let loaded = try VirtualWorlds.scenario(calls: 600, seconds: 20, tools: tools, topology: place)
    let report = try await VirtualRun(loaded).report(threads: 1)
    let short = try #require(report.tool("short")).aboveLinks
    #expect(short.p99 < 10 && short.max < 20, "\(short.p99), \(short.max)")
    #expect(try #require(report.tool("long")).aboveLinks.p50 >= 200)
  }

  @Test func timesAreDrawnAsTheyAreDistributed() {
    var random = SplitMix64(seed: 3)
    for (time, median, p95) in [
      (ServiceTime.constant(1_000), 1_000.0, 1_000.0), (.exponential(mean: 1_000), 693, 2_996),
      (.lognormal(median: 1_000, p95: 3_000), 1_000, 3_000), (.quantiles([0, 1_000, 4_000]), 1_000, 3_700),
    ] {
      let drawn = (0..<40_000).map { _ in Double(time.draw(&random)) }.sorted()
      #expect(abs(drawn[20_000] - median) <= median * 0.03 && abs(drawn[38_000] - p95) <= p95 * 0.04, "\(time)")
    }
    var measured = LatencyHistogram()
    for index in 1...1_000 { measured.record(milliseconds: Double(index) / 100) }
    let time = ServiceTime(measured: measured)
    let again = (0..<20_000).map { _ in Double(time.draw(&random)) }.sorted()
    #expect(abs(again[10_000] - 5e6) < 0.2e6 && abs(again[19_000] - 9.5e6) < 0.3e6)
    #expect(ServiceTime(measured: LatencyHistogram()).draw(&random) == 0)
  }
}
