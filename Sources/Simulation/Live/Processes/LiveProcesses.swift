// All processes of a live run: started in order, and ended on every way out.

import EventLoop
import Glibc

/// What a run has started. Confined to its loop's thread.
final class LiveProcesses {
  private let loop: EventLoop
  private(set) var all: [LiveProcess] = []

  init(on loop: EventLoop) { self.loop = loop }

  /// Starts a program and waits until its output holds `ready`.
  func start(_ program: LiveProcess.Program, ready: String) async throws(SimulationError) -> LiveProcess {
    let process = LiveProcess(program, on: loop)
    all.append(process)
    try process.start()
    try await process.waitUntilItSays(ready)
    return process
  }

  /// Starts several and waits until all are ready.
  func start(_ programs: [LiveProcess.Program], ready: String) async throws(SimulationError) -> [LiveProcess] {
    let started = programs.map { LiveProcess($0, on: loop) }
    all += started
    for process in started { try process.start() }
    for process in started { try await process.waitUntilItSays(ready) }
    return started
  }

  /// Runs a program to its end.
  ///
  /// - throws: ``SimulationError`` with the end of its output when it fails.
  func run(_ program: LiveProcess.Program) async throws(SimulationError) {
    let process = LiveProcess(program, on: loop)
    all.append(process)
    try process.start()
    await process.exited()
    if process.exit != .status(0) { throw process.failure("failed") }
  }

  /// Starts one again that has ended.
  func restart(_ process: LiveProcess, ready: String) async throws(SimulationError) {
    try process.start()
    try await process.waitUntilItSays(ready)
  }

  /// Asks all to end and waits for none: for a run that is interrupted, whose own steps then fail.
  func terminate() {
    for process in all.reversed() {
      process.send(SIGTERM)
      process.send(SIGCONT)
    }
  }

  /// Asks all to end, the last started first, and returns when all are gone.
  func stop() async {
    terminate()
    for process in all.reversed() { await process.stop() }
  }
}
