// base64url without padding (RFC 4648, section 5), one text for one value.

enum Base64URL {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  static func encoded(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 4 + 2) / 3)
    var bits: UInt32 = 0
    var held: UInt32 = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      held += 8
      while held >= 6 {
        held -= 6
        text.append(digits[Int(bits >> held & 63)])
      }
    }
    if held > 0 { text.append(digits[Int(bits << (6 - held) & 63)]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil for what `encoded` would not have written.
  static func decoded(_ text: [UInt8]) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 3 / 4)
    var bits: UInt32 = 0
    var held: UInt32 = 0
    for character in text {
      guard let value = value(of: character) else { return nil }
      bits = bits << 6 | value
      held += 6
      if held >= 8 {
        held -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> held))
      }
    }
    // Bits that are left over must be zero, or two texts would mean the same bytes.
    return bits & ((1 << held) - 1) == 0 ? bytes : nil
  }

  /// Standard base64 as this alphabet, without its padding.
  static func urlAlphabet(_ text: [UInt8]) -> [UInt8] {
    var text = text
    while text.count % 4 == 0, text.last == UInt8(ascii: "=") { text.removeLast(text.suffix(2).first == UInt8(ascii: "=") ? 2 : 1) }
    return text.map { character in
      switch character {
      case UInt8(ascii: "+"): UInt8(ascii: "-")
      case UInt8(ascii: "/"): UInt8(ascii: "_")
      default: character
      }
    }
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
