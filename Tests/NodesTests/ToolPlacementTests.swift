// The plan as one node sees it, and where a node stands.
import Logging
import MCP
import Manifests
import Placement
import Testing

@testable import Nodes

@Suite struct ToolPlacementTests {
  private func placement(
    _ site: String, _ wish: String, _ tool: String = "read_only = true", _ rest: String = "",
    topology extra: String = ""
  ) throws -> ToolPlacement {
    let manifest = try TopologyFixture.manifest(wish, tool, rest)
    return try ToolPlacement(manifest.tools[0], of: manifest, in: TopologyFixture.topology(site, extra))
  }

  private func names(_ route: [Int]) -> [String] { route.map { ["fra", "iad", "dub"][$0] } }

  @Test func aToolThatMayRunAnywhereRunsWhereItsCallsComeIn() throws {
    for site in ["fra", "iad", "dub"] {
      let placement = try placement(site, "")
      #expect(placement.runsHere && placement.mayRunHere && placement.misdirection == nil)
      #expect(names(placement.route).first == site)
      #expect(placement.route.count == 3)
    }
  }

  @Test func aCoreToolGoesFromTheEdgeToTheNearestCoreFirst() throws {
    let edge = try placement("fra", "tier = \"core\"")
    #expect(!edge.runsHere && !edge.mayRunHere)
    #expect(names(edge.route) == ["dub", "iad"])
    let core = try placement("iad", "tier = \"core\"")
    #expect(core.runsHere && names(core.route) == ["iad", "dub"])
  }

  @Test func aBoundToolSaysWhomToAsk() throws {
    let away = try placement("iad", "jurisdictions = [\"eu\"]")
    #expect(!away.mayRunHere && !away.runsHere)
    let told = try #require(away.misdirection)
    #expect(told.status == 421)
    #expect(
      told.data
        == #"{"site":"iad","sites":[{"name":"fra","node":"http://127.0.0.1:7001"},{"name":"dub","node":"http://127.0.0.1:7003"}]}"#
    )
    #expect(
      told.message.contains("`t`") && told.message.contains("http://127.0.0.1:7001") && told.message.contains("us"))
    // At a site there that may not run it, the arguments may be read and passed on.
    let edge = try placement("fra", "jurisdictions = [\"eu\"]\ntier = \"core\"")
    #expect(edge.misdirection == nil && !edge.mayRunHere && names(edge.route) == ["dub"])
  }

  @Test func whatMayRunAgainIsWhatSaysSo() throws {
    #expect(try placement("fra", "", "read_only = true").isRepeatable)
    #expect(try placement("fra", "", "idempotent = true").isRepeatable)
    #expect(try !placement("fra", "", "destructive = true").isRepeatable)
  }

  @Test func aToolThatNoSiteCanTakeSaysWhy() throws {
    let error = #expect(throws: PlacementError.self) { try placement("fra", "jurisdictions = [\"br\"]") }
    #expect(error?.code == .impossible && error?.message.contains("jurisdictions") == true)
    // State that nobody keeps there.
    let state = #expect(throws: PlacementError.self) {
      try placement("fra", "jurisdictions = [\"eu\"]", "read_only = true", "[permissions]\nkv = [\"n\"]")
    }
    #expect(state?.message.contains("state") == true, "\(state?.message ?? "")")
  }

  @Test func eachJurisdictionHasItsStoreAndReadersTheCopyNearBy() throws {
    let stores = """
      [[stores]]
      name = "main"
      site = "iad"

      [[stores]]
      name = "european"
      site = "dub"
      keeps = ["eu"]
      url = "redis://10.0.0.1:6379"

      [[replicas]]
      store = "european"
      site = "fra"
      lag_ms = 50
      url = "redis://10.0.0.2:6379"
      """
    var configuration = TopologyFixture.configuration("fra")
    configuration.kv = "memory:"
    func choice(_ site: String, _ jurisdictions: [String]?) throws -> (choice: StoreChoice, addresses: [String?]) {
      let stores = NodeStores(
        configuration, NodeCredentials(), try TopologyFixture.topology(site, stores), log: Logger(label: "test"))
      return (stores.choice(for: jurisdictions), stores.stores.map(\.address))
    }
    let bound = try choice("fra", ["eu"])
    #expect(bound.choice == StoreChoice(primary: 1, copy: 2))
    #expect(bound.addresses == ["memory:", "redis://10.0.0.1:6379", "redis://10.0.0.2:6379"])
    #expect(try choice("dub", ["eu"]).choice == StoreChoice(primary: 1, copy: 1))
    // The store without an address is the node's own.
    #expect(try choice("fra", nil).choice == StoreChoice(primary: 0, copy: 0))
  }
}

@Suite struct StandingTests {
  private func standing(_ edit: (inout NodeConfiguration) -> Void, isWorkshop: Bool = false) throws(NodeError)
    -> Standing
  {
    var configuration = NodeConfiguration.standard
    edit(&configuration)
    return try Standing(configuration, NodeCredentials(), isWorkshop: isWorkshop)
  }

  @Test func aBoundWorkerIsLoadedOnlyWhereTheNodeKnowsItMay() throws {
    let bound = try TopologyFixture.manifest("jurisdictions = [\"eu\"]")
    let free = try TopologyFixture.manifest("tier = \"core\"")
    let unknown = try standing { _ in }
    #expect(unknown.objection(to: bound)?.contains("--jurisdiction eu") == true)
    #expect(unknown.objection(to: free) == nil)
    #expect(try standing { $0.jurisdiction = "eu" }.objection(to: bound) == nil)
    #expect(try standing { $0.jurisdiction = "us" }.objection(to: bound)?.contains("stands in `us`") == true)
    #expect(try standing({ _ in }, isWorkshop: true).objection(to: bound) == nil)
    #expect(try standing({ _ in }, isWorkshop: true).notice(of: bound)?.contains("eu") == true)
    #expect(
      try standing({ $0.jurisdiction = "us" }, isWorkshop: true).objection(to: bound) != nil,
      "who says where must mean it")
  }

  @Test func contradictionsAreRefused() throws {
    let lost = #expect(throws: NodeError.self) { try standing { $0.site = "fra" } }
    #expect(lost?.message.contains("--topology") == true)
    let both = #expect(throws: NodeError.self) {
      try standing {
        $0.topologyFile = "t.toml"
        $0.jurisdiction = "eu"
      }
    }
    #expect(both?.message.contains("remove `jurisdiction`") == true)
  }

  @Test func aNodeMustBeSomewhereInItsTopology() throws {
    let missing = #expect(throws: NodeError.self) { try TopologyFixture.topology("ams") }
    #expect(missing?.message.contains("`fra`, `iad`, `dub`") == true)
    let unnamed = #expect(throws: NodeError.self) { try TopologyFixture.topology(nil) }
    #expect(unnamed?.message.contains("--site") == true)
    let keyless = #expect(throws: NodeError.self) { try TopologyFixture.topology("fra", keys: nil) }
    #expect(keyless?.message.contains("ATOLL_KEYS") == true)
  }

  @Test func callsLeaveTheMachineInClearTextOnlyWhereThatIsSaid() throws {
    let plain: (String) -> String = { $0 == "iad" ? "http://10.0.0.7:8787" : "http://127.0.0.1:1" }
    let refused = #expect(throws: NodeError.self) { try TopologyFixture.topology("fra", node: plain) }
    #expect(refused?.message.contains("insecure_links = true") == true && refused?.message.contains("iad") == true)
    #expect(throws: NodeError.self) { try TopologyFixture.topology("fra") { _ in "http://localhost.example:1" } }
    #expect(throws: Never.self) { try TopologyFixture.topology("fra", insecure: true, node: plain) }
    #expect(throws: Never.self) { try TopologyFixture.topology("fra") { _ in "https://node.example" } }
    #expect(throws: Never.self) { try TopologyFixture.topology("fra") { _ in "http://[::1]:1" } }
    #expect(throws: Never.self) { try TopologyFixture.topology("iad", node: plain) }
  }
}
