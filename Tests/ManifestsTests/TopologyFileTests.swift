// topology.toml as its reader hands it on: everything that is written arrives, and what is not has its default.
import Manifests
import Testing

@Suite struct TopologyFileTests {
  static let least = """
    [[sites]]
    name = "iad"
    tier = "core"
    region = "us-east"
    jurisdiction = "us"
    latitude = 38.95
    longitude = -77

    """

  @Test func everyKeyArrives() throws {
    let topology = try TopologyFile.parse(
      """
      name = "all"
      [paths]
      derive = false
      stretch = 2
      hop_ms = 0.5
      last_mile_ms = 7
      jitter_ms = 1.5
      loss = 0.01
      bandwidth_mbps = 50
      [[sites]]
      name = "fra"
      tier = "edge"
      region = "eu-central"
      jurisdiction = "eu"
      latitude = 50.11
      longitude = 8.68
      capacity = 10
      processors = 3
      speed = 0.5
      memory = "32MiB"
      node = "https://fra.example.com:8787"
      [[sites]]
      name = "iad"
      tier = "core"
      region = "us-east"
      jurisdiction = "us"
      latitude = 38.95
      longitude = -77.45
      [[links]]
      between = ["fra", "iad"]
      rtt_ms = 88
      jitter_ms = 2
      loss = 0.02
      bandwidth_mbps = 10
      [[stores]]
      name = "main"
      site = "iad"
      url = "redis://10.0.0.5:6379"
      [[stores]]
      name = "eu"
      site = "fra"
      keeps = ["eu", "ch"]
      [[replicas]]
      store = "main"
      site = "fra"
      lag_ms = 150
      url = "redis://10.1.0.5:6379"
      [[dependencies]]
      name = "orders-db"
      site = "iad"
      service_ms = 3.5
      [[populations]]
      name = "berlin"
      region = "eu-central"
      latitude = 52.52
      longitude = 13.40
      share = 3.6
      last_mile_ms = 20
      """)
    #expect(topology.name == "all")
    let paths = topology.paths
    #expect(!paths.derives && paths.stretch == 2 && paths.hopMilliseconds == 0.5 && paths.lastMileMilliseconds == 7)
    #expect(paths.jitterMilliseconds == 1.5 && paths.loss == 0.01 && paths.megabitsPerSecond == 50)
    let site = topology.sites[0]
    #expect(site.name == "fra" && !site.isCore && site.region == "eu-central" && site.jurisdiction == "eu")
    #expect(site.latitude == 50.11 && site.longitude == 8.68 && site.capacity == 10 && site.processors == 3)
    #expect(site.speed == 0.5 && site.memoryBytes == 32 << 20 && site.node == "https://fra.example.com:8787")
    #expect(topology.sites[1].isCore)
    let link = try #require(topology.links.first)
    #expect(link.ends == (0, 1) && link.roundTripMilliseconds == 88 && link.jitterMilliseconds == 2)
    #expect(link.loss == 0.02 && link.megabitsPerSecond == 10)
    #expect(topology.stores.map(\.name) == ["main", "eu"] && topology.stores.map(\.site) == [1, 0])
    #expect(topology.stores[0].url == "redis://10.0.0.5:6379" && topology.stores[1].keeps == ["eu", "ch"])
    let replica = try #require(topology.stores[0].replicas.first)
    #expect(replica.site == 0 && replica.lagMilliseconds == 150 && replica.url == "redis://10.1.0.5:6379")
    let dependency = try #require(topology.dependencies.first)
    #expect(dependency.name == "orders-db" && dependency.site == 1 && dependency.serviceMilliseconds == 3.5)
    let clients = try #require(topology.populations.first)
    #expect(clients.name == "berlin" && clients.region == "eu-central" && clients.latitude == 52.52)
    #expect(clients.longitude == 13.40 && clients.share == 3.6 && clients.lastMileMilliseconds == 20)
  }

  @Test func whatIsNotWrittenHasItsDefault() throws {
    let topology = try TopologyFile.parse(Self.least)
    #expect(topology.name == "topology")
    let paths = topology.paths
    #expect(paths.derives && paths.stretch == 1.5 && paths.hopMilliseconds == 0.25 && paths.lastMileMilliseconds == 4)
    #expect(paths.jitterMilliseconds == 0.2 && paths.loss == 0 && paths.megabitsPerSecond == 1_000)
    let site = topology.sites[0]
    #expect((site.capacity, site.processors, site.speed) == (1_000, 2, 1))
    #expect(site.memoryBytes == nil && site.node == nil)
    #expect(topology.links.isEmpty && topology.stores.isEmpty && topology.populations.isEmpty)
  }

  @Test func whatAManifestSaysOfPlacementArrives() throws {
    let manifest = try Manifest.parse(
      """
      name = "w"
      [placement]
      tier = "edge"
      jurisdictions = ["eu", "ch"]
      near = "orders-db"
      latency_budget_ms = 200
      [[tools]]
      name = "t"
      description = "A tool."
      [tools.expect]
      service_ms = 2.5
      kv_reads = 3
      kv_writes = 0.1
      dependency_calls = 2
      dependency_answer = "16KiB"
      request = "1KiB"
      answer = "4KiB"
      """, schema: .none)
    #expect(manifest.placement.tier == .edge)
    #expect(manifest.placement.jurisdictions == ["eu", "ch"])
    #expect(manifest.placement.near == "orders-db")
    #expect(manifest.placement.latencyBudgetMilliseconds == 200)
    let expected = manifest.tools[0].expected
    #expect(expected.serviceMilliseconds == 2.5)
    #expect((expected.keyValueReads, expected.keyValueWrites, expected.dependencyCalls) == (3, 0.1, 2))
    #expect((expected.dependencyAnswerBytes, expected.requestBytes, expected.answerBytes) == (16_384, 1_024, 4_096))
  }

  @Test func withoutPlacementAWorkerMayRunAnywhere() throws {
    let manifest = try Manifest.parse(Samples.least, schema: .none)
    #expect(manifest.placement == PlacementWish())
    #expect(manifest.tools[0].expected == ExpectedCost())
  }
}
