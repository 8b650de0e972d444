// base64url without padding (RFC 4648, section 5), one text for one value.

enum Base64URL {
  private static let digits: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
  /// By character; 255 for what is no digit.
  private static let values: [UInt8] = (0...255).map { character in value(of: character).map(UInt8.init) ?? 255 }

  /// Seals go with every call between nodes: about 1 ns a byte each way.
  static func encoded(_ bytes: [UInt8]) -> String {
    let digits = digits.utf8Start
    return String(unsafeUninitializedCapacity: (bytes.count * 4 + 2) / 3) { text in
      var bits: UInt32 = 0
      var held: UInt32 = 0
      var count = 0
      for byte in bytes {
        bits = bits << 8 | UInt32(byte)
        held += 8
        while held >= 6 {
          held -= 6
          text[count] = digits[Int(bits >> held & 63)]
          count += 1
        }
      }
      if held > 0 {
        text[count] = digits[Int(bits << (6 - held) & 63)]
        count += 1
      }
      return count
    }
  }

  /// Nil for what `encoded` would not have written.
  static func decoded(_ text: some Collection<UInt8>) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var isGood = true
    let bytes = [UInt8](unsafeUninitializedCapacity: text.count * 3 / 4) { bytes, count in
      values.withUnsafeBufferPointer { values in
        var bits: UInt32 = 0
        var held: UInt32 = 0
        func decode(_ character: UInt8) {
          let value = values[Int(character)]
          if value == 255 { isGood = false }
          bits = bits << 6 | UInt32(value & 63)
          held += 6
          if held >= 8 {
            held -= 8
            bytes[count] = UInt8(truncatingIfNeeded: bits >> held)
            count += 1
          }
        }
        if text.withContiguousStorageIfAvailable({ (text) -> Void in for character in text { decode(character) } })
          == nil
        {
          for character in text { decode(character) }
        }
        // Bits that are left over must be zero, or two texts would mean the same bytes.
        if bits & ((1 << held) - 1) != 0 { isGood = false }
      }
    }
    return isGood ? bytes : nil
  }

  /// Standard base64 as this alphabet, without its padding.
  static func urlAlphabet(_ text: [UInt8]) -> [UInt8] {
    var text = text
    while text.count % 4 == 0, text.last == UInt8(ascii: "=") {
      text.removeLast(text.suffix(2).first == UInt8(ascii: "=") ? 2 : 1)
    }
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
