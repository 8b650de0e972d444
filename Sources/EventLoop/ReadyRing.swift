// The ready ring: where a guest that used up its epoch waits, apart from the jobs.
internal import CUV

extension EventLoop {
  typealias ReadyGuest = UnsafeContinuation<Void, Never>

  /// Waits in the ready ring. Call it when a guest has used up its epoch and wants to go on.
  ///
  /// Each turn of the loop resumes **one** waiter, first in, first out, after the jobs of the turn and before I/O is
  /// polled; while anybody waits, the poll does not block. So a socket or a timer waits for one epoch and for the
  /// millisecond of jobs, however many guests are busy. Not cancellable: check `Task.isCancelled` afterwards.
  ///
  /// Call it from a task of ``spawn(_:)``; a task that does not prefer the loop is resumed elsewhere.
  public func nextReadyTurn() async {
    await withUnsafeContinuation { (continuation: ReadyGuest) in
      if isOnLoop {
        readyGuests.append(continuation)
      } else {
        execute { self.readyGuests.append(continuation) }
      }
    }
  }

  /// How many guests wait in the ready ring. On the loop.
  public var waitingGuests: Int { readyGuests.count }

  /// Resumes the first waiter and runs what that enqueued, ahead of jobs that are left over from this turn.
  func runOneGuest() {
    guard let guest = readyGuests.popFirst() else { return }
    statistics.readyTurns &+= 1
    resume(guest, asUnownedSerialExecutor(), preference.asUnownedTaskExecutor())
  }
}
