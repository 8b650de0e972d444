// Small worlds for tests of virtual mode.
import Manifests

@testable import Simulation

enum VirtualWorlds {
  /// Four sites on two continents, state in Frankfurt with a copy in Singapore, a database in Virginia.
  static let topology = """
    name = "small"
    [paths]
    jitter_ms = 0.2

    [[sites]]
    name = "fra"
    tier = "core"
    region = "europe"
    jurisdiction = "eu"
    latitude = 50.11
    longitude = 8.68

    [[sites]]
    name = "par"
    tier = "edge"
    region = "europe"
    jurisdiction = "eu"
    latitude = 48.86
    longitude = 2.35

    [[sites]]
    name = "iad"
    tier = "core"
    region = "america"
    jurisdiction = "us"
    latitude = 38.95
    longitude = -77.45

    [[sites]]
    name = "sin"
    tier = "edge"
    region = "asia"
    jurisdiction = "sg"
    latitude = 1.35
    longitude = 103.82

    [[stores]]
    name = "main"
    site = "fra"

    [[stores]]
    name = "eu"
    site = "fra"
    keeps = ["eu"]

    [[replicas]]
    store = "main"
    site = "sin"
    lag_ms = 400

    [[dependencies]]
    name = "orders-db"
    site = "iad"
    service_ms = 2

    [[populations]]
    name = "paris"
    region = "europe"
    latitude = 48.86
    longitude = 2.35
    share = 2

    [[populations]]
    name = "new-york"
    region = "america"
    latitude = 40.71
    longitude = -74.0
    share = 2

    [[populations]]
    name = "singapore"
    region = "asia"
    latitude = 1.35
    longitude = 103.82
    share = 1
    """

  /// A cacheable read, a session tool, one beside a database, one that stays in the EU.
  static let mix = """
    [[tools]]
    name = "get_rates"
    share = 4
    read_only = true
    service_ms = 0.3
    namespace = "rates"
    kv_reads = 1
    kv_writes = 0

    [[tools]]
    name = "set_rate"
    share = 0.5
    service_ms = 0.3
    namespace = "rates"
    kv_reads = 0
    kv_writes = 1

    [[tools]]
    name = "add_item"
    share = 2
    session = true
    service_ms = 0.5

    [[tools]]
    name = "list_orders"
    share = 2
    service_ms = 0.4
    dependency = "orders-db"
    dependency_calls = 3

    [[tools]]
    name = "find_resident"
    share = 1
    read_only = true
    service_ms = 0.4
    jurisdictions = ["eu"]
    """

  static func scenario(
    calls: Int = 20_000, seconds: Int = 20, seed: Int = 1, compare: Int = 0, head: String = "", tools: String = mix,
    faults: String = "", topology: String = topology
  ) throws -> LoadedScenario {
    let text = """
      name = "small"
      topology = "small-topology.toml"
      duration = "\(seconds)s"
      calls = \(calls)
      seed = \(seed)
      compare_calls = \(compare)
      \(head)
      \(tools)
      \(faults)
      """
    return try LoadedScenario(Scenario.parse(text), TopologyFile.parse(topology))
  }

  static func fault(_ kind: String, _ target: String, at: Int, for length: Int? = nil, _ more: String = "") -> String {
    """
    [[faults]]
    kind = "\(kind)"
    target = "\(target)"
    at = "\(at)s"
    \(length.map { "for = \"\($0)s\"" } ?? "")
    \(more)

    """
  }
}

extension SimulationReport {
  func tool(_ name: String, _ region: String = "") -> ToolRow? {
    tools.first { $0.tool == name && $0.region == region }
  }

  func check(_ word: String) -> CheckRow? { checks.first { $0.name.contains(word) } }
}
