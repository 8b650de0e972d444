// Where one tool runs, as its node sees it: planned once a deployment, looked up by every call.

import Bundles
import Manifests
import MCP
import Placement
import Sandbox

/// The plan of one tool, seen from one node. Immutable.
final class ToolPlacement: Sendable {
  /// The sites that calls from here are offered to, best first. The own site is among them where it may run the tool.
  let route: [Int]
  /// Whether calls that arrive here from clients run here.
  let runsHere: Bool
  /// Whether this site may run it at all: for calls from other nodes, and when no better site is left.
  let mayRunHere: Bool
  /// Nil where this site may read its arguments; otherwise what callers are told, JSON-RPC error and all.
  let misdirection: ToolOutcome.Unserved?
  /// Whether a call that may have run may run again.
  let isRepeatable: Bool
  /// Whether a copy of the store that is behind will do.
  let readsReplicas: Bool

  /// Of a node that is alone.
  static let alone = ToolPlacement(readsReplicas: false)

  private init(readsReplicas: Bool) {
    (route, runsHere, mayRunHere, misdirection, isRepeatable) = ([], true, true, nil, false)
    self.readsReplicas = readsReplicas
  }

  /// - throws: ``PlacementError`` where no site of the topology can take the tool.
  init(_ tool: Tool, of manifest: Manifest, in topology: NodeTopology) throws(PlacementError) {
    let profile = ToolProfile(
      tool, of: manifest, name: tool.name, dependencies: topology.topology.dependencies.map(\.name))
    let plan = try topology.planner.place(profile)
    let site = topology.site
    // A site without an address can only be reached by its own clients.
    route = topology.planner.route(plan, from: site).filter { $0 == site || topology.mayReach($0) }
    mayRunHere = plan.allowed.contains(site)
    runsHere = route.first == site || route.isEmpty && mayRunHere
    isRepeatable = profile.isIdempotent || profile.isReadOnly
    readsReplicas = profile.readsReplicas
    if plan.mayRead(at: site, in: topology.topology) {
      misdirection = nil
    } else {
      misdirection = .misdirected(tool.name, manifest.placement.jurisdictions ?? [], topology)
    }
  }
}

extension ToolOutcome.Unserved {
  /// What a caller is told whose tool this site may not have the arguments of.
  static func misdirected(_ tool: String, _ jurisdictions: [String], _ topology: NodeTopology) -> Self {
    let sites = topology.sites(in: jurisdictions)
    var writer = JSONText()
    writer.append(#"{"site":"#, topology.name)
    writer.raw(#","sites":["#)
    for (index, site) in sites.enumerated() {
      writer.append(index == 0 ? #"{"name":"# : #",{"name":"#, site.name)
      if let node = site.node { writer.append(#","node":"#, node) }
      writer.raw("}")
    }
    writer.raw("]}")
    let asked = sites.prefix(8).map { site in site.node.map { "\(site.name) (\($0))" } ?? site.name }
    return Self(
      status: 421, code: .misdirected,
      "The tool `\(tool)` is bound to \(jurisdictions.joined(separator: ", ")), and the site `\(topology.name)` is in "
        + "`\(topology.jurisdiction)`: it reads no arguments of this tool and passes none on. "
        + "Ask \(asked.joined(separator: " or "))\(sites.count > 8 ? " or another there" : "").",
      data: writer.text)
  }
}
