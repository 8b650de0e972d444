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

  /// Writes that wait for the SQLite store's one writer thread; over it, `unavailable`.
  public static let sqliteWaitingMax = 4_096
  /// Bytes of keys and values of those writes.
  public static let sqliteWaitingBytesMax = 64 << 20
  /// Writes of one SQLite transaction.
  public static let sqliteCommitMax = 512
  /// Bytes of keys and values after which a transaction takes no further write.
  public static let sqliteCommitBytesMax = 8 << 20
  /// Keys that one listing looks at on the loop, expired ones among them; a longer one goes on in the writer thread.
  public static let sqliteVisitedMax = 4_096
  /// Milliseconds between looks for expired records.
  public static let sqliteSweepMilliseconds: UInt64 = 1_000
  /// Milliseconds between two sweeps while there is more to remove: other processes get the file in between.
  public static let sqliteSweepPauseMilliseconds: UInt64 = 2
  /// Milliseconds between two attempts to get the file from another process that writes, at most.
  public static let sqliteRetryMilliseconds: UInt64 = 4
  /// Milliseconds that opening a file waits for another process that sets it up.
  public static let sqliteOpenMilliseconds: UInt64 = 5_000
  /// Bytes of the write-ahead log that stay on disk when it has been copied into the file.
  public static let sqliteLogBytesMax = 64 << 20
  /// Bytes of pages that each loop's SQLite connection keeps.
  public static let sqliteCacheBytes = 8 << 20
  /// Pages of 4 KiB in the write-ahead log after which it is copied into the file.
  public static let sqliteLogPagesMax: Int32 = 1_000
}
