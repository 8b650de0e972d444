// The cost of a call, part by part, against sums by hand.
import Manifests
import Testing

@testable import Placement

@Suite struct CostModelTests {
  /// Two sites 100 ms apart by a given link, without jitter; `a` is half as fast; the store is at `b`, its copy at `a`.
  static let two = """
    [paths]
    derive = false
    jitter_ms = 0
    last_mile_ms = 5
    bandwidth_mbps = 8
    [[sites]]
    name = "a"
    tier = "edge"
    region = "r"
    jurisdiction = "eu"
    latitude = 0
    longitude = 0
    speed = 0.5
    [[sites]]
    name = "b"
    tier = "core"
    region = "r"
    jurisdiction = "us"
    latitude = 0
    longitude = 90
    [[links]]
    between = ["a", "b"]
    rtt_ms = 100
    bandwidth_mbps = 8
    [[stores]]
    name = "main"
    site = "b"
    [[replicas]]
    store = "main"
    site = "a"
    lag_ms = 50
    [[dependencies]]
    name = "orders-db"
    site = "b"
    service_ms = 3
    [[populations]]
    name = "here"
    region = "r"
    latitude = 0
    longitude = 0

    """

  private let model = try! CostModel(Topology(TopologyFile.parse(two)))

  /// 8 Mbit/s are 1,000 bytes a millisecond.
  private func near(_ value: Double?, _ expected: Double) -> Bool { abs((value ?? .nan) - expected) < 1e-9 }

  @Test func bytesTakeTheirTimeOnEveryLink() throws {
    let tool = try Fixtures.tool("expect = { service_ms = 4, request = \"1000B\", answer = \"9000B\" }")
    let here = try #require(model.call(tool, population: 0, entry: 0, site: 0))
    // Hop 0.25 ms and last mile 5 ms each way, 10,000 bytes in all.
    #expect(near(here.network, 10.5 + 10) && here.forwarding == 0)
    #expect(near(here.service, 8), "half as fast: twice as long")
    let there = try #require(model.call(tool, population: 0, entry: 0, site: 1))
    #expect(near(there.network, 10.5 + 10 + 100 + 10) && near(there.forwarding, 0.3) && near(there.service, 4))
    #expect(near(there.total, 134.8))
  }

  @Test func readsGoToTheNearestCopyWritesToTheStore() throws {
    let kv = "[permissions]\nkv = [\"n\"]"
    let read = try Fixtures.tool("read_only = true\nexpect = { service_ms = 0, kv_reads = 3 }", kv)
    #expect(near(model.atSite(read, 0)?.state, 0) && near(model.atSite(read, 1)?.state, 0))
    // What writes reads at the store too: a copy may be behind.
    let write = try Fixtures.tool("expect = { service_ms = 0, kv_reads = 3, kv_writes = 2 }", kv)
    let operation = 100 + 2 * 256 / 1_000.0
    #expect(near(model.atSite(write, 0)?.state, 5 * operation) && near(model.atSite(write, 1)?.state, 0))
    #expect(read.readsReplicas && !write.readsReplicas)
  }

  @Test func aSessionIsLoadedBeforeAndWrittenBehind() throws {
    let tool = try Fixtures.tool("session = true\nread_only = true", "[session]\nttl = \"30m\"")
    #expect(tool.keepsState && !tool.readsReplicas && tool.keyValueReads.value == 0)
    #expect(near(model.atSite(tool, 0)?.state, 2 * (100 + 2 * 256 / 1_000.0)))
  }

  @Test func dependenciesAreAskedOneAfterTheOther() throws {
    let tool = try Fixtures.tool(
      "expect = { service_ms = 0, dependency_calls = 3, dependency_answer = \"2000B\" }",
      "[placement]\nnear = \"orders-db\"")
    #expect(near(model.atSite(tool, 1)?.dependencies, 3 * 3))
    #expect(near(model.atSite(tool, 0)?.dependencies, 3 * (100 + 0.256 + 2 + 3)))
  }

  @Test func upstreamsThatTheTopologyDoesNotKnowCostNothing() throws {
    let upstreams =
      "[[upstreams]]\nname = \"weather\"\nurl = \"https://x.example\"\n[[upstreams]]\nname = \"orders-db\"\nurl = \"https://y.example\""
    let tool = try Fixtures.tool("", upstreams)
    #expect(tool.dependencies.map(\.name) == ["orders-db"])
  }

  @Test func withoutAStoreStateHasNoCost() throws {
    let model = try CostModel(Topology(TopologyFile.parse(TopologyTests.oneCore)))
    let tool = try Fixtures.tool("", "[permissions]\nkv = [\"n\"]")
    #expect(model.atSite(tool, 0) == nil && model.call(tool, population: 0, entry: 0, site: 0) == nil)
  }

  // MARK: Figures

  @Test func whatIsMeasuredCountsBeforeTheManifestAndThatBeforeWhatIsAssumed() throws {
    var measured = MeasuredCost()
    measured.keyValueReads = 7
    let tool = try Fixtures.tool(
      "expect = { kv_reads = 3, kv_writes = 2 }", "[permissions]\nkv = [\"n\"]", measured: measured)
    #expect(tool.keyValueReads == Figure(7, .measured) && tool.keyValueWrites == Figure(2, .manifest))
    #expect(tool.serviceMilliseconds == Figure(2, .assumed) && tool.requestBytes == Figure(512, .assumed))
    #expect(tool.isPartlyAssumed)
    #expect(try Fixtures.tool("read_only = true", "[permissions]\nkv = [\"n\"]").keyValueWrites.value == 0)
    #expect(try Fixtures.tool("").keyValueReads.value == 0)
  }

  /// As EdgeAgent has it: what was measured on a kind of processor counts there, whatever its speed says.
  @Test func aServiceTimeIsThatOfTheKindOfProcessor() throws {
    var measured = MeasuredCost()
    measured.services = [MeasuredService(speed: 0.25, milliseconds: 44), MeasuredService(speed: 1, milliseconds: 12)]
    let tool = try Fixtures.tool(measured: measured)
    #expect(tool.service(atSpeed: 0.25) == 44 && tool.service(atSpeed: 1) == 12)
    #expect(tool.service(atSpeed: 2) == 6, "as on the processor that is most like it")
    #expect(tool.service(atSpeed: 0.125) == 88)
    #expect(tool.serviceMilliseconds == Figure(12, .measured))
    #expect(try Fixtures.tool("expect = { service_ms = 3 }").service(atSpeed: 0.5) == 6)
  }

  // MARK: Paths

  @Test func whatIsLostIsSentAgain() {
    let path = Path(milliseconds: 10, jitterMilliseconds: 0, loss: 0.01, megabitsPerSecond: .infinity)
    // One segment: in 1 of 100, 200 ms; and again with twice the wait.
    #expect(abs(path.expected(bytes: 100) - (10 + 0.01 * 200 * (1 + 0.02 + 0.0004))) < 0.001)
    // Ten segments: 1 − 0.99¹⁰.
    #expect(abs(path.expected(bytes: 14_600) - (10 + 0.095618 * 200 * 1.0204)) < 0.01)
    let long = Path(milliseconds: 100, jitterMilliseconds: 0, loss: 0.01, megabitsPerSecond: .infinity)
    #expect(abs(long.expected(bytes: 0) - (100 + 0.01 * 400 * 1.0204)) < 0.001, "twice the round trip")
    #expect(Path.here.expected(bytes: 1e9) == 0)
  }

  @Test func aPathOverTwoLinksIsBoth() {
    let first = Path(milliseconds: 10, jitterMilliseconds: 1, loss: 0.1, megabitsPerSecond: 100)
    let both = first.then(Path(milliseconds: 5, jitterMilliseconds: 2, loss: 0.1, megabitsPerSecond: 50))
    #expect(both.milliseconds == 15 && both.jitterMilliseconds == 3 && both.megabitsPerSecond == 50)
    #expect(abs(both.loss - 0.19) < 1e-12 && both.roundTrip == 36)
  }
}
