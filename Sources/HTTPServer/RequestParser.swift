// llhttp, strict, as a pure machine: bytes in, one event out. It knows the limits of a message, and no socket.

import CLLHTTP

/// What feeding bytes to a ``RequestParser`` led to.
enum ParserEvent: Equatable {
  /// All bytes are taken; the message goes on.
  case needsMore
  /// The head is complete and announces a body; nothing of the body is read yet.
  case head
  /// The request is complete; the bytes after it are untouched.
  case complete
  /// The bytes are no request that may be served; the parser takes nothing more.
  case failed(HTTPFailure)
}

/// One connection's request parser.
///
/// It owns its llhttp state at a fixed address, and so is a class; confined to the loop of its connection. No lenient
/// flag of llhttp is ever set, and what llhttp lets pass (fragments, several Host or Transfer-Encoding lines, other
/// protocols, HTTP/0.9) is refused here.
/// Cost: no allocation in the steady state but a body's.
final class RequestParser {
  let state: UnsafeMutablePointer<ParserState>
  /// How many of the bytes of the last ``execute(_:)`` were taken.
  private(set) var consumed = 0

  init(limits: HTTPLimits) {
    state = .allocate(capacity: 1)
    state.initialize(to: ParserState(limits: limits))
    llhttp_init(Self.machine(state), HTTP_REQUEST, parserSettings)
    state.pointee.machine.data = UnsafeMutableRawPointer(state)
  }

  deinit {
    state.deinitialize(count: 1)
    state.deallocate()
  }

  /// Where the parser stands in a message.
  var phase: ParserState.Phase { state.pointee.phase }

  /// Counts messages begun: tells one head or body from the next.
  var messageNumber: UInt64 { state.pointee.messageNumber }

  /// Bytes of the body so far.
  var bodyCount: Int { state.pointee.body.count }

  /// Feeds bytes until they are used up or something happened. Not to be called again after a failure.
  func execute(_ bytes: UnsafeRawBufferPointer) -> ParserEvent {
    guard let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count > 0 else {
      consumed = 0
      return .needsMore
    }
    let machine = Self.machine(state)
    state.pointee.beginBytes(base)
    let code = llhttp_execute(machine, base, bytes.count)
    state.pointee.endBytes(base + bytes.count)
    if code == HPE_OK {
      consumed = bytes.count
    } else {
      consumed = llhttp_get_error_pos(machine).map { base.distance(to: $0) } ?? 0
    }
    if code == HPE_OK || code == HPE_PAUSED {
      let isComplete = code == HPE_PAUSED && state.pointee.phase == .between
      if let failure = state.pointee.countRaw(consumed, isComplete: isComplete) { return .failed(failure) }
    }
    switch code {
    case HPE_OK:
      return .needsMore
    case HPE_PAUSED:
      llhttp_resume(machine)
      return state.pointee.phase == .body ? .head : .complete
    default:
      return .failed(state.pointee.failure ?? Self.failure(code, machine))
    }
  }

  /// Moves the complete request out, and takes the buffers of a finished one in exchange.
  func take(_ head: inout RequestHead, _ body: inout [UInt8]) {
    swap(&state.pointee.head, &head)
    state.pointee.head.reset()
    body = state.pointee.body
    state.pointee.body = []
  }

  /// The head that is being read; complete in phase ``ParserState/Phase/body``.
  var head: RequestHead { state.pointee.head }

  /// Makes room for an announced body, up to a bound: the announcement alone must not cost memory.
  func reserveBody() {
    let announced = Int(clamping: state.pointee.head.contentLength)
    state.pointee.body.reserveCapacity(min(announced, 256 * 1024))
  }

  @inline(__always)
  private static func machine(_ state: UnsafeMutablePointer<ParserState>) -> UnsafeMutablePointer<llhttp_t> {
    // `machine` is the first stored property, at offset 0.
    UnsafeMutableRawPointer(state).assumingMemoryBound(to: llhttp_t.self)
  }

  private static func failure(_ code: llhttp_errno_t, _ machine: UnsafeMutablePointer<llhttp_t>) -> HTTPFailure {
    let reason = llhttp_get_error_reason(machine).map { String(cString: $0) } ?? "malformed request"
    // A version that is well-formed but not ours; what is no version at all has another reason.
    if code == HPE_PAUSED_H2_UPGRADE || reason == "Invalid HTTP version" { return .unsupportedVersion }
    return .badRequest(reason)
  }
}
