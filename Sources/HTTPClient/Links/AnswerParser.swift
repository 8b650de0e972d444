// llhttp, strict, as the reader of answers: bytes in, head and body pieces out. It knows no socket.
internal import CLLHTTP

/// Who hears of an answer while its bytes are parsed. False ends the parsing there.
protocol AnswerReader: AnyObject {
  func parserGotHead(_ head: AnswerHead) -> Bool
  func parserGotBody(_ bytes: UnsafeRawBufferPointer) -> Bool
}

/// One connection's reader of answers, one after the other. Confined to its loop.
///
/// No lenient flag of llhttp is ever set. What llhttp lets pass and readers could take for different things (other
/// encodings than one `chunked`, chunks in HTTP/1.0, a change of protocol) is refused here. Interim answers are read and
/// forgotten. Cost: no allocation in the steady state.
final class AnswerParser {
  enum Outcome: Equatable {
    case more
    /// The answer is whole; `consumed` bytes were its own.
    case complete(consumed: Int)
    /// The reader wanted no more.
    case stopped
    case failed(LinkError.Code, String)
  }

  /// Set once, by whoever owns this parser.
  unowned(unsafe) var reader: (any AnswerReader)!
  private let machine: UnsafeMutablePointer<llhttp_t>
  private let head = AnswerHead()
  private let limits: LinkLimits

  /// Whether the connection can take another request, once the answer is complete.
  private(set) var keepsAlive = false
  /// Whether a byte of an answer has come since ``begin(isHead:)``.
  private(set) var hasBegun = false
  private var isHead = false
  private var isReadingBody = false
  private var isComplete = false
  private var isStopped = false
  private var failure: (code: LinkError.Code, why: String)?
  private var slot = AnswerHead.Slot()
  private var headBytes = 0
  private var headLines = 0
  private var bodyBytes = 0
  private var rawBytes = 0

  init(limits: LinkLimits) {
    self.limits = limits
    machine = .allocate(capacity: 1)
    machine.initialize(to: llhttp_t())
    llhttp_init(machine, HTTP_RESPONSE, answerSettings)
    machine.pointee.data = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { machine.deallocate() }

  /// A request goes out; what comes in now is its answer. `isHead` answers have no body, whatever they say.
  func begin(isHead: Bool) {
    self.isHead = isHead
    head.reset()
    hasBegun = false
    keepsAlive = false
    isReadingBody = false
    isComplete = false
    headBytes = 0
    headLines = 0
    bodyBytes = 0
    rawBytes = 0
  }

  func execute(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    guard let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count > 0 else { return .more }
    hasBegun = true
    let code = llhttp_execute(machine, base, bytes.count)
    if isStopped { return .stopped }
    switch code {
    case HPE_OK:
      rawBytes += bytes.count
      // Chunks of one byte cost six: eight times the body is generous, and still a bound.
      if rawBytes > 4 * limits.headBytes + 64 * 1024 + 8 * bodyBytes {
        return .failed(.badAnswer, "sends far more framing than body")
      }
      return .more
    case HPE_PAUSED where isComplete:
      let consumed = llhttp_get_error_pos(machine).map { base.distance(to: $0) } ?? 0
      llhttp_resume(machine)
      return .complete(consumed: consumed)
    default: return failed
    }
  }

  /// The peer has ended its side: the end of an answer that says no length.
  func finish() -> Outcome {
    let code = llhttp_finish(machine)
    if isStopped { return .stopped }
    if isComplete { return .complete(consumed: 0) }
    if code == HPE_OK || code == HPE_INVALID_EOF_STATE { return .more }
    return failed
  }

  private var failed: Outcome {
    if let failure { return .failed(failure.code, failure.why) }
    let reason = llhttp_get_error_reason(machine).map { String(cString: $0) } ?? ""
    return .failed(.badAnswer, "did not answer in HTTP/1.1 (\(reason.isEmpty ? "malformed answer" : reason))")
  }

  private func fail(_ why: String, _ code: LinkError.Code = .badAnswer) -> Bool {
    if failure == nil { failure = (code, why) }
    return false
  }

  private func refuse(_ why: String, _ code: LinkError.Code = .badAnswer) -> Int32 {
    _ = fail(why, code)
    return -1
  }

  // MARK: What the callbacks report

  fileprivate func gotName(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if slot.name.isEmpty {
      headLines += 1
      headBytes += 4
      guard headLines <= limits.headLines else {
        return fail("sends a head of more than \(limits.headLines) lines", .tooLarge)
      }
      slot.name = head.bytes.count..<head.bytes.count
    }
    slot.name = slot.name.lowerBound..<(slot.name.upperBound + bytes.count)
    return keep(bytes)
  }

  fileprivate func gotValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if slot.value.isEmpty { slot.value = head.bytes.count..<head.bytes.count }
    slot.value = slot.value.lowerBound..<(slot.value.upperBound + bytes.count)
    return keep(bytes)
  }

  @inline(__always)
  private func keep(_ bytes: UnsafeRawBufferPointer) -> Bool {
    headBytes += bytes.count
    guard headBytes <= limits.headBytes else {
      return fail("sends a head of more than \(limits.headBytes) bytes", .tooLarge)
    }
    // Trailers are counted and dropped, so that they can never pass for headers.
    if !isReadingBody { head.bytes.append(contentsOf: bytes) }
    return true
  }

  fileprivate func endLine() {
    if !isReadingBody {
      // llhttp leaves the white space behind a value in it.
      while let last = head.bytes[slot.value].last, last == 0x20 || last == 0x09 {
        slot.value = slot.value.lowerBound..<(slot.value.upperBound - 1)
      }
      head.slots.append(slot)
    }
    slot = AnswerHead.Slot()
  }

  /// 0 goes on to the body, 1 says that there is none, -1 refuses.
  fileprivate func endHead() -> Int32 {
    machine.pointee.upgrade = 0
    let status = Int(machine.pointee.status_code)
    guard machine.pointee.http_major == 1, machine.pointee.http_minor <= 1 else {
      return refuse("answers in HTTP/\(machine.pointee.http_major).\(machine.pointee.http_minor)")
    }
    guard (100...599).contains(status), status != 101 else {
      return refuse("answers with status \(status), which nobody asked for")
    }
    let flags = Int32(machine.pointee.flags)
    let hasLength = flags & Int32(F_CONTENT_LENGTH.rawValue) != 0
    if let first = head.firstIndex(of: "transfer-encoding") {
      let isOne = head.firstIndex(of: "transfer-encoding", from: first + 1) == nil
      let isPlain = String(decoding: head.bytes[head.slots[first].value], as: UTF8.self).lowercased() == "chunked"
      guard isOne, isPlain, !hasLength, machine.pointee.http_minor == 1 else {
        return refuse("answers with another Transfer-Encoding than one `chunked`")
      }
    }
    if status < 200 { return 1 }
    guard head.connectionNames() != nil else {
      return refuse("names more than \(ConnectionNames.most) lines in `Connection`")
    }
    head.status = status
    let hasNoBody = isHead || status == 204 || status == 304
    if hasLength { head.contentLength = Int(clamping: machine.pointee.content_length) }
    if let length = head.contentLength, !hasNoBody, length > limits.answerBytes {
      return refuse("announces a body of \(length) bytes, and \(limits.answerBytes) are taken", .tooLarge)
    }
    isReadingBody = true
    guard reader.parserGotHead(head) else { return stop() }
    return hasNoBody ? 1 : 0
  }

  fileprivate func gotBody(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    bodyBytes += bytes.count
    guard bodyBytes <= limits.answerBytes else {
      return refuse("sends a body of more than \(limits.answerBytes) bytes", .tooLarge)
    }
    return reader.parserGotBody(bytes) ? 0 : stop()
  }

  private func stop() -> Int32 {
    isStopped = true
    return -1
  }

  fileprivate func endMessage() -> Int32 {
    // An interim answer: another follows.
    guard isReadingBody else {
      head.reset()
      return 0
    }
    isComplete = true
    keepsAlive = llhttp_should_keep_alive(machine) != 0
    return Int32(HPE_PAUSED.rawValue)
  }
}

/// The one settings table of the process; llhttp only reads it.
private nonisolated(unsafe) let answerSettings: UnsafePointer<llhttp_settings_t> = {
  let settings = UnsafeMutablePointer<llhttp_settings_t>.allocate(capacity: 1)
  llhttp_settings_init(settings)
  settings.pointee.on_header_field = { machine, bytes, count in
    outcome(parser(machine).gotName(UnsafeRawBufferPointer(start: bytes, count: count)))
  }
  settings.pointee.on_header_value = { machine, bytes, count in
    outcome(parser(machine).gotValue(UnsafeRawBufferPointer(start: bytes, count: count)))
  }
  settings.pointee.on_header_value_complete = { machine in
    parser(machine).endLine()
    return 0
  }
  settings.pointee.on_headers_complete = { parser($0).endHead() }
  settings.pointee.on_body = { machine, bytes, count in
    parser(machine).gotBody(UnsafeRawBufferPointer(start: bytes, count: count)) == 0 ? 0 : Int32(HPE_USER.rawValue)
  }
  settings.pointee.on_message_complete = { parser($0).endMessage() }
  return UnsafePointer(settings)
}()

/// The parser that owns the machine and is running it.
@inline(__always)
private func parser(_ machine: UnsafeMutablePointer<llhttp_t>?) -> AnswerParser {
  Unmanaged<AnswerParser>.fromOpaque(machine.unsafelyUnwrapped.pointee.data.unsafelyUnwrapped)
    ._withUnsafeGuaranteedRef { $0 }
}

/// Data callbacks refuse with HPE_USER; the parser holds the reason.
@inline(__always)
private func outcome(_ goesOn: Bool) -> Int32 { goesOn ? 0 : Int32(HPE_USER.rawValue) }
