// A histogram in Prometheus' form: counts under fixed bounds.

/// Latencies in fixed buckets, as `/metrics` shows them. Recording is one short search and three adds.
struct LatencyHistogram: Sendable {
  /// Upper bounds in nanoseconds, from a cold start of a few microseconds to a call at its wall limit.
  static let boundsNanoseconds: [UInt64] = [
    5_000, 10_000, 15_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000,
    1_000_000_000, 2_500_000_000, 5_000_000_000,
  ]

  private(set) var counts = [UInt64](repeating: 0, count: boundsNanoseconds.count + 1)
  private(set) var sumNanoseconds: UInt64 = 0
  var count: UInt64 { counts.reduce(0, +) }

  mutating func record(nanoseconds: UInt64) {
    var bucket = 0
    while bucket < Self.boundsNanoseconds.count, nanoseconds > Self.boundsNanoseconds[bucket] { bucket += 1 }
    counts[bucket] += 1
    sumNanoseconds &+= nanoseconds
  }

  mutating func merge(_ other: LatencyHistogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
    sumNanoseconds &+= other.sumNanoseconds
  }

  /// Appends the lines of one metric in Prometheus' text format 0.0.4; bounds and sum are in seconds.
  func appendLines(name: String, labels: String, to text: inout String) {
    var cumulative: UInt64 = 0
    for (index, bound) in Self.boundsNanoseconds.enumerated() {
      cumulative += counts[index]
      text += "\(name)_bucket{\(labels),le=\"\(Double(bound) / 1e9)\"} \(cumulative)\n"
    }
    cumulative += counts[counts.count - 1]
    text += "\(name)_bucket{\(labels),le=\"+Inf\"} \(cumulative)\n"
    text += "\(name)_sum{\(labels)} \(Double(sumNanoseconds) / 1e9)\n"
    text += "\(name)_count{\(labels)} \(cumulative)\n"
  }
}
