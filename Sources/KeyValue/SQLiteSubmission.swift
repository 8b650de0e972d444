// What a loop hands to the writer thread, and the bounded queue on the way.
internal import EventLoop
internal import Glibc
internal import Synchronization

/// One operation on its way through the writer thread. The completion never leaves its loop; which of the two threads
/// has the operation is settled by `claim`.
final class SQLiteSubmission: @unchecked Sendable {
  let operation: KeyValueOperation
  let deadline: UInt64
  let loop: EventLoop
  /// Bytes that it holds while it waits.
  let bytes: Int
  private let state = Atomic<State>(.waiting)

  // Confined to the loop.
  private let connection: SQLiteConnection
  private var completion: KeyValueCompletion?

  private enum State: UInt8, AtomicRepresentable {
    /// Nothing has been done, and either side may settle it.
    case waiting
    /// The writer does it.
    case taken
    /// The loop has answered that it was not done.
    case abandoned
  }

  init(
    _ operation: KeyValueOperation, deadline: UInt64, _ connection: SQLiteConnection, _ loop: EventLoop,
    _ completion: @escaping KeyValueCompletion
  ) {
    self.operation = operation
    self.deadline = deadline
    self.connection = connection
    self.loop = loop
    self.completion = completion
    bytes = operation.body.byteCount
  }

  var isWrite: Bool {
    switch operation.body {
    case .put, .delete: true
    case .get, .list: false
    }
  }

  /// The writer takes it. False where the loop was faster.
  func claim() -> Bool {
    state.compareExchange(expected: .waiting, desired: .taken, ordering: .acquiringAndReleasing).original != .abandoned
  }

  var isAbandoned: Bool { state.load(ordering: .relaxed) == .abandoned }

  /// The writer's outcome, or why the queue did not take it. On the loop; nothing where the loop has answered already.
  func finish(_ outcome: Result<KeyValueAnswer, KeyValueError>) {
    guard let completion else { return }
    self.completion = nil
    connection.forget(self)
    completion(outcome)
  }

  /// The loop answers without the writer's outcome, because of `reason`. On the loop.
  func abandon(_ reason: String) {
    let wasTaken = !state.compareExchange(
      expected: .waiting, desired: .abandoned, ordering: .acquiringAndReleasing
    ).exchanged
    finish(.failure(KeyValueError(.unavailable, reason, mayHaveHappened: wasTaken && isWrite)))
  }
}

/// Operations from any loop to the one writer, in order. Bounded; the writer sleeps on a condition variable.
final class SQLiteQueue: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  // Under the mutex.
  private var submissions: [SQLiteSubmission] = []
  private var bytes = 0
  private var isOpen = true
  private var writerSleeps = false

  init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Why it was not taken: the queue is full, or closed. Any thread; one system call where the writer sleeps.
  func push(_ submission: SQLiteSubmission) -> KeyValueError? {
    pthread_mutex_lock(mutex)
    let fits =
      isOpen && submissions.count < KeyValueLimits.sqliteWaitingMax
      && bytes + submission.bytes <= KeyValueLimits.sqliteWaitingBytesMax
    if fits {
      submissions.append(submission)
      bytes += submission.bytes
    }
    let problem: KeyValueError? = fits ? nil : isOpen ? .tooManyWait : .connectionClosed
    let mustWake = fits && writerSleeps
    if mustWake { writerSleeps = false }
    pthread_mutex_unlock(mutex)
    if mustWake { pthread_cond_signal(condition) }
    return problem
  }

  /// Moves what waits behind `taken`, up to the bounds of one transaction; where there is nothing, sleeps until there
  /// is, or until `wakeTime` (monotonic nanoseconds). False when the queue is closed and empty.
  func take(into taken: inout [SQLiteSubmission], until wakeTime: UInt64) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if submissions.isEmpty && isOpen {
      writerSleeps = true
      var time = timespec(tv_sec: Int(wakeTime / 1_000_000_000), tv_nsec: Int(wakeTime % 1_000_000_000))
      pthread_cond_timedwait(condition, mutex, &time)
      writerSleeps = false
    }
    var size = taken.reduce(0) { $0 + $1.bytes }
    var count = 0
    while count < submissions.count, taken.count < KeyValueLimits.sqliteCommitMax,
      size < KeyValueLimits.sqliteCommitBytesMax
    {
      taken.append(submissions[count])
      size += submissions[count].bytes
      bytes -= submissions[count].bytes
      count += 1
    }
    submissions.removeFirst(count)
    return isOpen || !submissions.isEmpty
  }

  func close() {
    pthread_mutex_lock(mutex)
    isOpen = false
    pthread_mutex_unlock(mutex)
    pthread_cond_signal(condition)
  }
}
