// Distances and paths against figures that are known.
import Manifests
import Testing

@testable import Placement

@Suite struct TopologyTests {
  /// A site and a population, and no store.
  static let oneCore = """
    [[sites]]
    name = "iad"
    tier = "core"
    region = "r"
    jurisdiction = "us"
    latitude = 38.95
    longitude = -77.45
    [[populations]]
    name = "here"
    region = "r"
    latitude = 40
    longitude = -75

    """

  private func linked(_ links: [(String, String, Double)], jitter: Double = 0) throws -> Topology {
    var text = "[paths]\nderive = false\njitter_ms = \(jitter)\n"
    for (index, name) in ["a", "b", "c", "d"].enumerated() {
      text +=
        "[[sites]]\nname = \"\(name)\"\ntier = \"core\"\nregion = \"r\"\njurisdiction = \"j\"\nlatitude = \(index)\nlongitude = 0\n"
    }
    for (one, other, milliseconds) in links {
      text += "[[links]]\nbetween = [\"\(one)\", \"\(other)\"]\nrtt_ms = \(milliseconds)\n"
    }
    return try Topology(TopologyFile.parse(text))
  }

  @Test func overGivenLinksCallsTakeTheShortestWay() throws {
    let topology = try linked([("a", "b", 10), ("b", "c", 10), ("a", "c", 50), ("c", "d", 4)])
    #expect(topology.path(from: 0, to: 2).milliseconds == 10)
    #expect(topology.path(from: 3, to: 0).milliseconds == 12 && topology.path(from: 0, to: 3).milliseconds == 12)
    #expect(topology.path(from: 0, to: 1).milliseconds == 5)
    // Jitter counts: two links have twice that of one.
    let shaken = try linked([("a", "b", 10), ("b", "c", 10), ("a", "c", 21), ("c", "d", 4)], jitter: 1)
    #expect(shaken.path(from: 0, to: 2).milliseconds == 10.5)
  }

  @Test func aGivenLinkStandsBeforeTheDerivedOne() throws {
    let topology = try Fixtures.topology(
      Fixtures.small
        + "\n[[links]]\nbetween = [\"iad\", \"fra\"]\nrtt_ms = 88\nloss = 0.01\nbandwidth_mbps = 10\njitter_ms = 3")
    for path in [topology.path(from: 0, to: 1), topology.path(from: 1, to: 0)] {
      #expect(path == Path(milliseconds: 44, jitterMilliseconds: 3, loss: 0.01, megabitsPerSecond: 10))
    }
  }

  @Test func clientsHaveALastMile() throws {
    let topology = try Fixtures.topology(Fixtures.small + "\nlast_mile_ms = 20")
    let berlin = Coordinates(latitude: 52.52, longitude: 13.40)
    let kilometres = berlin.kilometres(to: topology.sites[0].coordinates)
    #expect(abs(topology.path(fromPopulation: 0, to: 0).milliseconds - (kilometres * 1.5 / 204.218 + 20.25)) < 0.01)
    #expect(topology.sites(nearestTo: 0) == [0, 1])
  }

  @Test func twoNodesAgreeWhateverTheirAddressesAre() throws {
    let one = try Fixtures.topology(Fixtures.small)
    let moved = Fixtures.small.replacing(
      "longitude = 8.68", with: "longitude = 8.68\nnode = \"https://fra.example.com\""
    )
    .replacing("site = \"iad\"\n\n[[dep", with: "site = \"iad\"\nurl = \"redis://10.0.0.1\"\n\n[[dep")
    #expect(try Fixtures.topology(moved).identity == one.identity)
    #expect(try Fixtures.topology(Fixtures.small.replacing("52.52", with: "52.53")).identity != one.identity)
    #expect(try Fixtures.topology(Fixtures.small.replacing("\"eu\"", with: "\"uk\"")).identity != one.identity)
  }

  @Test func theStateOfAToolHasOneHome() throws {
    let topology = try Fixtures.topology(
      Fixtures.small + "\n[[stores]]\nname = \"eu\"\nsite = \"fra\"\nkeeps = [\"eu\"]")
    #expect(topology.store(for: nil) == 0 && topology.store(for: ["eu"]) == 1)
    #expect(topology.store(for: ["eu", "us"]) == 1 && topology.store(for: ["us"]) == nil)
  }

  /// Frankfurt airport to Washington Dulles: 6,540 km by any calculator of great circles.
  @Test func distancesAreThoseOfTheGreatCircle() throws {
    let sites = try Fixtures.topology().sites
    let kilometres = sites[0].coordinates.kilometres(to: sites[1].coordinates)
    #expect(abs(kilometres - 6_560) < 40)
  }

  @Test func aDerivedPathIsTheFormulaThatIsStated() throws {
    let topology = try Fixtures.topology()
    let kilometres = topology.sites[0].coordinates.kilometres(to: topology.sites[1].coordinates)
    let expected = kilometres * 1.5 / 204.218 + 0.25
    #expect(abs(topology.path(from: 0, to: 1).milliseconds - expected) < 0.01)
    #expect(topology.path(from: 0, to: 0) == .here)
  }

  @Test func aPublicReadRunsAtTheEdgeAndAPrivateWriteAtTheStore() throws {
    let planner = Planner(try Fixtures.topology())
    let read = try planner.place(Fixtures.tool("read_only = true"))
    #expect(read.sites == [0])
    let write = try planner.place(
      Fixtures.tool("", "[permissions]\nkv = [\"notes\"]"))
    #expect(write.sites == [1])
    #expect(planner.route(write, from: 0) == [1, 0])
  }

  @Test func whatCannotBeIsRefusedWithTheSmallestConflict() throws {
    let tool = try Fixtures.tool(
      "", "[placement]\njurisdictions = [\"eu\"]\nnear = \"orders-db\"\nlatency_budget_ms = 500\n")
    let error = #expect(throws: PlacementError.self) { try Planner(Fixtures.topology()).place(tool) }
    #expect(error?.code == .impossible)
    #expect(
      error?.message.contains("`jurisdictions` allows eu and `near` wants orders-db") == true, "\(error?.message ?? "")"
    )
  }

  /// Ten sites around Frankfurt and one in America: a region that dies must not take the last site of a route.
  @Test func aRouteKeepsPlacesForOtherRegions() throws {
    var file = try TopologyFile.parse(Fixtures.small)
    for number in 0..<10 {
      var site = file.sites[0]
      site.name = "fra-\(number)"
      site.latitude += Double(number + 1) / 10
      file.sites.append(site)
    }
    let planner = Planner(try Topology(file))
    let route = planner.route(try planner.place(Fixtures.tool("read_only = true")), from: 0)
    #expect(route.count == PlacementLimits.routeSitesMax && route.first == 0)
    #expect(route.filter { file.sites[$0].region != "eu-central" } == [1])
    #expect(route.last == 1 && Set(route).count == route.count)
  }
}
