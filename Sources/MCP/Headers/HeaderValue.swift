// Header values: optional whitespace, the base64 sentinel of Mcp-Name and Mcp-Param-* (2026-07-28,
// basic/transports/streamable-http, "Value Encoding"), tokens.

enum HeaderValue {
  private static let sentinelPrefix = Array("=?base64?".utf8)
  private static let sentinelSuffix = Array("?=".utf8)

  /// Without the optional whitespace around it (RFC 9110 §5.5).
  static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var start = value.startIndex
    var end = value.endIndex
    while start < end, isSpace(value[start]) { start += 1 }
    while end > start, isSpace(value[end - 1]) { end -= 1 }
    return value[start..<end]
  }

  /// The value that a client meant: plain, or decoded once where it carries the sentinel.
  ///
  /// Nil when it is malformed: bad base64, base64 that is not canonical, text that is not UTF-8, or a plain value with
  /// bytes that a field may not carry. A missing prefix or suffix is no sentinel but a literal.
  static func decoded(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let value = trimmed(field)
    guard value.first == UInt8(ascii: "="), value.count >= sentinelPrefix.count + sentinelSuffix.count,
      value.starts(with: sentinelPrefix), value.suffix(sentinelSuffix.count).elementsEqual(sentinelSuffix)
    else {
      return value.allSatisfy(isPlain) ? value : nil
    }
    let payload = value.dropFirst(sentinelPrefix.count).dropLast(sentinelSuffix.count)
    guard let bytes = Base64.decoded(payload), String(validating: bytes, as: UTF8.self) != nil else { return nil }
    return bytes[...]
  }

  /// A non-empty token (RFC 9110 §5.6.2): what a field name may consist of.
  static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.allSatisfy(isTokenByte)
  }

  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
      UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// Equal but for the case of ASCII letters; `lowercased` is lower case already.
  static func equals(_ bytes: ArraySlice<UInt8>, ignoringCase lowercased: StaticString) -> Bool {
    let expected = lowercased.description.utf8
    return bytes.count == expected.count && zip(bytes, expected).allSatisfy { lower($0) == $1 }
  }

  static func lower(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  /// Visible ASCII, space and tab: the plain form of a value.
  private static func isPlain(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) || byte == 0x09 }
}
