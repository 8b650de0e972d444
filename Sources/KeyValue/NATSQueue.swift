// From the loops to the two threads: what waits, in order, bounded.
internal import EventLoop
internal import Glibc
internal import Synchronization

/// One operation between its loop and a thread.
final class NATSSubmission: @unchecked Sendable {
  let operation: KeyValueOperation
  /// Monotonic nanoseconds.
  let deadline: UInt64
  let loop: EventLoop
  /// Told on the loop, by the thread's answer.
  let finish: (NATSSubmission, KeyValueResult) -> Void
  /// Confined to the loop; nil once it has ended.
  var completion: KeyValueCompletion?
  /// Set by the loop: nobody waits any more.
  let isAbandoned = Atomic<Bool>(false)
  /// Set by the thread: a write may have reached the server.
  let wasSent = Atomic<Bool>(false)

  init(
    _ operation: KeyValueOperation, deadline: UInt64, loop: EventLoop, completion: @escaping KeyValueCompletion,
    finish: @escaping (NATSSubmission, KeyValueResult) -> Void
  ) {
    self.operation = operation
    self.deadline = deadline
    self.loop = loop
    self.completion = completion
    self.finish = finish
  }

  /// From a thread.
  func answer(_ result: KeyValueResult) {
    loop.execute { self.finish(self, result) }
  }
}

typealias KeyValueResult = Result<KeyValueAnswer, KeyValueError>

/// Any thread.
final class NATSQueue: @unchecked Sendable {
  enum Taken {
    case operation(NATSSubmission)
    /// Time to sweep; nobody else is told so until that is done.
    case sweep
    case closed
  }

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var waiting: [NATSSubmission] = []
  private var start = 0
  /// Of what was taken in and not given back by `hasEnded`.
  private var bytes = 0
  private var isClosed = false
  private var sweepTime: UInt64

  init() {
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    sweepTime = monotonicNanoseconds() + NATSLimits.sweepMilliseconds * 1_000_000
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Why it was not taken: as many wait as may, or it is closed.
  func append(_ submission: NATSSubmission) -> KeyValueError? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if isClosed { return .connectionClosed }
    let size = submission.operation.body.byteCount
    guard waiting.count - start < NATSLimits.operationsQueued, bytes + size <= NATSLimits.bytesQueued else {
      return .tooManyWait
    }
    bytes += size
    waiting.append(submission)
    pthread_cond_signal(condition)
    return nil
  }

  /// Whoever took an operation is done with it, or has passed it over: until then it holds its bytes, also where its
  /// loop no longer waits.
  func hasEnded(_ submission: NATSSubmission) {
    pthread_mutex_lock(mutex)
    bytes -= submission.operation.body.byteCount
    pthread_mutex_unlock(mutex)
  }

  /// Waits for something to do.
  func take() -> Taken {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if isClosed { return .closed }
      if start < waiting.count {
        let submission = waiting[start]
        start += 1
        if start == waiting.count || start >= 256 {
          waiting.removeSubrange(..<start)
          start = 0
        }
        return .operation(submission)
      }
      if monotonicNanoseconds() >= sweepTime {
        sweepTime = .max
        return .sweep
      }
      if sweepTime == .max {
        pthread_cond_wait(condition, mutex)
      } else {
        var time = timespec(tv_sec: Int(sweepTime / 1_000_000_000), tv_nsec: Int(sweepTime % 1_000_000_000))
        pthread_cond_timedwait(condition, mutex, &time)
      }
    }
  }

  func hasSwept() {
    pthread_mutex_lock(mutex)
    sweepTime = monotonicNanoseconds() + NATSLimits.sweepMilliseconds * 1_000_000
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  /// What waits is dropped: its loops have ended it.
  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    waiting = []
    start = 0
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }
}

/// The clock of `EventLoop.now`.
func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
