// How long something takes: given as a distribution, or as it was measured.
internal import Glibc
public import Manifests

/// A distribution of times, in nanoseconds.
public enum ServiceTime: Sendable, Equatable {
  case constant(Double)
  case exponential(mean: Double)
  case lognormal(median: Double, p95: Double)
  /// Quantiles from the least to the greatest, evenly spaced; between two of them, in proportion.
  case quantiles([Double])

  /// As a scenario says it.
  public init(_ distribution: ScenarioTool.Distribution, milliseconds: Double, p95 milliseconds95: Double? = nil) {
    switch distribution {
    case .constant: self = .constant(milliseconds * 1e6)
    case .exponential: self = .exponential(mean: milliseconds * 1e6)
    case .lognormal:
      self = .lognormal(median: milliseconds * 1e6, p95: (milliseconds95 ?? milliseconds * 2) * 1e6)
    }
  }

  /// As a histogram has it. An empty one takes no time.
  public init(measured histogram: LatencyHistogram) {
    guard !histogram.isEmpty else {
      self = .constant(0)
      return
    }
    let steps = 512
    self = .quantiles((0...steps).map { histogram.percentile(Double($0) * 100 / Double(steps)) * 1e6 })
  }

  /// One time, drawn with numbers of the call's own stream.
  func draw(_ random: inout SplitMix64) -> UInt64 {
    switch self {
    case .constant(let time): return UInt64(time)
    case .exponential(let mean): return UInt64(-log(1 - random.unit()) * mean)
    case .lognormal(let median, let p95):
      guard median > 0 else { return 0 }
      // 1.6449: where the standard normal distribution has 95 %. Box and Muller's method gives one of its numbers.
      let sigma = log(p95 / median) / 1.644853626951
      let normal = (-2 * log(1 - random.unit())).squareRoot() * cos(2 * Double.pi * random.unit())
      return UInt64(median * exp(sigma * normal))
    case .quantiles(let quantiles):
      let place = random.unit() * Double(quantiles.count - 1)
      let below = Int(place)
      return UInt64(quantiles[below] + (quantiles[below + 1] - quantiles[below]) * (place - Double(below)))
    }
  }
}

/// What a call costs besides its guest: measured on the machine that runs live mode, or assumed.
public struct VirtualCosts: Sendable, Equatable {
  /// A call's way through its client and one node.
  public var request = ServiceTime.constant(150_000)
  /// What one node more on the way adds.
  public var forward = ServiceTime.constant(300_000)
  /// One operation of a store, at the store.
  public var store = ServiceTime.constant(50_000)
  /// Processor time by tool, where it was measured: it stands before what scenario and manifest say.
  public var service: [String: ServiceTime] = [:]

  public init() {}
}
