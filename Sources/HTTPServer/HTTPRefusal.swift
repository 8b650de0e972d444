// What a service may say to a request whose head it has seen and whose body nobody has read.

public import EventLoop
public import HTTPTypes

/// The answer to a request that a service does not want the body of. The connection ends behind it.
public struct HTTPRefusal: Sendable {
  /// 4xx or 5xx; anything else is sent as 500, since a request without its body was not served.
  public var status: HTTPResponse.Status
  /// As for ``HTTPExchange/respond(status:fields:body:)``.
  public var fields: [HTTPHeader]
  public var body: [UInt8]

  public init(status: HTTPResponse.Status, fields: [HTTPHeader] = [], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// What goes out, and what is counted.
  var code: Int { (400...599).contains(status.code) ? status.code : 500 }
}

/// The head of a request that is still being read: a view into the parser's buffer, which the compiler lets nobody keep.
public struct HTTPHeadView: ~Copyable, ~Escapable {
  private let head: RequestHead
  /// The client's address.
  public let peer: SocketAddress

  @_lifetime(borrow head)
  init(_ head: borrowing RequestHead, peer: SocketAddress) {
    self.head = copy head
    self.peer = peer
  }

  public var method: HTTPRequest.Method { head.methodName }
  /// The path as it was sent, without the query; `*` for the server as a whole. Cost: one String.
  public var path: String { head.string(head.path) }
  /// What follows the first `?`; nil without one.
  public var query: String? { head.query.map { head.string($0) } }
  /// Whether a body follows: the client may have sent some of it already, but nothing of it has been read.
  public var hasBody: Bool { head.hasBody }
  /// Whether the path is exactly that, compared byte by byte. Cost: no allocation.
  public func pathIs(_ path: String) -> Bool { head.path.count == path.utf8.count && head.pathStarts(with: path) }
  /// Whether the path begins with that, compared byte by byte. Cost: no allocation.
  public func pathStarts(with prefix: String) -> Bool { head.pathStarts(with: prefix) }
  /// First value of the header of that lowercase name, white space round it removed. Cost: one String.
  public func header(_ lowercasedName: String) -> String? {
    head.firstIndex(of: lowercasedName).map { head.string(head.slots[$0].valueRange) }
  }
  /// All copies of the header of that lowercase name. Cost: no allocation when there is at most one; a slice that is
  /// kept makes the parser copy its buffer.
  public func copies(of lowercasedName: String) -> HTTPExchange.Copies { head.copies(of: lowercasedName) }
}

extension HTTPConnection {
  /// Asks the service about the head that is complete in the parser; false where the request is refused.
  func serviceTakes(_ head: RequestHead) -> Bool {
    guard let judge = core.judge, let refusal = judge(head, peer) else { return true }
    refuse(refusal)
    return false
  }

  /// Sends a service's refusal and ends the connection behind it.
  func send(_ refusal: HTTPRefusal, head: RequestHead) {
    write(body: head.isHead ? [] : refusal.body) { out in
      core.writer.begin(
        &out, code: refusal.code, date: core.date.line, framing: .counted(refusal.body.count), connection: .close)
      for field in refusal.fields { core.writer.append(&out, field.name, field.value) }
      if case .serve(let origin?) = rules.judge(head) {
        for line in CORS.lines(origin: head.string(origin)) { core.writer.append(&out, line.name, line.value) }
      }
      core.writer.append(&out, "\r\n")
    }
    linger()
  }
}
