// From degrees to the map's plane.

/// Equirectangular, with 40° as the parallel where shapes are true; 2 units to a degree of longitude. The map is cut through
/// the Pacific at 170° west, and leaves the poles out.
enum MapProjection {
  static let width = 720.0
  static let height = (north - south) * unitsPerLatitude
  private static let west = -170.0
  private static let north = 80.0
  private static let south = -56.0
  private static let unitsPerLongitude = 2.0
  private static let unitsPerLatitude = 2.6

  /// None for what is no place on the globe. What is beyond the map's upper or lower side is put on it.
  static func point(latitude: Double, longitude: Double) -> (x: Double, y: Double)? {
    guard (-90...90).contains(latitude), (-180...190).contains(longitude) else { return nil }
    let east = longitude < west ? longitude + 360 : longitude
    return ((east - west) * unitsPerLongitude, (north - min(max(latitude, south), north)) * unitsPerLatitude)
  }

  /// Closed rings of longitudes and latitudes as a path. Rings may go beyond the map.
  static func path(_ rings: [[Double]]) -> Markup {
    var path: Markup = ""
    for ring in rings {
      for index in stride(from: 0, to: ring.count, by: 2) {
        let x = (ring[index] - west) * unitsPerLongitude
        let y = (north - ring[index + 1]) * unitsPerLatitude
        path += index == 0 ? "M\(x) \(y)L" : "\(x) \(y) "
      }
      path += "Z"
    }
    return path
  }

  /// Lines each 30 degrees.
  static var graticule: Markup {
    var path: Markup = ""
    for longitude in stride(from: -150.0, through: 180, by: 30) {
      path += "M\((longitude - west) * unitsPerLongitude) 0V\(height)"
    }
    for latitude in stride(from: -30.0, through: 60, by: 30) {
      path += "M0 \((north - latitude) * unitsPerLatitude)H\(width)"
    }
    return path
  }
}
