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

  /// Writes that wait for the SQLite store's one writer thread; over it, `busy`.
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

/// Bounds of the Redis adapter; those of operations and bytes are for one connection, which one loop has.
public enum RedisLimits {
  /// Operations that wait for the connection or for an answer; one more ends with `busy` at once.
  public static let operationsInFlight = 4_096
  /// Bytes of those operations: of their keys and values while they wait for the connection, then of their requests.
  public static let bytesInFlight = 64 << 20
  /// How long a connection may take from its first packet to the last answer of its greeting.
  public static let connectMilliseconds: UInt64 = 3_000
  /// A connection whose oldest request is this old without an answer is given up, and another is made.
  public static let silenceMilliseconds: UInt64 = 3_000
  /// The wait before a new connection: the first one, doubled with each failure up to the second, with a jitter of
  /// half. Below a second, so that a server that is back is found within one.
  public static let backoffFirstMilliseconds: UInt64 = 20
  public static let backoffMaxMilliseconds: UInt64 = 500
  /// After so many failures in a row operations do not wait for the connection any more.
  public static let failuresBeforeRefusing = 3
  /// Expired records that a write takes with it, and that a sweep does.
  public static let sweptWithWrite = 4
  public static let sweptAtOnce = 100
  /// The time between two sweeps of a namespace; less after one that found as much as it may.
  public static let sweepMilliseconds: UInt64 = 5_000
  public static let sweepSoonMilliseconds: UInt64 = 500
  /// How long an expired record stays for certain: by so much may the clocks of two nodes differ.
  public static let sweepGraceMilliseconds: UInt64 = 5_000
  /// Namespaces that a connection sweeps.
  public static let sweptNamespaces = 1_024
  /// Keys that one script looks at for a page; a page among expired keys takes several.
  public static let keysScanned = 2_000
}

/// Bounds of the NATS adapter; one store has one queue and two threads, whatever the number of loops.
public enum NATSLimits {
  public static let threads = 2
  /// Operations that wait for a thread; one more ends with `busy` at once.
  public static let operationsQueued = 1_024
  /// Bytes of keys and values of those operations, and of those that the threads are doing; over it, `busy`.
  public static let bytesQueued = 64 << 20
  /// What a server must take in one message: a value of the limit, in base64 and with its headers.
  public static let payloadBytes: Int64 = 2 << 20
  /// How long one request waits for its answer; an operation may take several.
  public static let requestMilliseconds: UInt64 = 2_000
  public static let connectMilliseconds: Int64 = 2_000
  /// Subscriptions of past listings whose memory waits for a look at the connection.
  static let retiredMax = 64
  /// The wait before the library connects again, and the most that is added to it at random.
  public static let reconnectMilliseconds: Int64 = 150
  public static let reconnectJitterMilliseconds: Int64 = 100
  /// How long operations wait for a connection that was lost; later ones fail at once until it is back.
  public static let outageMilliseconds: UInt64 = 1_000
  /// A server that is silent for two of these is given up.
  public static let pingMilliseconds: Int64 = 2_000
  /// How often an operation without a condition tries again because another write came between.
  public static let attempts = 16
  /// While a page is looked for: the wait for the next record before asking whether there is one.
  public static let listingPauseMilliseconds: UInt64 = 250
  /// Records that one sweep looks at, and removes.
  public static let sweptRecords = 1_000
  public static let sweptAtOnce = 250
  public static let sweepMilliseconds: UInt64 = 5_000
  /// How long an expired record, or the marker of a delete, stays for certain.
  public static let sweepGraceMilliseconds: UInt64 = 5_000
}
