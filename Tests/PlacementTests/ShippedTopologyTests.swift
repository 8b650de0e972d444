// The topologies in scenarios/: what they claim to be, and distances against figures that are known.
import Foundation
import Manifests
import Testing

@testable import Placement

@Suite struct ShippedTopologyTests {
  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("scenarios/\(name)-topology.toml").path
  }

  private func load(_ name: String) throws -> Topology { try Topology(TopologyFile.load(Self.path(name))) }

  @Test(arguments: [("world", 30, 3), ("laptop", 4, 2)])
  func theyHaveTheSitesTheySay(name: String, sites: Int, cores: Int) throws {
    let topology = try load(name)
    #expect(topology.sites.count == sites && topology.sites.count(where: \.isCore) == cores)
    #expect(topology.name == name && topology.populations.count >= 2)
    #expect(topology.dependency(named: "orders-db") != nil)
    #expect(topology.store(for: nil) == 0 && topology.store(for: ["eu"]) == 1)
    // No two cities coincide, nor stand in each other's suburbs.
    for one in topology.sites.indices {
      for other in 0..<one {
        let kilometres = topology.sites[one].coordinates.kilometres(to: topology.sites[other].coordinates)
        #expect(kilometres > 100, "\(topology.sites[one].name) and \(topology.sites[other].name)")
      }
    }
  }

  @Test func theWorldIsAllContinentsAndManyLaws() throws {
    let topology = try load("world")
    let laws = Set(topology.sites.map(\.jurisdiction))
    #expect(laws.isSuperset(of: ["eu", "us", "uk", "ch", "jp", "in", "br", "au", "sg", "za"]))
    #expect(topology.sites.count { $0.jurisdiction == "eu" } >= 5)
    #expect(Set(topology.sites.map(\.region)).count >= 15)
    #expect(topology.populations.count >= 40)
  }

  /// Great circles between city centres, in kilometres, as calculators of them have it.
  @Test(arguments: [
    ("lon", "nyc", 5_570.0), ("fra", "iad", 6_550), ("nrt", "lax", 8_815), ("syd", "sin", 6_305), ("gru", "jnb", 7_435),
    ("par", "lon", 344), ("nyc", "iad", 349), ("bom", "dxb", 1_930), ("scl", "gru", 2_585), ("hkg", "icn", 2_090),
  ])
  func citiesAreWhereTheyAre(one: String, other: String, kilometres: Double) throws {
    let topology = try load("world")
    let (from, to) = (try #require(topology.site(named: one)), try #require(topology.site(named: other)))
    let found = topology.sites[from].coordinates.kilometres(to: topology.sites[to].coordinates)
    #expect(abs(found - kilometres) < max(15, kilometres * 0.01), "\(one) to \(other): \(found) km")
  }

  /// The formula's round trips lie where those of real networks do.
  @Test func roundTripsArePlausible() throws {
    let topology = try load("world")
    for (one, other, range) in [
      ("fra", "iad", 80.0...110.0), ("lon", "nyc", 70...95), ("nrt", "lax", 100...140), ("par", "lon", 3...12),
    ] {
      let from = try #require(topology.site(named: one)), to = try #require(topology.site(named: other))
      #expect(range.contains(topology.path(from: from, to: to).roundTrip), "\(one) to \(other)")
    }
  }

  /// A cacheable read, a session, a tool beside a database, one of the EU's: the plan beats both extremes.
  @Test func theWorldsPlanBeatsBothExtremes() throws {
    let topology = try load("world")
    let root = Self.path("world").replacing("scenarios/world-topology.toml", with: "workers/")
    var tools: [ToolProfile] = []
    for (worker, tool) in [
      ("currency", "convert"), ("cart", "add_item"), ("orders", "order_status"), ("residents", "register_resident"),
    ] {
      let manifest = try Manifest.load(folder: root + worker)
      let found = try #require(manifest.tools.first { $0.name == tool })
      tools.append(ToolProfile(found, of: manifest, name: tool, dependencies: topology.dependencies.map(\.name)))
    }
    let figures = PlacementPolicy.compare(tools, in: topology)
    let (plan, edge, core) = (figures[0], figures[1], figures[2])
    for other in [edge, core] {
      #expect(plan.latency.quantile(0.5) < other.latency.quantile(0.5))
      #expect(plan.latency.quantile(0.99) < other.latency.quantile(0.99))
      #expect(other.unplaced.isEmpty)
    }
    #expect(plan.violations == 0 && edge.violations > 0.1)
    let placed = try Planner(topology).plan(tools)
    #expect(try #require(placed[tool: "convert"]).sites.count >= 25)
    #expect(try #require(placed[tool: "order_status"]).sites.map { topology.sites[$0].name } == ["iad"])
    #expect(
      try #require(placed[tool: "register_resident"]).sites.allSatisfy { topology.sites[$0].jurisdiction == "eu" })
  }
}
