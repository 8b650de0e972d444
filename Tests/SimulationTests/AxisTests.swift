// Logarithmic and time axes.
import Testing

@testable import Simulation

@Suite struct AxisTests {
  @Test func decadesAreEvenlyApart() {
    let axis = LogAxis(0.8, 90)
    #expect(axis.ticks() == [1, 10, 100])
    #expect(axis.position(0.5) == 0 && axis.position(100) == 1 && axis.position(1_000) == 1 && axis.position(-1) == 0)
    #expect(abs(axis.position(100) - axis.position(10) - (axis.position(10) - axis.position(1))) < 1e-9)
  }

  @Test func aShortAxisHasFinerTicks() {
    #expect(LogAxis(10, 90).ticks() == [10, 20, 50, 100])
    #expect(LogAxis(10, 10).ticks() == [10, 20, 50, 100])
  }

  @Test(arguments: [(0.0, 0.0), (.nan, .nan), (.infinity, -.infinity), (1e-300, 1e300), (5, 1)])
  func anyEndsGiveAnAxis(_ low: Double, _ high: Double) {
    let axis = LogAxis(low, high)
    #expect((0...1).contains(axis.position(7)) && !axis.ticks().isEmpty && axis.ticks().count < 400)
  }

  @Test func ticksAreShort() {
    #expect(
      [0.001, 0.01, 0.5, 1, 100, 1_000, 20_000].map(LogAxis.label) == [
        "0.001", "0.01", "0.5", "1", "100", "1 s", "20 s",
      ])
  }

  @Test func aLongRunIsThinnedAndNothingFailedIsLost() {
    let report = SampleReport.large()
    let time = TimelinePoints(report)
    #expect(time.width == 8 && time.points.count == 450)
    #expect(time.points.reduce(0) { $0 + $1.failed } == report.timeline.reduce(0) { $0 + $1.failed })
    #expect(time.points.allSatisfy { $0.calls == 2_777 && $0.p99 == 90 })
  }

  @Test func secondsWithoutCallsAreGaps() {
    var report = SimulationReport(scenario: "gap", mode: .live, seed: 0, seconds: 5, calls: 2)
    report.timeline = [
      TimelineRow(second: 0, calls: 1, failed: 0, p50: 3, p99: 4),
      TimelineRow(second: 3, calls: 1, failed: 1, p50: 5, p99: 6),
      TimelineRow(second: -1, calls: 9, failed: 9, p50: 9, p99: 9),
    ]
    let time = TimelinePoints(report)
    #expect(time.points.map(\.calls) == [1, 0, 0, 1] && time.points.map(\.p50) == [3, nil, nil, 5])
    #expect(time.end == 5 && time.ticks == [0, 1, 2, 3, 4, 5] && time.position(2.5) == 50)
  }
}
