// An answer that is sent in pieces: what SSE is written to.

/// The open body of one answer. Confined to the loop of its connection.
///
/// A client that does not read makes ``unsentBytes`` grow: wait with ``drained()`` between writes. Past
/// ``HTTPLimits/streamUnsentBytes``, or without enough progress (``HTTPLimits/writeTimeoutMilliseconds``), it is cut off.
public final class HTTPStream: @unchecked Sendable {
  private var connection: HTTPConnection?
  private let exchange: HTTPExchange
  private var waiters: [UnsafeContinuation<Void, Never>] = []

  init(connection: HTTPConnection?, exchange: HTTPExchange) {
    self.connection = connection
    self.exchange = exchange
  }

  /// Whether writing still has a reader: false after ``finish()`` and once the connection is gone.
  public var isOpen: Bool { connection != nil }

  /// Bytes of the connection that the kernel has not taken yet.
  public var unsentBytes: Int { connection?.unsentBytes ?? 0 }

  /// Sends one piece, as one chunk. An empty piece sends nothing (an empty chunk would end the answer).
  /// Returns false where nobody reads any more.
  @discardableResult
  public func write(_ bytes: [UInt8]) -> Bool {
    guard let connection else { return false }
    if !bytes.isEmpty { connection.writePiece(exchange, bytes) }
    return isOpen
  }

  /// Ends the answer; later writes are dropped.
  public func finish() {
    guard let connection else { return }
    self.connection = nil
    connection.finishStream(exchange)
    resumeWaiters()
  }

  /// Returns once the kernel has taken everything, or nobody reads any more.
  public func drained() async {
    guard unsentBytes > 0 else { return }
    await withUnsafeContinuation { waiters.append($0) }
  }

  /// The connection has nothing unsent.
  func resumeWaiters() {
    let woken = waiters
    waiters = []
    for waiter in woken { waiter.resume() }
  }

  /// The connection is gone or the answer complete.
  func detach() {
    connection = nil
    resumeWaiters()
  }
}
