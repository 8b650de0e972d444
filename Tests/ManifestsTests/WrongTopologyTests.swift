// Every way a topology can be wrong, each with the line and the words that its author sees.
import Manifests
import Testing

@Suite struct WrongTopologyTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let toml: String
    let line: Int?
    let code: ManifestError.Code
    /// Each must stand in the message.
    let words: [String]
    var testDescription: String { words.joined(separator: " … ") }

    init(_ toml: String, _ line: Int?, _ code: ManifestError.Code, _ words: String...) {
      (self.toml, self.line, self.code, self.words) = (toml, line, code, words)
    }
  }

  @Test(arguments: sites + numbers + names + links + stores + syntax)
  func isRefusedWithLineAndFix(_ sample: Case) {
    let error = #expect(throws: ManifestError.self) { try TopologyFile.parse(sample.toml) }
    guard let error else { return }
    #expect(error.code == sample.code, "\(error)")
    #expect(error.line == sample.line, "\(error)")
    for words in sample.words { #expect(error.message.contains(words), "\(error)") }
    #expect(error.description.hasPrefix(sample.line.map { "topology.toml:\($0):" } ?? "topology.toml: "))
  }

  /// Seven lines: the table's head, then `name` and so on.
  static func site(
    _ name: String, tier: String = "edge", jurisdiction: String = "us", latitude: String = "40", extra: String = ""
  ) -> String {
    """
    [[sites]]
    name = "\(name)"
    tier = "\(tier)"
    region = "r"
    jurisdiction = "\(jurisdiction)"
    latitude = \(latitude)
    longitude = -77.45
    \(extra)

    """
  }

  /// Two sites, `fra` on lines 1 to 8 and `iad` on lines 9 to 16; what is added begins on line 17.
  static func two(_ rest: String) -> String {
    site("fra", jurisdiction: "eu") + site("iad", tier: "core") + rest
  }

  static let sites: [Case] = [
    Case("name = \"x\"", nil, .missingKey, "the file has no `sites`; write [[sites]]"),
    Case("sites = []", 1, .missingKey, "write at least one [[sites]]"),
    Case(site("fra"), 3, .badValue, "no site is `core`", "make one `tier = \"core\"`"),
    Case(
      site("fra") + site("iad", tier: "core") + site("fra"), 18, .duplicate,
      "two sites are called `fra` (first on line 1); give one of them another name"),
    Case(site("fra", tier: "edgy"), 3, .badValue, "must be one of \"edge\", \"core\"; did you mean \"edge\"?"),
    Case(site("Frankfurt am Main", tier: "core"), 2, .badValue, "lower-case letters", "write \"frankfurt_am_main\""),
    Case("[[sites]]\nname = \"a\"", 1, .missingKey, "[[sites]] number 1 has no `tier`; write tier = \"edge\""),
    Case(site("a", tier: "core", extra: "memory = \"1KiB\""), 8, .badValue, "`sites[1].memory`", "64KiB"),
    Case(site("a", tier: "core", extra: "node = \"fra:8787\""), 8, .badValue, "`sites[1].node`", "https://"),
    Case(site("a", tier: "core", extra: "node = \"http://fra:8787/mcp\""), 8, .badValue, "without a path"),
    Case(site("a", tier: "core", extra: "capacity = 0"), 8, .badValue, "must be 1 to"),
    Case(site("a", tier: "core", extra: "tire = \"edge\""), 8, .unknownKey, "did you mean `tier`?"),
  ]

  static let numbers: [Case] = [
    Case(
      site("a", tier: "core", latitude: "91"), 6, .badValue,
      "`sites[1].latitude` is 91.0, but must be -90 to 90; write 90"),
    Case(site("a", tier: "core", latitude: "nan"), 6, .badValue, "is nan, but must be -90 to 90; write 50.11"),
    Case(site("a", tier: "core", latitude: "inf"), 6, .badValue, "is inf", "write 50.11"),
    Case(site("a", tier: "core", latitude: "\"50\""), 6, .wrongType, "must be a number, but is a string"),
    Case(site("a", tier: "core", extra: "speed = 0"), 8, .badValue, "must be 0.01 to 100; write 0.01"),
    Case(site("a", tier: "core", extra: "speed = -inf"), 8, .badValue, "is -inf"),
    Case("[paths]\nstretch = 0.5\n" + two(""), 2, .badValue, "must be 1 to 10; write 1"),
    Case("[paths]\nloss = 1\n" + two(""), 2, .badValue, "must be 0 to 0.5"),
    Case("[paths]\njitter_ms = -1\n" + two(""), 2, .badValue, "must be 0 to 10000; write 0"),
    Case("[paths]\nbandwidth_mbps = 0\n" + two(""), 2, .badValue, "`paths.bandwidth_mbps`"),
    Case(
      two("[[links]]\nbetween = [\"fra\", \"iad\"]\nrtt_ms = -5"), 19, .badValue,
      "`links[1].rtt_ms` is -5.0, but must be 0 to 10000; write 0"),
    Case(two("[[links]]\nbetween = [\"fra\", \"iad\"]\nrtt_ms = nan"), 19, .badValue, "is nan", "write 88"),
    Case(
      two("[[stores]]\nname = \"main\"\nsite = \"iad\"\n[[replicas]]\nstore = \"main\"\nsite = \"fra\"\nlag_ms = -1"),
      23,
      .badValue, "`replicas[1].lag_ms`", "write 0"),
    Case(
      two("[[populations]]\nname = \"p\"\nregion = \"r\"\nlatitude = 1\nlongitude = 1\nshare = 0"), 22, .badValue,
      "`populations[1].share`"),
  ]

  static let names: [Case] = [
    Case(
      two("[[stores]]\nname = \"main\"\nsite = \"lad\""), 19, .badValue, "there is no site `lad`; did you mean `iad`?"),
    Case(
      two("[[dependencies]]\nname = \"db\"\nsite = \"tokyo\""), 19, .badValue,
      "there is no site `tokyo`; there are fra, iad"),
    Case(
      two("[[replicas]]\nstore = \"main\"\nsite = \"fra\"\nlag_ms = 5"), 18, .badValue,
      "there is no store `main`; there is none"),
    Case(
      two("[[dependencies]]\nname = \"db\"\nsite = \"iad\"\n[[dependencies]]\nname = \"db\"\nsite = \"fra\""), 21,
      .duplicate,
      "two dependencies are called `db` (first on line 17)"),
    Case(
      two(
        "[[populations]]\nname = \"p\"\nregion = \"r\"\nlatitude = 1\nlongitude = 1\n"
          + "[[populations]]\nname = \"p\"\nregion = \"r\"\nlatitude = 2\nlongitude = 1"), 23, .duplicate,
      "two populations are called `p`"),
  ]

  static let links: [Case] = [
    Case(
      two("[[links]]\nbetween = [\"fra\", \"iadd\"]\nrtt_ms = 88"), 18, .badValue,
      "there is no site `iadd`; did you mean `iad`?"),
    Case(two("[[links]]\nbetween = [\"fra\"]\nrtt_ms = 88"), 18, .badValue, "a link is between two different sites"),
    Case(
      two("[[links]]\nbetween = [\"fra\", \"fra\"]\nrtt_ms = 1"), 18, .badValue, "write between = [\"fra\", \"iad\"]"),
    Case(two("[[links]]\nbetween = [\"fra\", \"iad\", \"fra\"]\nrtt_ms = 1"), 18, .badValue, "at most 2"),
    Case(
      two("[[links]]\nbetween = [\"fra\", \"iad\"]\nrtt_ms = 88\n[[links]]\nbetween = [\"iad\", \"fra\"]\nrtt_ms = 90"),
      21,
      .duplicate, "stands here twice; remove one"),
    Case(
      "[paths]\nderive = false\n" + two(""), 11, .badValue, "there is no way from `fra` to `iad`", "add [[links]]",
      "derive = true"),
    Case(
      "[paths]\nderive = false\n" + two(site("a") + site("b") + "[[links]]\nbetween = [\"fra\", \"a\"]\nrtt_ms = 1\n"),
      11, .badValue, "from `fra` to `iad` and 1 more"),
  ]

  static let stores: [Case] = [
    Case(
      two("[[stores]]\nname = \"eu\"\nsite = \"iad\"\nkeeps = [\"eu\"]"), 20, .badValue,
      "store `eu` keeps the state of eu, and its site `iad` is in `us`; move it, or add \"us\""),
    Case(
      two("[[stores]]\nname = \"a\"\nsite = \"iad\"\n[[stores]]\nname = \"b\"\nsite = \"fra\""), 20, .duplicate,
      "stores `a` and `b` both keep what is bound to no jurisdiction"),
    Case(
      two(
        "[[stores]]\nname = \"a\"\nsite = \"fra\"\nkeeps = [\"eu\"]\n[[stores]]\nname = \"b\"\nsite = \"fra\"\nkeeps = [\"eu\"]"
      ),
      24, .duplicate, "both keep the state of `eu`; remove it from one"),
    Case(
      two("[[stores]]\nname = \"a\"\nsite = \"fra\"\nkeeps = []"), 20, .badValue,
      "keeps the state of no jurisdiction; name one"),
    Case(
      two(
        "[[stores]]\nname = \"a\"\nsite = \"fra\"\nkeeps = [\"eu\"]\n[[replicas]]\nstore = \"a\"\nsite = \"iad\"\nlag_ms = 5"
      ),
      23, .badValue, "a copy of store `a` may not stand at `iad` in `us`"),
    Case(
      two("[[stores]]\nname = \"a\"\nsite = \"fra\"\n[[replicas]]\nstore = \"a\"\nsite = \"fra\"\nlag_ms = 5"), 22,
      .duplicate,
      "store `a` is at `fra` already; remove this replica"),
    Case(two("[[stores]]\nname = \"a\"\nsite = \"fra\"\nurl = \"mysql://x\""), 20, .badValue, "`stores[1].url`"),
  ]

  static let syntax: [Case] = [
    Case(two("[[link]]\nbetween = []"), 17, .unknownKey, "unknown key `link`; did you mean `links`?"),
    Case("[[sites]\n", 1, .syntax, "not TOML"),
  ]

  @Test func aFileThatIsNotThereSaysWhereToBegin() {
    let error = #expect(throws: ManifestError.self) { try TopologyFile.load("/nowhere/topology.toml") }
    #expect(error?.code == .unreadable)
    #expect("\(error!)".contains("/nowhere/topology.toml") && "\(error!)".contains("scenarios/"))
  }
}
