// Random numbers that are the same for the same seed, on every machine.

/// SplitMix64: one word of state, about a nanosecond a number, and streams of different seeds that share nothing.
public struct SplitMix64: RandomNumberGenerator, Sendable, Equatable, BitwiseCopyable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// The stream of one part of a simulation: parts that draw more or less do not change each other.
  public init(seed: UInt64, stream: UInt64) {
    var mixer = SplitMix64(seed: seed ^ (stream &* 0x9e37_79b9_7f4a_7c15))
    state = mixer.next()
  }

  @inline(__always)
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }

  /// Evenly from 0 up to, not including, 1.
  @inline(__always)
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
