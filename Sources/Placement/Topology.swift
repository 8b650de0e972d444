// A topology as plans, nodes and the simulator read it: sites by number, and the path between any two.
public import Manifests

/// The sites of a deployment and everything that lies between and beside them. Immutable; sites, stores, dependencies and
/// populations are referred to by their place in the file.
public struct Topology: Sendable {
  public let file: TopologyFile
  /// One-way milliseconds from each site to each, row by row.
  private let delays: [Double]
  /// Paths whose quality is not the file's default, by the same index.
  private let qualities: [Int: Path]

  public var name: String { file.name }
  public var sites: [TopologyFile.Site] { file.sites }
  public var stores: [TopologyFile.Store] { file.stores }
  public var dependencies: [TopologyFile.Dependency] { file.dependencies }
  public var populations: [TopologyFile.Population] { file.populations }

  /// - throws: `badValue` where sites cannot reach each other.
  public init(_ file: TopologyFile) throws(PlacementError) {
    self.file = file
    let count = file.sites.count
    var delays = [Double](repeating: .infinity, count: count * count)
    var qualities: [Int: Path] = [:]
    for site in 0..<count { delays[site * count + site] = 0 }
    if file.paths.derives {
      for from in 0..<count {
        for to in 0..<from {
          let delay = Self.delay(file.sites[from].coordinates, file.sites[to].coordinates, file.paths)
          delays[from * count + to] = delay
          delays[to * count + from] = delay
        }
      }
    }
    for link in file.links {
      let path = Path(
        milliseconds: link.roundTripMilliseconds / 2,
        jitterMilliseconds: link.jitterMilliseconds ?? file.paths.jitterMilliseconds,
        loss: link.loss ?? file.paths.loss, megabitsPerSecond: link.megabitsPerSecond ?? file.paths.megabitsPerSecond)
      for index in [link.ends.0 * count + link.ends.1, link.ends.1 * count + link.ends.0] {
        delays[index] = path.milliseconds
        qualities[index] = path
      }
    }
    if !file.paths.derives { try Self.completeOverLinks(file.sites, &delays, &qualities) }
    self.delays = delays
    self.qualities = qualities
  }

  /// One way between two sites.
  public func path(from: Int, to: Int) -> Path {
    if from == to { return .here }
    let index = from * sites.count + to
    return qualities[index] ?? standard(delays[index])
  }

  /// One way between a population's clients and a site, last mile included.
  public func path(fromPopulation population: Int, to site: Int) -> Path {
    let clients = populations[population]
    let delay = Self.delay(
      Coordinates(latitude: clients.latitude, longitude: clients.longitude), sites[site].coordinates, file.paths)
    return standard(delay + (clients.lastMileMilliseconds ?? file.paths.lastMileMilliseconds))
  }

  /// The sites by their distance from a population, nearest first; where two are as far, in the file's order.
  public func sites(nearestTo population: Int) -> [Int] {
    let distances = sites.indices.map { path(fromPopulation: population, to: $0).milliseconds }
    return sites.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }
  }

  /// The first of them that is wanted, without putting the others in order.
  func nearestSite(to population: Int, where isWanted: (Int) -> Bool) -> Int? {
    var nearest: (distance: Double, site: Int)?
    for site in sites.indices where isWanted(site) {
      let distance = path(fromPopulation: population, to: site).milliseconds
      if distance < nearest?.distance ?? .infinity { nearest = (distance, site) }
    }
    return nearest?.site
  }

  public func site(named name: String) -> Int? { sites.firstIndex { $0.name == name } }

  public func dependency(named name: String) -> Int? { dependencies.firstIndex { $0.name == name } }

  /// Where the state of a tool with these jurisdictions is kept: the first store that keeps theirs and nobody else's, since
  /// a copy of it stands in any of its jurisdictions; for a tool that is bound to none, the store that keeps what is bound
  /// to none. Nil: there is no such store.
  public func store(for jurisdictions: [String]?) -> Int? {
    guard let jurisdictions else { return stores.firstIndex { $0.keeps.isEmpty } }
    return stores.firstIndex { store in !store.keeps.isEmpty && store.keeps.allSatisfy(jurisdictions.contains) }
  }

  /// What two nodes must agree on to forward to each other: everything that decides where a call goes, and no address.
  /// Compared by digest.
  public var identity: [UInt8] {
    var file = file
    for index in file.sites.indices { file.sites[index].node = nil }
    for index in file.dependencies.indices { file.dependencies[index].answer = nil }
    for index in file.stores.indices {
      file.stores[index].url = nil
      for replica in file.stores[index].replicas.indices { file.stores[index].replicas[replica].url = nil }
    }
    return Array("\(file)".utf8)
  }

  private func standard(_ delay: Double) -> Path {
    Path(
      milliseconds: delay, jitterMilliseconds: file.paths.jitterMilliseconds, loss: file.paths.loss,
      megabitsPerSecond: file.paths.megabitsPerSecond)
  }

  private static func delay(_ from: Coordinates, _ to: Coordinates, _ paths: TopologyFile.Paths) -> Double {
    from.kilometres(to: to) * paths.stretch / Coordinates.fibreKilometresPerMillisecond + paths.hopMilliseconds
  }

  /// The shortest ways over the links that are given, jitter counted in (Floyd and Warshall).
  private static func completeOverLinks(
    _ sites: [TopologyFile.Site], _ delays: inout [Double], _ qualities: inout [Int: Path]
  ) throws(PlacementError) {
    let count = sites.count
    guard count <= PlacementLimits.linkedSitesMax else {
      throw PlacementError(
        .badValue,
        "`paths.derive = false` is for at most \(PlacementLimits.linkedSitesMax) sites, and there are \(count)")
    }
    // Milliseconds and jitter of the best way so far; a site's way to itself is none.
    var weights = delays
    for (index, path) in qualities { weights[index] = path.milliseconds + path.jitterMilliseconds }
    for middle in 0..<count {
      for from in 0..<count where from != middle && weights[from * count + middle] < .infinity {
        for to in 0..<count where to != from && to != middle {
          let around = weights[from * count + middle] + weights[middle * count + to]
          guard around < weights[from * count + to], let first = qualities[from * count + middle],
            let second = qualities[middle * count + to]
          else { continue }
          let path = first.then(second)
          weights[from * count + to] = around
          delays[from * count + to] = path.milliseconds
          qualities[from * count + to] = path
        }
      }
    }
    let lost = (0..<count).filter { delays[$0] == .infinity }
    guard lost.isEmpty else {
      let names = lost.prefix(8).map { "`\(sites[$0].name)`" }.joined(separator: ", ")
      throw PlacementError(
        .badValue,
        "there is no way from `\(sites[0].name)` to \(names)\(lost.count > 8 ? " and others" : ""): add [[links]], or let links follow "
          + "from coordinates with `derive = true` in [paths]")
    }
  }
}

extension TopologyFile.Site {
  public var coordinates: Coordinates { Coordinates(latitude: latitude, longitude: longitude) }
}
