// Live mode: a scenario played by real processes on this machine.

public import EventLoop
internal import Glibc
internal import HTTPClient
internal import Manifests
internal import Placement

/// Where a live run finds what it needs, and where it puts what it makes.
public struct LiveOptions: Sendable {
  /// The program that serves nodes; nil: the one that runs now.
  public var program: String?
  /// Folders with programs, as `PATH` has them: for redis-server.
  public var searchPath: String
  /// Where the run's folder is made.
  public var temporaryFolder: String
  /// Whether the run's folder is left when the run went well; after a failure it always is.
  public var keepsFolder: Bool
  /// Whether links and dependencies take no time: what is left is what everything else costs on this machine.
  var isInstant = false

  public init(
    program: String? = nil, searchPath: String, temporaryFolder: String = "/tmp", keepsFolder: Bool = false
  ) {
    self.program = program
    self.searchPath = searchPath
    self.temporaryFolder = temporaryFolder
    self.keepsFolder = keepsFolder
  }
}

/// Plays a scenario live: a node process a site, redis-server for each store, relays for links, open-loop load, faults on
/// their timeline, checks at the end. Confined to its loop, whose thread its processes do not outlive: run it on the main
/// thread's.
///
///     let run = try LiveRun(LoadedScenario.load(path), folder: "scenarios/", options: options, on: loop)
///     let report = try await run.report { progress in … }
///
/// What a site's `processors` and `speed` say is not made so: nodes share this machine's processors as they come.
public final class LiveRun: @unchecked Sendable {
  public struct Progress: Sendable, Equatable {
    public enum Stage: String, Sendable { case starting, rehearsing, playing, checking }
    public var stage: Stage
    public var seconds: Double
    public var totalSeconds: Double
    /// Calls that have ended, and of those the failed ones.
    public var calls: Int
    public var failed: Int
  }

  private let stage: LiveStage
  private let options: LiveOptions
  private let loop: EventLoop
  private let folder: RunFolder
  private let processes: LiveProcesses
  private var load: LiveLoad?
  private var links: LinkPool?
  private var alarms: Alarms?
  private var faults: LiveFaults?
  private var isInterrupted = false

  /// Where logs and stores are.
  public var folderPath: String { folder.path }

  /// - parameter folder: the scenario's, with its slash; empty for the current one.
  /// - throws: ``SimulationError`` for a scenario that cannot be played live.
  public init(
    _ loaded: LoadedScenario, folder: String, options: LiveOptions, on loop: EventLoop
  ) throws(SimulationError) {
    stage = try LiveStage(loaded, folder: folder)
    self.options = options
    self.loop = loop
    self.folder = try RunFolder(in: options.temporaryFolder)
    processes = LiveProcesses(on: loop)
  }

  /// Plays it. All processes have ended when this returns or throws. SIGINT and SIGTERM interrupt it; a second one ends this
  /// program at once, and the kernel ends what it has started.
  ///
  /// - throws: ``SimulationError`` when something does not start, and when the run was interrupted.
  public func report(progress: @escaping (Progress) -> Void) async throws(SimulationError) -> SimulationReport {
    precondition(loop.isOnLoop, "a live run belongs to its loop")
    var signals: [SignalWatch] = []
    for number in [SIGINT, SIGTERM] {
      do throws(LoopError) {
        signals.append(try loop.onSignal(number) { [weak self] in self?.signalled(number) })
      } catch {
        throw SimulationError(.process, error.message)
      }
    }
    defer { for watch in signals { watch.cancel() } }
    let result: Result<SimulationReport, SimulationError>
    do throws(SimulationError) { result = .success(try await play(progress)) } catch {
      result = .failure(isInterrupted ? SimulationError(.process, "the run was interrupted") : error)
    }
    await processes.stop()
    if case .success(let report) = result, report.passed, !options.keepsFolder { folder.remove() }
    // Where nothing was started there is nothing to look at.
    if processes.all.isEmpty { folder.remove() }
    return try result.get()
  }

  /// Ends the run, as SIGINT does. On the loop.
  public func interrupt() {
    isInterrupted = true
    faults?.cancel()
    load?.stopPlanning()
    alarms?.close()
    links?.close()
    processes.terminate()
  }

  private func signalled(_ number: Int32) {
    if isInterrupted { _exit(128 + number) }
    interrupt()
  }

  private func play(_ progress: @escaping (Progress) -> Void) async throws(SimulationError) -> SimulationReport {
    let total = Double(stage.scenario.milliseconds) / 1_000
    progress(Progress(stage: .starting, seconds: 0, totalSeconds: total, calls: 0, failed: 0))
    let alarms: Alarms
    do throws(LoopError) { alarms = try Alarms(on: loop) } catch {
      throw SimulationError(.network, "no timer can be had: \(error.message)")
    }
    self.alarms = alarms
    defer { alarms.close() }
    let network = try LiveNetwork(stage.topology, seed: stage.scenario.seed, isInstant: options.isInstant)
    defer { network.stop() }
    let cast = LiveCast(stage, network: network, processes: processes, folder: folder, alarms: alarms)
    defer { cast.close() }
    try await cast.start(options)
    try checkInterruption()

    var limits = LinkLimits()
    limits.connectionsPerTarget = LiveLimits.connectionsPerAccess
    limits.waitingPerTarget = LiveLimits.waitingPerAccess
    let links = LinkPool(loop: loop, limits: limits)
    self.links = links
    defer { links.close() }
    let load = LiveLoad(
      clients: try await cast.clients(), tools: stage.tools, siteNames: stage.topology.sites.map(\.name),
      timeoutMilliseconds: stage.scenario.timeoutMilliseconds, links: links, alarms: alarms)
    self.load = load
    let faults = cast.faults(stage.timeline)
    self.faults = faults
    let start = loop.now + LiveLimits.leadNanoseconds
    let striking = loop.spawn { [box = Confined(faults)] in await box.value.run(from: start) }
    let telling = loop.timer(afterMilliseconds: 1_000, repeatMilliseconds: 1_000) {
      progress(
        Progress(
          stage: .playing, seconds: min(total, Double(load.elapsed) / 1e9), totalSeconds: total,
          calls: load.records.calls.count, failed: load.records.calls.count(where: \.hasFailed)))
    }
    await load.run(milliseconds: stage.scenario.milliseconds, from: start)
    telling.cancel()
    await faults.end()
    alarms.close()
    await striking.value
    try checkInterruption()

    progress(
      Progress(
        stage: .checking, seconds: total, totalSeconds: total, calls: load.records.calls.count,
        failed: load.records.calls.count(where: \.hasFailed)))
    let operations = try await cast.operations()
    let logs = try await cast.logs()
    return LiveOutcome(
      stage: stage, records: load.records, logs: logs, operations: operations, open: load.open,
      problems: faults.problems
    ).report
  }

  private func checkInterruption() throws(SimulationError) {
    if isInterrupted { throw SimulationError(.process, "the run was interrupted") }
  }
}
