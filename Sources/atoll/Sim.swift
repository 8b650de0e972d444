// atoll sim SCENARIO: an edge of many sites on this machine, live or in virtual time, with a report.

import ArgumentParser
import EventLoop
import Manifests
import Simulation

struct Sim: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play a topology on this machine: sites, links, load, faults; then say what became of it.",
    discussion: """
      Live, each site is a real node process, each store a real Redis, each link a relay with its delay, jitter, loss \
      and bandwidth. Virtual, the same decisions are played on a virtual clock, from a seed: one seed, one report. The \
      scenario says which where neither flag does. Exit status: 0 every check holds, 1 one does not, 2 wrong usage or a \
      wrong file, 3 the run could not be made.
      """)

  @Argument(help: "A scenario.toml; scenarios/ has some.", completion: .file(extensions: ["toml"])) var scenario: String
  @Flag(help: "Play it in virtual time.") var virtual = false
  @Flag(help: "Play it with real processes.") var live = false
  @Option(help: "Another seed than the scenario's.") var seed: UInt64?
  @Option(help: "Threads of virtual mode (default: one per core). The report does not depend on it.") var threads: Int?
  @Option(help: "Where the HTML report is written (default: as the scenario says, else NAME.html here).")
  var report: String?
  @Flag(
    name: .customLong("validate"), help: "Live: measure costs first, play it in virtual mode too, and compare the two.")
  var validates = false
  @Flag(help: "Live: leave the run's folder with its logs and stores.") var keep = false
  @Flag(help: "Print the report as one JSON object.") var json = false

  func validate() throws {
    if virtual && live { throw ValidationError("--virtual and --live exclude each other") }
    if let threads, !(1...64).contains(threads) { throw ValidationError("--threads takes 1 to 64") }
    if let seed, !(1...UInt64(Int.max)).contains(seed) { throw ValidationError("--seed takes 1 to \(Int.max)") }
  }

  func run() throws {
    var loaded = try Workshop.attempt { () throws(ManifestError) in try LoadedScenario.load(scenario) }
    if let seed { loaded.scenario.seed = seed }
    let isLive = live || !virtual && loaded.scenario.mode == .live
    if !isLive, validates { throw Failure(.usage, "--validate compares a live run with a virtual one: add --live") }
    if !isLive, keep { throw Failure(.usage, "--keep is for live runs: virtual ones have no folder") }
    let path = report ?? Self.reportPath(loaded.scenario, folder: Workshop.folder(of: scenario))
    let result = try SimRun(loaded: loaded, folder: Workshop.folder(of: scenario) + "/", keepsFolder: keep)
      .play(isLive: isLive, threads: threads ?? EventLoop.recommendedCount, validates: validates)
    try Files.write(ReportPage(result).html, to: path, followingLinks: report != nil)
    if json {
      Terminal.output(result.json)
    } else {
      Terminal.outputAsIs(Array(ReportText(result, coloured: Terminal.outputIsColoured).text.utf8))
    }
    Terminal.line("report: \(path)")
    guard result.passed else { throw ExitCode(ExitStatus.toolError.rawValue) }
  }

  /// A path in the scenario is relative to its folder; without one the report is put here.
  private static func reportPath(_ scenario: Scenario, folder: String) -> String {
    scenario.report.map { "\(folder)/\($0)" } ?? "\(scenario.name).html"
  }
}
