// One loop's way to a SQLite file: reads here and now, writes through the writer thread.
internal import EventLoop

/// Confined to its loop's thread; `Sendable` only so that the writer can hand answers back to it.
final class SQLiteConnection: KeyValueConnection, @unchecked Sendable {
  private let path: String
  private let loop: EventLoop
  private let queue: SQLiteQueue
  private let clock: WallClock
  /// Nil while another process has the file to itself, and once it is closed.
  private var queries: SQLiteQueries?
  private var isClosed = false
  /// Reads that the jobs of this phase of the loop have made; from the second on they share one snapshot.
  private var reads = 0
  private var hasSnapshot = false
  /// What the writer has, or will have.
  private var submissions: [ObjectIdentifier: SQLiteSubmission] = [:]
  private var timer: LoopTimer?
  /// When the timer fires, in monotonic nanoseconds; `.max` when it is not armed.
  private var timerDue = UInt64.max

  init(_ path: String, loop: EventLoop, queue: SQLiteQueue, clock: @escaping WallClock) throws(KeyValueError) {
    self.path = path
    self.loop = loop
    self.queue = queue
    self.clock = clock
    do throws(SQLiteStatus) { try open() } catch {
      // It heals by itself: until then the writer waits for the file.
      guard error.isBusy else { throw error.error(path) }
    }
    timer = loop.makeTimer { [weak self] in self?.endOverdue() }
  }

  private func open() throws(SQLiteStatus) {
    let database = try SQLiteDatabase(path, isReadOnly: true)
    try database.run("PRAGMA cache_size = -\(KeyValueLimits.sqliteCacheBytes >> 10)")
    queries = try SQLiteQueries(database, clock: clock)
  }

  func perform(_ operation: KeyValueOperation, deadline: UInt64, _ completion: @escaping KeyValueCompletion) {
    if isClosed { return completion(.failure(.connectionClosed)) }
    if deadline <= loop.now { return completion(.failure(.tooLate)) }
    do throws(SQLiteStatus) {
      if let answer = try read(operation) { return completion(.success(answer)) }
    } catch {
      // A lock is never waited for here: the writer tries again.
      guard error.isBusy else { return completion(.failure(error.error(path))) }
    }
    submit(SQLiteSubmission(operation, deadline: deadline, self, loop, completion))
  }

  /// Nil for what is the writer's to do.
  @inline(__always)
  private func read(_ operation: KeyValueOperation) throws(SQLiteStatus) -> KeyValueAnswer? {
    switch operation.body {
    case .get(let key):
      if queries == nil { try open() }
      if reads < 2 { try share() }
      return .entry(try queries!.entry(operation.namespace, key))
    case .list(let prefix, let cursor, let limit):
      if queries == nil { try open() }
      return try queries!.page(
        operation.namespace, prefix, cursor, limit, visitedMax: KeyValueLimits.sqliteVisitedMax)
    case .put, .delete: return nil
    }
  }

  /// Most of a small read is taking the file's locks and giving them back: half a dozen system calls. Reads that follow
  /// each other without I/O between them cannot be told from reads at one moment, so they lock it once. A write that was
  /// answered before the phase began is in the snapshot; one that is answered later is seen by the next phase, which is
  /// the first that can know of it.
  private func share() throws(SQLiteStatus) {
    reads += 1
    if reads == 1 { return loop.atEndOfPhase { [self] in endShare() } }
    try queries?.beginSnapshot()
    hasSnapshot = true
  }

  private func endShare() {
    reads = 0
    guard hasSnapshot else { return }
    hasSnapshot = false
    // A read transaction that cannot be ended would show an old state for ever: the connection is made anew.
    do throws(SQLiteStatus) { try queries?.endSnapshot() } catch { queries = nil }
  }

  func close() {
    isClosed = true
    queries = nil
    timer?.cancel()
    timer = nil
    for submission in submissions.values { submission.abandon(KeyValueError.connectionClosed.message) }
    submissions = [:]
  }

  func forget(_ submission: SQLiteSubmission) { submissions.removeValue(forKey: ObjectIdentifier(submission)) }

  private func submit(_ submission: SQLiteSubmission) {
    submissions[ObjectIdentifier(submission)] = submission
    if let problem = queue.push(submission) { return submission.finish(.failure(problem)) }
    if submission.deadline < timerDue { arm(submission.deadline) }
  }

  private func arm(_ due: UInt64) {
    timerDue = due
    let now = loop.now
    let milliseconds = due > now ? (due - now) / 1_000_000 : 0
    // A timer is up to a millisecond late, and a deadline is not to be missed.
    timer?.arm(afterMilliseconds: milliseconds > 0 ? milliseconds - 1 : 0)
  }

  private func endOverdue() {
    timerDue = .max
    let soon = loop.now &+ 1_000_000
    for submission in submissions.values where submission.deadline <= soon {
      submission.abandon(
        "the state file \(path) did not answer in time: another process holds it, or its disk is slow")
    }
    if let next = submissions.values.lazy.map(\.deadline).min() { arm(next) }
  }
}
