// A topology as one of its nodes sees it: its own site, the way to the others, and what all loops know of them.

import EventLoop
import HTTPClient
import Manifests
import Placement
import Sandbox
import Sealing
import Synchronization

/// The topology that a node belongs to, and its place in it. Shared by all loops; what changes in it is behind a lock.
final class NodeTopology: Sendable {
  let topology: Topology
  let planner: Planner
  /// The node's own site.
  let site: Int
  /// sha256 of the topology's identity: what two nodes must agree on.
  let digest: [UInt8]
  /// Where each site's node is reached; nil for the own one, and for sites without a node.
  private let targets: Mutex<[LinkTarget?]>
  /// Whether addresses come from leases in the store.
  let hasLeases: Bool
  let keys: KeyRing
  let seal: ForwardSeal
  let replays: ReplayCache
  /// This run's.
  let epoch = Epoch.minted()
  /// Of the other sites, as far as they have said; 0 where they have not.
  private let epochs: Mutex<[UInt64]>
  let health: SitesHealth

  var name: String { topology.sites[site].name }
  var jurisdiction: String { topology.sites[site].jurisdiction }

  /// Reads the file. Every mistake is said here, before anything listens.
  convenience init(_ file: String, _ configuration: NodeConfiguration, _ credentials: NodeCredentials) throws(NodeError)
  {
    let topology = try NodeError.wrapping(.configuration) { () throws(ManifestError) in try TopologyFile.load(file) }
    try self.init(
      NodeError.wrapping(.configuration) { () throws(PlacementError) in try Topology(topology) }, file: file,
      configuration,
      credentials)
  }

  init(
    _ topology: Topology, file: String, _ configuration: NodeConfiguration, _ credentials: NodeCredentials
  ) throws(NodeError) {
    self.topology = topology
    planner = Planner(topology)
    digest = SHA256.digest(of: topology.identity)
    let sites = topology.sites
    guard let name = configuration.site else {
      throw NodeError(
        .configuration, "\(file) has the sites \(Self.list(sites)); say which of them this node is with --site NAME")
    }
    guard let site = topology.site(named: name) else {
      throw NodeError(
        .configuration, "\(file) has no site `\(name)`; there are \(Self.list(sites)): choose one of them with --site")
    }
    self.site = site
    var targets: [LinkTarget?] = []
    for (index, other) in sites.enumerated() {
      guard index != site, !configuration.membersInStore, let url = other.node else {
        targets.append(nil)
        continue
      }
      let target = try NodeError.wrapping(.configuration) { () throws(LinkError) in try LinkTarget(url) }
      guard target.isSecure || target.address?.isLoopback == true || configuration.insecureLinks else {
        throw NodeError(
          .configuration,
          "\(file): site `\(other.name)` is reached at \(url), so calls with their arguments and callers would leave this "
            + "machine in clear text; write https:// there, or insecure_links = true in node.toml (--insecure-links)")
      }
      targets.append(target)
    }
    self.targets = Mutex(targets)
    hasLeases = configuration.membersInStore
    guard let keys = credentials.keys ?? (credentials.mintsKeys ? .minted() : nil) else {
      throw NodeError(
        .configuration,
        "a node of a topology needs the keys that its nodes share, to tell each other who is asking: give ATOLL_KEYS, or "
          + "--keys FILE, one key a line as `openssl rand -base64 32` makes them, the same on every node")
    }
    self.keys = keys
    seal = ForwardSeal(keys)
    replays = ReplayCache(capacity: NodeBounds.forwardsRemembered)
    epochs = Mutex([UInt64](repeating: 0, count: sites.count))
    health = SitesHealth(count: sites.count)
  }

  private static func list(_ sites: [TopologyFile.Site]) -> String {
    sites.prefix(40).map { "`\($0.name)`" }.joined(separator: ", ")
      + (sites.count > 40 ? " and \(sites.count - 40) more" : "")
  }

  func name(of site: Int) -> String { topology.sites[site].name }

  /// Where a site's node is reached; nil where it has none, or where that is not known now. A lock of some 20 ns.
  func target(of site: Int) -> LinkTarget? { targets.withLock { $0[site] } }

  func move(_ site: Int, to target: LinkTarget?) { targets.withLock { $0[site] = target } }

  func epoch(of site: Int) -> UInt64 { epochs.withLock { $0[site] } }

  func learn(_ epoch: UInt64, of site: Int) { epochs.withLock { $0[site] = epoch } }

  /// Whether calls may go to the site at all: some day, where leases decide.
  func mayReach(_ site: Int) -> Bool { hasLeases || target(of: site) != nil }

  /// Whether the site answers, as far as is known.
  func isUp(_ other: Int) -> Bool { other == site || target(of: other) != nil && health.isUp(other) }

  /// The sites of some jurisdictions, with their nodes' addresses where they have one: whom to ask instead.
  func sites(in jurisdictions: [String]) -> [TopologyFile.Site] {
    topology.sites.filter { jurisdictions.contains($0.jurisdiction) }
  }
}
