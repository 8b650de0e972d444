// One request over a link, from its place in the queue to the end of its answer.

/// A request under way. Confined to the loop of its pool.
public final class LinkExchange: @unchecked Sendable {
  enum State {
    case waiting
    case carried(any LinkCarrier)
    case ended
  }

  private(set) var request: LinkRequest
  let route: LinkRoute
  var state = State.waiting
  private var receiver: (any LinkReceiver)?
  /// Given to the receiver since it last resumed, in bytes.
  private var unread = 0
  /// Whether the target may have begun with the request; see ``LinkError/wasSent``.
  public internal(set) var wasSent = false

  init(_ request: LinkRequest, route: LinkRoute, receiver: any LinkReceiver) {
    self.request = request
    self.route = route
    self.receiver = receiver
  }

  var isWaiting: Bool { if case .waiting = state { true } else { false } }
  var hasEnded: Bool { if case .ended = state { true } else { false } }
  var isBehind: Bool { unread >= route.pool.limits.unreadBytes }

  /// The receiver has read what it was given. Without it, a body stops after ``LinkLimits/unreadBytes``.
  public func resume() {
    unread = 0
    if case .carried(let carrier) = state { carrier.setPaused(false) }
  }

  /// Ends the exchange and the connection that carries it; the receiver hears nothing more. Idempotent, and nothing
  /// after the end.
  public func cancel() {
    receiver = nil
    let state = self.state
    self.state = .ended
    request.body = []
    switch state {
    case .waiting: route.abandoned()
    case .carried(let carrier): carrier.drop()
    case .ended: break
    }
  }

  // MARK: What the carrier tells

  /// The request is in the kernel's hands, or in the socket's queue: it is not sent again, and its body not kept.
  func sent(by carrier: any LinkCarrier) {
    wasSent = true
    state = .carried(carrier)
    request.body = []
  }

  /// False once nobody listens any more. Not inlined: the optimiser of Swift 6.3 ends itself over the view's lifetime.
  @inline(never)
  func head(_ head: AnswerHead) -> Bool {
    receiver?.head(LinkHead(head))
    return receiver != nil
  }

  func bytes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    unread += bytes.count
    receiver?.bytes(bytes.bytes)
    return receiver != nil
  }

  func end(_ result: Result<Void, LinkError>) {
    expire()
    guard let receiver else { return }
    self.receiver = nil
    receiver.end(result)
  }

  /// It has ended, and its receiver hears of it later. What was not sent is kept no longer, whoever holds the exchange.
  func expire() {
    state = .ended
    request.body = []
  }

  func fail(_ code: LinkError.Code, _ what: String) {
    end(.failure(LinkError(code, "\(route.target) \(what)", wasSent: wasSent)))
  }
}

/// What carries an exchange: a connection of ours, or one of libcurl's.
protocol LinkCarrier: AnyObject {
  /// The exchange was cancelled or is late: ends the connection, and tells nobody.
  func drop()
  /// Stops or resumes reading.
  func setPaused(_ paused: Bool)
}
