// Every bound of this module, by name and unit.

public enum SealingLimits {
  /// A key, in bytes.
  public static let keyBytes = 32
  /// Keys of a ring: the newest, and those that are on their way out.
  public static let keysMax = 16
  /// What one seal carries, in bytes.
  public static let plainBytesMax = 4_096
  /// A sealed text, in bytes: what is longer is none of ours.
  static let sealedBytesMax = (1 + 4 + 12 + plainBytesMax + 16) * 4 / 3 + 4
}
