// Whole live runs: real nodes, a real store, links, load, faults, checks. They need a built binary and redis-server.
import EventLoop
import Foundation
import Manifests
import Simulation
import Testing

private enum Binary {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().standardized.path
  /// `ATOLL_BINARY`, else the release build.
  static let path = ProcessInfo.processInfo.environment["ATOLL_BINARY"] ?? root + "/.build/release/atoll"
  static var isThere: Bool {
    FileManager.default.isExecutableFile(atPath: path)
      && ["redis-server", "esbuild"].allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0) }
  }
}

@Suite(
  .serialized, .timeLimit(.minutes(3)),
  .enabled(if: Binary.isThere, "needs the built binary (`make release`), redis-server and esbuild"))
struct LiveRunTests {
  static let topology = """
    name = "pair"

    [paths]
    last_mile_ms = 2
    jitter_ms = 0.1

    [[sites]]
    name = "ham"
    tier = "edge"
    region = "europe"
    jurisdiction = "eu"
    latitude = 53.55
    longitude = 9.99

    [[sites]]
    name = "fra"
    tier = "core"
    region = "europe"
    jurisdiction = "eu"
    latitude = 50.11
    longitude = 8.68

    [[sites]]
    name = "iad"
    tier = "core"
    region = "america"
    jurisdiction = "us"
    latitude = 39.04
    longitude = -77.49

    [[stores]]
    name = "main"
    site = "fra"

    [[replicas]]
    store = "main"
    site = "iad"
    lag_ms = 60

    [[populations]]
    name = "berlin"
    region = "europe"
    latitude = 52.52
    longitude = 13.40

    [[populations]]
    name = "boston"
    region = "america"
    latitude = 42.36
    longitude = -71.06
    """

  private func loaded(_ faults: String = "", seconds: Int, rate: Int = 60) throws -> LoadedScenario {
    let folder = FileManager.default.temporaryDirectory.path + "/live-run-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Self.topology.write(toFile: folder + "/topology.toml", atomically: true, encoding: .utf8)
    let scenario = """
      name = "pair"
      topology = "topology.toml"
      mode = "live"
      duration = "\(seconds)s"
      rate = \(rate)
      timeout = "5s"

      [[tools]]
      name = "convert"
      worker = "\(Binary.root)/workers/currency"
      share = 2
      arguments = '{"amount":12,"from":"EUR","to":"USD"}'

      [[tools]]
      name = "add_item"
      worker = "\(Binary.root)/workers/cart"
      arguments = '{"sku":"spoon-1"}'

      [[tools]]
      name = "show_cart"
      worker = "\(Binary.root)/workers/cart"

      \(faults)
      """
    try scenario.write(toFile: folder + "/scenario.toml", atomically: true, encoding: .utf8)
    return try LoadedScenario.load(folder + "/scenario.toml")
  }

  private func play(_ loaded: LoadedScenario) async throws -> SimulationReport {
    let options = LiveOptions(
      program: Binary.path, searchPath: "/usr/bin:/bin", temporaryFolder: FileManager.default.temporaryDirectory.path)
    return try await Live.onLoop { loop in
      let run = try LiveRun(loaded, folder: "", options: options, on: loop)
      let report = try await run.report { _ in }
      #expect(report.passed == !FileManager.default.fileExists(atPath: run.folderPath), "\(run.folderPath)")
      return report
    }
  }

  @Test func aQuietRunAnswersEverythingAndItsChecksHold() async throws {
    let report = try await play(loaded(seconds: 5))
    print(report.text)
    #expect(report.passed, "\(report.checks)")
    #expect(report.mode == .live && report.calls > 200)
    for tool in report.tools { #expect(tool.failed == 0 && tool.toolErrors == 0 && tool.calls == tool.ok, "\(tool.codes)") }
  }
}
