// `host[:port]` as RFC 3986 writes it: what Host, an absolute-form target and an origin carry.

/// A parsed authority without user information. The host is lowercased; an IPv6 address keeps its brackets.
struct Authority: Sendable, Equatable {
  var host: String
  /// Nil where no port was written.
  var port: UInt16?

  /// Nil where the bytes are not `host[:port]`: empty host, user information, a port that is not 0 to 65535
  /// in plain digits, brackets round something that is not an address, or a byte a host cannot hold.
  init?(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard !bytes.isEmpty, bytes.count <= 262 else { return nil }
    let hostEnd: Int
    if bytes[0] == UInt8(ascii: "[") {
      guard let close = bytes.firstIndex(of: UInt8(ascii: "]")), close > 2 else { return nil }
      guard bytes[1..<close].allSatisfy({ Authority.isAddressByte($0) }), bytes[1..<close].contains(UInt8(ascii: ":"))
      else { return nil }
      hostEnd = close + 1
    } else {
      hostEnd = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count
      guard hostEnd > 0, bytes[..<hostEnd].allSatisfy({ Authority.isNameByte($0) }) else { return nil }
    }
    if hostEnd < bytes.count {
      guard bytes[hostEnd] == UInt8(ascii: ":") else { return nil }
      let digits = bytes[(hostEnd + 1)...]
      guard (1...5).contains(digits.count) else { return nil }
      var value: UInt32 = 0
      for digit in digits {
        guard digit &- 48 < 10 else { return nil }
        value = value * 10 + UInt32(digit - 48)
      }
      guard value <= 65535 else { return nil }
      port = UInt16(value)
    }
    host = String(decoding: bytes[..<hostEnd].map(asciiLowercased), as: UTF8.self)
  }

  init?(_ text: String) { self.init(text.utf8) }

  init(host: String, port: UInt16?) {
    self.host = host
    self.port = port
  }

  var description: String { port.map { "\(host):\($0)" } ?? host }

  /// Letters, digits, `-`, `.`, `_` and `~`: percent-encoding and sub-delimiters have no use in a served name.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    asciiLowercased(byte) &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "~")
  }

  private static func isAddressByte(_ byte: UInt8) -> Bool {
    asciiLowercased(byte) &- 97 < 6 || byte &- 48 < 10 || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
  }
}
