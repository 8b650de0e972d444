// A JSON-RPC message taken apart in one pass over its bytes: where each member lies that a method here reads.
internal import JSON

/// The places of a message's members, of `params` and of `params._meta`, in a body that was validated.
struct Envelope {
  // The message.
  var version: Range<Int>?
  var id: Range<Int>?
  var method: Range<Int>?
  var params: Range<Int>?
  /// It has `result` or `error`: a posted response.
  var hasOutcome = false
  // `params`.
  var meta: Range<Int>?
  var name: Range<Int>?
  var uri: Range<Int>?
  var arguments: Range<Int>?
  var cursor: Range<Int>?
  var handshakeVersion: Range<Int>?
  // `params._meta` (2026-07-28, basic/index, "_meta").
  var claimedVersion: Range<Int>?
  var clientCapabilities: Range<Int>?
  var clientInfo: Range<Int>?
  var logLevel: Range<Int>?
  var progressToken: Range<Int>?
  /// The objects whose members must be looked at again, since only a full comparison finds a duplicate there.
  var duplicates = Duplicates()

  struct Duplicates {
    var message: Range<Int>?
    var params: Range<Int>?
    var meta: Range<Int>?
  }

  init(messageAt object: Range<Int>, in bytes: Span<UInt8>) {
    var members = MemberReader(at: object.lowerBound)
    while let key = members.nextKey(in: bytes) {
      let start = members.index
      switch Key.ofMessage(key, in: bytes) {
      case .params where members.take(.params):
        if bytes[start] == UInt8(ascii: "{") {
          members.index = readParams(at: start, in: bytes)
        } else {
          members.skipValue(in: bytes)
        }
        params = start..<members.index
      case .method where members.take(.method): method = members.skipValue(in: bytes)
      case .id where members.take(.id): id = members.skipValue(in: bytes)
      case .jsonrpc where members.take(.jsonrpc): version = members.skipValue(in: bytes)
      case .outcome:
        // `result` and `error` together are no duplicate.
        hasOutcome = true
        members.countUnknown()
        members.skipValue(in: bytes)
      default:
        members.countUnknown()
        members.skipValue(in: bytes)
      }
    }
    if members.needsComparison { duplicates.message = object }
  }

  /// Gives the first byte after the object.
  private mutating func readParams(at start: Int, in bytes: Span<UInt8>) -> Int {
    var members = MemberReader(at: start)
    while let key = members.nextKey(in: bytes) {
      let value = members.index
      switch Key.ofParams(key, in: bytes) {
      case .meta where members.take(.meta):
        if bytes[value] == UInt8(ascii: "{") {
          members.index = readMeta(at: value, in: bytes)
        } else {
          members.skipValue(in: bytes)
        }
        meta = value..<members.index
      case .name where members.take(.name): name = members.skipValue(in: bytes)
      case .arguments where members.take(.arguments): arguments = members.skipValue(in: bytes)
      case .uri where members.take(.uri): uri = members.skipValue(in: bytes)
      case .cursor where members.take(.cursor): cursor = members.skipValue(in: bytes)
      case .protocolVersion where members.take(.protocolVersion): handshakeVersion = members.skipValue(in: bytes)
      default:
        members.countUnknown()
        members.skipValue(in: bytes)
      }
    }
    if members.needsComparison { duplicates.params = start..<members.index }
    return members.index
  }

  private mutating func readMeta(at start: Int, in bytes: Span<UInt8>) -> Int {
    var members = MemberReader(at: start)
    while let key = members.nextKey(in: bytes) {
      switch Key.ofMeta(key, in: bytes) {
      case .protocolVersion where members.take(.protocolVersion): claimedVersion = members.skipValue(in: bytes)
      case .clientCapabilities where members.take(.clientCapabilities):
        clientCapabilities = members.skipValue(in: bytes)
      case .clientInfo where members.take(.clientInfo): clientInfo = members.skipValue(in: bytes)
      case .logLevel where members.take(.logLevel): logLevel = members.skipValue(in: bytes)
      case .progressToken where members.take(.progressToken): progressToken = members.skipValue(in: bytes)
      default:
        members.countUnknown()
        members.skipValue(in: bytes)
      }
    }
    if members.needsComparison { duplicates.meta = start..<members.index }
    return members.index
  }
}

/// Walks over the members of one object, and notes whether two of them may have one name.
struct MemberReader {
  /// The next byte to read: after ``nextKey(in:)`` the first of the value.
  var index: Int
  /// Some pair of keys is, or may be, the same: known keys that came twice, two unknown ones, or one with escapes.
  private(set) var needsComparison = false
  private var taken: UInt32 = 0
  private var unknownCount = 0

  init(at brace: Int) { index = brace + 1 }

  /// A key without its quotes.
  struct RawKey {
    var range: Range<Int>
    var hasEscapes: Bool
    /// Its last eight bytes, the last one lowest: with the length, that tells a short key at once.
    var ending: UInt64
  }

  /// Nil at the end of the object, with ``index`` behind it.
  @inline(__always)
  mutating func nextKey(in bytes: Span<UInt8>) -> RawKey? {
    skip(to: UInt8(ascii: "\""), orEnd: UInt8(ascii: "}"), in: bytes)
    guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
      index += 1
      return nil
    }
    let start = index + 1
    var end = start
    var hasEscapes = false
    var ending: UInt64 = 0
    while end < bytes.count {
      let byte = bytes[end]
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        end += 1
      }
      ending = ending << 8 | UInt64(byte)
      end += 1
    }
    if hasEscapes { needsComparison = true }
    index = end + 1
    // The colon, and the white space round it.
    while index < bytes.count, bytes[index] <= 0x20 || bytes[index] == UInt8(ascii: ":") { index += 1 }
    return RawKey(range: start..<end, hasEscapes: hasEscapes, ending: ending)
  }

  /// Whether a known key is there for the first time.
  @inline(__always)
  mutating func take(_ key: Key) -> Bool {
    let bit: UInt32 = 1 << UInt32(key.rawValue)
    guard taken & bit == 0 else {
      needsComparison = true
      return false
    }
    taken |= bit
    return true
  }

  mutating func countUnknown() {
    unknownCount += 1
    if unknownCount > 1 { needsComparison = true }
  }

  @discardableResult
  mutating func skipValue(in bytes: Span<UInt8>) -> Range<Int> {
    let start = index
    index = JSONScanner.end(ofValueAt: start, in: bytes)
    return start..<index
  }

  /// Past white space and commas.
  @inline(__always)
  private mutating func skip(to quote: UInt8, orEnd brace: UInt8, in bytes: Span<UInt8>) {
    while index < bytes.count, bytes[index] != quote, bytes[index] != brace { index += 1 }
  }
}
