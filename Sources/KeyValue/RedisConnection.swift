// One loop's way to a Redis: operations, their order, their deadlines. RedisConnection+Life.swift keeps it connected.
internal import EventLoop

/// See ``KeyValueConnection``. Confined to its loop.
///
/// Requests are answered in the order in which they were sent (redis.io, "Pipelining"), so the oldest of `sent` is the
/// one that a reply is for, whether anybody still waits for it or not.
final class RedisConnection: KeyValueConnection, @unchecked Sendable {
  let backend: RedisBackend
  let loop: EventLoop
  var isClosed = false

  // What RedisConnection+Life.swift keeps.
  var link: RedisLink?
  var phase = RedisPhase.idle
  var addresses: [SocketAddress] = []
  var failures = 0
  /// Why the last connection ended or could not be made.
  var lastFailure = ""
  /// Answers of the greeting that are still to come.
  var greetings: [RedisGreeting] = []
  var digests: [RedisScriptName: String] = [:]
  var retryTimer: LoopTimer?
  var connectTimer: LoopTimer?
  var sweepTimer: LoopTimer?
  var sweptAt: [String: UInt64] = [:]

  // What waits.
  var waiting: [RedisOperation] = []
  var sent = RedisQueue()
  /// Of what waits and of the requests that were sent.
  private var bytes = 0
  private var deadlineTimer: LoopTimer?
  /// When `deadlineTimer` fires; `.max` while it is not armed.
  private var nextDeadline = UInt64.max
  private var keys: [String: RedisKeys] = [:]

  init(backend: RedisBackend, loop: EventLoop) {
    self.backend = backend
    self.loop = loop
    // It may be made by the thread that made the loop, and not all of life is ready then.
    loop.execute { [weak self] in self?.connect() }
  }

  func perform(_ operation: KeyValueOperation, deadline: UInt64, _ completion: @escaping KeyValueCompletion) {
    if isClosed { return completion(.failure(.connectionClosed)) }
    if deadline <= loop.now { return completion(.failure(.tooLate)) }
    if phase != .ready, isRefusing { return completion(.failure(unavailable(lastFailure))) }
    if waiting.count + sent.count >= RedisLimits.operationsInFlight
      || bytes + operation.body.byteCount > RedisLimits.bytesInFlight
    {
      return completion(.failure(.tooManyWait))
    }
    let entry = RedisOperation(operation, deadline: deadline, completion: completion)
    if phase == .ready { send(entry) } else { hold(entry) }
    if entry.isWanted { expect(deadline) }
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    for timer in [retryTimer, connectTimer, sweepTimer, deadlineTimer] { timer?.cancel() }
    drop(because: "the connection is closed")
    for entry in takeWaiting() { end(entry, .failure(.connectionClosed)) }
  }

  // MARK: Sending

  func keys(of namespace: String) -> RedisKeys {
    if let known = keys[namespace] { return known }
    let made = RedisKeys(namespace: namespace)
    if keys.count >= RedisLimits.sweptNamespaces { keys = [:] }
    keys[namespace] = made
    if sweptAt.count < RedisLimits.sweptNamespaces { sweptAt[namespace] = sweptAt[namespace] ?? 0 }
    return made
  }

  private func hold(_ entry: RedisOperation) {
    entry.byteCount = entry.heldBytes
    bytes += entry.byteCount
    waiting.append(entry)
  }

  func takeWaiting() -> [RedisOperation] {
    defer { waiting = [] }
    for entry in waiting { bytes -= entry.byteCount }
    return waiting
  }

  func send(_ entry: RedisOperation) {
    guard let link else { return hold(entry) }
    let request = entry.request(keys: keys(of: entry.namespace), digests: digests, now: backend.clock())
    entry.sentAt = loop.now
    entry.byteCount = request.count
    bytes += request.count
    sent.append(entry)
    link.send(request)
    expect(entry.sentAt &+ Self.silence)
  }

  // MARK: Answers

  func answered(_ reply: RedisReply) {
    guard let entry = sent.popFirst() else { return }
    bytes -= entry.byteCount
    if case .failure(let words) = reply, words.hasPrefix("NOSCRIPT"), !entry.sendsSource {
      // The scripts were flushed: this one goes whole, which also loads it.
      entry.sendsSource = true
      if entry.isWanted { send(entry) }
      return
    }
    guard entry.isWanted else { return }
    switch entry.read(reply, now: backend.clock(), place: backend.address.place) {
    case .done(let result): end(entry, result)
    case .again: send(entry)
    }
  }

  func end(_ entry: RedisOperation, _ result: Result<KeyValueAnswer, KeyValueError>) {
    guard let completion = entry.completion else { return }
    entry.completion = nil
    completion(result)
  }

  /// Ends what was sent over a connection that is gone. Reads are sent again over the next one, once.
  func abandonSent(because reason: String) {
    while let entry = sent.popFirst() {
      bytes -= entry.byteCount
      guard entry.isWanted else { continue }
      if entry.isRead, !entry.wasRepeated, !isClosed, !isRefusing {
        entry.wasRepeated = true
        hold(entry)
      } else {
        end(entry, .failure(unavailable(reason, mayHaveHappened: entry.isWrite)))
      }
    }
  }

  func unavailable(_ reason: String, mayHaveHappened: Bool = false) -> KeyValueError {
    KeyValueError(
      .unavailable, "Redis at \(backend.address.place) is not available: \(reason)", mayHaveHappened: mayHaveHappened)
  }

  // MARK: Deadlines

  /// One timer for all: it fires at the earliest deadline and then looks at every operation.
  private func expect(_ deadline: UInt64) {
    guard deadline < nextDeadline else { return }
    nextDeadline = deadline
    let now = loop.now
    // A timer is up to a millisecond late, and an operation never.
    let wait = deadline > now ? (deadline - now) / 1_000_000 : 0
    let timer = deadlineTimer ?? loop.makeTimer { [weak self] in self?.deadlinesPassed() }
    deadlineTimer = timer
    timer.arm(afterMilliseconds: wait > 2 ? wait - 2 : 0)
  }

  private func deadlinesPassed() {
    nextDeadline = .max
    let due = loop.now &+ 1_000_000
    var next = UInt64.max
    var late: [(RedisOperation, wasSent: Bool)] = []
    func look(_ entry: RedisOperation, wasSent: Bool) {
      guard entry.isWanted else { return }
      if entry.deadline <= due { late.append((entry, wasSent)) } else { next = min(next, entry.deadline) }
    }
    for entry in waiting { look(entry, wasSent: false) }
    sent.forEach { look($0, wasSent: true) }
    waiting.removeAll { entry in
      guard entry.deadline <= due else { return false }
      bytes -= entry.byteCount
      return true
    }
    var isSilent = false
    if let oldest = sent.first {
      isSilent = oldest.sentAt &+ Self.silence <= due
      next = min(next, oldest.sentAt &+ Self.silence)
    }
    for (entry, wasSent) in late {
      let reason = wasSent ? "it did not answer in time" : "it could not be reached in time\(because)"
      end(entry, .failure(unavailable(reason, mayHaveHappened: wasSent && entry.isWrite)))
    }
    if isSilent { failed("it has not answered for \(RedisLimits.silenceMilliseconds) ms") }
    if next != .max { expect(next) }
  }

  /// In nanoseconds, as ``RedisLimits/silenceMilliseconds``.
  private static let silence = RedisLimits.silenceMilliseconds &* 1_000_000

  private var because: String { lastFailure.isEmpty ? "" : ": \(lastFailure)" }
}
