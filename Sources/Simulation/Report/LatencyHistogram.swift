// Counts of latencies in buckets of a fixed relative width.

/// Latencies from 1 µs to 134 s in 864 log-linear buckets, 32 to an octave: a percentile is at most 1.6 % off.
/// Which bucket is taken comes from the number's own bits, so any two machines agree, and merging is exact in any order.
/// Recording is a shift and three adds: no allocation, no logarithm. A value is 7 KiB.
public struct LatencyHistogram: Sendable, Equatable {
  /// Buckets to an octave, as bits of the mantissa.
  private static let subdivisionBits = 5
  private static let octaves = 27
  /// The first bucket holds all below 1 µs, the last all from 2²⁷ µs on.
  static let bucketCount = octaves << subdivisionBits + 2
  /// What the bits of 1 µs are, cut to exponent and subdivision.
  private static let base = Int(Double(1).bitPattern >> UInt64(52 - subdivisionBits))

  private var counts = [UInt64](repeating: 0, count: bucketCount)
  public private(set) var count: UInt64 = 0
  /// The extremes are exact. Infinities stand for none yet.
  private var smallest = Double.infinity
  private var largest = -Double.infinity

  public init() {}

  public var isEmpty: Bool { count == 0 }
  /// The longest recorded time in milliseconds, exactly; 0 when nothing was.
  public var max: Double { isEmpty ? 0 : largest }
  public var min: Double { isEmpty ? 0 : smallest }

  /// A finite time. What is below 1 µs, also a negative one of two clocks that disagree, counts in the lowest bucket.
  public mutating func record(milliseconds: Double) { record(milliseconds: milliseconds, times: 1) }

  public mutating func record(milliseconds: Double, times: UInt64) {
    precondition(milliseconds.isFinite, "a latency is a finite number")
    guard times > 0 else { return }
    counts[Self.bucket(of: milliseconds)] += times
    count += times
    if milliseconds < smallest { smallest = milliseconds }
    if milliseconds > largest { largest = milliseconds }
  }

  public mutating func merge(_ other: LatencyHistogram) {
    guard !other.isEmpty else { return }
    for index in counts.indices { counts[index] += other.counts[index] }
    count += other.count
    smallest = Swift.min(smallest, other.smallest)
    largest = Swift.max(largest, other.largest)
  }

  /// The time in milliseconds that `percent` of the calls did not exceed, by nearest rank: the middle of its bucket, held
  /// within the extremes. 0 when nothing was recorded.
  public func percentile(_ percent: Double) -> Double {
    precondition((0...100).contains(percent), "a percentile is from 0 to 100")
    guard !isEmpty else { return 0 }
    let rank = Swift.max(1, UInt64((percent / 100 * Double(count)).rounded(.up)))
    guard rank < count else { return largest }
    var seen: UInt64 = 0
    for (index, count) in counts.enumerated() where count > 0 {
      seen += count
      guard seen >= rank else { continue }
      let middle = (Self.lowerBound(of: index) + Self.upperBound(of: index)) / 2
      return Swift.min(Swift.max(middle, smallest), largest)
    }
    return largest
  }

  /// The buckets that hold something, in order. The last one's bound is the exact maximum.
  public var buckets: [LatencyBucket] {
    var filled: [LatencyBucket] = []
    for (index, count) in counts.enumerated() where count > 0 {
      filled.append(LatencyBucket(upToMilliseconds: Swift.min(Self.upperBound(of: index), largest), count: count))
    }
    return filled
  }

  public var summary: LatencySummary {
    LatencySummary(
      p50: percentile(50), p90: percentile(90), p95: percentile(95), p99: percentile(99), max: max, histogram: buckets)
  }

  static func bucket(of milliseconds: Double) -> Int {
    let microseconds = milliseconds * 1_000
    guard microseconds >= 1 else { return 0 }
    let index = Int(microseconds.bitPattern >> UInt64(52 - subdivisionBits)) - base + 1
    return Swift.min(index, bucketCount - 1)
  }

  /// In milliseconds; a bucket holds its lower bound and not its upper one.
  static func lowerBound(of bucket: Int) -> Double {
    bucket == 0 ? 0 : Double(bitPattern: UInt64(base + bucket - 1) << UInt64(52 - subdivisionBits)) / 1_000
  }
  static func upperBound(of bucket: Int) -> Double {
    bucket == bucketCount - 1 ? .infinity : lowerBound(of: bucket + 1)
  }
}

/// What the report says of a set of latencies, in milliseconds.
public struct LatencySummary: Sendable, Equatable {
  public var p50 = 0.0
  public var p90 = 0.0
  public var p95 = 0.0
  public var p99 = 0.0
  public var max = 0.0
  /// Only the buckets that hold something, by rising bound.
  public var histogram: [LatencyBucket] = []
}

public struct LatencyBucket: Sendable, Equatable {
  public var upToMilliseconds: Double
  public var count: UInt64
}

extension LatencyHistogram {
  /// What a summary has kept, each time in the middle of its bucket.
  init(_ buckets: [LatencyBucket]) {
    self.init()
    for bucket in buckets {
      let index = Self.bucket(of: bucket.upToMilliseconds.nextDown)
      record(milliseconds: (Self.lowerBound(of: index) + bucket.upToMilliseconds) / 2, times: bucket.count)
    }
  }
}
