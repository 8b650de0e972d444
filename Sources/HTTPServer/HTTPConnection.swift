// One connection: which bytes are parsed when, which request is answered next, how it all ends.

import EventLoop

/// The protocol machine of one connection: bytes in, exchanges out, answers back in order. Confined to its loop.
///
/// Reading goes on while a call runs, so that a client that leaves is seen; what it sends meanwhile is parsed ahead up
/// to `pipelinedRequests` and `pipelinedBytes`, and past those the socket is not read until the queue is shorter.
final class HTTPConnection: @unchecked Sendable {
  enum Phase { case open, lingering, closed }

  let core: HTTPCore
  let peer: SocketAddress
  let rules: HostRules
  let parser: RequestParser
  private(set) var transport: (any HTTPTransport)?
  private(set) var phase = Phase.open
  /// Index in the core's list.
  var slot = -1
  private(set) var isRefused = false

  /// The request being answered, those behind it, and bytes behind those.
  private(set) var current: HTTPExchange?
  private(set) var waiting: [HTTPExchange] = []
  private var waitingBytes = 0
  private var held: [UInt8] = []
  private var heldStart = 0
  /// Bytes of the running pump that no request has been made of yet.
  private var unparsed = 0
  /// Body bytes that are counted with the core while they arrive.
  private var heldBody = 0
  private(set) var isPumping = false
  private var startedThisTurn = 0
  private var isReading = false
  /// A finished exchange whose buffers the next request may have.
  private var spare: HTTPExchange?

  /// No further request will be taken from this connection.
  private(set) var stopsParsing = false
  /// Goes out behind everything that waits.
  private var failure: HTTPFailure?
  private var refusal: HTTPRefusal?
  var owesContinue = false
  /// What was decided about the head whose body is being read.
  private var admission: Admission?
  /// Whether the client has ended its side.
  private(set) var inputEnded = false
  private(set) var served = 0
  private var dropped = 0

  // Deadlines; see HTTPConnection+Deadlines.swift.
  var deadlineKind = DeadlineKind.none
  var deadlineMessage: UInt64 = 0
  var readDeadline: UInt64 = .max
  var pauseDeadline: UInt64 = .max
  var bodyMark = 0
  var writeDeadline: UInt64 = .max
  var sentMark: UInt64 = .max
  /// What must have been sent when ``writeDeadline`` comes, and when ``answerDeadline`` comes.
  var writeGoal: UInt64 = 0
  var answerGoal: UInt64 = 0
  var answerDeadline: UInt64 = .max
  /// What of ``unsentBytes`` the core has counted.
  var countedUnsent = 0
  /// Bytes given to the transport since the beginning.
  var handedBytes: UInt64 = 0

  init(core: HTTPCore, transport: any HTTPTransport, peer: SocketAddress, rules: HostRules) {
    self.core = core
    self.transport = transport
    self.peer = peer
    self.rules = rules
    parser = RequestParser(limits: core.limits)
  }

  var unsentBytes: Int { transport?.unsentBytes ?? 0 }

  /// Whether a request, or a part of one, has come that is not being answered yet.
  var hasMoreInput: Bool {
    !waiting.isEmpty || unparsed > 0 || heldStart < held.count || parser.phase != .between || failure != nil
      || refusal != nil
  }

  var hasHeldBytes: Bool { heldStart < held.count }

  /// Whether nothing is under way: no request, not even a part of one.
  var isQuiet: Bool { phase == .open && current == nil && !hasMoreInput }

  // MARK: What the socket tells

  /// Starts reading; called once.
  func begin() {
    updateDeadline()
    updateReading()
  }

  /// Refuses the connection as such: past the ceiling.
  func refuse(_ failure: HTTPFailure) {
    isRefused = true
    stopsParsing = true
    core.count(failure.status)
    send(failure, head: nil)
  }

  /// Bytes came in; they are gone when this returns.
  func receive(_ bytes: UnsafeRawBufferPointer) {
    guard phase == .open, !stopsParsing else {
      // Read and dropped, so that the kernel does not answer them with a reset; but not for ever.
      dropped += bytes.count
      updateReading()
      return
    }
    if heldStart < held.count {
      held.append(contentsOf: bytes)
      pumpHeld()
    } else {
      pump(bytes, keepingFrom: nil)
    }
  }

  /// The client ended its side: properly (nil), or the connection is broken.
  func ended(_ error: LoopError?) {
    guard phase != .closed else { return }
    inputEnded = true
    isReading = false
    if error != nil { return abort() }
    if phase == .lingering { return settle() }
    stopsParsing = true
    held = []
    heldStart = 0
    // What waits is not started for a client that has left; see ``HTTPExchange/isDisconnected``.
    dropWaiting()
    failure = nil
    refusal = nil
    updateDeadline()
    guard let current else { return linger() }
    core.counters.disconnects += 1
    current.disconnect()
  }

  /// Everything written has gone to the kernel, or was dropped because the connection failed.
  func drained() {
    guard phase != .closed else { return }
    if transport?.hasFailed == true { return abort() }
    recountUnsent()
    current?.stream?.resumeWaiters()
    if phase == .lingering { settle() } else { pumpHeld() }
  }

  // MARK: From bytes to exchanges

  private func pumpHeld() {
    guard phase == .open, !isPumping else { return }
    let bytes = held
    let start = heldStart
    held = []
    heldStart = 0
    bytes.withUnsafeBytes { pump(UnsafeRawBufferPointer(rebasing: $0[start...]), keepingFrom: (bytes, start)) }
  }

  /// Parses and starts as much as the limits allow. What is left over stays for later.
  private func pump(_ bytes: UnsafeRawBufferPointer, keepingFrom source: (bytes: [UInt8], start: Int)?) {
    isPumping = true
    let isCorking = core.cork(self)
    var offset = 0
    startedThisTurn = 0
    while phase == .open {
      if current == nil {
        if startedThisTurn >= core.limits.requestsPerTurn, !waiting.isEmpty || offset < bytes.count {
          core.later { [weak self] in self?.pumpHeld() }
          break
        }
        if transport?.hasFailed == true { break }
        if let next = nextWaiting() {
          start(next)
          continue
        }
        if waiting.isEmpty, let failure {
          self.failure = nil
          send(failure, head: parser.phase == .body ? parser.head : nil)
          break
        }
        if waiting.isEmpty, let refusal {
          self.refusal = nil
          send(refusal, head: parser.head)
          break
        }
        if waiting.isEmpty, owesContinue { sendContinue() }
      }
      if stopsParsing || offset == bytes.count || isFull { break }
      unparsed = bytes.count - offset
      let event = parser.execute(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
      offset += parser.consumed
      unparsed = bytes.count - offset
      switch event {
      case .needsMore: countBody()
      case .head: headArrived(hasMore: unparsed > 0)
      case .complete: requestArrived()
      case .failed(let failure): fail(failure)
      }
    }
    unparsed = 0
    isPumping = false
    if isCorking { flushCork() }
    guard phase == .open else { return }
    if !stopsParsing, offset < bytes.count {
      if let source {
        held = source.bytes
        heldStart = source.start + offset
      } else {
        held = Array(bytes[offset...])
        heldStart = 0
      }
    }
    updateDeadline()
    updateReading()
  }

  /// Whether no further request may be parsed now.
  private var isFull: Bool {
    if current == nil, waiting.isEmpty { return unsentBytes > core.limits.unsentBytes }
    return waiting.count >= core.limits.pipelinedRequests || waitingBytes >= core.limits.pipelinedBytes
  }

  private func nextWaiting() -> HTTPExchange? {
    guard !waiting.isEmpty, unsentBytes <= core.limits.unsentBytes else { return nil }
    let next = waiting.removeFirst()
    waitingBytes -= next.head.cost + next.body.count
    return next
  }

  /// A head that announces a body: refused now if it will be refused anyway.
  private func headArrived(hasMore: Bool) {
    let judged = rules.judge(parser.head)
    if case .refuse(let failure) = judged { return fail(failure) }
    if case .serve = judged, !serviceTakes(parser.head) { return }
    admission = judged
    let announced = parser.head.contentLength
    if announced > UInt64(core.limits.bodyBytes) { return fail(.bodyTooLarge(core.limits.bodyBytes)) }
    if core.heldBytes + Int(announced) > core.limits.bufferedBytes { return fail(.tooManyBytes) }
    // A client whose body is here already does not wait for the word (RFC 9110, 10.1.1).
    owesContinue = parser.head.expectsContinue && !hasMore
    parser.reserveBody()
  }

  /// Counts what has arrived of a body, and refuses it where all bodies together have become too much.
  private func countBody() {
    let count = parser.bodyCount
    guard count != heldBody else { return }
    core.held(count - heldBody)
    heldBody = count
    if core.heldBytes > core.limits.bufferedBytes { fail(.tooManyBytes) }
  }

  private func requestArrived() {
    owesContinue = false
    if core.judge != nil, admission == nil {
      // Without a body, the head is looked at only now. It stays in the parser, which reads nothing more.
      admission = rules.judge(parser.head)
      if case .serve = admission, !serviceTakes(parser.head) { return }
    }
    let exchange: HTTPExchange
    if spare != nil, isKnownUniquelyReferenced(&spare), let reused = spare {
      spare = nil
      reused.reuse()
      exchange = reused
    } else {
      exchange = HTTPExchange(core: core, peer: peer)
    }
    parser.take(&exchange.head, &exchange.body)
    core.held(exchange.body.count - heldBody)
    exchange.heldBytes = exchange.body.count
    heldBody = 0
    exchange.admission = admission
    admission = nil
    core.counters.requests += 1
    if !exchange.head.keepsAlive { stopsParsing = true }
    if current == nil, waiting.isEmpty {
      start(exchange)
    } else {
      waitingBytes += exchange.head.cost + exchange.body.count
      waiting.append(exchange)
    }
  }

  private func start(_ exchange: HTTPExchange) {
    startedThisTurn += 1
    current = exchange
    exchange.connection = self
    exchange.state = .live
    switch exchange.admission ?? rules.judge(exchange.head) {
    case .serve(let origin):
      exchange.origin = origin
      core.begin(exchange)
    case .options(let origin):
      exchange.giveBodyBack()
      answer(exchange, code: 204, fields: CORS.preflight(exchange.head, origin: origin), body: [])
    case .refuse(let failure):
      exchange.giveBodyBack()
      core.count(failure.status)
      answer(
        exchange, code: failure.status, fields: [("Content-Type", "text/plain; charset=utf-8"), ("Vary", "Origin")],
        body: Array((failure.reason + "\n").utf8))
    }
  }

  /// Refuses the request that is being read; the answer goes out once those before it are answered.
  func fail(_ failure: HTTPFailure) {
    guard phase == .open, !stopsParsing else { return }
    core.count(failure.status)
    endInput()
    self.failure = failure
    if !isPumping { pumpHeld() }
  }

  /// Refuses the request whose head is in the parser, in the service's words and its turn. While input is parsed.
  func refuse(_ refusal: HTTPRefusal) {
    core.count(refusal.code)
    endInput()
    self.refusal = refusal
  }

  /// Reads nothing more of what has come and will come.
  private func endInput() {
    stopsParsing = true
    held = []
    heldStart = 0
    owesContinue = false
  }

  // MARK: The end

  /// Forgets requests that were never started.
  private func dropWaiting() {
    for exchange in waiting { core.held(-exchange.heldBytes) }
    waiting = []
    waitingBytes = 0
  }

  /// The answer to the current exchange is complete.
  func completed(_ exchange: HTTPExchange, closes: Bool) {
    guard exchange === current else { return }
    current = nil
    served += 1
    exchange.answerEnded()
    guard phase == .open else { return }
    spare = exchange
    if closes { linger() } else if !isPumping { pumpHeld() }
  }

  /// Sends FIN behind what is written, then waits for the client's end, so that it can read the last answer.
  func linger() {
    guard phase == .open else { return }
    flushCork()
    // Sending may have been too much for all connections together, and this one the worst.
    guard phase == .open else { return }
    phase = .lingering
    stopsParsing = true
    dropWaiting()
    held = []
    heldStart = 0
    transport?.shutdown()
    lingerBegan()
    settle()
    updateReading()
  }

  /// Closes a lingering connection once both sides have ended.
  private func settle() {
    guard phase == .lingering, inputEnded, unsentBytes == 0 else { return }
    abort()
  }

  /// Closes at once. An exchange that is still live learns that its client is gone.
  func abort() {
    guard phase != .closed else { return }
    phase = .closed
    stopsParsing = true
    let transport = transport
    self.transport = nil
    transport?.close()
    dropWaiting()
    held = []
    spare = nil
    failure = nil
    refusal = nil
    core.held(-heldBody)
    heldBody = 0
    recountUnsent()
    let exchange = current
    current = nil
    core.remove(self)
    if let exchange {
      if !exchange.isDisconnected { core.counters.disconnects += 1 }
      exchange.connectionLost()
    }
  }

  private func updateReading() {
    let wants =
      switch phase {
      case .open: heldStart >= held.count && !inputEnded && dropped < core.limits.lingerBytes
      case .lingering: !inputEnded && dropped < core.limits.lingerBytes
      case .closed: false
      }
    guard wants != isReading else { return }
    isReading = wants
    if wants { transport?.startReading() } else { transport?.pauseReading() }
  }
}
