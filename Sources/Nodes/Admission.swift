// Admission: how many instances may live at once on one loop, and who waits for the next.

import EventLoop

/// The instances of one loop: a ceiling, and a bounded queue with a deadline in front of it.
///
/// A call that finds a free instance enters without suspending. Otherwise it waits its turn, first come
/// first served, until its deadline. It is never kept waiting without bound (fault
/// `overloaded`). Confined to its loop's thread.
final class Admission: @unchecked Sendable {
  enum Verdict: Sendable {
    /// Run, then call ``leave()``.
    case entered
    /// Answer 503: the queue was full, or the deadline passed.
    case refused
    /// The caller went away while it waited.
    case cancelled
  }

  let ceiling: Int
  let queueDepth: Int
  let queueMilliseconds: UInt64
  private let loop: EventLoop
  private(set) var live = 0
  private var waiting: [Waiter] = []
  /// Index of the longest waiting call in `waiting`; entries before it have left.
  private var first = 0
  private(set) var queued = 0
  /// Places in `waiting` whose calls were refused or cancelled.
  private var left = 0

  init(loop: EventLoop, ceiling: Int, queueDepth: Int, queueMilliseconds: UInt64) {
    self.loop = loop
    self.ceiling = ceiling
    self.queueDepth = queueDepth
    self.queueMilliseconds = queueMilliseconds
  }

  private final class Waiter: @unchecked Sendable {
    var continuation: CheckedContinuation<Verdict, Never>?
    var timer: LoopTimer?
    func finish(_ verdict: Verdict) {
      timer?.cancel()
      timer = nil
      continuation.take()?.resume(returning: verdict)
    }
  }

  func enter() async -> Verdict {
    if live < ceiling {
      live += 1
      return .entered
    }
    guard queued < queueDepth else { return .refused }
    let waiter = Waiter()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard !Task.isCancelled else { return continuation.resume(returning: .cancelled) }
        waiter.continuation = continuation
        waiting.append(waiter)
        queued += 1
        waiter.timer = loop.timer(afterMilliseconds: queueMilliseconds) { [self] in giveUp(waiter, .refused) }
      }
    } onCancel: {
      loop.execute { [self] in giveUp(waiter, .cancelled) }
    }
  }

  /// Gives the instance to the call that waits longest, or back.
  func leave() {
    while first < waiting.count {
      let waiter = waiting[first]
      first += 1
      guard waiter.continuation != nil else { continue }
      queued -= 1
      compact()
      waiter.finish(.entered)
      return
    }
    compact()
    live -= 1
  }

  /// Takes a waiter out of the queue before its turn.
  private func giveUp(_ waiter: Waiter, _ verdict: Verdict) {
    guard waiter.continuation != nil else { return }
    queued -= 1
    waiter.finish(verdict)
    left += 1
    // Those that left hold their places until half of the queue is empty places: then it is closed up in one go.
    if left > 64, left > (waiting.count - first) / 2 {
      waiting = waiting[first...].filter { $0.continuation != nil }
      first = 0
      left = 0
    }
  }

  private func compact() {
    if first == waiting.count {
      waiting.removeAll(keepingCapacity: true)
      first = 0
      left = 0
    } else if first > 1_024 {
      waiting.removeFirst(first)
      first = 0
    }
  }
}
