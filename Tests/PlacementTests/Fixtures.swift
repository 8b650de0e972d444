// Topologies and tools that the tests of this module share.
import Manifests

@testable import Placement

enum Fixtures {
  static let small = """
    name = "small"

    [[sites]]
    name = "fra"
    tier = "edge"
    region = "eu-central"
    jurisdiction = "eu"
    latitude = 50.11
    longitude = 8.68

    [[sites]]
    name = "iad"
    tier = "core"
    region = "us-east"
    jurisdiction = "us"
    latitude = 38.95
    longitude = -77.45

    [[stores]]
    name = "main"
    site = "iad"

    [[dependencies]]
    name = "orders-db"
    site = "iad"

    [[populations]]
    name = "berlin"
    region = "eu-central"
    latitude = 52.52
    longitude = 13.40
    """

  static func topology(_ text: String = small) throws -> Topology { try Topology(TopologyFile.parse(text)) }

  /// One tool of a worker whose manifest has these lines beside what every manifest has.
  static func tool(
    _ tool: String = "read_only = true", _ rest: String = "", dependencies: [String] = ["orders-db"],
    name: String = "t",
    measured: MeasuredCost = MeasuredCost()
  ) throws -> ToolProfile {
    let manifest = try Manifest.parse(
      """
      name = "w"
      \(rest)
      [[tools]]
      name = "\(name)"
      description = "A tool."
      \(tool)
      """, schema: .folder("/nowhere"))
    return ToolProfile(
      manifest.tools[0], of: manifest, name: name, dependencies: dependencies, measured: measured)
  }
}
