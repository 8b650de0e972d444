// Where a node stands: at a site of a topology, in a jurisdiction, on somebody's own machine, or nobody has said.

import Logging
import Manifests

/// What a node knows of its own place. Immutable.
enum Standing: Sendable {
  /// Nobody said. Workers that are bound to jurisdictions are not loaded.
  case unknown
  /// On the machine of somebody who tries workers out, for their own calls: every worker is loaded.
  case workshop
  /// Alone, in a jurisdiction.
  case jurisdiction(String)
  /// A site of a topology.
  case site(NodeTopology)

  /// - parameter isWorkshop: for `dev` and `call`, whose callers sit at the machine.
  init(_ configuration: NodeConfiguration, _ credentials: NodeCredentials, isWorkshop: Bool = false) throws(NodeError) {
    if let file = configuration.topologyFile {
      if configuration.jurisdiction != nil {
        throw NodeError(
          .configuration,
          "`jurisdiction` is for a node without a topology, and this one has \(file), which says where its "
            + "site stands; remove `jurisdiction`")
      }
      if configuration.membersInStore, configuration.kv == nil || configuration.kv == "memory:" {
        throw NodeError(
          .configuration,
          "`members = \"kv\"` keeps the nodes' leases in a store that all of them share, and this node has none; "
            + "name it with --kv, such as redis://127.0.0.1:6379")
      }
      self = .site(try NodeTopology(file, configuration, credentials))
    } else if let site = configuration.site {
      throw NodeError(
        .configuration,
        "`site` names `\(site)`, and there is no topology to look it up in; add --topology topology.toml, or "
          + "remove `site`")
    } else if let jurisdiction = configuration.jurisdiction {
      self = .jurisdiction(jurisdiction)
    } else {
      self = isWorkshop ? .workshop : .unknown
    }
  }

  var topology: NodeTopology? { if case .site(let topology) = self { topology } else { nil } }

  /// What stands against loading a worker of a node that is alone; in a topology the plan decides.
  func objection(to manifest: Manifest) -> String? {
    guard let jurisdictions = manifest.placement.jurisdictions else { return nil }
    let list = jurisdictions.joined(separator: ", ")
    switch self {
    case .workshop, .site: return nil
    case .jurisdiction(let own):
      if jurisdictions.contains(own) { return nil }
      return
        "the worker is bound to `jurisdictions` \(list), and this node stands in `\(own)`; serve it from a node there"
    case .unknown:
      return "the worker is bound to `jurisdictions` \(list), and this node does not know where it stands; say so with "
        + "--jurisdiction \(jurisdictions[0]), if that is true, or with --topology FILE --site NAME"
    }
  }

  /// What the user of a workshop is told of a worker that other nodes would refuse.
  func notice(of manifest: Manifest) -> String? {
    guard case .workshop = self, let jurisdictions = manifest.placement.jurisdictions else { return nil }
    return
      "bound to jurisdictions \(jurisdictions.joined(separator: ", ")): run here all the same, since this is a node to "
      + "try workers out on; `atoll serve` needs --jurisdiction or --topology"
  }
}
