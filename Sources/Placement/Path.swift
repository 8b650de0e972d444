// What lies between two places: time, chance and width, one way.

/// One way from one place to another. Both ways are alike.
public struct Path: Sendable, Equatable {
  /// Without jitter and without the time that the bytes themselves take.
  public var milliseconds: Double
  /// Mean of the exponential time on top.
  public var jitterMilliseconds: Double
  /// Part of the segments that are lost and sent again.
  public var loss: Double
  public var megabitsPerSecond: Double

  public init(milliseconds: Double, jitterMilliseconds: Double, loss: Double, megabitsPerSecond: Double) {
    self.milliseconds = milliseconds
    self.jitterMilliseconds = jitterMilliseconds
    self.loss = loss
    self.megabitsPerSecond = megabitsPerSecond
  }

  /// From a place to itself.
  public static let here = Path(milliseconds: 0, jitterMilliseconds: 0, loss: 0, megabitsPerSecond: .infinity)

  /// What a message of so many bytes takes on average, one way: delay, mean jitter, its own length, and what is lost.
  public func expected(bytes: Double) -> Double {
    milliseconds + jitterMilliseconds + length(bytes: bytes) + retransmission(bytes: bytes)
  }

  /// A message there and its answer back, on average.
  public func exchange(out: Double, back: Double) -> Double { expected(bytes: out) + expected(bytes: back) }

  /// How long the bytes themselves take to pass.
  public func length(bytes: Double) -> Double { bytes * 8 / (megabitsPerSecond * 1_000) }

  /// What losses cost a message on average: TCP sends again after 200 ms or twice the round trip, and waits twice as long
  /// each time that this is lost too. `Simulation`'s links do the same.
  func retransmission(bytes: Double) -> Double {
    guard loss > 0 else { return 0 }
    let segments = max(1, (bytes / Self.segmentBytes).rounded(.up))
    var arrives = 1.0
    // By squaring: `pow` is not the same to the last bit everywhere, and plans must be.
    var (square, left) = (1 - loss, Int(segments))
    while left > 0 {
      if left & 1 == 1 { arrives *= square }
      square *= square
      left >>= 1
    }
    var (waits, wait) = (0.0, 1.0)
    for _ in 0..<Self.retransmissionsMax {
      waits += wait
      wait *= 2 * loss
    }
    return (1 - arrives) * max(Self.leastRetransmissionMilliseconds, 4 * milliseconds) * waits
  }

  private static let segmentBytes = 1_460.0
  private static let leastRetransmissionMilliseconds = 200.0
  private static let retransmissionsMax = 7

  /// There and back again, without bytes.
  public var roundTrip: Double { 2 * (milliseconds + jitterMilliseconds) }

  /// This way, then that one.
  func then(_ next: Path) -> Path {
    Path(
      milliseconds: milliseconds + next.milliseconds, jitterMilliseconds: jitterMilliseconds + next.jitterMilliseconds,
      loss: 1 - (1 - loss) * (1 - next.loss), megabitsPerSecond: min(megabitsPerSecond, next.megabitsPerSecond))
  }
}
