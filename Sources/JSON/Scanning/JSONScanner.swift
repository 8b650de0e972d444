// Raw slices of a JSON text: a byte walk without recursion and without memory.

/// Finds values in the bytes of a JSON text **that was validated** (by ``JSONDocument``), as ranges of these bytes, so
/// that a value can be handed on exactly as the caller wrote it. On other bytes the results mean nothing; no access is
/// out of bounds all the same.
///
/// Keys are compared with escapes resolved: `"par\u0061ms"` is the key `params`, so that this reader and every other
/// one see the same members. All functions cost one pass over the bytes they look at.
public enum JSONScanner {
  /// The range of the text's value, without the white space around it.
  public static func root(of bytes: Span<UInt8>) -> Range<Int> {
    let start = skipSpace(from: 0, in: bytes, end: bytes.count)
    return start..<end(ofValueAt: start, in: bytes)
  }

  /// The first byte after the value that starts here.
  public static func end(ofValueAt start: Int, in bytes: Span<UInt8>) -> Int {
    let count = bytes.count
    guard start >= 0, start < count else { return count }
    switch bytes[start] {
    case UInt8(ascii: "\""):
      return endOfString(at: start, in: bytes)
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      var open = 0
      var index = start
      while index < count {
        switch bytes[unchecked: index] {
        case UInt8(ascii: "\""):
          index = endOfString(at: index, in: bytes)
          continue
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          open += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          open -= 1
          if open == 0 { return index + 1 }
        default: break
        }
        index += 1
      }
      return count
    default:
      var index = start
      while index < count {
        switch bytes[unchecked: index] {
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x09, 0x0A, 0x0D: return index
        default: index += 1
        }
      }
      return count
    }
  }

  /// The members of the object in this range: `while let member = members.next() { … }`. None for another value.
  @_lifetime(copy bytes)
  public static func members(of object: Range<Int>, in bytes: Span<UInt8>) -> JSONMemberRanges {
    JSONMemberRanges(object: object, bytes: bytes)
  }

  /// Calls `body` with the ranges of each member: its key, without the quotes and still escaped, and its value.
  public static func members<E: Error>(
    of object: Range<Int>, in bytes: Span<UInt8>, body: (_ key: Range<Int>, _ value: Range<Int>) throws(E) -> Void
  ) throws(E) {
    var members = members(of: object, in: bytes)
    while let member = members.next() { try body(member.key, member.value) }
  }

  /// The elements of the array in this range: `while let element = elements.next() { … }`. None for another value.
  @_lifetime(copy bytes)
  public static func elements(of array: Range<Int>, in bytes: Span<UInt8>) -> JSONElementRanges {
    JSONElementRanges(array: array, bytes: bytes)
  }

  /// The value of the first member of this name.
  public static func valueRange(
    forKey name: String, in object: Range<Int>, of bytes: Span<UInt8>
  ) -> Range<Int>? {
    var members = members(of: object, in: bytes)
    while let member = members.next() {
      if key(member, in: bytes, equals: name) { return member.value }
    }
    return nil
  }

  /// The string in this range (quotes included), escapes resolved; nil for another value.
  public static func stringValue(_ range: Range<Int>, in bytes: Span<UInt8>) -> String? {
    guard range.count >= 2, bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
    return text(ofKey: range.lowerBound + 1..<range.upperBound - 1, in: bytes)
  }

  /// Bytes that are copied out of the text as they are.
  public static func copy(_ range: Range<Int>, of bytes: Span<UInt8>) -> [UInt8] {
    bytes.extracting(range).withUnsafeBufferPointer { Array($0) }
  }

  // The loops below read unchecked: each has looked at the bound just before, and starts at 0 or later.

  @inline(__always)
  static func endOfString(at quote: Int, in bytes: Span<UInt8>) -> Int {
    var isEscaped = false
    return endOfString(at: quote, in: bytes, isEscaped: &isEscaped)
  }

  @inline(__always)
  static func endOfString(at quote: Int, in bytes: Span<UInt8>, isEscaped: inout Bool) -> Int {
    let count = bytes.count
    var index = quote + 1
    while true {
      index = quoteOrBackslash(from: index, in: bytes)
      guard index < count else { return count }
      let byte = bytes[unchecked: index]
      if byte == UInt8(ascii: "\"") { return index + 1 }
      if byte == UInt8(ascii: "\\") {
        isEscaped = true
        index += 1
      }
      index += 1
    }
  }

  /// The first quote or backslash from here on, eight bytes at a time while there are so many; or the end.
  @inline(__always)
  private static func quoteOrBackslash(from start: Int, in bytes: Span<UInt8>) -> Int {
    let count = bytes.count
    let ones: UInt64 = 0x0101_0101_0101_0101
    var index = start
    while index + 8 <= count {
      let word = UInt64(
        littleEndian: bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
      // The high bit of each byte that is zero after the difference is taken; below the first one nothing is set.
      let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
      let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
      let found = (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)) & (ones << 7)
      if found != 0 { return index + found.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < count, bytes[unchecked: index] != UInt8(ascii: "\""), bytes[unchecked: index] != UInt8(ascii: "\\") {
      index += 1
    }
    return index
  }

  @inline(__always)
  static func skipSpace(from start: Int, in bytes: Span<UInt8>, end: Int) -> Int {
    var index = start
    while index < end {
      switch bytes[unchecked: index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      default: return index
      }
    }
    return index
  }
}

/// The ranges of one member.
public struct JSONMemberRange: Sendable, Equatable {
  /// The name without its quotes, still escaped.
  public let key: Range<Int>
  /// The value; of a string with its quotes.
  public let value: Range<Int>
  /// Whether the name is written with escapes.
  public let isEscaped: Bool
}

/// Walks over the members of an object in a validated text.
public struct JSONMemberRanges: ~Escapable {
  private let bytes: Span<UInt8>
  private var index: Int
  private let end: Int

  @_lifetime(copy bytes)
  init(object: Range<Int>, bytes: Span<UInt8>) {
    precondition(object.lowerBound >= 0 && object.upperBound <= bytes.count, "the range is outside the bytes")
    self.bytes = bytes
    let isObject = object.count >= 2 && bytes[object.lowerBound] == UInt8(ascii: "{")
    end = isObject ? object.upperBound - 1 : object.lowerBound
    index = object.lowerBound + 1
  }

  public mutating func next() -> JSONMemberRange? {
    let quote = JSONScanner.skipSpace(from: index, in: bytes, end: end)
    guard quote < end else { return nil }
    var isEscaped = false
    let keyEnd = JSONScanner.endOfString(at: quote, in: bytes, isEscaped: &isEscaped)
    let colon = JSONScanner.skipSpace(from: keyEnd, in: bytes, end: end)
    let start = JSONScanner.skipSpace(from: colon + 1, in: bytes, end: end)
    let valueEnd = JSONScanner.end(ofValueAt: start, in: bytes)
    // On bytes that were not validated these can be out of order: then there is nothing more.
    guard quote + 1 < keyEnd, start < valueEnd, valueEnd <= end else { return nil }
    index = JSONScanner.skipSpace(from: valueEnd, in: bytes, end: end) + 1
    return JSONMemberRange(key: quote + 1..<keyEnd - 1, value: start..<valueEnd, isEscaped: isEscaped)
  }
}

/// Walks over the elements of an array in a validated text.
public struct JSONElementRanges: ~Escapable {
  private let bytes: Span<UInt8>
  private var index: Int
  private let end: Int

  @_lifetime(copy bytes)
  init(array: Range<Int>, bytes: Span<UInt8>) {
    precondition(array.lowerBound >= 0 && array.upperBound <= bytes.count, "the range is outside the bytes")
    self.bytes = bytes
    let isArray = array.count >= 2 && bytes[array.lowerBound] == UInt8(ascii: "[")
    end = isArray ? array.upperBound - 1 : array.lowerBound
    index = array.lowerBound + 1
  }

  public mutating func next() -> Range<Int>? {
    let start = JSONScanner.skipSpace(from: index, in: bytes, end: end)
    guard start < end else { return nil }
    let valueEnd = JSONScanner.end(ofValueAt: start, in: bytes)
    guard start < valueEnd, valueEnd <= end else { return nil }
    index = JSONScanner.skipSpace(from: valueEnd, in: bytes, end: end) + 1
    return start..<valueEnd
  }
}
