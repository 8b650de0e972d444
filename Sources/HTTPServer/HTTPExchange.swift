// One request and its answer, as the service sees them.

public import EventLoop
public import HTTPTypes

/// One request and its answer. Confined to the loop of its connection.
///
/// Requests of one connection are answered one after the other, in the order they came: most are POSTs, and those may
/// not run in parallel (RFC 9112, 9.3.2). Cost: the object and its buffers are used again for the connection's next
/// request if nobody kept the exchange. The request can be read until the answer is complete and the task has ended.
public final class HTTPExchange: @unchecked Sendable {
  enum State { case waiting, live, streaming, answered }

  var head = RequestHead()
  var state = State.waiting
  var connection: HTTPConnection?
  /// What was decided when the head arrived, if it was looked at then.
  var admission: Admission?
  /// Where the allowed Origin stands in the head.
  var origin: Range<Int>?
  var stream: HTTPStream?
  /// Whether the head of the answer said `Connection: close`.
  var saidClose = false
  /// What the request counts against ``HTTPLimits/bufferedBytes``.
  var heldBytes = 0
  private var task: Task<Void, Never>?
  private(set) var hasReturned = false
  /// Whether it was counted off: both the end of the answer and the end of the task come here, in either order.
  private var isSettled = false
  private let core: HTTPCore

  /// The client's address.
  public let peer: SocketAddress
  /// The whole body, without its framing.
  public internal(set) var body: [UInt8] = []
  /// Whether the task that answers is cancelled when the client leaves; at once, if it has left already.
  ///
  /// False until the service knows what it answers and says so: a client may leave before the task has run, and a
  /// legacy MCP call must not be cancelled by that.
  public var cancelsOnDisconnect = false {
    didSet { if cancelsOnDisconnect && isDisconnected { task?.cancel() } }
  }
  /// Whether the client closed its connection, or its sending side, while this exchange was live.
  ///
  /// TCP does not tell the two apart, so both count as leaving, as in Go's net/http. An answer that is given all the
  /// same is sent: a client that only shut its sending side down can read it if the call was not cancelled.
  public private(set) var isDisconnected = false
  /// Called once on the loop when the client leaves; at once, if it has left already.
  public var onDisconnect: (() -> Void)? {
    didSet { if isDisconnected { tellDisconnected() } }
  }
  /// Status of the answer, once there is one: the task that records a call may ask for it later.
  public private(set) var answeredStatus: Int?

  init(core: HTTPCore, peer: SocketAddress) {
    self.core = core
    self.peer = peer
  }

  // MARK: The request

  public var method: HTTPRequest.Method { head.methodName }

  /// The path as it was sent, without the query; `*` for the server as a whole.
  public var path: String { head.string(head.path) }

  /// What follows the first `?`; nil without one.
  public var query: String? { head.query.map { head.string($0) } }

  public var isHTTP10: Bool { head.isHTTP10 }

  /// Whether the path is exactly that, compared byte by byte. Cost: no allocation.
  public func pathIs(_ path: String) -> Bool { head.path.count == path.utf8.count && pathStarts(with: path) }

  /// Whether the path begins with that, compared byte by byte. Cost: no allocation.
  public func pathStarts(with prefix: String) -> Bool { head.pathStarts(with: prefix) }

  /// First value of the header of that lowercase name, white space round it removed. Cost: one String.
  public func header(_ lowercasedName: String) -> String? {
    head.firstIndex(of: lowercasedName).map { head.string(head.slots[$0].valueRange) }
  }

  /// First value of that header as it was sent, which need not be UTF-8.
  public func headerBytes(_ lowercasedName: String) -> [UInt8]? {
    head.firstIndex(of: lowercasedName).map { Array(head.bytes[head.slots[$0].valueRange]) }
  }

  /// All copies of the header, in order: what reads the first and what reads the last must be able to tell.
  public func headerValues(_ lowercasedName: String) -> [String] {
    guard var index = head.firstIndex(of: lowercasedName) else { return [] }
    var values: [String] = []
    while true {
      values.append(head.string(head.slots[index].valueRange))
      guard let next = head.firstIndex(of: lowercasedName, from: index + 1) else { return values }
      index = next
    }
  }

  /// All header lines as typed fields. Cost: built at each access, two strings a line.
  public var fields: HTTPFields { head.makeFields() }

  // MARK: The answer

  /// Sends the whole answer. A second answer is dropped, and so is one to a client that is gone.
  ///
  /// Content-Length, Transfer-Encoding, Date and Connection are the server's; HEAD, 204 and 304 go out without the
  /// body. Fields that a caller could use to split the answer are defused.
  public func respond(
    status: HTTPResponse.Status, fields: [(name: String, value: String)] = [], body: [UInt8] = []
  ) {
    assert(core.isConfined(), "an HTTPExchange is answered on its loop")
    guard state == .live else { return }
    let code = HTTPExchange.finalCode(status)
    answeredStatus = code
    guard let connection else {
      state = .answered
      return
    }
    connection.answer(self, code: code, fields: fields, body: body)
  }

  /// Sends the head of an answer whose body comes in pieces: SSE. Chunked, or until close for HTTP/1.0.
  public func startStream(
    status: HTTPResponse.Status, fields: [(name: String, value: String)] = []
  ) -> HTTPStream {
    assert(core.isConfined(), "an HTTPExchange is answered on its loop")
    let stream = HTTPStream(connection: state == .live ? connection : nil, exchange: self)
    guard state == .live else { return stream }
    let code = HTTPExchange.finalCode(status)
    answeredStatus = code
    state = .streaming
    self.stream = stream
    connection?.beginStream(self, code: code, fields: fields)
    return stream
  }

  /// Interim statuses are the server's own: one in the place of the answer would leave the client waiting.
  private static func finalCode(_ status: HTTPResponse.Status) -> Int {
    (200...599).contains(status.code) ? status.code : 500
  }

  // MARK: Its life

  /// Keeps the task so that a disconnect can cancel it. The task may have run before this, and the client have left.
  func attach(_ task: Task<Void, Never>) {
    guard !hasReturned else { return }
    self.task = task
    if isDisconnected && cancelsOnDisconnect { task.cancel() }
  }

  /// The service's task has ended.
  func answerReturned() {
    hasReturned = true
    task = nil
    switch state {
    case .live where connection != nil && !isDisconnected:
      respond(
        status: .internalServerError, fields: [("Content-Type", "text/plain; charset=utf-8")],
        body: Array("the service ended without an answer\n".utf8))
    case .live, .streaming:
      connection?.abort()
      state = .answered
    case .waiting, .answered: break
    }
    settle()
  }

  /// The answer is complete.
  func answerEnded() {
    state = .answered
    leaveConnection()
    settle()
  }

  /// The connection is gone before the answer was complete.
  func connectionLost() {
    leaveConnection()
    disconnect()
  }

  private func leaveConnection() {
    connection = nil
    stream?.detach()
    stream = nil
  }

  /// The client is gone: tells whoever asked, and cancels the call if it is of the kind that is cancelled.
  func disconnect() {
    guard !isDisconnected, state == .live || state == .streaming else { return }
    isDisconnected = true
    tellDisconnected()
    if cancelsOnDisconnect { task?.cancel() }
  }

  private func tellDisconnected() {
    guard let told = onDisconnect else { return }
    onDisconnect = nil
    told()
  }

  /// Gives the body back and counts the exchange off, once it is answered and its task has ended.
  private func settle() {
    guard state == .answered, hasReturned, !isSettled else { return }
    isSettled = true
    onDisconnect = nil
    giveBodyBack()
    core.exchangeEnded()
    head.reset()
  }

  /// Drops the body and what it counts with the core. No service sees the requests that the server itself answers,
  /// so nothing else would.
  func giveBodyBack() {
    core.held(-heldBytes)
    heldBytes = 0
    body = []
  }

  /// Makes a settled exchange ready for another request of the same client.
  func reuse() {
    state = .waiting
    origin = nil
    admission = nil
    saidClose = false
    hasReturned = false
    isSettled = false
    isDisconnected = false
    cancelsOnDisconnect = false
    answeredStatus = nil
  }
}
