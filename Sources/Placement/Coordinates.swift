// Places on the earth, and how far light in a cable has to go between them.
internal import Glibc

/// A place, in degrees.
public struct Coordinates: Sendable, Equatable {
  public var latitude: Double
  public var longitude: Double

  public init(latitude: Double, longitude: Double) {
    self.latitude = latitude
    self.longitude = longitude
  }

  /// Mean radius of the earth (IUGG).
  static let earthKilometres = 6_371.0088
  /// Light in fibre of index 1.468, in kilometres a millisecond.
  public static let fibreKilometresPerMillisecond = 299.792458 / 1.468

  /// Along the great circle, by the haversine formula, in kilometres.
  public func kilometres(to other: Coordinates) -> Double {
    let radians = Double.pi / 180
    let south = sin((other.latitude - latitude) * radians / 2)
    let east = sin((other.longitude - longitude) * radians / 2)
    let half = south * south + cos(latitude * radians) * cos(other.latitude * radians) * east * east
    return 2 * Self.earthKilometres * asin(min(1, half.squareRoot()))
  }
}
