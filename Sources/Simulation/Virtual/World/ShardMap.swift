// Which sites a shard has: regions, and regions that are too near each other together.
internal import Manifests
internal import Placement

/// How sites and populations are divided. Follows from the topology alone, never from the number of threads.
struct ShardMap: Sendable {
  /// Regions nearer to each other than this, one way, are one shard: with less lookahead a round would hold too few events.
  static let leastDelayMilliseconds = 3.0
  static let shardsMax = 64

  let count: Int
  let ofSite: [Int]
  let ofPopulation: [Int]
  let lookahead: Lookahead

  /// `entries` are the sites that each population's clients may be sent to, the nearest first.
  init(_ topology: Topology, entries: [[Int]]) {
    let regions = topology.sites.map(\.region).reduce(into: [String]()) { names, region in
      if !names.contains(region) { names.append(region) }
    }
    let region = topology.sites.map { site in regions.firstIndex(of: site.region) ?? 0 }
    var least = Self.delays(topology, shardOf: region, count: regions.count, entries: entries)
    var shard = Array(regions.indices)
    while let (a, b) = Self.nearest(least, among: Set(shard).sorted(), isTooMany: Set(shard).count > Self.shardsMax) {
      for index in shard.indices where shard[index] == b { shard[index] = a }
      for other in regions.indices {
        least[a][other] = min(least[a][other], least[b][other])
        least[other][a] = min(least[other][a], least[other][b])
      }
    }
    let names = Set(shard).sorted()
    let place = { (shard: Int) in names.firstIndex(of: shard) ?? 0 }
    count = names.count
    ofSite = region.map { place(shard[$0]) }
    let ofSite = ofSite
    ofPopulation = entries.map { ofSite[$0.first ?? 0] }
    let delays = least
    lookahead = Lookahead(count: names.count) { from, to in
      let delay = delays[names[from]][names[to]]
      return delay.isFinite ? max(1, UInt64(delay * 1e6)) : nil
    }
  }

  /// The least one-way delays between groups of sites, clients included, in milliseconds.
  private static func delays(
    _ topology: Topology, shardOf group: [Int], count: Int, entries: [[Int]]
  ) -> [[Double]] {
    var least = [[Double]](repeating: [Double](repeating: .infinity, count: count), count: count)
    for from in topology.sites.indices {
      for to in topology.sites.indices where group[from] != group[to] {
        let delay = topology.path(from: from, to: to).milliseconds
        if delay < least[group[from]][group[to]] { least[group[from]][group[to]] = delay }
      }
    }
    // Clients may be sent to any site.
    for (population, sites) in entries.enumerated() {
      guard let home = sites.first.map({ group[$0] }) else { continue }
      for site in topology.sites.indices where group[site] != home {
        let delay = topology.path(fromPopulation: population, to: site).milliseconds
        least[home][group[site]] = min(least[home][group[site]], delay)
        least[group[site]][home] = min(least[group[site]][home], delay)
      }
    }
    return least
  }

  /// The two that are to be one; nil when none are.
  private static func nearest(_ least: [[Double]], among shards: [Int], isTooMany: Bool) -> (Int, Int)? {
    var best: (delay: Double, a: Int, b: Int)?
    for a in shards {
      for b in shards where a < b {
        let delay = min(least[a][b], least[b][a])
        if delay < best?.delay ?? .infinity { best = (delay, a, b) }
      }
    }
    guard let best, best.delay < leastDelayMilliseconds || isTooMany else { return nil }
    return (best.a, best.b)
  }
}
