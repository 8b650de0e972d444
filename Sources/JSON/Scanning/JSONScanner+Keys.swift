// Comparing keys with their escapes resolved, and finding duplicates.

extension JSONScanner {
  /// Whether the key in this range (without its quotes) is this name.
  public static func key(_ key: Range<Int>, in bytes: Span<UInt8>, equals name: String) -> Bool {
    let expected = name.utf8.span
    // Escapes only ever make a key longer.
    guard key.count >= expected.count else { return false }
    var index = 0
    if key.count == expected.count {
      while index < expected.count, bytes[key.lowerBound + index] == expected[index] { index += 1 }
      if index == expected.count {
        // A name with a backslash in it is never written as it is.
        return !contains(UInt8(ascii: "\\"), key, in: bytes)
      }
      return false
    }
    var unescaped = UnescapedBytes(key, in: bytes)
    while let byte = unescaped.next() {
      guard index < expected.count, expected[index] == byte else { return false }
      index += 1
    }
    return index == expected.count
  }

  /// Whether a member has this name.
  public static func key(_ member: JSONMemberRange, in bytes: Span<UInt8>, equals name: String) -> Bool {
    if member.isEscaped { return key(member.key, in: bytes, equals: name) }
    guard member.key.count == name.utf8.count else { return false }
    return name.utf8.span.withUnsafeBufferPointer { name in
      bytes.extracting(member.key).withUnsafeBufferPointer { equalBytes($0, name) }
    }
  }

  /// Whether two members have the same name.
  public static func keysEqual(_ left: JSONMemberRange, _ right: JSONMemberRange, in bytes: Span<UInt8>) -> Bool {
    if left.isEscaped || right.isEscaped { return keysEqual(left.key, right.key, in: bytes) }
    guard left.key.count == right.key.count else { return false }
    return bytes.withUnsafeBufferPointer {
      equalBytes(UnsafeBufferPointer(rebasing: $0[left.key]), UnsafeBufferPointer(rebasing: $0[right.key]))
    }
  }

  /// Whether two keys are the same name.
  public static func keysEqual(_ left: Range<Int>, _ right: Range<Int>, in bytes: Span<UInt8>) -> Bool {
    var left = UnescapedBytes(left, in: bytes)
    var right = UnescapedBytes(right, in: bytes)
    while let byte = left.next() {
      guard right.next() == byte else { return false }
    }
    return right.next() == nil
  }

  /// The second key of a name that the object in this range has twice; nil if it has none. Up to a few dozen members
  /// are compared pair by pair, more through a table of hashes, so that the cost stays linear.
  public static func duplicateKey(in object: Range<Int>, of bytes: Span<UInt8>) -> Range<Int>? {
    var seen = InlineArray<24, JSONMemberRange>(
      repeating: JSONMemberRange(key: 0..<0, value: 0..<0, isEscaped: false))
    var count = 0
    var members = members(of: object, in: bytes)
    while let member = members.next() {
      if count == JSONLimits.pairwiseMembers { return duplicateKeyOfMany(in: object, of: bytes) }
      for index in 0..<count where keysEqual(seen[index], member, in: bytes) { return member.key }
      seen[count] = member
      count += 1
    }
    return nil
  }

  /// The same for all objects of the text, at any depth.
  public static func duplicateKey(anywhereIn bytes: Span<UInt8>) -> Range<Int>? {
    var index = 0
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""): index = endOfString(at: index, in: bytes)
      case UInt8(ascii: "{"):
        let object = index..<end(ofValueAt: index, in: bytes)
        if let key = duplicateKey(in: object, of: bytes) { return key }
        index += 1
      default: index += 1
      }
    }
    return nil
  }

  /// A key (or the inside of a string) with its escapes resolved.
  public static func text(ofKey key: Range<Int>, in bytes: Span<UInt8>) -> String {
    var unescaped = UnescapedBytes(key, in: bytes)
    return String(unsafeUninitializedCapacity: key.count) { buffer in
      var count = 0
      while count < buffer.count, let byte = unescaped.next() {
        buffer[count] = byte
        count += 1
      }
      return count
    }
  }

  /// Open addressing over the keys' hashes; the hash is seeded by process, so that nobody can aim at it.
  private static func duplicateKeyOfMany(in object: Range<Int>, of bytes: Span<UInt8>) -> Range<Int>? {
    var count = 0
    var counting = members(of: object, in: bytes)
    while counting.next() != nil { count += 1 }
    var slots = 64
    while slots < count * 2 { slots *= 2 }
    var table = [JSONMemberRange?](repeating: nil, count: slots)
    var members = members(of: object, in: bytes)
    while let member = members.next() {
      var hasher = Hasher()
      var unescaped = UnescapedBytes(member.key, in: bytes)
      while let byte = unescaped.next() { hasher.combine(byte) }
      var slot = hasher.finalize() & (slots - 1)
      while let other = table[slot] {
        if keysEqual(other, member, in: bytes) { return member.key }
        slot = (slot + 1) & (slots - 1)
      }
      table[slot] = member
    }
    return nil
  }

  private static func contains(_ byte: UInt8, _ range: Range<Int>, in bytes: Span<UInt8>) -> Bool {
    for index in range where bytes[index] == byte { return true }
    return false
  }
}

/// The bytes of a key or string with its escapes resolved to UTF-8, one after another.
struct UnescapedBytes: ~Escapable {
  private let bytes: Span<UInt8>
  private var index: Int
  private let end: Int
  /// Bytes of a scalar that was escaped, lowest first.
  private var pending: UInt32 = 0
  private var pendingCount = 0

  /// The range excludes the quotes.
  @_lifetime(copy bytes)
  init(_ range: Range<Int>, in bytes: Span<UInt8>) {
    self.bytes = bytes
    index = range.lowerBound
    end = range.upperBound
  }

  mutating func next() -> UInt8? {
    if pendingCount > 0 {
      let byte = UInt8(truncatingIfNeeded: pending)
      pending >>= 8
      pendingCount -= 1
      return byte
    }
    guard index < end else { return nil }
    let byte = bytes[index]
    guard byte == UInt8(ascii: "\\"), index + 1 < end else {
      index += 1
      return byte
    }
    let escape = bytes[index + 1]
    index += 2
    switch escape {
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "r"): return 0x0D
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "u"): return escapedScalar()
    default: return escape
    }
  }

  /// Reads the four digits after `\u`, and the other half of a pair; keeps all but the first byte for later.
  private mutating func escapedScalar() -> UInt8? {
    var code = hexadecimal(at: index)
    index = min(index + 4, end)
    if code & 0xFC00 == 0xD800, index + 6 <= end, bytes[index] == UInt8(ascii: "\\") {
      let low = hexadecimal(at: index + 2)
      if low & 0xFC00 == 0xDC00 {
        code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
        index += 6
      }
    }
    let scalar = (Unicode.Scalar(code) ?? "\u{FFFD}").value
    let tail = { (shift: UInt32) in 0x80 | (scalar >> shift & 0x3F) }
    switch scalar {
    case ..<0x80: return UInt8(scalar)
    case ..<0x800:
      pending = tail(0)
      pendingCount = 1
      return UInt8(0xC0 | scalar >> 6)
    case ..<0x10000:
      pending = tail(6) | tail(0) << 8
      pendingCount = 2
      return UInt8(0xE0 | scalar >> 12)
    default:
      pending = tail(12) | tail(6) << 8 | tail(0) << 16
      pendingCount = 3
      return UInt8(0xF0 | scalar >> 18)
    }
  }

  private func hexadecimal(at start: Int) -> UInt32 {
    guard start + 4 <= end else { return 0xD800 }
    var code: UInt32 = 0
    for offset in 0..<4 {
      let byte = bytes[start + offset]
      let digit: UInt8 =
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: 0
        }
      code = code << 4 | UInt32(digit)
    }
    return code
  }
}
