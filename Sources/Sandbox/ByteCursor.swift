// Reading bytes that somebody else wrote: every step is checked, nothing is believed.

/// The bytes ended, or a number was longer than its type.
package struct MalformedBytes: Error {
  package let offset: Int
  package init(offset: Int) { self.offset = offset }
}

/// Walks over a range of bytes.
package struct ByteCursor {
  package let bytes: [UInt8]
  package private(set) var at: Int
  package let end: Int

  package init(_ bytes: [UInt8], _ range: Range<Int>? = nil) {
    self.bytes = bytes
    at = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
  }

  package var isAtEnd: Bool { at >= end }
  package var remaining: Int { end - at }

  package mutating func byte() throws(MalformedBytes) -> UInt8 {
    guard at < end else { throw MalformedBytes(offset: at) }
    defer { at += 1 }
    return bytes[at]
  }

  package mutating func take(_ count: Int) throws(MalformedBytes) -> Range<Int> {
    guard count >= 0, count <= end - at else { throw MalformedBytes(offset: at) }
    defer { at += count }
    return at..<(at + count)
  }

  /// Four bytes, least significant first.
  package mutating func fixed32() throws(MalformedBytes) -> UInt32 {
    try take(4).reversed().reduce(0) { $0 << 8 | UInt32(bytes[$1]) }
  }

  /// Eight bytes, least significant first.
  package mutating func fixed64() throws(MalformedBytes) -> UInt64 {
    try take(8).reversed().reduce(0) { $0 << 8 | UInt64(bytes[$1]) }
  }

  /// LEB128 of at most 32 bits.
  package mutating func unsigned32() throws(MalformedBytes) -> Int {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 35, by: 7) {
      let byte = try self.byte()
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 {
        guard value <= UInt64(UInt32.max) else { throw MalformedBytes(offset: at) }
        return Int(value)
      }
    }
    throw MalformedBytes(offset: at)
  }

  /// Steps over a LEB128 of at most 64 bits.
  package mutating func skipLEB() throws(MalformedBytes) {
    for _ in 0..<10 where try byte() & 0x80 == 0 { return }
    throw MalformedBytes(offset: at)
  }

  /// A LEB128 length and as many bytes.
  package mutating func counted() throws(MalformedBytes) -> Range<Int> { try take(unsigned32()) }
}

/// Numbers as the formats want them.
extension [UInt8] {
  package mutating func appendFixed(_ number: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  package mutating func appendFixed(_ number: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  package mutating func appendLEB(_ number: Int) {
    var rest = UInt64(number)
    repeat {
      let byte = UInt8(rest & 0x7F)
      rest >>= 7
      append(rest == 0 ? byte : byte | 0x80)
    } while rest != 0
  }

  package mutating func appendSignedLEB(_ number: Int64) {
    var rest = number
    while true {
      let byte = UInt8(rest & 0x7F)
      rest >>= 7
      if (rest == 0 && byte & 0x40 == 0) || (rest == -1 && byte & 0x40 != 0) { return append(byte) }
      append(byte | 0x80)
    }
  }
}
