// The stores of a node: one, or in a topology one for each that keeps some jurisdictions' state, and the copies near by.

import Bundles
import Logging
import Manifests
import Placement
import Sealing

/// Which stores a worker uses, by their places among the node's. Immutable.
struct StoreChoice: Sendable, Equatable {
  /// Sessions and writes, and reads that must see them.
  var primary = 0
  /// Reads of tools that change nothing and belong to no conversation.
  var copy = 0
}

/// The stores of a node, shared by its loops.
final class NodeStores: Sendable {
  /// The first is the node's own (`kv`).
  let stores: [NodeStore]
  private let topology: NodeTopology?
  /// Of each store of the topology, its place in `stores`, and that of the copy at this site.
  private let choices: [StoreChoice]

  init(_ configuration: NodeConfiguration, _ credentials: NodeCredentials, _ topology: NodeTopology?, log: Logger) {
    self.topology = topology
    var addresses: [String?] = [configuration.kv]
    func place(_ url: String?) -> Int? {
      guard let url else { return nil }
      if let known = addresses.firstIndex(of: url) { return known }
      addresses.append(url)
      return addresses.count - 1
    }
    choices = (topology?.topology.stores ?? []).map { store in
      let primary = place(store.url) ?? 0
      let replica = store.replicas.first { $0.site == topology?.site }
      return StoreChoice(primary: primary, copy: place(replica?.url) ?? primary)
    }
    stores = addresses.map { NodeStore($0, credentials, log: log) }
  }

  /// Where a worker with these jurisdictions keeps its state. In a topology the plan has seen to it that there is such a
  /// store, or the worker is not loaded.
  func choice(for jurisdictions: [String]?) -> StoreChoice {
    guard let topology, let index = topology.topology.store(for: jurisdictions) else { return StoreChoice() }
    return choices[index]
  }

  /// Opens the stores that these workers use, and the node's own if it was told of one. May block: for the start of a
  /// node, and reloads of `dev`.
  func open(for workers: [LoadedWorker]) throws(NodeError) {
    // What does not run here keeps nothing here.
    let running = workers.filter { $0.program != nil }
    for (index, store) in stores.enumerated() {
      let own = running.filter { $0.grants.store.primary == index || $0.grants.store.copy == index }
      try store.open(for: own, isNamed: index == 0 && store.address != nil)
    }
  }

  /// What seals the sessions of a worker; nil where it has no store.
  func sessions(of grants: WorkerGrants) -> Sealer? { stores[grants.store.primary].sessions }

  /// After every loop has closed its connections.
  func close() { for store in stores { store.close() } }
}
