// Writing JSON, appending to bytes.

/// Writes JSON into ``bytes``, putting the commas where they belong. What is written is compact, in the order of the
/// calls; the caller keeps `begin` and `end` balanced and writes a key before each value of an object.
public struct JSONWriter: Sendable {
  public var bytes: [UInt8]
  private var needsComma = false

  public init(reserving capacity: Int = 0) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// Goes on writing after these bytes, as the start of a value.
  public init(appendingTo bytes: consuming [UInt8]) { self.bytes = bytes }

  public mutating func beginObject() { open(UInt8(ascii: "{")) }
  public mutating func endObject() { close(UInt8(ascii: "}")) }
  public mutating func beginArray() { open(UInt8(ascii: "[")) }
  public mutating func endArray() { close(UInt8(ascii: "]")) }

  public mutating func key(_ name: String) {
    separate()
    Self.append(name, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  public mutating func string(_ value: String) {
    separate()
    Self.append(value, to: &bytes)
  }
  public mutating func integer(_ value: some BinaryInteger) {
    separate()
    Self.append(value, to: &bytes)
  }
  /// The shortest decimal that reads back as this double; `null` for what JSON has no number for.
  public mutating func number(_ value: Double) {
    separate()
    Self.append(value, to: &bytes)
  }
  public mutating func bool(_ value: Bool) {
    separate()
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }
  public mutating func null() {
    separate()
    bytes.append(contentsOf: "null".utf8)
  }
  /// A JSON text as it is. The caller vouches for it.
  public mutating func raw(_ json: Span<UInt8>) {
    separate()
    json.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
  }
  /// A JSON text as it is. The caller vouches for it.
  public mutating func raw(_ json: [UInt8]) { raw(json.span) }
  /// A JSON text as it is. The caller vouches for it.
  public mutating func raw(_ json: String) {
    separate()
    bytes.append(contentsOf: json.utf8)
  }

  public mutating func member(_ name: String, _ value: String) {
    key(name)
    string(value)
  }
  public mutating func member(_ name: String, _ value: Bool) {
    key(name)
    bool(value)
  }
  public mutating func member(_ name: String, _ value: some BinaryInteger) {
    key(name)
    integer(value)
  }
  public mutating func member(_ name: String, _ value: Double) {
    key(name)
    number(value)
  }
  public mutating func member(_ name: String, raw json: [UInt8]) {
    key(name)
    raw(json)
  }

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }
  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }
  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }
}

extension JSONWriter {
  /// Appends a string with its quotes. Quotes, backslashes and control characters are escaped, nothing else is.
  public static func append(_ string: String, to bytes: inout [UInt8]) {
    string.utf8.span.withUnsafeBufferPointer { append(utf8: $0, to: &bytes) }
  }

  /// Appends a string given as UTF-8. The caller vouches for the encoding.
  public static func append(utf8 string: Span<UInt8>, to bytes: inout [UInt8]) {
    string.withUnsafeBufferPointer { append(utf8: $0, to: &bytes) }
  }

  static func append(utf8 string: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var start = 0
    for index in 0..<string.count {
      let byte = string[index]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: string[start..<index]))
      start = index + 1
      bytes.append(UInt8(ascii: "\\"))
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
      case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
      case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
      case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
      case 0x08: bytes.append(UInt8(ascii: "b"))
      case 0x0C: bytes.append(UInt8(ascii: "f"))
      default:
        bytes.append(contentsOf: "u00".utf8)
        bytes.append(byte >> 4 == 0 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
        bytes.append(hexDigit(byte & 0x0F))
      }
    }
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: string[start...]))
    bytes.append(UInt8(ascii: "\""))
  }

  public static func append(_ integer: some BinaryInteger, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: String(integer).utf8)
  }

  /// The shortest decimal that reads back as this double; `null` for infinities and NaN, which JSON has not.
  public static func append(_ number: Double, to bytes: inout [UInt8]) {
    guard number.isFinite else {
      bytes.append(contentsOf: "null".utf8)
      return
    }
    if let integer = Int(exactly: number), integer.magnitude < 1 << 53 {
      append(integer, to: &bytes)
    } else {
      bytes.append(contentsOf: number.description.utf8)
    }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}
