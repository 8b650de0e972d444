// One simulation on this process's main loop, with its progress on the terminal.

import EventLoop
import Glibc
import Manifests
import Simulation
import Synchronization

struct SimRun {
  let loaded: LoadedScenario
  /// The scenario's, with its slash.
  let folder: String
  let keepsFolder: Bool

  func play(isLive: Bool, threads: Int, validates: Bool) throws -> SimulationReport {
    let progress = ProgressLine()
    defer { progress.end() }
    let outcome = Outcome()
    let loop: EventLoop
    do { loop = try EventLoop() } catch { throw Failure(.unreachable, error.message) }
    loop.spawn { [self] in
      do throws(SimulationError) {
        let report =
          isLive
          ? try await live(validates: validates, threads: threads, on: loop, progress)
          : try await virtual(loaded, threads: threads, progress)
        outcome.result = .success(report)
      } catch {
        outcome.result = .failure(error)
      }
      loop.stop()
    }
    loop.run()
    switch outcome.result {
    case .success(let report): return report
    case .failure(let error): throw Failure(error.code == .scenario ? .usage : .unreachable, error.message)
    case nil: throw Failure(.unreachable, "the loop ended before the run did")
    }
  }

  private func virtual(
    _ loaded: LoadedScenario, threads: Int, _ progress: ProgressLine
  ) async throws(SimulationError) -> SimulationReport {
    try await VirtualRun(loaded).report(threads: threads) { step in
      progress.show("\(step.stage.rawValue)", second: step.seconds, of: step.totalSeconds)
    }
  }

  private func live(
    validates: Bool, threads: Int, on loop: EventLoop, _ progress: ProgressLine
  ) async throws(SimulationError) -> SimulationReport {
    let options = LiveOptions(
      searchPath: Terminal.environment("PATH") ?? "/usr/bin:/bin",
      temporaryFolder: Terminal.environment("TMPDIR") ?? "/tmp", keepsFolder: keepsFolder)
    let told = { (step: LiveRun.Progress) in
      progress.show(
        step.stage.rawValue, second: step.seconds, of: step.totalSeconds, calls: step.calls, failed: step.failed)
    }
    guard validates else {
      let run = try LiveRun(loaded, folder: folder, options: options, on: loop)
      progress.note("logs and stores are in \(run.folderPath)")
      return try await run.report(progress: told)
    }
    return try await ValidatedRun(loaded, folder: folder, options: options, on: loop).report(
      threads: threads, progress: told)
  }

  /// Written on the loop, read when it has ended: both on this thread.
  private final class Outcome: @unchecked Sendable {
    var result: Result<SimulationReport, SimulationError>?
  }
}

/// One line on a terminal that is written over; elsewhere a plain line every ten seconds.
final class ProgressLine: Sendable {
  private let isTerminal = Terminal.errorIsTerminal
  private let state = Mutex((shown: UInt64(0), isOpen: false))

  func show(_ stage: String, second: Double, of seconds: Double, calls: Int? = nil, failed: Int? = nil) {
    let now = Clock.now
    let pause: UInt64 = isTerminal ? 200_000_000 : 10_000_000_000
    let isDue = state.withLock { state in
      guard state.shown == 0 || now - state.shown >= pause else { return false }
      state.shown = now
      state.isOpen = isTerminal
      return true
    }
    guard isDue else { return }
    let text =
      if let calls, let failed {
        "\(stage)  \(ReportText.progress(second: second, of: seconds, calls: UInt64(calls), failed: UInt64(failed)))"
      } else {
        "\(stage)  \(Int(second * 100 / max(seconds, 1))) %"
      }
    if isTerminal { Terminal.rewrite(text) } else { Terminal.line(text) }
  }

  func note(_ text: String) { Terminal.line(text) }

  func end() {
    if state.withLock({ $0.isOpen }) { Terminal.rewrite("") }
  }
}
