// Every bound of this module, by name and unit.

public enum KeyValueLimits {
  /// A key, in bytes of UTF-8; at least 1, without a zero byte.
  public static let keyBytesMax = 512
  /// A value, in bytes.
  public static let valueBytesMax = 1 << 20
  /// A namespace's name, in bytes: letters, digits, `-` and `_`.
  public static let namespaceBytesMax = 64
  /// Keys of one page of a listing.
  public static let pageKeysMax = 1_000
  /// Milliseconds that a value may live: ten years.
  public static let timeToLiveMax: UInt64 = 10 * 366 * 86_400_000

  /// Bytes of keys and values that the memory store holds.
  public static let memoryBytesMax = 256 << 20
  /// Expired records that one sweep removes before others get their turn.
  public static let sweptKeysMax = 32
}
