// A large topology from a small one: sites and clients around the cities that are there.
internal import Glibc
public import Manifests

extension TopologyFile {
  /// With further edge sites up to `count` in all, the same for the same seed.
  ///
  /// Each is within ``Growth/kilometres`` of an edge site of the file, in turn, and has its region, jurisdiction, capacity
  /// and speed. A population stands beside it, which takes its part of the share of the population nearest to that edge
  /// site. Stores, dependencies and given links stay where they are.
  public func grown(to count: Int, seed: UInt64) -> TopologyFile {
    var grown = self
    let edges = sites.indices.filter { !sites[$0].isCore }
    let parents = edges.isEmpty ? Array(sites.indices) : edges
    guard count > sites.count else { return self }
    var random = RandomStream(seed: seed, purpose: Purpose.growth)
    let homes = parents.map { nearestPopulation(to: sites[$0]) }
    var parts = [Double](repeating: 1, count: populations.count)
    for index in 0..<(count - sites.count) { if let home = homes[index % parents.count] { parts[home] += 1 } }
    for home in populations.indices { grown.populations[home].share /= parts[home] }
    for index in 0..<(count - sites.count) {
      let parent = sites[parents[index % parents.count]]
      let number = index / parents.count + 2
      let place = Growth.place(around: parent, &random)
      var site = parent
      site.name = "\(parent.name)-\(number)"
      site.isCore = false
      (site.latitude, site.longitude) = place
      site.node = nil
      grown.sites.append(site)
      guard let home = homes[index % parents.count] else { continue }
      var population = grown.populations[home]
      population.name = "\(populations[home].name)-\(site.name)"
      (population.latitude, population.longitude) = place
      grown.populations.append(population)
    }
    return grown
  }

  private func nearestPopulation(to site: Site) -> Int? {
    populations.indices.min { distance(site, populations[$0]) < distance(site, populations[$1]) }
  }

  /// Grows with the distance; the unit does not matter.
  private func distance(_ site: Site, _ population: Population) -> Double {
    let radians = Double.pi / 180
    let south = sin((population.latitude - site.latitude) * radians / 2)
    let east = sin((population.longitude - site.longitude) * radians / 2)
    return south * south + cos(site.latitude * radians) * cos(population.latitude * radians) * east * east
  }
}

enum Growth {
  /// How far a generated site is from its city, at most.
  static let kilometres = 120.0
  private static let kilometresPerDegree = 111.2

  /// Evenly over the disc around a site.
  static func place(around site: TopologyFile.Site, _ random: inout RandomStream) -> (Double, Double) {
    let distance = kilometres * random.unit().squareRoot()
    let bearing = 2 * Double.pi * random.unit()
    let latitude = min(89, max(-89, site.latitude + distance * cos(bearing) / kilometresPerDegree))
    let width = kilometresPerDegree * max(0.05, cos(latitude * Double.pi / 180))
    var longitude = site.longitude + distance * sin(bearing) / width
    if longitude > 180 { longitude -= 360 }
    if longitude < -180 { longitude += 360 }
    return (latitude, longitude)
  }
}

/// What the streams of one seed are for.
enum Purpose {
  static let growth: UInt64 = 1
  static let arrivals: UInt64 = 2
  static let calls: UInt64 = 3
  static let sessions: UInt64 = 4
  static let probes: UInt64 = 5
}
