// Percentiles within their stated error, and merging that does not depend on order.
import Testing

@testable import Simulation

@Suite struct LatencyHistogramTests {
  @Test func anEmptyOneSaysNothing() {
    let empty = LatencyHistogram()
    #expect(empty.isEmpty && empty.percentile(99) == 0 && empty.max == 0 && empty.buckets == [])
    #expect(empty.summary == LatencySummary())
  }

  @Test func oneValueIsEveryPercentile() {
    var one = LatencyHistogram()
    one.record(milliseconds: 12.345)
    for percent in [0, 50, 99, 100] { #expect(one.percentile(Double(percent)) == 12.345) }
    #expect(one.summary.max == 12.345)
    #expect(one.buckets == [LatencyBucket(upToMilliseconds: 12.345, count: 1)])
  }

  /// Against a sorted array, over nine decades.
  @Test func percentilesAreWithinTheStatedError() {
    var random = SeededGenerator(7)
    var histogram = LatencyHistogram()
    var values: [Double] = []
    for _ in 0..<20_000 {
      let exponent = Double.random(in: 0..<26, using: &random)
      var value = 0.001
      for _ in 0..<Int(exponent) { value *= 2 }
      value *= 1 + (exponent - exponent.rounded(.down))
      values.append(value)
      histogram.record(milliseconds: value)
    }
    values.sort()
    for percent in [1, 10, 25, 50, 75, 90, 95, 99, 99.9] {
      let exact = values[Int((percent / 100 * Double(values.count)).rounded(.up)) - 1]
      #expect(abs(histogram.percentile(percent) - exact) <= exact * 0.016, "p\(percent)")
    }
    #expect(histogram.percentile(100) == values.last && histogram.min == values.first)
  }

  @Test func everyBucketHoldsItsLowerBoundAndNotItsUpper() {
    for bucket in 1..<LatencyHistogram.bucketCount - 1 {
      let lower = LatencyHistogram.lowerBound(of: bucket)
      let upper = LatencyHistogram.upperBound(of: bucket)
      #expect(LatencyHistogram.bucket(of: (lower + upper) / 2) == bucket)
      #expect(upper / lower <= 1.0321)
    }
  }

  @Test func whatIsOutOfRangeIsCountedAtTheEnds() {
    var histogram = LatencyHistogram()
    histogram.record(milliseconds: -3)
    histogram.record(milliseconds: 0)
    histogram.record(milliseconds: 1e9)
    #expect(histogram.count == 3 && histogram.max == 1e9 && histogram.min == -3)
    #expect(histogram.buckets.map(\.count) == [2, 1])
    #expect(histogram.buckets.last?.upToMilliseconds == 1e9)
  }

  @Test func shardsMergeToTheSameInAnyOrder() {
    var random = SeededGenerator(11)
    var whole = LatencyHistogram()
    var shards = [LatencyHistogram](repeating: LatencyHistogram(), count: 3)
    for index in 0..<9_999 {
      let value = Double.random(in: 0.01..<900, using: &random)
      whole.record(milliseconds: value)
      shards[index % 3].record(milliseconds: value)
    }
    var forward = LatencyHistogram()
    for shard in shards { forward.merge(shard) }
    var backward = LatencyHistogram()
    for shard in shards.reversed() { backward.merge(shard) }
    backward.merge(LatencyHistogram())
    #expect(forward == whole && backward == whole)
  }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
