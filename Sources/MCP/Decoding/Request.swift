// A request whose envelope is sound, and how its members are read: their kind by the first byte, their text on demand.
internal import JSON

struct Request {
  let envelope: Envelope
  let body: [UInt8]
  /// The message in the body.
  let range: Range<Int>
  let id: Range<Int>
  let method: Method

  /// The methods that mean something here.
  enum Method {
    case discover, toolsList, toolsCall, initialize, ping, promptsGet, resourcesRead, other

    fileprivate static let names: [(method: Method, bytes: [UInt8])] = [
      (.toolsCall, Array("tools/call".utf8)), (.toolsList, Array("tools/list".utf8)),
      (.discover, Array("server/discover".utf8)), (.initialize, Array("initialize".utf8)), (.ping, Array("ping".utf8)),
      (.promptsGet, Array("prompts/get".utf8)), (.resourcesRead, Array("resources/read".utf8)),
    ]
  }

  /// - Parameter method: the place of a string.
  init(envelope: Envelope, body: [UInt8], range: Range<Int>, id: Range<Int>, method: Range<Int>) {
    self.envelope = envelope
    self.body = body
    self.range = range
    self.id = id
    let name = RawText.content(ofString: method, in: body)
    self.method = Method.names.first { equal(name, $0.bytes) }?.method ?? .other
  }

  /// The bytes of a string member, escapes resolved; nil for another kind.
  func string(_ range: Range<Int>) -> ArraySlice<UInt8>? {
    RawText.kind(of: range, in: body) == .string ? RawText.content(ofString: range, in: body) : nil
  }

  func kind(_ range: Range<Int>) -> JSONKind { RawText.kind(of: range, in: body) }

  /// For messages.
  func text(_ range: Range<Int>) -> String {
    String(decoding: RawText.content(ofString: range, in: body), as: UTF8.self)
  }

  var methodText: String { envelope.method.map(text) ?? "" }
}

/// Reading values of a validated text by their bytes.
enum RawText {
  static func kind(of range: Range<Int>, in body: [UInt8]) -> JSONKind {
    switch body[range.lowerBound] {
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
    case UInt8(ascii: "n"): .null
    default: .number
    }
  }

  /// The bytes of a string, escapes resolved; a view unless there are any.
  static func content(ofString range: Range<Int>, in body: [UInt8]) -> ArraySlice<UInt8> {
    let inner = body[(range.lowerBound + 1)..<(range.upperBound - 1)]
    guard inner.contains(UInt8(ascii: "\\")) else { return inner }
    return Array((JSONScanner.stringValue(range, in: body.span) ?? "").utf8)[...]
  }

  /// Whether a number has neither fraction nor exponent.
  static func isInteger(_ range: Range<Int>, in body: [UInt8]) -> Bool {
    kind(of: range, in: body) == .number
      && body[range].allSatisfy { $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
