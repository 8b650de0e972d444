// How work gets onto the loop: the one spawn, plain bodies, and sleep.
internal import CUV

extension EventLoop {
  /// Starts a task on the loop. The one way to start a task in this code base: a bare `Task { }` would not prefer
  /// the loop and would go through the global pool at every suspension.
  ///
  /// `operation` never runs before `spawn` returns: it waits with the jobs, so that what I/O callbacks start in one turn
  /// runs as a cohort (``joinCohort()``). Every continuation of the task runs on the loop, as do its child tasks.
  /// Task-local values are not inherited. Any thread. Costs about 0.5 µs.
  @discardableResult
  public func spawn(_ operation: sending @escaping @isolated(any) () async -> Void) -> Task<Void, Never> {
    Task.detached(executorPreference: preference, operation: operation)
  }

  /// Runs `body` on the loop, behind the jobs that wait there. Never runs it before returning. Any thread.
  ///
  /// After ``stop()`` has ended the loop, `body` never runs.
  public func execute(_ body: @escaping @Sendable () -> Void) { push(.body(body)) }

  /// `execute` for bodies that touch confined state. On the loop.
  func later(_ body: @escaping () -> Void) {
    assertConfined()
    jobs.append(.body(body))
  }

  /// Waits at least `milliseconds`, on a timer of the loop. Any thread.
  ///
  /// - throws: `CancellationError` when the task is cancelled, at once; and when the loop stops.
  public func sleep(milliseconds: UInt64) async throws(CancellationError) {
    if Task.isCancelled { throw CancellationError() }
    let sleeper = Sleeper(loop: self)
    let completed = await withTaskCancellationHandler {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Bool, Never>) in
        if isOnLoop {
          sleeper.begin(milliseconds, continuation)
        } else {
          execute { sleeper.begin(milliseconds, continuation) }
        }
      }
    } onCancel: {
      if isOnLoop { sleeper.cancel() } else { execute { sleeper.cancel() } }
    }
    guard completed else { throw CancellationError() }
  }
}

/// One `sleep`. Confined to its loop's thread, which settles every race between the timer and a cancellation.
private final class Sleeper: @unchecked Sendable {
  private let loop: EventLoop
  private var continuation: UnsafeContinuation<Bool, Never>?
  private var timer: LoopTimer?
  private var isCancelled = false

  init(loop: EventLoop) { self.loop = loop }

  func begin(_ milliseconds: UInt64, _ continuation: UnsafeContinuation<Bool, Never>) {
    if isCancelled || loop.isTearingDown { return continuation.resume(returning: false) }
    self.continuation = continuation
    let timer = LoopTimer(loop: loop, onCancel: { self.end(false) }, body: { self.end(true) })
    self.timer = timer
    timer.arm(afterMilliseconds: milliseconds)
  }

  func cancel() {
    isCancelled = true
    timer?.cancel()
  }

  private func end(_ completed: Bool) {
    timer = nil
    guard let continuation else { return }
    self.continuation = nil
    continuation.resume(returning: completed)
  }
}
