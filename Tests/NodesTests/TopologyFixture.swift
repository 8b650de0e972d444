// A topology of three sites, as one of its nodes sees it, for the tests of placement and forwarding.
import Manifests
import Placement
import Sealing

@testable import Nodes

enum TopologyFixture {
  static let keys = KeyRing.minted()

  static let nodes: @Sendable (String) -> String = {
    "http://127.0.0.1:\($0 == "fra" ? 7001 : $0 == "iad" ? 7002 : 7003)"
  }

  static func topologyText(_ rest: String = "", node: (String) -> String = nodes) -> String {
    func site(_ name: String, _ tier: String, _ jurisdiction: String, _ latitude: Double, _ longitude: Double) -> String
    {
      """
      [[sites]]
      name = "\(name)"
      tier = "\(tier)"
      region = "\(jurisdiction)"
      jurisdiction = "\(jurisdiction)"
      latitude = \(latitude)
      longitude = \(longitude)
      node = "\(node(name))"

      """
    }
    return site("fra", "edge", "eu", 50.11, 8.68) + site("iad", "core", "us", 38.95, -77.45)
      + site("dub", "core", "eu", 53.35, -6.26) + rest
  }

  static func configuration(_ site: String?, insecure: Bool = false) -> NodeConfiguration {
    var configuration = NodeConfiguration.standard
    configuration.site = site
    configuration.insecureLinks = insecure
    return configuration
  }

  static func topology(
    _ site: String? = "fra", _ rest: String = "", keys: KeyRing? = keys, insecure: Bool = false,
    node: ((String) -> String)? = nil
  ) throws -> NodeTopology {
    let text = topologyText(rest, node: node ?? nodes)
    return try NodeTopology(
      Topology(TopologyFile.parse(text)), file: "topology.toml", configuration(site, insecure: insecure),
      NodeCredentials(keys: keys))
  }

  /// A manifest of one tool `t`.
  static func manifest(_ placement: String, _ tool: String = "read_only = true", _ rest: String = "") throws -> Manifest
  {
    try Manifest.parse(
      """
      name = "w"
      \(rest)
      \(placement.isEmpty ? "" : "[placement]\n\(placement)")
      [[tools]]
      name = "t"
      description = "A tool."
      \(tool)
      """, schema: .folder("/nowhere"))
  }
}
