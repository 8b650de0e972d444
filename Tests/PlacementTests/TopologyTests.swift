// Distances and paths against figures that are known.
import Manifests
import Testing

@testable import Placement

@Suite struct TopologyTests {
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
    let tool = try Fixtures.tool("", "[placement]\njurisdictions = [\"eu\"]\nnear = \"orders-db\"\nlatency_budget_ms = 500\n")
    let error = #expect(throws: PlacementError.self) { try Planner(Fixtures.topology()).place(tool) }
    #expect(error?.code == .impossible)
    #expect(error?.message.contains("`jurisdictions` allows eu and `near` wants orders-db") == true, "\(error?.message ?? "")")
  }
}
