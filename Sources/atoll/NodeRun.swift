// What `serve` and `dev` do: one node on this process's main loop, from flags to drained.

import ArgumentParser
import Bundles
import EventLoop
import Glibc
import Logging
import Manifests
import Nodes
import Sandbox

enum NodeRun {
  /// Runs a node until SIGTERM or SIGINT has drained it. A second signal stops it at once.
  static func run(_ flags: NodeFlags, watching: Bool) throws {
    Allocator.makeRoomForCohorts()
    let (configuration, credentials, workers) = try NodeSettings.resolve(flags, watching: watching)
    unblockSignals()
    let level = try NodeSettings.logLevel(flags, watching: watching)
    do { try ClockOffset.check() } catch { throw Failure(.usage, error.message) }
    let loop: EventLoop
    do { loop = try EventLoop() } catch { throw Failure(.unreachable, error.message) }
    let run = Run(
      loop: loop, configuration: configuration, credentials: credentials, workers: workers, level: level,
      watching: watching)
    loop.spawn { await run.main() }
    loop.run()
    if let failure = run.failure { throw failure }
  }

  /// A parent whose thread had blocked them (Dispatch's have) would otherwise leave a node that nobody can stop.
  private static func unblockSignals() {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in [SIGTERM, SIGINT] { unsafe sigaddset(&set, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  /// One run of a node. Confined to its loop's thread, which is the main thread.
  private final class Run: @unchecked Sendable {
    let loop: EventLoop
    let configuration: NodeConfiguration
    let credentials: NodeCredentials
    let workers: [WorkerSource]
    let log: Logger
    let watching: Bool
    var failure: Failure?
    private var signals: [SignalWatch] = []

    init(
      loop: EventLoop, configuration: NodeConfiguration, credentials: NodeCredentials, workers: [WorkerSource],
      level: Logger.Level, watching: Bool
    ) {
      self.loop = loop
      self.configuration = configuration
      self.credentials = credentials
      self.workers = workers
      self.watching = watching
      log = Logger(
        label: "atoll",
        factory: { _ -> any LogHandler in
          Terminal.errorIsTerminal ? TerminalLogHandler(level: level) : JSONLogHandler(level: level)
        })
    }

    func main() async {
      defer { loop.stop() }
      do {
        let node = try await Node.start(
          configuration, credentials: credentials, workers: workers,
          cacheDirectory: ModuleStore.defaultCacheDirectory, isWorkshop: watching, on: loop, log: log
        ) { Terminal.error($0.message) }
        // Standard output carries this one line: scripts wait for it.
        Terminal.output("listening on http://\(node.address)")
        if let admin = node.adminAddress { Terminal.line("health and metrics on http://\(admin)") }
        let watch = watching ? loop.spawn { [self] in await Watch(workers, on: loop).run(node) } : nil
        await signal()
        watch?.cancel()
        await node.drain()
        node.stop()
      } catch {
        let isUsage = error.code == .configuration || error.code == .noWorkers || error.code == .store
        failure = Failure(isUsage ? .usage : .unreachable, error.message)
      }
    }

    /// Waits for the first SIGTERM or SIGINT.
    private func signal() async {
      var asked = false
      await withCheckedContinuation { continuation in
        for number in [SIGTERM, SIGINT] {
          let watch = try? loop.onSignal(number) {
            if asked { _exit(128 + number) }
            asked = true
            continuation.resume()
          }
          if let watch { signals.append(watch) }
        }
      }
    }
  }
}
