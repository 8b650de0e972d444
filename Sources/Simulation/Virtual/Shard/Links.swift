// The links that leave a shard's sites and clients, each with its own queue, made when first used.
internal import Placement

/// Directions of links by their ends; a node is a site, or a population behind all sites. State is the sender's: what
/// comes back is another direction, and another shard's.
struct Links {
  private let topology: Topology
  /// By sender and receiver the place in `models` and 1, or 0; a row is made when its sender first sends.
  private var rows: [[UInt32]]
  private var models: [LinkModel] = []

  init(_ topology: Topology) {
    self.topology = topology
    rows = [[UInt32]](repeating: [], count: topology.sites.count + topology.populations.count)
  }

  /// When so many bytes that are sent now have arrived.
  mutating func arrival(
    from: Int, to: Int, bytes: Int, at now: UInt64, using random: inout SplitMix64
  ) -> UInt64 {
    if from == to { return now }
    return models[place(from, to)].arrival(of: bytes, at: now, using: &random)
  }

  /// The link's own delay one way, in nanoseconds.
  mutating func base(from: Int, to: Int) -> UInt64 {
    from == to ? 0 : UInt64(models[place(from, to)].shape.oneWayMilliseconds * 1e6)
  }

  private mutating func place(_ from: Int, _ to: Int) -> Int {
    if rows[from].isEmpty { rows[from] = [UInt32](repeating: 0, count: rows.count) }
    var place = rows[from][to]
    if place == 0 {
      models.append(LinkModel(Self.shape(of: topology, from, to)))
      place = UInt32(models.count)
      rows[from][to] = place
    }
    return Int(place) - 1
  }

  static func shape(of topology: Topology, _ from: Int, _ to: Int) -> LinkShape {
    let path = Self.path(of: topology, from, to)
    return LinkShape(
      oneWayMilliseconds: path.milliseconds, jitterMilliseconds: path.jitterMilliseconds, loss: path.loss,
      bitsPerSecond: path.megabitsPerSecond * 1e6)
  }

  static func path(of topology: Topology, _ from: Int, _ to: Int) -> Path {
    let sites = topology.sites.count
    if from >= sites { return topology.path(fromPopulation: from - sites, to: to) }
    if to >= sites { return topology.path(fromPopulation: to - sites, to: from) }
    return topology.path(from: from, to: to)
  }
}
