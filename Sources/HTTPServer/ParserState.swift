// What llhttp's callbacks write to: the state of one connection's parser at a fixed address.

import CLLHTTP

/// The memory behind a ``RequestParser``. llhttp holds a pointer to it; only callbacks and the parser touch it.
struct ParserState {
  enum Phase: UInt8 {
    /// Before the first byte of a request.
    case between
    case head
    /// After the head, until the last byte of the body and its trailers.
    case body
  }

  /// First, so that its address is the state's.
  var machine = llhttp_t()
  var phase = Phase.between
  var messageNumber: UInt64 = 0
  var head = RequestHead()
  var body: [UInt8] = []
  var failure: HTTPFailure?
  let limits: HTTPLimits

  /// The header line that is being read.
  private var line = HeaderSlot()
  /// The part of the head that lies in the bytes llhttp is reading: copied once, where the head or the bytes end.
  private var unread: UnsafePointer<CChar>?
  private var unreadEnd: UnsafePointer<CChar>?
  /// Names, values and four bytes a line, trailers included.
  private var headerBytes = 0
  private var lineCount = 0
  private var extensionBytes = 0
  private var sawProtocol = false
  /// Every byte read for this message, also those no callback reports (white space, chunk lines).
  private var rawBytes = 0

  init(limits: HTTPLimits) {
    self.limits = limits
  }

  // MARK: What the callbacks report

  mutating func beginMessage() {
    messageNumber &+= 1
    phase = .head
    line = HeaderSlot()
    headerBytes = 0
    lineCount = 0
    extensionBytes = 0
    sawProtocol = false
    unread = nil
  }

  /// llhttp is about to read from `start`; a head that has begun goes on there.
  mutating func beginBytes(_ start: UnsafePointer<CChar>) {
    if phase == .head, head.targetCount > 0 {
      unread = start
      unreadEnd = start
    }
  }

  /// llhttp has read up to `end`, or the head ends there: what lies before it is kept.
  mutating func endBytes(_ end: UnsafePointer<CChar>) {
    guard let start = unread else { return }
    head.bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: start.distance(to: end)))
    unread = nil
  }

  /// Where a byte that llhttp reports will stand in the head.
  @inline(__always)
  private func offset(of pointer: UnsafePointer<CChar>) -> UInt32 {
    UInt32(truncatingIfNeeded: head.bytes.count + unread.unsafelyUnwrapped.distance(to: pointer))
  }

  mutating func appendTarget(_ start: UnsafePointer<CChar>, _ count: Int) -> Bool {
    if unread == nil { unread = start }
    unreadEnd = start + count
    head.targetCount += count
    return head.targetCount <= limits.targetBytes || fail(.targetTooLong(limits.targetBytes))
  }

  /// llhttp also reads RTSP and ICE request lines.
  mutating func checkProtocol(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard !sawProtocol, let first = bytes.first else { return true }
    sawProtocol = true
    return first == UInt8(ascii: "H") || fail(.badRequest("the request line does not name HTTP"))
  }

  mutating func checkVersion() -> Bool {
    if machine.http_major == 1, machine.http_minor <= 1 { return true }
    return fail(.unsupportedVersion)
  }

  mutating func appendName(_ start: UnsafePointer<CChar>, _ bytes: Int) -> Bool {
    if line.nameCount == 0 {
      lineCount += 1
      if lineCount > limits.headerCount { return fail(.tooManyHeaders(limits.headerCount)) }
      headerBytes += 4
      if phase == .head { line.name = offset(of: start) }
    }
    line.nameCount += UInt32(truncatingIfNeeded: bytes)
    unreadEnd = start + bytes
    return count(bytes)
  }

  mutating func appendValue(_ start: UnsafePointer<CChar>, _ bytes: Int) -> Bool {
    if line.valueCount == 0, phase == .head { line.value = offset(of: start) }
    line.valueCount += UInt32(truncatingIfNeeded: bytes)
    unreadEnd = start + bytes
    return count(bytes)
  }

  private mutating func count(_ bytes: Int) -> Bool {
    headerBytes += bytes
    return headerBytes <= limits.headerBytes || fail(.headerTooLarge(limits.headerBytes))
  }

  /// Ends a header line; trailers are counted and dropped, so that they can never pass for headers.
  mutating func endLine() {
    if phase == .head { head.slots.append(line) }
    line = HeaderSlot()
  }

  /// Checks the whole head. Returns nil where it is refused, else whether a body follows.
  mutating func endHead() -> Bool? {
    if let end = unreadEnd { endBytes(end) }
    // Asks for nothing we offer: the request is served as plain HTTP/1.1 (RFC 9110, 7.8).
    machine.upgrade = 0
    head.method = machine.method
    head.isHTTP10 = machine.http_minor == 0
    head.isChunked = machine.flags & UInt16(F_CHUNKED.rawValue) != 0
    head.contentLength = machine.content_length
    let connection = machine.flags & UInt16(F_CONNECTION_CLOSE.rawValue | F_CONNECTION_KEEP_ALIVE.rawValue)
    head.keepsAlive =
      head.isHTTP10
      ? connection == UInt16(F_CONNECTION_KEEP_ALIVE.rawValue)
      : connection & UInt16(F_CONNECTION_CLOSE.rawValue) == 0
    do throws(HTTPFailure) {
      guard checkVersion() else { return nil }
      try head.readKnownLines()
      if head.method == UInt8(HTTP_CONNECT.rawValue) || head.method == UInt8(HTTP_TRACE.rawValue) {
        throw .unsupportedMethod
      }
      try head.splitTarget(isOptions: head.method == UInt8(HTTP_OPTIONS.rawValue))
    } catch {
      _ = fail(error)
      return nil
    }
    phase = .body
    return head.hasBody
  }

  mutating func appendBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if body.count + bytes.count > limits.bodyBytes { return fail(.bodyTooLarge(limits.bodyBytes)) }
    body.append(contentsOf: bytes)
    return true
  }

  mutating func countExtension(_ bytes: Int) -> Bool {
    extensionBytes += bytes
    return extensionBytes <= limits.chunkExtensionBytes
      || fail(.badRequest("the chunk extensions are longer than chunkExtensionBytes (\(limits.chunkExtensionBytes))"))
  }

  mutating func endMessage() {
    phase = .between
  }

  // MARK: Bytes that no callback sees

  /// Bounds what a message may cost beside its contents: white space, empty lines, chunk lines.
  /// One call of llhttp never reads from two messages, because it pauses between them.
  mutating func countRaw(_ bytes: Int, isComplete: Bool) -> HTTPFailure? {
    rawBytes += bytes
    if isComplete {
      rawBytes = 0
      return nil
    }
    switch phase {
    case .between:
      return rawBytes > 1024 ? .badRequest("empty lines where a request line should be") : nil
    case .head:
      return rawBytes > 4096 + limits.targetBytes + 2 * limits.headerBytes ? .headerTooLarge(limits.headerBytes) : nil
    case .body:
      // Single-byte chunks cost six bytes each: eight times the body is generous, and still a bound.
      let bound = 8 * limits.bodyBytes + 4 * limits.headerBytes + limits.targetBytes + 64 * 1024
      return rawBytes > bound ? .bodyTooLarge(limits.bodyBytes) : nil
    }
  }

  private mutating func fail(_ failure: HTTPFailure) -> Bool {
    self.failure = failure
    return false
  }
}

extension RequestHead {
  /// One pass over the lines that decide how the message is read; throws where readers could differ.
  func readKnownLines() throws(HTTPFailure) {
    var lengths = 0
    var encodings = 0
    var encoding = 0..<0
    var expectation: Range<Int>?
    for index in slots.indices {
      trimValue(index)
      let slot = slots[index]
      switch slot.nameCount {
      case 4 where isName(slot, "host"):
        guard host < 0 else { throw .badRequest("there are two Host headers") }
        host = index
      case 6 where isName(slot, "origin"):
        guard origin < 0 else { throw .badRequest("there are two Origin headers") }
        origin = index
      case 6 where isName(slot, "expect"):
        guard expectation == nil else { throw .unsupportedExpectation }
        expectation = slot.valueRange
      case 14 where isName(slot, "content-length"):
        lengths += 1
        let digits = bytes[slot.valueRange]
        guard !digits.isEmpty, digits.allSatisfy({ $0 &- 48 < 10 }) else {
          throw .badRequest("Content-Length is not a plain decimal number")
        }
      case 17 where isName(slot, "transfer-encoding"):
        encodings += 1
        encoding = slot.valueRange
      default:
        break
      }
    }
    if encodings > 0 {
      guard encodings == 1, lengths == 0, !isHTTP10, isChunked, isValue(encoding, "chunked") else {
        throw .badRequest("the only Transfer-Encoding taken is one `chunked`, in HTTP/1.1 and without Content-Length")
      }
    }
    guard lengths <= 1 else { throw .badRequest("there are two Content-Length headers") }
    if host < 0 {
      guard isHTTP10 else { throw .badRequest("an HTTP/1.1 request needs a Host header") }
    } else if let range = valueRange(host), !range.isEmpty, !isPlainHost(range), Authority(bytes[range]) == nil {
      throw .badRequest("Host is not `name` or `name:port`")
    }
    if let expectation, !isHTTP10 {
      guard isValue(expectation, "100-continue") else { throw .unsupportedExpectation }
      expectsContinue = hasBody
    }
  }

  /// llhttp leaves the white space behind a value in it.
  @inline(__always)
  private func trimValue(_ index: Int) {
    var end = slots[index].valueRange.upperBound
    while slots[index].valueCount > 0, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 {
      slots[index].valueCount -= 1
      end -= 1
    }
  }

  /// The common shape of Host, checked without an allocation: letters, digits, dots, dashes, then maybe a port.
  private func isPlainHost(_ range: Range<Int>) -> Bool {
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      guard asciiLowercased(byte) &- 97 < 26 || byte &- 48 < 10 || byte == 45 || byte == 46 else { break }
      index += 1
    }
    guard index > range.lowerBound else { return false }
    if index == range.upperBound { return true }
    guard bytes[index] == UInt8(ascii: ":"), (1...5).contains(range.upperBound - index - 1) else { return false }
    var port = 0
    index += 1
    while index < range.upperBound {
      guard bytes[index] &- 48 < 10 else { return false }
      port = port * 10 + Int(bytes[index] - 48)
      index += 1
    }
    return port <= 65535
  }

  private func isName(_ slot: HeaderSlot, _ name: StaticString) -> Bool {
    let literal = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    return bytes.withUnsafeBufferPointer { equalsLowercased($0, at: slot.nameStart, literal) }
  }

  private func isValue(_ range: Range<Int>, _ value: StaticString) -> Bool {
    let literal = UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount)
    guard range.count == literal.count else { return false }
    return bytes.withUnsafeBufferPointer { equalsLowercased($0, at: range.lowerBound, literal) }
  }
}
