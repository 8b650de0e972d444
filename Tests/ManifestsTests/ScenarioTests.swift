// scenario.toml: what it says, and what is refused.
import Testing

@testable import Manifests

@Suite struct ScenarioTests {
  private let text = """
    name = "world"
    topology = "world-topology.toml"
    seed = 7
    duration = "10m"
    calls = 10000000
    generate = { sites = 1000 }

    [[tools]]
    name = "get_rates"
    share = 6
    read_only = true
    service_ms = 0.4
    service_p95_ms = 1.1
    kv_reads = 1

    [[tools]]
    name = "add_item"
    worker = "../workers/cart"
    session = true
    jurisdictions = ["eu"]
    dependency = "orders-db"

    [[loads]]
    population = "tokyo"
    share = 2.5
    tools = ["get_rates"]

    [[faults]]
    kind = "partition"
    target = "fra to iad"
    at = "20s"
    for = "5s"
    """

  @Test func aScenarioIsRead() throws {
    let scenario = try Scenario.parse(text)
    #expect(scenario.name == "world" && scenario.seed == 7 && scenario.milliseconds == 600_000)
    #expect(scenario.mode == .virtual && scenario.report == nil && scenario.generatedSites == 1000)
    #expect(abs(scenario.callsPerSecond - 16_666.67) < 0.01)
    #expect(scenario.tools.map(\.share) == [6, 1] && scenario.tools[0].serviceP95Milliseconds == 1.1)
    #expect(scenario.loads == [Scenario.Load(population: "tokyo", share: 2.5, tools: ["get_rates"])])
    #expect(scenario.faults[0].kind == .partition && scenario.faults[0].forMilliseconds == 5_000)
  }

  @Test func aToolWithoutAWorkerIsAManifestOfItsOwn() throws {
    let tools = try Scenario.parse(text).tools
    let rates = try tools[0].manifest(nil)
    #expect(rates.tools.map(\.name) == ["get_rates"] && rates.tools[0].readOnly == true)
    #expect(rates.tools[0].expected.serviceMilliseconds == 0.4 && rates.namespaces == ["get_rates"])
    let add = try tools[1].manifest(nil)
    #expect(add.sessionTimeToLive == 1_800_000 && add.placement.jurisdictions == ["eu"])
    #expect(add.upstreams.map(\.name) == ["orders-db"])
  }

  @Test func whatTheScenarioSaysStandsBeforeTheManifest() throws {
    let tool = try Scenario.parse(text).tools[1]
    var base = try tool.manifest(nil)
    base.placement.jurisdictions = ["us"]
    base.placement.tier = .core
    base.tools.append(Tool(name: "other", description: ""))
    let manifest = try tool.manifest(base)
    #expect(manifest.placement.jurisdictions == ["eu"] && manifest.placement.tier == .core)
    #expect(manifest.tools.map(\.name) == ["add_item"])
    base.tools.removeFirst()
    #expect(throws: ManifestError.self) { try tool.manifest(base) }
  }

  @Test(arguments: [
    ("calls = 10000000", "", "neither"),
    ("calls = 10000000", "calls = 1\nrate = 1", "both"),
    ("share = 6", "weight = 6", "unknown key"),
    ("share = 6", "share = -1", "must be 0 to"),
    ("service_p95_ms = 1.1", "service_p95_ms = 0.1", "less than `service_ms`"),
    ("service_p95_ms = 1.1", "service_p95_ms = 1\nservice = \"constant\"", "goes with"),
    ("name = \"add_item\"", "name = \"get_rates\"", "twice"),
    ("tools = [\"get_rates\"]", "tools = [\"get_rate\"]", "did you mean `get_rates`"),
    ("at = \"20s\"", "at = \"10m\"", "is over"),
    ("kind = \"partition\"", "kind = \"pause\"", "is for a `partition`"),
    ("kind = \"partition\"\ntarget = \"fra to iad\"", "kind = \"clock skew\"\ntarget = \"fra\"", "needs `skew_ms`"),
    ("kind = \"partition\"", "kind = \"partitoin\"", "did you mean"),
    ("duration = \"10m\"", "duration = \"10ms\"", "must be 1s to"),
    ("duration = \"10m\"", "duration = \"10m\"\nreport = \"/etc/world.html\"", "below the scenario's folder"),
    ("duration = \"10m\"", "duration = \"10m\"\nreport = \"../world.html\"", "below the scenario's folder"),
    ("duration = \"10m\"", "duration = \"10m\"\nreport = \".bashrc\"", "ends in .html"),
  ])
  func whatCannotBeMeantIsRefused(old: String, new: String, says: String) {
    #expect(text.contains(old))
    let changed = text.replacing(old, with: new)
    do {
      _ = try Scenario.parse(changed)
      Issue.record("\(new) was taken")
    } catch {
      #expect(error.message.contains(says) && error.file == "scenario.toml", "\(error)")
    }
  }
}
