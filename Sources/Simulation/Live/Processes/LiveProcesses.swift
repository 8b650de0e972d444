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

  /// Starts one again that has ended.
  func restart(_ process: LiveProcess, ready: String) async throws(SimulationError) {
    try process.start()
    try await process.waitUntilItSays(ready)
  }

  /// Asks all to end, the last started first, and returns when all are gone.
  func stop() async {
    for process in all.reversed() {
      process.send(SIGTERM)
      process.send(SIGCONT)
    }
    for process in all.reversed() { await process.stop() }
  }
}
