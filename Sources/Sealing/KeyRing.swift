// The keys of a deployment: the first seals, all of them open.

/// Why no key ring could be read. Never shows a key.
public struct SealingError: Error, Sendable, CustomStringConvertible {
  /// Says which line is wrong and what to write.
  public let message: String
  public var description: String { message }
}

/// Secret keys, newest first. To change them without breaking what is in circulation, append the new key to every node's
/// ring, then move it to the front everywhere, then remove the old one.
public struct KeyRing: Sendable, CustomStringConvertible {
  let keys: [[UInt8]]

  /// Never the keys.
  public var description: String { "\(keys.count) keys" }

  /// Reads one key a line: 32 bytes in base64, either alphabet. Empty lines and those that begin with `#` do not count.
  public init(parsing text: String) throws(SealingError) {
    var keys: [[UInt8]] = []
    for (index, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      // Bytes: a carriage return and a line feed are one Character.
      let word = line.filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
      if word.isEmpty || word.first == UInt8(ascii: "#") { continue }
      guard let key = Base64URL.decoded(Base64URL.urlAlphabet(word)), key.count == SealingLimits.keyBytes else {
        throw SealingError(
          message: "line \(index + 1) of the keys is not \(SealingLimits.keyBytes) bytes in base64; make one with "
            + "`openssl rand -base64 \(SealingLimits.keyBytes)`")
      }
      guard !keys.contains(key) else {
        throw SealingError(message: "line \(index + 1) of the keys stands there twice; remove one")
      }
      keys.append(key)
    }
    guard !keys.isEmpty else {
      throw SealingError(
        message: "there is no key; make one with `openssl rand -base64 \(SealingLimits.keyBytes)`, one a line")
    }
    guard keys.count <= SealingLimits.keysMax else {
      throw SealingError(message: "there are \(keys.count) keys, at most \(SealingLimits.keysMax) are taken")
    }
    self.keys = keys
  }

  /// A ring with one key that nobody else has: what it sealed cannot be opened once the process is gone.
  public static func minted() -> KeyRing { KeyRing(keys: [Entropy.bytes(SealingLimits.keyBytes)]) }

  private init(keys: [[UInt8]]) { self.keys = keys }
}
