// The map: land where it is, names that do not collide.
import Testing

@testable import Simulation

@Suite struct MapTests {
  private static func isInside(_ ring: [Double], _ longitude: Double, _ latitude: Double) -> Bool {
    var isInside = false
    var before = ring.count - 2
    for index in stride(from: 0, to: ring.count, by: 2) {
      let (x, y, x2, y2) = (ring[index], ring[index + 1], ring[before], ring[before + 1])
      if (y > latitude) != (y2 > latitude), longitude < (x2 - x) * (latitude - y) / (y2 - y) + x { isInside.toggle() }
      before = index
    }
    return isInside
  }
  private static func isLand(_ latitude: Double, _ longitude: Double) -> Bool {
    let east = longitude < -170 ? longitude + 360 : longitude
    return LandOutline.rings.contains { isInside($0, east, latitude) }
      && !LandOutline.waters.contains { isInside($0, east, latitude) }
  }

  @Test(arguments: [
    ("paris", 48.86, 2.35), ("madrid", 40.42, -3.70), ("warsaw", 52.23, 21.01), ("moscow", 55.76, 37.62),
    ("birmingham", 52.48, -1.90), ("kyoto", 35.01, 135.77), ("beijing", 39.90, 116.41), ("delhi", 28.61, 77.21),
    ("novosibirsk", 55.03, 82.92), ("tehran", 35.69, 51.39), ("riyadh", 24.71, 46.68), ("ankara", 39.93, 32.86),
    ("nairobi", -1.29, 36.82), ("johannesburg", -26.20, 28.05), ("kinshasa", -4.32, 15.31), ("timbuktu", 16.77, -3.01),
    ("denver", 39.74, -104.99), ("dallas", 32.78, -96.80), ("atlanta", 33.75, -84.39), ("winnipeg", 49.90, -97.14),
    ("mexico-city", 19.43, -99.13), ("bogota", 4.71, -74.07), ("brasilia", -15.79, -47.88),
    ("santiago", -33.45, -70.67),
    ("alice-springs", -23.70, 133.88), ("antananarivo", -18.88, 47.51), ("anadyr", 66.0, -173.0),
  ]) func citiesAreOnLand(_ city: (name: String, latitude: Double, longitude: Double)) {
    #expect(Self.isLand(city.latitude, city.longitude), "\(city.name)")
  }

  @Test(arguments: [
    ("atlantic", 30.0, -40.0), ("pacific", 10.0, -140.0), ("indian", -20.0, 80.0), ("bay of bengal", 15.0, 88.0),
    ("mediterranean", 35.0, 18.0), ("north sea", 56.5, 3.5), ("black sea", 43.5, 33.5), ("caspian", 40.0, 51.0),
    ("gulf of mexico", 25.0, -90.0), ("hudson bay", 59.0, -85.0), ("tasman", -38.0, 160.0), ("red sea", 20.0, 38.8),
    ("sea of japan", 40.0, 134.0), ("persian gulf", 27.3, 51.5), ("southern ocean", -50.0, 60.0),
    ("lake michigan", 43.5, -87.0),
  ]) func seasAreNot(_ sea: (name: String, latitude: Double, longitude: Double)) {
    #expect(!Self.isLand(sea.latitude, sea.longitude), "\(sea.name)")
  }

  @Test func thePlaneIsCutThroughThePacific() throws {
    let west = try #require(MapProjection.point(latitude: 80, longitude: -170))
    #expect(west.x == 0 && west.y == 0)
    let east = try #require(MapProjection.point(latitude: -56, longitude: -170.001))
    #expect(east.x > 719.9 && east.y == MapProjection.height)
    #expect(MapProjection.point(latitude: -90, longitude: 0)?.y == MapProjection.height)
    #expect(
      MapProjection.point(latitude: 91, longitude: 0) == nil && MapProjection.point(latitude: .nan, longitude: 0) == nil
    )
  }

  @Test func manySitesAreDrawnAsFewAndNoneIsLost() {
    let sites = SampleReport.large().sites
    let marks = MapMarks.marks(sites)
    #expect(marks.count < 400 && marks.reduce(0) { $0 + $1.sites.count } == sites.count)
    #expect(marks.reduce(0) { $0 + $1.ran } == sites.reduce(0) { $0 + $1.ran })
    #expect(zip(marks, marks.dropFirst()).allSatisfy { $0.ran >= $1.ran })
    #expect(MapMarks.marks(SampleReport.build(seconds: 4, callsPerTool: 300).sites).count == 30)
  }

  @Test(arguments: [(360.0, 9), (840.0, 48)]) func theCoreIsNamed(_ width: Double, _ limit: Int) {
    let marks = MapMarks.marks(SampleReport.build(seconds: 4, callsPerTool: 3_000).sites)
    let labels = MapLabels(marks, width: width, magnification: width < 500 ? 1.5 : 1, limit: limit).labels
    #expect(Set(labels.map(\.mark.name)).isSuperset(of: ["frankfurt", "ashburn", "singapore"]))
    #expect(labels.count <= limit && labels.count >= min(limit, 20))
  }
}
