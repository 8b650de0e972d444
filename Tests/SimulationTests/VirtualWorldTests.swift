// Growing a topology, and dividing it into shards.
import Manifests
import Placement
import Testing

@testable import Simulation

@Suite(.timeLimit(.minutes(2))) struct VirtualWorldTests {
  private func file() throws -> TopologyFile { try TopologyFile.parse(VirtualWorlds.topology) }

  @Test func aTopologyGrowsAroundItsEdges() throws {
    let small = try file()
    let grown = small.grown(to: 200, seed: 4)
    #expect(grown.sites.count == 200 && Array(grown.sites.prefix(4)) == small.sites)
    #expect(
      Set(grown.sites.map(\.name)).count == 200 && Set(grown.populations.map(\.name)).count == grown.populations.count)
    #expect(grown.populations.count == 3 + 196)
    let (before, after) = (small.populations.reduce(0) { $0 + $1.share }, grown.populations.reduce(0) { $0 + $1.share })
    #expect(abs(before - after) < 1e-9)
    for site in grown.sites.dropFirst(4) {
      let parent = try #require(small.sites.first { site.name.hasPrefix($0.name + "-") })
      #expect(
        !parent.isCore && !site.isCore && site.region == parent.region && site.jurisdiction == parent.jurisdiction)
      #expect(site.coordinates.kilometres(to: parent.coordinates) < Growth.kilometres * 1.01)
    }
    #expect(grown.stores == small.stores && grown.dependencies == small.dependencies)
  }

  @Test func growthFollowsTheSeed() throws {
    let small = try file()
    #expect(small.grown(to: 50, seed: 4) == small.grown(to: 50, seed: 4))
    #expect(small.grown(to: 50, seed: 4) != small.grown(to: 50, seed: 5))
    #expect(small.grown(to: 4, seed: 4) == small && small.grown(to: 2, seed: 4) == small)
    // What is there does not move when more is added.
    #expect(Array(small.grown(to: 80, seed: 4).sites.prefix(50)) == small.grown(to: 50, seed: 4).sites)
  }

  /// Regions far from each other are shards; near ones are one, since messages between them leave no time.
  @Test func nearRegionsAreOneShard() throws {
    var small = try file()
    let apart = try Topology(small)
    let map = ShardMap(apart, entries: World.entries(apart))
    #expect(map.count == 3 && map.ofSite[0] == map.ofSite[1] && Set(map.ofSite).count == 3)
    #expect(map.ofPopulation.count == 3)
    for from in 0..<3 { for to in 0..<3 { #expect(map.lookahead[from, to] > 3_000_000) } }
    small.sites[1].region = "france"
    let near = try Topology(small)
    // 480 km: 3.8 ms.
    #expect(ShardMap(near, entries: World.entries(near)).count == 4)
    small.sites[1].latitude = 50.0
    small.sites[1].longitude = 8.2
    let beside = try Topology(small)
    #expect(ShardMap(beside, entries: World.entries(beside)).count == 3)
  }

  /// No message is ever quicker than what shards rely on.
  @Test func lookaheadIsNoMoreThanAnyPath() throws {
    let topology = try Topology(try file().grown(to: 60, seed: 9))
    let map = ShardMap(topology, entries: World.entries(topology))
    for from in topology.sites.indices {
      for to in topology.sites.indices where map.ofSite[from] != map.ofSite[to] {
        let delay = UInt64(topology.path(from: from, to: to).milliseconds * 1e6)
        #expect(map.lookahead[map.ofSite[from], map.ofSite[to]] <= delay)
      }
    }
    for population in topology.populations.indices {
      for site in topology.sites.indices where map.ofSite[site] != map.ofPopulation[population] {
        let delay = UInt64(topology.path(fromPopulation: population, to: site).milliseconds * 1e6)
        #expect(map.lookahead[map.ofPopulation[population], map.ofSite[site]] <= delay)
      }
    }
  }

  /// With a thousand sites the nearest ones all stand in one region: its death leaves clients others.
  @Test func clientsKnowASiteOfAnotherRegion() throws {
    let topology = try Topology(try file().grown(to: 120, seed: 9))
    for (population, sites) in World.entries(topology).enumerated() {
      #expect(sites.count >= 4 && sites[0] == topology.sites(nearestTo: population)[0])
      #expect(Set(sites.map { topology.sites[$0].region }).count == 3)
      #expect(sites.contains { topology.sites[$0].isCore })
      let delays = sites.map { topology.path(fromPopulation: population, to: $0).milliseconds }
      #expect(delays == delays.sorted())
    }
  }

  /// Two thirds of the calls for one city, and so for all that grew around it together.
  @Test func aLoadIsThatOfTheWholeCity() async throws {
    let loads = "[[loads]]\npopulation = \"singapore\"\nshare = 8"
    let loaded = try VirtualWorlds.scenario(calls: 3_000, seconds: 5, head: "generate = { sites = 40 }", faults: loads)
    let report = try await VirtualRun(loaded).report(threads: 1)
    let there = report.populations.filter { $0.region == "asia" }.reduce(0) { $0 + $1.calls }
    #expect(abs(Double(there) / Double(report.calls) - 8.0 / 12) < 0.04)
  }

  @Test func loadsGoWithWhatGrewAroundTheirCity() async throws {
    let loads =
      "[[loads]]\npopulation = \"singapore\"\nshare = 0\n[[loads]]\npopulation = \"paris\"\ntools = [\"get_rates\"]"
    let loaded = try VirtualWorlds.scenario(calls: 3_000, seconds: 5, head: "generate = { sites = 40 }", faults: loads)
    let report = try await VirtualRun(loaded).report(threads: 1)
    let bySingapore = report.populations.filter { $0.name.hasPrefix("singapore") }
    #expect(bySingapore.count > 1 && bySingapore.allSatisfy { $0.calls == 0 })
    #expect(report.tools.filter { $0.region == "europe" }.map(\.tool) == ["get_rates"])
    #expect(report.sites.count == 40 && report.tools.contains { $0.region == "america" && $0.tool == "add_item" })
  }
}
