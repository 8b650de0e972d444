// One pass over the bytes of a request, without a tree: where values start and end.
//
// The host has validated the text (grammar, UTF-8, depth), so that the scanner only has to find its way. It stays
// inside the bytes whatever they are: a zero byte ends every text, no rule below steps over one, and a text that makes
// no sense reads as one that ends.

typealias BytePointer = UnsafePointer<UInt8>

/// Whitespace between tokens.
@inline(__always)
func skipSpace(_ start: BytePointer) -> BytePointer {
  var at = start
  while at.pointee == 0x20 || at.pointee == 0x0A || at.pointee == 0x0D || at.pointee == 0x09 { at += 1 }
  return at
}

/// From the opening quote of a string to its closing one, or to the zero byte that ends the text.
func closingQuote(_ start: BytePointer) -> (end: BytePointer, hasEscapes: Bool) {
  var at = start + 1
  var hasEscapes = false
  while true {
    let special = specialBytes(load(at))
    if special == 0 {
      at += 8
      continue
    }
    at += special.trailingZeroBitCount >> 3
    switch at.pointee {
    case UInt8(ascii: "\""), 0: return (at, hasEscapes)
    case UInt8(ascii: "\\"):
      hasEscapes = true
      at += 1
      if at.pointee != 0 { at += 1 }
    default: at += 1
    }
  }
}

/// Past a string, whose opening quote is at `start`.
@inline(__always)
func skipString(_ start: BytePointer) -> BytePointer {
  let end = closingQuote(start).end
  return end.pointee == 0 ? end : end + 1
}

/// Past a value that starts at `start`: the first byte that is no longer its own.
func skipValue(_ start: BytePointer) -> BytePointer {
  var at = start
  switch at.pointee {
  case UInt8(ascii: "\""): return skipString(at)
  case UInt8(ascii: "{"), UInt8(ascii: "["):
    var depth = 0
    while true {
      switch at.pointee {
      case UInt8(ascii: "\""):
        at = skipString(at)
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth &+= 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth &-= 1
        if depth == 0 { return at + 1 }
      case 0: return at
      default: break
      }
      at += 1
    }
  default:
    while true {
      switch at.pointee {
      case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), 0, 0x20, 0x0A, 0x0D, 0x09: return at
      default: at += 1
      }
    }
  }
}

/// The members of an object, one after another.
struct MemberScan {
  /// The opening quote of the key.
  private(set) var key: BytePointer
  private(set) var keyEnd: BytePointer
  private(set) var keyHasEscapes = false
  private(set) var value: BytePointer
  private var next: BytePointer

  /// `object` is the opening brace.
  init(_ object: BytePointer) {
    next = object + 1
    key = object
    keyEnd = object
    value = object
  }

  /// Moves to the next member; false where there is none.
  @inline(__always)
  mutating func advance() -> Bool {
    var at = skipSpace(next)
    if at.pointee == UInt8(ascii: ",") { at = skipSpace(at + 1) }
    guard at.pointee == UInt8(ascii: "\"") else { return false }
    key = at
    (keyEnd, keyHasEscapes) = closingQuote(at)
    guard keyEnd.pointee != 0 else { return false }
    at = skipSpace(keyEnd + 1)
    guard at.pointee == UInt8(ascii: ":") else { return false }
    value = skipSpace(at + 1)
    next = value
    return value.pointee != 0
  }

  /// Past the value of this member; must be called before the next `advance`.
  @inline(__always)
  mutating func skip() {
    next = skipValue(value)
  }

  /// Whether the key, its escapes resolved, is these bytes.
  @inline(__always)
  func isKey(_ name: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    if keyHasEscapes { return isEscapedKey(name, count) }
    return keyEnd - key - 1 == count && sameBytes(key + 1, name, count: count)
  }

  @inline(never)
  private func isEscapedKey(_ name: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    let bytes = unescaped(key + 1, keyEnd)
    return bytes.count == count
      && bytes.withUnsafeBufferPointer { sameBytes($0.baseAddress ?? name, name, count: count) }
  }
}

/// The bytes of a string's body with its escapes resolved; a lone surrogate becomes U+FFFD.
func unescaped(_ start: BytePointer, _ end: BytePointer) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: end - start) { buffer, count in
    guard let target = buffer.baseAddress else { return }
    var at = start
    while at < end {
      guard at.pointee == UInt8(ascii: "\\"), at + 1 < end else {
        target[count] = at.pointee
        count += 1
        at += 1
        continue
      }
      at += 1
      let escape = at.pointee
      at += 1
      switch escape {
      case UInt8(ascii: "n"): target[count] = 0x0A
      case UInt8(ascii: "r"): target[count] = 0x0D
      case UInt8(ascii: "t"): target[count] = 0x09
      case UInt8(ascii: "b"): target[count] = 0x08
      case UInt8(ascii: "f"): target[count] = 0x0C
      case UInt8(ascii: "u"):
        count += encode(scalar(&at, end), at: target + count)
        continue
      default: target[count] = escape
      }
      count += 1
    }
  }
}

/// Reads the four digits after `\u`, and the low half of a pair where one follows.
private func scalar(_ at: inout BytePointer, _ end: BytePointer) -> UInt32 {
  let first = hexadecimal(&at, end)
  guard first >= 0xD800, first < 0xE000 else { return first }
  guard first < 0xDC00, end - at >= 6, at[0] == UInt8(ascii: "\\"), at[1] == UInt8(ascii: "u") else { return 0xFFFD }
  var ahead = at + 2
  let second = hexadecimal(&ahead, end)
  guard second >= 0xDC00, second < 0xE000 else { return 0xFFFD }
  at = ahead
  return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
}

private func hexadecimal(_ at: inout BytePointer, _ end: BytePointer) -> UInt32 {
  var value: UInt32 = 0
  var digits = 0
  while digits < 4, at < end {
    let byte = at.pointee
    let digit: UInt8
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
    default: return 0xFFFD
    }
    value = value << 4 | UInt32(digit)
    digits += 1
    at += 1
  }
  return value
}

/// Writes a scalar as UTF-8, never longer than its escape was. Returns the number of bytes.
private func encode(_ scalar: UInt32, at target: UnsafeMutablePointer<UInt8>) -> Int {
  switch scalar {
  case 0..<0x80:
    target[0] = UInt8(scalar)
    return 1
  case 0x80..<0x800:
    target[0] = UInt8(0xC0 | scalar >> 6)
    target[1] = UInt8(0x80 | scalar & 0x3F)
    return 2
  case 0x800..<0x10000:
    target[0] = UInt8(0xE0 | scalar >> 12)
    target[1] = UInt8(0x80 | scalar >> 6 & 0x3F)
    target[2] = UInt8(0x80 | scalar & 0x3F)
    return 3
  default:
    target[0] = UInt8(0xF0 | scalar >> 18)
    target[1] = UInt8(0x80 | scalar >> 12 & 0x3F)
    target[2] = UInt8(0x80 | scalar >> 6 & 0x3F)
    target[3] = UInt8(0x80 | scalar & 0x3F)
    return 4
  }
}
