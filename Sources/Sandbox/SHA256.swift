// SHA-256 of bytes: digests of modules, cache files and requests.
internal import CCrypto

/// SHA-256 (FIPS 180-4), by libcrypto. Cost: about 0.6 ms a MiB.
public enum SHA256 {
  /// Bytes of a digest.
  public static let byteCount = 32

  /// The 32 bytes of the digest.
  public static func digest(of bytes: Span<UInt8>) -> [UInt8] {
    bytes.withUnsafeBufferPointer { digest(of: UnsafeRawBufferPointer($0)) }
  }

  /// The 32 bytes of the digest.
  public static func digest(of bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { digest(of: $0) }
  }

  /// The 64 lower-case hexadecimal digits of the digest.
  public static func hex(of bytes: [UInt8]) -> String {
    hex(digest: digest(of: bytes))
  }

  /// A digest (or any bytes) as lower-case hexadecimal digits.
  public static func hex(digest: [UInt8]) -> String {
    let digits: StaticString = "0123456789abcdef"
    return String(unsafeUninitializedCapacity: digest.count * 2) { target in
      for (index, byte) in digest.enumerated() {
        target[index * 2] = digits.utf8Start[Int(byte >> 4)]
        target[index * 2 + 1] = digits.utf8Start[Int(byte & 15)]
      }
      return digest.count * 2
    }
  }

  /// A digest back from its hexadecimal digits; nil for another text.
  public static func bytes(ofHex text: String) -> [UInt8]? {
    guard text.utf8.count == 2 * byteCount else { return nil }
    var digest: [UInt8] = []
    var high: UInt8?
    for character in text.utf8 {
      guard let value = Character(Unicode.Scalar(character)).hexDigitValue.map(UInt8.init) else { return nil }
      if let first = high { digest.append(first << 4 | value) }
      high = high == nil ? value : nil
    }
    return digest
  }

  static func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { target, count in
      ccrypto_sha256(bytes.baseAddress, bytes.count, target.baseAddress)
      count = byteCount
    }
  }
}
