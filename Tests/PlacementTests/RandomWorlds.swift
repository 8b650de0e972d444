// Random topologies and tools from a seed, for what must hold of all of them.
import Manifests

@testable import Placement

/// Numbers from a seed (SplitMix64): the same on every machine.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func chance(_ part: Double) -> Bool { Double.random(in: 0..<1, using: &self) < part }
  mutating func pick<T>(_ items: [T]) -> T { items[Int.random(in: 0..<items.count, using: &self)] }
  mutating func number(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &self) }
}

/// A topology as text, so that what is tested is what files can say; one site more is some lines more.
struct RandomWorld {
  static let jurisdictions = ["eu", "us", "jp"]

  var head = ""
  var sites: [String] = []
  var rest = ""

  var text: String { head + sites.joined() + rest }

  init(_ random: inout Seeded, sites count: Int) {
    let derives = random.chance(0.75)
    head = """
      [paths]
      derive = \(derives)
      stretch = \(random.number(1...2))
      jitter_ms = \(random.number(0...2))
      loss = \(random.chance(0.3) ? 0.01 : 0)
      bandwidth_mbps = \(random.pick([10.0, 100, 1_000]))

      """
    var places: [(name: String, jurisdiction: String)] = []
    for index in 0..<count {
      let jurisdiction = random.pick(Self.jurisdictions)
      places.append(("s\(index)", jurisdiction))
      sites.append(Self.site("s\(index)", jurisdiction, isCore: index == 0 || random.chance(0.3), &random))
    }
    for name in ["main", "bound"] where random.chance(0.8) {
      let home = random.pick(places)
      rest += "[[stores]]\nname = \"\(name)\"\nsite = \"\(home.name)\"\n"
      if name == "bound" { rest += "keeps = [\"\(home.jurisdiction)\"]\n" }
      let fit = places.filter { $0.name != home.name && (name == "main" || $0.jurisdiction == home.jurisdiction) }
      for copy in fit where random.chance(0.3) {
        rest += "[[replicas]]\nstore = \"\(name)\"\nsite = \"\(copy.name)\"\nlag_ms = 50\n"
      }
    }
    rest +=
      "[[dependencies]]\nname = \"db\"\nsite = \"\(random.pick(places).name)\"\nservice_ms = \(random.number(0...5))\n"
    for index in 0..<Int.random(in: 1...6, using: &random) {
      rest += """
        [[populations]]
        name = "p\(index)"
        region = "r"
        latitude = \(random.number(-60...70))
        longitude = \(random.number(-180...180))
        share = \(random.number(0.1...10))

        """
    }
    // A chain of links at least, so that each site reaches each.
    for index in places.indices.dropFirst() where !derives || random.chance(0.2) {
      rest += Self.link("s\(index - 1)", "s\(index)", &random)
    }
    for index in places.indices.dropFirst(2) where random.chance(0.3) { rest += Self.link("s0", "s\(index)", &random) }
  }

  /// The same with one more site, linked to one that is there.
  func grown(_ random: inout Seeded) -> RandomWorld {
    var grown = self
    grown.sites.append(Self.site("new", random.pick(Self.jurisdictions), isCore: random.chance(0.3), &random))
    grown.rest += Self.link("new", "s0", &random)
    return grown
  }

  private static func site(_ name: String, _ jurisdiction: String, isCore: Bool, _ random: inout Seeded) -> String {
    """
    [[sites]]
    name = "\(name)"
    tier = "\(isCore ? "core" : "edge")"
    region = "r"
    jurisdiction = "\(jurisdiction)"
    latitude = \(random.number(-60...70))
    longitude = \(random.number(-180...180))
    speed = \(random.pick([0.5, 1, 2]))
    \(random.chance(0.2) ? "memory = \"8MiB\"" : "")

    """
  }

  private static func link(_ one: String, _ other: String, _ random: inout Seeded) -> String {
    "[[links]]\nbetween = [\"\(one)\", \"\(other)\"]\nrtt_ms = \(random.number(0...200))\n"
  }

  /// A tool that asks for anything that a manifest may ask for.
  static func tool(_ random: inout Seeded, name: String = "t") throws -> ToolProfile {
    var rest = ""
    if random.chance(0.5) { rest += "[permissions]\nkv = [\"n\"]\n" }
    rest += "[limits]\nmemory = \"\(random.pick(["4MiB", "16MiB"]))\"\n"
    rest += "[placement]\n"
    if random.chance(0.5) {
      rest += "jurisdictions = [\(random.pick(["\"eu\"", "\"us\"", "\"eu\", \"jp\"", "\"us\", \"eu\", \"jp\""]))]\n"
    }
    if random.chance(0.3) { rest += "tier = \"\(random.pick(["auto", "edge", "core"]))\"\n" }
    if random.chance(0.2) { rest += "near = \"db\"\n" }
    if random.chance(0.3) { rest += "latency_budget_ms = \(random.number(5...300))\n" }
    let expect = """
      expect = { service_ms = \(random.number(0...20)), kv_reads = \(random.number(0...3)), answer = "\(random.pick(["1KiB", "4MiB"]))" }
      """
    return try Fixtures.tool(
      "\(random.chance(0.5) ? "read_only = true" : "")\n\(expect)", rest, dependencies: ["db"], name: name)
  }
}
