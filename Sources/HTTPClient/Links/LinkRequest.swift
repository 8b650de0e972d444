// What is sent over a link: a method, a path, header lines that are bytes already, a body.

/// Header lines ready to be sent. What gets in here cannot end a line, add one, or say where a message ends.
public struct LinkFields: Sendable {
  /// `Name: value` and CRLF, for each line.
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public init(_ fields: [(name: String, value: String)]) throws(LinkError) {
    for field in fields { try append(field.name, field.value.utf8) }
  }

  public mutating func reserve(bytes count: Int) { bytes.reserveCapacity(count) }

  /// Appends one line. Cost: one look at each byte, and no allocation while there is room.
  ///
  /// - throws: ``LinkError`` `bad_request` for a name that is no token, a value with a control character, and the
  ///   lines that are the link's own: Host, Content-Length, Connection and the like.
  public mutating func append(_ name: String, _ value: some Collection<UInt8>) throws(LinkError) {
    guard Self.isToken(name) else {
      throw LinkError(.badRequest, "the name of a header has a character that none may have", wasSent: false)
    }
    guard !Self.isOwn(name) else {
      throw LinkError(.badRequest, "the header `\(name)` is the link's to set: leave it out", wasSent: false)
    }
    let start = bytes.count
    bytes.append(contentsOf: name.utf8)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(UInt8(ascii: " "))
    let valueStart = bytes.count
    bytes.append(contentsOf: value)
    for index in valueStart..<bytes.count where bytes[index] < 0x20 && bytes[index] != 0x09 || bytes[index] == 0x7f {
      bytes.removeSubrange(start...)
      throw LinkError(
        .badRequest, "the value of `\(name)` has a line break or another control character", wasSent: false)
    }
    bytes.append(0x0d)
    bytes.append(0x0a)
  }

  /// Appends a line that came over HTTP and was parsed there, unless it is the link's own to set. What could split the
  /// request is refused all the same. Cost: one look at each byte, no String.
  public mutating func appendForwarded(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) throws(LinkError) {
    switch name.count {
    case 2, 4, 6, 7, 10, 14, 16, 17: if isOwnLine(String(decoding: name, as: UTF8.self).lowercased()) { return }
    default: break
    }
    let isClean = { (byte: UInt8) in byte >= 0x20 && byte != 0x7f || byte == 0x09 }
    guard !name.isEmpty, name.allSatisfy({ HeaderRules.isNameByte($0) || Self.isRarer($0) }), value.allSatisfy(isClean)
    else {
      throw LinkError(.badRequest, "a header line has a character that none may have", wasSent: false)
    }
    bytes.append(contentsOf: name)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(UInt8(ascii: " "))
    bytes.append(contentsOf: value)
    bytes.append(0x0d)
    bytes.append(0x0a)
  }

  public mutating func append(_ name: String, _ value: String) throws(LinkError) { try append(name, value.utf8) }

  private static func isToken(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { HeaderRules.isNameByte($0) || isRarer($0) }
  }

  /// The bytes of a token that names do without (RFC 9110, 5.6.2).
  private static func isRarer(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2e, 0x5e, 0x60, 0x7c, 0x7e: true
    default: false
    }
  }

  private static func isOwn(_ name: String) -> Bool {
    switch name.utf8.count {
    case 2, 4, 6, 7, 10, 14, 16, 17: isOwnLine(name.lowercased())
    default: false
    }
  }
}

/// Lines that belong to a connection and not to a message (RFC 9110, 7.6.1), in lower case.
func isConnectionLine(_ name: some StringProtocol) -> Bool {
  switch name {
  case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade": true
  default: false
  }
}

private func isOwnLine(_ name: String) -> Bool {
  isConnectionLine(name) || name == "host" || name == "content-length" || name == "expect"
}

/// One request over a link. Sent as it is: nothing is added but the lines of HTTP's framing.
public struct LinkRequest: Sendable {
  /// In capitals.
  public var method: String
  /// Path and query, as they go into the request line.
  public var path: String
  public var fields: LinkFields
  public var body: [UInt8]
  /// When the answer must be whole, as `loop.now` tells it, in nanoseconds.
  public var deadline: UInt64

  public init(
    method: String = "POST", path: String, fields: LinkFields = LinkFields(), body: [UInt8] = [], deadline: UInt64
  ) {
    self.method = method
    self.path = path
    self.fields = fields
    self.body = body
    self.deadline = deadline
  }

  /// What is wrong with it; nil where it can be sent. A byte of the path that ends a request line splits the request.
  var problem: LinkError? {
    guard !method.isEmpty, method.utf8.count <= 32, method.utf8.allSatisfy({ (0x41...0x5a).contains($0) }),
      method != "CONNECT"
    else { return LinkError(.badRequest, "the method is not one of HTTP's, in capitals", wasSent: false) }
    guard path.utf8.first == UInt8(ascii: "/"), path.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      return LinkError(
        .badRequest, "the path does not begin with `/`, or has a byte outside visible ASCII", wasSent: false)
    }
    return nil
  }

  /// Puts the head together.
  func write(into out: inout [UInt8], hostLine: [UInt8]) {
    out.append(contentsOf: method.utf8)
    out.append(0x20)
    out.append(contentsOf: path.utf8)
    append(" HTTP/1.1\r\n", &out)
    out.append(contentsOf: hostLine)
    out.append(contentsOf: fields.bytes)
    if !body.isEmpty || method == "POST" || method == "PUT" || method == "PATCH" {
      append("Content-Length: ", &out)
      appendDecimal(body.count, &out)
      append("\r\n", &out)
    }
    append("\r\n", &out)
  }

  @inline(__always)
  private func append(_ text: StaticString, _ out: inout [UInt8]) {
    out.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private func appendDecimal(_ value: Int, _ out: inout [UInt8]) {
    var divisor = 1
    while value / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      out.append(UInt8(48 + value / divisor % 10))
      divisor /= 10
    }
  }
}
