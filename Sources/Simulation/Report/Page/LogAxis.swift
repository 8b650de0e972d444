// A logarithmic axis of milliseconds.

import Glibc

struct LogAxis {
  /// Decimal logarithms of the ends.
  private let lower: Double
  private let upper: Double

  /// Holds all but the fastest thousandth of each, and a little more than the slowest p99.
  init(_ times: [LatencySummary]) {
    var low = Double.infinity
    var high = 0.0
    for time in times where !time.histogram.isEmpty || time.p99 > 0 {
      let total = time.histogram.reduce(0) { $0 + $1.count }
      var seen: UInt64 = 0
      let first = time.histogram.first { bucket in
        seen += bucket.count
        return seen * 1_000 > total
      }
      low = min(low, first?.upToMilliseconds ?? time.p50)
      high = max(high, time.p99 * 1.6)
    }
    self.init(low, high)
  }

  /// The ends rounded outwards to 1, 2 or 5 of a decade; at least a decade apart.
  init(_ low: Double, _ high: Double) {
    let low = low.isFinite ? max(low, 0.001) : 1
    let high = high.isFinite ? max(high, low) : low
    let start = Self.round(low, up: false)
    let end = Self.round(high, up: true)
    lower = log10(start)
    upper = max(log10(end), lower + 1)
  }

  /// From 0 to 1, what is beyond the ends at them.
  func position(_ milliseconds: Double) -> Double {
    guard milliseconds > 0, milliseconds.isFinite else { return 0 }
    return min(max((log10(milliseconds) - lower) / (upper - lower), 0), 1)
  }

  /// Powers of ten, with 2 and 5 of each on an axis of no more than so many decades.
  func ticks(finer decades: Double = 1.2) -> [Double] {
    let steps = upper - lower <= decades ? [1.0, 2, 5] : [1.0]
    var ticks: [Double] = []
    for decade in Int(lower.rounded(.down))...Int(upper.rounded(.up)) {
      for step in steps {
        let tick = step * Self.power(decade)
        if log10(tick) >= lower - 1e-9, log10(tick) <= upper + 1e-9 { ticks.append(tick) }
      }
    }
    return ticks
  }

  var labels: [AxisLabels.Label] { ticks().map { (position($0) * 100, Self.label($0)) } }

  static func label(_ milliseconds: Double) -> String {
    milliseconds >= 1_000
      ? Figures.significant(milliseconds / 1_000) + " s"
      : milliseconds < 0.01 ? Figures.fixed(milliseconds, 3) : Figures.significant(milliseconds)
  }

  private static func round(_ value: Double, up: Bool) -> Double {
    let decade = power(Int(log10(value).rounded(.down)))
    let steps = [1.0, 2, 5, 10].map { $0 * decade }
    return up ? steps.first { $0 >= value * (1 - 1e-9) } ?? value : steps.last { $0 <= value * (1 + 1e-9) } ?? value
  }

  private static func power(_ exponent: Int) -> Double {
    (0..<exponent.magnitude).reduce(1.0) { value, _ in exponent < 0 ? value / 10 : value * 10 }
  }
}

/// What stands under a horizontal axis, and does not reach beyond its ends.
enum AxisLabels {
  /// `place` is from 0 to 100.
  typealias Label = (place: Double, text: String)

  static func markup(_ labels: [Label]) -> Markup {
    let spans = labels.map { label -> Markup in
      let end: Markup = label.place > 93 ? " class=\"last\"" : label.place < 4 ? " class=\"first\"" : ""
      return "<span style=\"left:\(label.place)%\"\(end)>\(label.text)</span>"
    }.joined()
    return "<div class=\"ticks\">\(spans)</div>"
  }
}
