// Faults of a scenario: whom they strike, when they begin and end, and what holds meanwhile.
import Manifests
import Placement
import Simulation
import Testing

@Suite struct FaultTimelineTests {
  static let topology = """
    name = "small"

    [[sites]]
    name = "fra"
    tier = "edge"
    region = "eu-central"
    jurisdiction = "eu"
    latitude = 50.1
    longitude = 8.7

    [[sites]]
    name = "waw"
    tier = "edge"
    region = "eu-central"
    jurisdiction = "eu"
    latitude = 52.2
    longitude = 21.0

    [[sites]]
    name = "iad"
    tier = "core"
    region = "us-east"
    jurisdiction = "us"
    latitude = 39.0
    longitude = -77.5

    [[sites]]
    name = "sin"
    tier = "edge"
    region = "asia"
    jurisdiction = "sg"
    latitude = 1.35
    longitude = 103.8

    [[stores]]
    name = "main"
    site = "iad"

    [[dependencies]]
    name = "orders-db"
    site = "iad"
    """

  private func topology() throws -> Topology { try Topology(TopologyFile.parse(Self.topology)) }

  private func timeline(_ faults: String) throws -> FaultTimeline {
    let scenario = try Scenario.parse(
      """
      name = "faults"
      topology = "small.toml"
      duration = "60s"
      rate = 10

      [[tools]]
      name = "greet"

      \(faults)
      """)
    return try FaultTimeline(scenario.faults, in: topology())
  }

  private func fault(_ kind: String, _ target: String, at: Int, for length: Int? = nil, _ more: String = "") -> String {
    """
    [[faults]]
    kind = "\(kind)"
    target = "\(target)"
    at = "\(at)s"
    \(length.map { "for = \"\($0)s\"" } ?? "")
    \(more)

    """
  }

  @Test func stepsAreInOrderAndEndsComeFirst() throws {
    let timeline = try timeline(
      fault("kill", "fra", at: 20, for: 10) + fault("pause", "sin", at: 5) + fault("kill", "waw", at: 30, for: 1)
        + fault("slow", "iad", at: 20, for: 0))
    let steps = timeline.steps.map { "\($0.milliseconds / 1000) \($0.entry)\($0.begins ? "+" : "-")" }
    #expect(steps == ["5 1+", "20 0+", "20 3+", "20 3-", "30 0-", "30 2+", "31 2-"])
    #expect(timeline.entries[1].endMilliseconds == nil && timeline.entries[0].endMilliseconds == 30_000)
  }

  @Test func aRegionIsAllItsSites() throws {
    let entries = try timeline(
      fault("kill", "eu-central", at: 1) + fault("partition", "eu-central to us-east", at: 1)
        + fault("partition", "sin", at: 1) + fault("kv down", "main", at: 1)
        + fault("upstream errors", "orders-db", at: 1)
    ).entries
    #expect(entries[0].target == .sites([0, 1]))
    #expect(entries[1].target == .pairs([SitePair(0, 2), SitePair(1, 2)]))
    #expect(entries[2].target == .pairs([SitePair(3, 0), SitePair(1, 3), SitePair(2, 3)]))
    #expect(entries[3].target == .store(0))
    #expect(entries[4].target == .dependency(0))
  }

  @Test func overlappingFaultsHoldUntilTheLastEnds() throws {
    let timeline = try timeline(
      fault("kill", "fra", at: 1, for: 10) + fault("kill", "eu-central", at: 5, for: 20)
        + fault("slow", "iad", at: 2, for: 10, "factor = 4") + fault("slow", "us-east", at: 3, for: 2, "factor = 2.5")
        + fault("clock skew", "sin", at: 1, for: 9, "skew_ms = 8000")
        + fault("clock skew", "sin", at: 2, for: 2, "skew_ms = -3000")
        + fault("partition", "fra to iad", at: 1, for: 5) + fault("partition", "iad", at: 2, for: 2)
        + fault("upstream errors", "orders-db", at: 1, for: 9, "percent = 30")
        + fault("upstream errors", "orders-db", at: 2, for: 2) + fault("kv down", "main", at: 3, for: 1)
        + fault("pause", "sin", at: 3, for: 1))
    func conditions(at seconds: Double) -> FaultConditions {
      var conditions = FaultConditions(timeline)
      for step in timeline.steps where Double(step.milliseconds) <= seconds * 1000 { conditions.apply(step) }
      return conditions
    }
    var now = conditions(at: 0.5)
    #expect(!now.isKilled(site: 0) && now.slowdown(site: 2) == 1 && now.skewMilliseconds(site: 3) == 0)
    #expect(!now.isCut(SitePair(2, 0)) && !now.isDown(store: 0) && now.failingPercent(dependency: 0) == 0)
    now = conditions(at: 3.5)
    #expect(
      now.isKilled(site: 0) && !now.isKilled(site: 1) && now.slowdown(site: 2) == 10 && now.slowdown(site: 0) == 1)
    #expect(now.skewMilliseconds(site: 3) == 5000 && now.isPaused(site: 3) && !now.isPaused(site: 0))
    #expect(now.isCut(SitePair(2, 0)) && now.isCut(SitePair(1, 2)) && !now.isCut(SitePair(0, 1)))
    #expect(now.isDown(store: 0) && now.failingPercent(dependency: 0) == 100)
    now = conditions(at: 4.5)
    #expect(now.isCut(SitePair(0, 2)) && !now.isCut(SitePair(1, 2)) && now.failingPercent(dependency: 0) == 30)
    #expect(now.slowdown(site: 2) == 10 && now.skewMilliseconds(site: 3) == 8000)
    now = conditions(at: 15)
    #expect(now.isKilled(site: 0) && now.isKilled(site: 1) && now.slowdown(site: 2) == 1)
    #expect(!conditions(at: 30).isKilled(site: 0))
  }

  @Test(arguments: [
    ("kill", "frankfurt", "a site or a region"), ("slow", "main", "a site or a region"),
    ("partition", "fra to atlantis", "`atlantis`"), ("kv down", "fra", "a store"),
    ("kv down", "mian", "did you mean `main`"),
    ("upstream errors", "iad", "a dependency"), ("partition", "fra to fra", "nothing between"),
    ("partition", "eu-centrall", "did you mean `eu-central`"),
  ])
  func aTargetThatIsNotThereIsAnErrorThatSaysWhatIs(_ kind: String, _ target: String, _ words: String) {
    let error = #expect(throws: SimulationError.self) {
      _ = try timeline(fault("kill", "fra", at: 1) + fault(kind, target, at: 2))
    }
    #expect(error?.code == .scenario)
    #expect(
      error?.message.hasPrefix("faults[1]: ") == true && error?.message.contains(words) == true,
      "\(error?.message ?? "")")
  }
}
