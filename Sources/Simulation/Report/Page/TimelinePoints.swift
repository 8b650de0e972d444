// The run second by second, thinned to what a screen can show.

struct TimelinePoints {
  struct Point {
    var second: Int
    /// A second's calls, the mean where a point stands for several seconds.
    var calls: Double
    /// All that failed.
    var failed: UInt64
    /// The worst of the point's seconds; none when nothing was called.
    var p50: Double?
    var p99: Double?
  }

  private(set) var points: [Point]
  /// Seconds to a point.
  let width: Int
  /// End of the time axis, in seconds.
  let end: Double

  init(_ report: SimulationReport) {
    let rows = report.timeline.filter { $0.second >= 0 }
    let last = rows.map(\.second).max() ?? -1
    end = max(report.seconds.isFinite ? report.seconds : 0, Double(last) + 1, 1)
    let count = last + 1
    width = max(1, (count + ReportLimits.points - 1) / ReportLimits.points)
    points = stride(from: 0, to: count, by: width).map { Point(second: $0, calls: 0, failed: 0, p50: nil, p99: nil) }
    for row in rows {
      let place = row.second / width
      let seconds = min(width, count - place * width)
      points[place].calls += Double(row.calls) / Double(seconds)
      points[place].failed += row.failed
      guard row.calls > 0 else { continue }
      points[place].p50 = max(points[place].p50 ?? 0, row.p50.isFinite ? row.p50 : 0)
      points[place].p99 = max(points[place].p99 ?? 0, row.p99.isFinite ? row.p99 : 0)
    }
  }

  /// From 0 to 100.
  func position(_ second: Double) -> Double { min(max(second / end, 0), 1) * 100 }

  /// Some five round times.
  var ticks: [Double] {
    let steps = [1.0, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400]
    let step = steps.first { end / $0 <= 6 } ?? (end / 6).rounded(.up)
    return Array(stride(from: 0, through: end, by: step))
  }

  /// For the script: second, calls, failed, p50 and p99 of each point, numbers only.
  var data: Markup {
    points.map { point -> Markup in
      let times = [point.p50, point.p99].map { $0.map(Figures.milliseconds) ?? "–" }
      return
        "\(point.second)|\(Figures.rounded(point.calls.rounded()))|\(Figures.count(point.failed))|\(times[0])|\(times[1]);"
    }.joined()
  }
}
