// Where the threads of a run wait for each other between two rounds.

internal import Glibc
internal import Synchronization

/// A barrier that is passed some hundred thousand times a run: a thread looks for a moment whether the others come, then
/// gives the processor away, and only then suspends its task. What a thread wrote before it came is seen by all after.
final class RoundGate: Sendable {
  private enum Patience {
    static let looks = 2_000
    static let yields = 50
  }

  private let threads: Int
  private let arrived = Atomic<Int>(0)
  private let passed = Atomic<UInt64>(0)
  private let suspended = Mutex<[CheckedContinuation<Void, Never>]>([])

  init(threads: Int) { self.threads = threads }

  /// The last to come runs `between` alone, then all go on.
  func pass(_ between: () -> Void) async {
    let round = passed.load(ordering: .acquiring)
    if arrived.add(1, ordering: .acquiringAndReleasing).newValue == threads {
      between()
      arrived.store(0, ordering: .relaxed)
      let waiting = suspended.withLock { waiting in
        passed.store(round + 1, ordering: .releasing)
        defer { waiting.removeAll(keepingCapacity: true) }
        return waiting
      }
      for continuation in waiting { continuation.resume() }
      return
    }
    for look in 0..<(Patience.looks + Patience.yields) {
      if passed.load(ordering: .acquiring) != round { return }
      if look >= Patience.looks { sched_yield() }
    }
    await withCheckedContinuation { continuation in
      let isOpen = suspended.withLock { waiting in
        if passed.load(ordering: .relaxed) != round { return true }
        waiting.append(continuation)
        return false
      }
      if isOpen { continuation.resume() }
    }
  }
}
