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
  private static func isInstalled(_ name: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
  }

  static var isThere: Bool {
    FileManager.default.isExecutableFile(atPath: path)
      && ["redis-server", "esbuild"].allSatisfy(isInstalled)
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
      arguments = '{"amount":"12.50","from":"EUR","to":"USD"}'

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
    #expect(report.passed, "\(report.checks)")
    #expect(report.mode == .live && report.calls > 200)
    for tool in report.tools {
      #expect(tool.failed == 0 && tool.toolErrors == 0 && tool.calls == tool.ok, "\(tool.codes)")
    }
  }

  /// The site of the store's clients dies, stands still, is slow and cut off, and the store itself is away.
  @Test func aRunWithFaultsLosesNoAcknowledgedWriteAndSaysWhatTheyCost() async throws {
    func fault(_ kind: String, _ target: String, at: Double, for length: Double, _ more: String = "") -> String {
      """
      [[faults]]
      kind = "\(kind)"
      target = "\(target)"
      at = "\(Int(at * 1000))ms"
      for = "\(Int(length * 1000))ms"
      \(more)

      """
    }
    let faults =
      fault("kill", "ham", at: 2, for: 3) + fault("pause", "iad", at: 7, for: 1)
      + fault("partition", "iad to fra", at: 10, for: 2) + fault("kv down", "main", at: 14, for: 1)
      + fault("slow", "fra", at: 17, for: 2, "factor = 10")
      + fault("clock skew", "ham", at: 20, for: 1, "skew_ms = 1500")
    let report = try await play(loaded(faults, seconds: 24, rate: 80))
    #expect(report.checks.count == 5)
    #expect(report.passed, "\(report.checks)")
    #expect(report.faults.map(\.kind) == ["kill", "pause", "partition", "kv down", "slow", "clock skew"])
    // Clients of the site that was killed go on at the next one, and come back.
    let calm = report.timeline.filter { [1, 6, 13, 22, 23].contains($0.second) }
    #expect(calm.allSatisfy { $0.failed == 0 }, "\(calm)")
  }

  /// SIGINT while it starts, and while it plays: the run says so, and no process is left.
  @Test(arguments: [0.15, 2.5]) func anInterruptedRunEndsAllItsProcesses(_ seconds: Double) async throws {
    let loaded = try loaded(seconds: 60)
    let options = LiveOptions(
      program: Binary.path, searchPath: "/usr/bin:/bin", temporaryFolder: FileManager.default.temporaryDirectory.path)
    try await Live.onLoop { loop in
      let run = try LiveRun(loaded, folder: "", options: options, on: loop)
      loop.timer(afterMilliseconds: UInt64(seconds * 1000)) { kill(getpid(), SIGINT) }
      let begun = loop.now
      let error = await #expect(throws: SimulationError.self) { try await run.report { _ in } }
      #expect(error?.message == "the run was interrupted")
      #expect(Double(loop.now - begun) / 1e9 < seconds + 5)
      // Its folder, in which all its processes live, stays for whoever wants to look.
      #expect(FileManager.default.fileExists(atPath: run.folderPath))
      #expect(processes(in: run.folderPath) == [])
      try FileManager.default.removeItem(atPath: run.folderPath)
    }
  }

  @Test func whatCannotBePlayedLiveIsSaidBeforeAnythingStarts() async throws {
    func refusal(_ change: (inout LoadedScenario) throws -> Void) async throws -> String {
      var loaded = try loaded(seconds: 5)
      try change(&loaded)
      let changed = loaded
      let options = LiveOptions(program: Binary.path, searchPath: "/nonexistent")
      return try await Live.onLoop { loop in
        do {
          let report = try await LiveRun(changed, folder: "", options: options, on: loop).report { _ in }
          return "\(report.passed)"
        } catch let error as SimulationError {
          return error.message
        }
      }
    }
    #expect(try await refusal { $0.scenario.tools[0].worker = nil }.contains("tool `convert` has no `worker`"))
    #expect(try await refusal { $0.scenario.generatedSites = 100 }.contains("[generate]"))
    #expect(try await refusal { $0.tools[1].tools[0].session = false }.contains("the scenario's `session`"))
    #expect(try await refusal { $0.scenario.tools[1].arguments = "[]" }.contains("not a JSON object"))
    #expect(try await refusal { $0.scenario.tools[0].worker = "/nonexistent" }.contains("/nonexistent"))
    #expect(try await refusal { _ in }.contains("apt install redis-server"))
  }

  private func processes(in folder: String) -> [String] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.filter { entry in
      let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(entry)/cwd")
      return Int(entry) != nil && place?.hasPrefix(folder) == true
    }
  }
}
