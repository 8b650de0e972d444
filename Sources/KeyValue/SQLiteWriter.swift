// The one thread that writes: takes what waits, commits it in one transaction, hands the answers back, sweeps.
internal import CSQLite
internal import EventLoop
internal import Glibc
internal import Synchronization

/// Confined to its thread from `start` to `join`.
final class SQLiteWriter: @unchecked Sendable {
  private let path: String
  private let queue: SQLiteQueue
  private let transaction: SQLiteTransaction
  private let thread = Mutex<pthread_t?>(nil)

  /// Taken and not yet answered: what another process's lock keeps waiting.
  private var waiting: [SQLiteSubmission] = []
  private var outcomes: [(submission: SQLiteSubmission, outcome: Result<KeyValueAnswer, KeyValueError>)] = []
  /// Of the next look for expired records, in monotonic nanoseconds.
  private var sweepTime: UInt64 = 0

  init(_ path: String, queue: SQLiteQueue, clock: @escaping WallClock, pagesMax: Int?) throws(KeyValueError) {
    self.path = path
    self.queue = queue
    let database = try SQLiteSchema.open(path, pagesMax: pagesMax)
    do throws(SQLiteStatus) {
      transaction = try SQLiteTransaction(database, clock: clock)
    } catch {
      throw error.error(path)
    }
  }

  func start() {
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { context in
        csqlite_name_thread("state-writer")
        Unmanaged<SQLiteWriter>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    precondition(status == 0, "no thread could be made for the state file: \(String(cString: strerror(status)))")
    self.thread.withLock { $0 = thread }
  }

  /// Waits for the thread to end, after the queue was closed. Idempotent.
  func join() {
    let thread = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    if let thread { pthread_join(thread, nil) }
  }

  private func run() {
    var retryMilliseconds: UInt64 = 0
    var isOpen = true
    while isOpen {
      let retryTime = waiting.isEmpty ? UInt64.max : Self.now + retryMilliseconds * 1_000_000
      isOpen = queue.take(into: &waiting, until: min(retryTime, sweepTime))
      waiting.removeAll(where: \.isAbandoned)
      answerReads()
      if !waiting.isEmpty {
        if commit() {
          retryMilliseconds = 0
        } else {
          retryMilliseconds = min(retryMilliseconds + 1, KeyValueLimits.sqliteRetryMilliseconds)
        }
      }
      deliver()
      transaction.checkpoint()
      if Self.now >= sweepTime { sweep() }
    }
    for submission in waiting where submission.claim() {
      outcomes.append((submission, .failure(.connectionClosed)))
    }
    deliver()
  }

  /// Reads that the loop could not do at once: it met a lock, or there was too much to look at.
  private func answerReads() {
    guard waiting.contains(where: { !$0.isWrite }) else { return }
    waiting.removeAll { submission in
      if submission.isWrite { return false }
      do throws(SQLiteStatus) {
        outcomes.append((submission, .success(try transaction.read(submission.operation))))
      } catch {
        if error.isBusy { return false }
        outcomes.append((submission, .failure(error.error(path))))
      }
      return true
    }
  }

  /// All writes that wait, together. False where another process has the file: then they go on waiting, each until its
  /// deadline.
  private func commit() -> Bool {
    do throws(SQLiteStatus) {
      guard try transaction.begin() else { return false }
    } catch {
      let failure = error.error(path)
      outcomes += waiting.filter { $0.claim() }.map { ($0, .failure(failure)) }
      waiting = []
      return true
    }
    let claimed = waiting.filter { $0.isWrite && $0.claim() }
    waiting.removeAll(where: \.isWrite)
    do throws(SQLiteStatus) {
      outcomes += zip(claimed, try transaction.write(claimed.map(\.operation))).map { ($0, $1) }
    } catch {
      // A commit that may have happened is not to be done twice. Otherwise one that does not fit, or whose page is
      // damaged, has taken the others with it: each for itself, then.
      if transaction.commitFailed || claimed.count == 1 {
        let failure = error.error(path, mayHaveHappened: transaction.commitFailed)
        outcomes += claimed.map { ($0, .failure(failure)) }
      } else {
        for submission in claimed { outcomes.append((submission, alone(submission.operation))) }
      }
    }
    return true
  }

  private func alone(_ operation: KeyValueOperation) -> Result<KeyValueAnswer, KeyValueError> {
    do throws(SQLiteStatus) {
      guard try transaction.begin() else { return .failure(SQLiteStatus.busy.error(path)) }
      return try transaction.write([operation])[0]
    } catch {
      return .failure(error.error(path, mayHaveHappened: transaction.commitFailed))
    }
  }

  /// One wake a loop, however many answers it gets.
  private func deliver() {
    while let loop = outcomes.first?.submission.loop {
      let own = outcomes.filter { $0.submission.loop === loop }
      outcomes.removeAll { $0.submission.loop === loop }
      loop.execute { for (submission, outcome) in own { submission.finish(outcome) } }
    }
  }

  /// A few records at a time, so that no write waits long behind it. A failure shows at the next write.
  private func sweep() {
    let isMore = (try? transaction.sweep()) ?? false
    let pause = isMore ? KeyValueLimits.sqliteSweepPauseMilliseconds : KeyValueLimits.sqliteSweepMilliseconds
    sweepTime = Self.now + pause * 1_000_000
  }

  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
