// What stands before a value's bytes in a store that keeps bytes.

/// A format byte (1), the version, and when the value expires (0: never); numbers of eight bytes, the highest first.
struct RecordHead: Equatable {
  static let format: UInt8 = 1
  static let byteCount = 17

  var version: UInt64
  var expires: UInt64?

  /// nil where `bytes` do not begin with a head of this format.
  init?(_ bytes: some RandomAccessCollection<UInt8>) {
    guard bytes.count >= Self.byteCount, bytes.first == Self.format else { return nil }
    version = Self.number(bytes.dropFirst().prefix(8))
    let expires = Self.number(bytes.dropFirst(9).prefix(8))
    self.expires = expires == 0 ? nil : expires
  }

  private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

  static func bytes(of number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
  }

  func isExpired(at now: UInt64) -> Bool { expires.map { $0 <= now } ?? false }
}
