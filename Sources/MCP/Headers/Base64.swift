// Strict standard base64 (RFC 4648 §4): padded, canonical, no white space. Two readers never see different bytes.

enum Base64 {
  /// The bytes, or nil when the text is not canonical base64.
  static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard let padding = padding(of: text) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var bits: UInt32 = 0
    var held = 0
    for character in text.dropLast(padding) {
      guard let value = value(of: character) else { return nil }
      bits = bits << 6 | UInt32(value)
      held += 6
      if held >= 8 {
        held -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
      }
    }
    // The bits that padding leaves over must be zero, or two texts would mean the same bytes.
    guard bits & ((1 << UInt32(held)) - 1) == 0 else { return nil }
    return bytes
  }

  /// Whether the text is canonical base64; allocates nothing.
  static func isValid(_ text: Span<UInt8>) -> Bool {
    guard text.count.isMultiple(of: 4) else { return false }
    guard text.count > 0 else { return true }
    let pad = UInt8(ascii: "=")
    let padding = text[text.count - 1] != pad ? 0 : text[text.count - 2] == pad ? 2 : 1
    var last: UInt8 = 0
    for index in 0..<(text.count - padding) {
      guard let value = value(of: text[index]) else { return false }
      last = value
    }
    switch padding {
    case 1: return last & 0b11 == 0
    case 2: return last & 0b1111 == 0
    default: return true
    }
  }

  private static func padding(of text: ArraySlice<UInt8>) -> Int? {
    guard text.count.isMultiple(of: 4) else { return nil }
    let pad = UInt8(ascii: "=")
    guard text.last == pad else { return 0 }
    return text[text.endIndex - 2] == pad ? 2 : 1
  }

  private static func value(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
