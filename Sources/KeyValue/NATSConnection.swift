// One loop's side of a NATS store: its operations, and their deadlines, which hold whatever the threads are doing.
internal import EventLoop
internal import Synchronization

/// See ``KeyValueConnection``. Confined to its loop.
final class NATSConnection: KeyValueConnection, @unchecked Sendable {
  private let queue: NATSQueue
  private let place: String
  private let loop: EventLoop
  private var pending: [ObjectIdentifier: NATSSubmission] = [:]
  private var isClosed = false
  private var timer: LoopTimer?
  /// When `timer` fires; `.max` while it is not armed.
  private var nextDeadline = UInt64.max

  init(queue: NATSQueue, place: String, loop: EventLoop) {
    self.queue = queue
    self.place = place
    self.loop = loop
  }

  func perform(_ operation: KeyValueOperation, deadline: UInt64, _ completion: @escaping KeyValueCompletion) {
    if isClosed { return completion(.failure(.connectionClosed)) }
    if deadline <= loop.now { return completion(.failure(.tooLate)) }
    let submission = NATSSubmission(operation, deadline: deadline, loop: loop, completion: completion) {
      [self] submission, result in end(submission, result)
    }
    if let problem = queue.append(submission) { return completion(.failure(problem)) }
    pending[ObjectIdentifier(submission)] = submission
    expect(deadline)
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    timer?.cancel()
    for submission in pending.values { abandon(submission, "the connection to it is closed") }
  }

  private func end(_ submission: NATSSubmission, _ result: KeyValueResult) {
    guard let completion = submission.completion else { return }
    submission.completion = nil
    pending[ObjectIdentifier(submission)] = nil
    completion(result)
  }

  private func abandon(_ submission: NATSSubmission, _ reason: String) {
    submission.isAbandoned.store(true, ordering: .relaxed)
    let wasSent = submission.wasSent.load(ordering: .acquiring)
    end(submission, .failure(unavailable(reason, mayHaveHappened: wasSent)))
  }

  private func unavailable(_ reason: String, mayHaveHappened: Bool = false) -> KeyValueError {
    KeyValueError(.unavailable, "NATS at \(place) is not available: \(reason)", mayHaveHappened: mayHaveHappened)
  }

  /// One timer for all: it fires at the earliest deadline and then looks at every operation.
  private func expect(_ deadline: UInt64) {
    guard deadline < nextDeadline else { return }
    nextDeadline = deadline
    let now = loop.now
    // A timer is up to a millisecond late, and an operation never.
    let wait = deadline > now ? (deadline - now) / 1_000_000 : 0
    let timer = timer ?? loop.makeTimer { [weak self] in self?.deadlinesPassed() }
    self.timer = timer
    timer.arm(afterMilliseconds: wait > 2 ? wait - 2 : 0)
  }

  private func deadlinesPassed() {
    nextDeadline = .max
    let due = loop.now &+ 1_000_000
    for submission in pending.values where submission.deadline <= due {
      abandon(submission, "it did not answer in time")
    }
    if let next = pending.values.map(\.deadline).min() { expect(next) }
  }
}
