// The watching half of `dev`: notices a change, rebuilds, reloads, and says how long it took.

import Bundles
import EventLoop
import Glibc
import Nodes

/// Watches the workers' folders of one node. Runs on the node's first loop; scanning and building are on
/// the thread pool.
struct Watch: Sendable {
  /// A scan costs some microseconds a file: forty times a second is not noticed by the machine, and its author does not
  /// wait for it.
  static let periodMilliseconds: UInt64 = 25

  let workers: [WorkerSource]
  let loop: EventLoop

  init(_ workers: [WorkerSource], on loop: EventLoop) {
    self.workers = workers.filter { Files.isFolder($0.path) }
    self.loop = loop
  }

  func run(_ node: Node) async {
    var seen = workers.map { FolderState($0.path) }
    do {
      while true {
        try await loop.sleep(milliseconds: Self.periodMilliseconds)
        for (index, worker) in workers.enumerated() {
          let now = try await loop.work { FolderState(worker.path) }
          guard now != seen[index] else { continue }
          seen[index] = now
          await reload(worker, node, savedAt: now.lastChange)
        }
      }
    } catch {
      return  // cancelled: the node drains
    }
  }

  /// Says how long it took from the file's time to answering with it, waiting for the scan included.
  private func reload(_ worker: WorkerSource, _ node: Node, savedAt: Double) async {
    let started = Clock.now
    let waited = max(0, Clock.realtimeMilliseconds - savedAt)
    do throws(NodeError) {
      try await node.reload(worker)
      let took = Clock.milliseconds(since: started)
      // A file that was moved here, or whose clock is another, is older than its change.
      let sinceSave =
        waited < Double(10 * Self.periodMilliseconds) ? "\(Clock.text(waited + took)) after the save: " : ""
      Terminal.line("\(worker.path): \(sinceSave)rebuilt and reloaded in \(Clock.text(took))")
    } catch {
      Terminal.error(error.message)
      Terminal.line("\(worker.path): the last good version goes on serving")
    }
  }
}

/// What a folder's files are, as far as a change shows: names, sizes, times of change.
struct FolderState: Equatable, Sendable {
  private struct Entry: Equatable {
    let path: String
    let bytes: Int
    let seconds: Int
    let nanoseconds: Int
  }
  private var entries: [Entry] = []

  init(_ folder: String) { scan(folder, depth: 0) }

  /// When the youngest file was changed, in milliseconds since 1970.
  var lastChange: Double {
    entries.map { Double($0.seconds) * 1e3 + Double($0.nanoseconds) / 1e6 }.max() ?? 0
  }

  private mutating func scan(_ folder: String, depth: Int) {
    guard depth < 16, let names = try? Files.names(in: folder) else { return }
    for name in names where name != "node_modules" {
      let path = "\(folder)/\(name)"
      var status = stat()
      guard unsafe lstat(path, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        scan(path, depth: depth + 1)
      } else {
        entries.append(
          Entry(
            path: path, bytes: Int(status.st_size), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec))
      }
    }
  }
}
