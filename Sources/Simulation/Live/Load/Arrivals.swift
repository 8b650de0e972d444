// When the clients of a population call, and what: planned before anything is sent. Pure.

internal import Glibc

/// One call that is to be made.
struct Arrival: Equatable {
  /// From the start of the run.
  var nanoseconds: UInt64
  /// Its place in the mix.
  var tool: Int
}

/// The arrivals of one population: a Poisson process, so that they neither wait for answers nor keep out of each other's
/// way. The same seed and stream give the same calls at the same times, however the calls before them went.
struct Arrivals {
  private let meanNanoseconds: Double
  /// Shares of the tools, summed up.
  private let sums: [Double]
  private var generator: SplitMix64
  private var now = 0.0

  /// - parameter shares: each tool's part of the calls, against the others'; 0: none.
  init(callsPerSecond: Double, shares: [Double], seed: UInt64, stream: UInt64) {
    precondition(callsPerSecond > 0 && shares.contains { $0 > 0 }, "somebody calls something")
    meanNanoseconds = 1e9 / callsPerSecond
    var sum = 0.0
    sums = shares.map {
      sum += $0
      return sum
    }
    generator = SplitMix64(seed: seed, stream: stream)
  }

  mutating func next() -> Arrival {
    now -= meanNanoseconds * log(1 - generator.unit())
    let point = generator.unit() * sums[sums.count - 1]
    return Arrival(nanoseconds: UInt64(now), tool: sums.firstIndex { point < $0 } ?? sums.count - 1)
  }
}
