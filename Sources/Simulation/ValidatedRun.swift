// A live run that is played in virtual time too: does the virtual clock tell the truth about this machine?

public import EventLoop
internal import Manifests

/// Plays a scenario in both modes and compares them, tool by tool and region by region.
///
/// First a rehearsal: the same processes and the same load, with links and dependencies that take no time. What calls take
/// then is what everything but the topology costs on this machine, and virtual mode draws its service times from it. Then
/// the scenario is played live, and in virtual time with those costs. Compared is the time **above** the delay of the links
/// between client and tool: jitter, state, dependencies, queueing, work.
public struct ValidatedRun {
  private let loaded: LoadedScenario
  private let folder: String
  private let options: LiveOptions
  private let loop: EventLoop

  /// As for ``LiveRun``.
  public init(_ loaded: LoadedScenario, folder: String, options: LiveOptions, on loop: EventLoop) {
    self.loaded = loaded
    self.folder = folder
    self.options = options
    self.loop = loop
  }

  /// The live run's report, with a row for each tool and region of which enough calls were answered.
  public func report(
    threads: Int, progress: @escaping (LiveRun.Progress) -> Void
  ) async throws(SimulationError) -> SimulationReport {
    guard loaded.scenario.faults.isEmpty else {
      throw SimulationError(
        .scenario, "a scenario with [[faults]] cannot be validated: what a fault costs depends on when calls meet it")
    }
    let costs = Self.costs(of: try await rehearsal(progress))
    let live = try await LiveRun(loaded, folder: folder, options: options, on: loop).report(progress: progress)
    var virtual = loaded
    virtual.scenario.compareCalls = 0
    let played = try await VirtualRun(virtual, costs: costs).report(threads: threads)
    var report = live
    report.validation = played.validation(against: live)
    return report
  }

  private func rehearsal(_ progress: @escaping (LiveRun.Progress) -> Void) async throws(SimulationError)
    -> SimulationReport
  {
    var rehearsed = loaded
    rehearsed.scenario.milliseconds = min(loaded.scenario.milliseconds, ValidationRules.rehearsalMilliseconds)
    if let calls = loaded.scenario.calls {
      rehearsed.scenario.calls = calls * rehearsed.scenario.milliseconds / loaded.scenario.milliseconds
    }
    var options = options
    options.isInstant = true
    return try await LiveRun(rehearsed, folder: folder, options: options, on: loop).report { step in
      var step = step
      if step.stage == .playing { step.stage = .rehearsing }
      progress(step)
    }
  }

  /// All that a call takes without links is its tool's: nodes, stores and the way through them are in it.
  static func costs(of rehearsal: SimulationReport) -> VirtualCosts {
    var costs = VirtualCosts()
    costs.request = .constant(0)
    costs.forward = .constant(0)
    costs.store = .constant(0)
    for row in rehearsal.tools where row.region.isEmpty {
      costs.service[row.tool] = ServiceTime(measured: LatencyHistogram(row.latency.histogram))
    }
    return costs
  }
}

/// The numbers of ``ValidatedRun``.
public enum ValidationRules {
  /// How long the rehearsal is at most.
  public static let rehearsalMilliseconds = 20_000
}
