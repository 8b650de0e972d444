// A topology as one node is given it: the same file for all, but for the addresses, which are relays' on that node's side.

internal import Manifests

/// Writes a `topology.toml`. What is written reads back as the same topology, so that all nodes agree on it.
struct TopologyText {
  private(set) var text = ""

  /// - parameters: addresses as this node reaches them, by the places of what they are of; nil leaves them out.
  init(
    _ topology: TopologyFile, nodes: [String?], stores: [String?], replicas: (_ store: Int, _ replica: Int) -> String?
  ) {
    member("name", topology.name)
    paths(topology.paths)
    for (index, site) in topology.sites.enumerated() { self.site(site, node: nodes[index]) }
    for link in topology.links {
      begin("[[links]]")
      let (a, b) = (topology.sites[link.ends.0].name, topology.sites[link.ends.1].name)
      text += "between = [\(Self.quoted(a)), \(Self.quoted(b))]\n"
      member("rtt_ms", link.roundTripMilliseconds)
      member("jitter_ms", link.jitterMilliseconds)
      member("loss", link.loss)
      member("bandwidth_mbps", link.megabitsPerSecond)
    }
    for (index, store) in topology.stores.enumerated() {
      begin("[[stores]]")
      member("name", store.name)
      member("site", topology.sites[store.site].name)
      if !store.keeps.isEmpty { text += "keeps = [\(store.keeps.map(Self.quoted).joined(separator: ", "))]\n" }
      member("url", stores[index])
    }
    for (index, store) in topology.stores.enumerated() {
      for (place, replica) in store.replicas.enumerated() {
        begin("[[replicas]]")
        member("store", store.name)
        member("site", topology.sites[replica.site].name)
        member("lag_ms", replica.lagMilliseconds)
        member("url", replicas(index, place))
      }
    }
    for dependency in topology.dependencies {
      begin("[[dependencies]]")
      member("name", dependency.name)
      member("site", topology.sites[dependency.site].name)
      member("service_ms", dependency.serviceMilliseconds)
    }
    for population in topology.populations {
      begin("[[populations]]")
      member("name", population.name)
      member("region", population.region)
      member("latitude", population.latitude)
      member("longitude", population.longitude)
      member("share", population.share)
      member("last_mile_ms", population.lastMileMilliseconds)
    }
  }

  private mutating func paths(_ paths: TopologyFile.Paths) {
    begin("[paths]")
    text += "derive = \(paths.derives)\n"
    member("stretch", paths.stretch)
    member("hop_ms", paths.hopMilliseconds)
    member("last_mile_ms", paths.lastMileMilliseconds)
    member("jitter_ms", paths.jitterMilliseconds)
    member("loss", paths.loss)
    member("bandwidth_mbps", paths.megabitsPerSecond)
  }

  private mutating func site(_ site: TopologyFile.Site, node: String?) {
    begin("[[sites]]")
    member("name", site.name)
    member("tier", site.isCore ? "core" : "edge")
    member("region", site.region)
    member("jurisdiction", site.jurisdiction)
    member("latitude", site.latitude)
    member("longitude", site.longitude)
    text += "capacity = \(site.capacity)\nprocessors = \(site.processors)\n"
    member("speed", site.speed)
    if let memory = site.memoryBytes { member("memory", ByteSize.format(memory)) }
    member("node", node)
  }

  private mutating func begin(_ table: String) { text += "\n\(table)\n" }

  private mutating func member(_ key: String, _ value: String?) {
    if let value { text += "\(key) = \(Self.quoted(value))\n" }
  }

  /// Swift writes the shortest digits that read back as the same number.
  private mutating func member(_ key: String, _ value: Double?) {
    if let value { text += "\(key) = \(value)\n" }
  }

  /// Names, regions and URLs of a topology have no character that TOML would escape.
  private static func quoted(_ text: String) -> String { "\"\(text)\"" }
}
