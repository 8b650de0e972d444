// One kept-alive connection to another node: a request out with one system call, its answer parsed in place.
internal import EventLoop

/// A connection of a route. Confined to its loop; the socket's callbacks keep it until it is closed.
///
/// It reads while it is idle too: a target that ends an unused connection is seen before the next request is given to it.
final class LinkConnection: AnswerReader, LinkCarrier {
  let route: LinkRoute
  private let socket: TCPConnection
  private let parser: AnswerParser
  private(set) var exchange: LinkExchange?
  /// When it was last given back, in the loop's time.
  var idleSince: UInt64 = 0
  /// Place in the route's list.
  var slot = -1
  private var isParsing = false

  init(_ socket: TCPConnection, route: LinkRoute) {
    self.socket = socket
    self.route = route
    parser = AnswerParser(limits: route.pool.limits)
    parser.reader = self
    socket.onBytes = { self.received($0) }
    socket.onEnd = { self.ended($0) }
    socket.startReading()
  }

  /// Sends the exchange's request. False where nothing of it went out: the connection is gone then.
  func carry(_ exchange: LinkExchange) -> Bool {
    let pool = route.pool
    parser.begin(isHead: exchange.request.method == "HEAD")
    pool.out.removeAll(keepingCapacity: true)
    exchange.request.write(into: &pool.out, hostLine: route.hostLine)
    // Nothing was unsent, so that this reaches the kernel now, in part at least, or fails without a byte.
    socket.write(head: pool.out, body: exchange.request.body)
    guard socket.failure == nil else {
      close()
      return false
    }
    exchange.sent(by: self)
    self.exchange = exchange
    return true
  }

  // MARK: What the socket tells

  private func received(_ bytes: UnsafeRawBufferPointer) {
    // Nobody asked for this: whatever it is, it would be taken for the next answer.
    guard exchange != nil else { return close() }
    isParsing = true
    let outcome = parser.execute(bytes)
    isParsing = false
    switch outcome {
    case .more: if exchange?.isBehind == true { setPaused(true) }
    case .complete(let consumed): completed(surplus: bytes.count - consumed)
    case .stopped: close()
    case .failed(let code, let why): fail(code, why)
    }
  }

  private func ended(_ error: LoopError?) {
    guard exchange != nil else { return close() }
    if let error { return fail(.reset, "broke the connection (\(error.code)): whether it acted is not known") }
    isParsing = true
    let outcome = parser.finish()
    isParsing = false
    switch outcome {
    case .complete: completed(surplus: 0)
    case .stopped: close()
    case .failed(let code, let why): fail(code, why)
    case .more:
      fail(
        .closed,
        parser.hasBegun
          ? "ended the connection before its answer was whole"
          : "ended the connection before it answered: whether it acted is not known")
    }
  }

  private func completed(surplus: Int) {
    guard let exchange else { return close() }
    if surplus > 0 { return fail(.badAnswer, "sent \(surplus) bytes behind its answer, which nobody asked for") }
    self.exchange = nil
    // An answer that came before the request was out leaves the rest of it in the way of the next one.
    if parser.keepsAlive, socket.unsentBytes == 0, !socket.hasEnded, socket.failure == nil {
      socket.startReading()
      route.gaveBack(self)
    } else {
      close()
    }
    exchange.end(.success(()))
  }

  /// Ends the connection and its exchange. Also for deadlines.
  func fail(_ code: LinkError.Code, _ what: String) {
    let exchange = exchange
    self.exchange = nil
    close()
    exchange?.fail(code, what)
  }

  // MARK: AnswerReader

  func parserGotHead(_ head: AnswerHead) -> Bool { exchange?.head(head) ?? false }

  func parserGotBody(_ bytes: UnsafeRawBufferPointer) -> Bool { exchange?.bytes(bytes) ?? false }

  // MARK: LinkCarrier

  func setPaused(_ paused: Bool) {
    if paused { socket.pauseReading() } else { socket.startReading() }
  }

  func drop() {
    exchange = nil
    // The parser is told by its callback's answer; it must not be left while it runs.
    if !isParsing { close() }
  }

  /// Ends the connection at once. Idempotent.
  func close() {
    guard slot >= 0 || !socket.isClosed else { return }
    socket.close()
    route.lost(self)
  }
}
