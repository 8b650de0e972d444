// The end of a phase: after the jobs that follow each other, before anything from outside.
import Synchronization
import Testing

@testable import EventLoop

/// What happened, in order.
private final class Notes: Sendable {
  private let list = Mutex<[String]>([])
  func add(_ what: String) { list.withLock { $0.append(what) } }
  var all: [String] { list.withLock { $0 } }
}

@Suite("Phases", .timeLimit(.minutes(1)))
struct PhaseTests {
  private func withLoop(_ body: (EventLoop) async throws -> Void) async throws {
    let loop = try EventLoop()
    loop.start(name: "phase-test")
    defer {
      loop.stop()
      loop.join()
    }
    try await body(loop)
  }

  @Test func whatIsSharedByJobsEndsBeforeTheLoopPolls() async throws {
    let notes = Notes()
    try await withLoop { loop in
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        loop.execute {
          notes.add("first")
          loop.atEndOfPhase {
            notes.add("end")
            loop.timer(afterMilliseconds: 0) {
              notes.add("next turn")
              continuation.resume()
            }
          }
          // A job of this loop's own is of the same phase.
          loop.spawn { notes.add("second") }
        }
      }
    }
    #expect(notes.all == ["first", "second", "end", "next turn"])
  }

  @Test func itRunsOnce() async throws {
    let notes = Notes()
    try await withLoop { loop in
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        loop.execute {
          loop.atEndOfPhase { notes.add("end") }
          loop.timer(afterMilliseconds: 20) { continuation.resume() }
        }
      }
    }
    #expect(notes.all == ["end"])
  }
}
