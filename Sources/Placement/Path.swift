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

  /// What a message of so many bytes takes on average, one way: delay, mean jitter and its own length.
  public func expected(bytes: Double) -> Double {
    milliseconds + jitterMilliseconds + bytes * 8 / (megabitsPerSecond * 1_000)
  }

  /// There and back again, without bytes.
  public var roundTrip: Double { 2 * (milliseconds + jitterMilliseconds) }

  /// This way, then that one.
  func then(_ next: Path) -> Path {
    Path(
      milliseconds: milliseconds + next.milliseconds, jitterMilliseconds: jitterMilliseconds + next.jitterMilliseconds,
      loss: 1 - (1 - loss) * (1 - next.loss), megabitsPerSecond: min(megabitsPerSecond, next.megabitsPerSecond))
  }
}
