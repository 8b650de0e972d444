// Every bound of this module, by name and unit.

/// The caps of one call, from the manifest's `[limits]`. Each of them ends the call with its own fault.
public struct CallLimits: Sendable, Equatable {
  /// Linear memory, in bytes (`limits.memory`).
  public var memoryBytes: Int
  /// Processor time in the guest, in milliseconds (`limits.cpu_ms`).
  public var cpuMilliseconds: Int
  /// Time from start to end, waiting included, in milliseconds (`limits.wall_ms`).
  public var wallMilliseconds: Int
  /// The answer, in bytes (`limits.output`).
  public var outputBytes: Int
  /// Calls of host functions (`limits.host_calls`).
  public var hostCalls: Int

  public init(
    memoryBytes: Int = 16 << 20, cpuMilliseconds: Int = 50, wallMilliseconds: Int = 5000,
    outputBytes: Int = 1 << 20, hostCalls: Int = 64
  ) {
    self.memoryBytes = memoryBytes
    self.cpuMilliseconds = cpuMilliseconds
    self.wallMilliseconds = wallMilliseconds
    self.outputBytes = outputBytes
    self.hostCalls = hostCalls
  }
}

/// Bounds that no manifest changes.
enum SandboxLimits {
  /// A page of WebAssembly memory, in bytes.
  static let pageBytes = 65536
  /// Live instances that an engine may be made for: past this the library aborts the process.
  static let instancesMax = 20_000
  /// What a node may set as the ceiling of `limits.memory`, in bytes: one bulk instruction over it costs 0.5 ms a MiB.
  static let memoryCeilingBytesMax = 1 << 30
  /// Address space that one memory reserves, in bytes (4 GiB and its guards).
  static let reservationBytes = (4 << 30) + (64 << 20)
  /// A module, in bytes.
  static let moduleBytesMax = 64 << 20
  /// Entries of a module's sections, as many as the engine takes; counted before anything is allocated for them.
  static let typesMax = 1_000_000
  static let functionsMax = 1_000_000
  static let importsMax = 100_000
  static let exportsMax = 100_000
  static let globalsMax = 1_000_000
  static let tagsMax = 1_000_000
  /// Element segments, and data segments.
  static let segmentsMax = 100_000
  /// Zero bytes between two runs of an image that are cheaper to store than a second segment's head.
  static let snapshotGapBytes = 64
  static let tablesMax = 100
  static let memoriesMax = 100
  /// Parameters of a function's type, and results.
  static let valuesMax = 1000
  /// Elements of the one table.
  static let tableElementsMax = 2000
  /// Live handles of host operations in one call.
  static let handlesMax = 64
  /// The request of one operation, in bytes: the largest value of a key-value store, and its head.
  static let operationRequestBytesMax = (1 << 20) + (64 << 10)
  /// Operations that one call may start, timers included: each leaves a line in the ledger.
  static let operationsMax = 16_384
  /// Answers that a call holds and has not read, in bytes: they are the host's memory, not the guest's.
  static let unreadBytesMax = 8 << 20
  /// Entries of one `poll_oneoff`.
  static let subscriptionsMax = 64
  /// Buffers of one `fd_read` or `fd_write`.
  static let vectorsMax = 1024
  /// Bytes that one `random` call may ask for.
  static let randomBytesMax = 65536
  /// Bytes a call may log; the rest is counted and dropped.
  static let logBytesMax = 65536
  /// What a line takes of those beside its own bytes: at most 511 lines a call, however short.
  static let logLineCostBytes = 128
  /// Bytes that one `fd_write` to the log takes; the guest is told, and writes the rest in another call.
  static let logWriteBytesMax = 65536
  /// Bytes of one log line; the rest is cut.
  static let logLineBytesMax = 8192
  /// Bytes of one progress report.
  static let progressBytesMax = 4096
  /// Bytes kept of the last line of standard error.
  static let lastLineBytesMax = 1024
  /// How much of its cap a failed call may have left to be called out of memory: a tenth, or this many bytes.
  static let memoryNearlyFullBytes = 65536
  /// A poll that took longer is charged by the thread's processor clock, in nanoseconds.
  static let longPollNanoseconds: UInt64 = 500_000
  /// How old the thread clock's baseline may be when a poll starts, in nanoseconds.
  static let baselineAgeNanosecondsMax: UInt64 = 1_000_000
  /// The epoch's period, in nanoseconds.
  static let epochNanoseconds: UInt64 = 1_000_000
  /// How long the epoch thread looks on while no guest runs before it sleeps, in nanoseconds.
  static let epochLingerNanoseconds: UInt64 = 20_000_000
  /// Compiled modules kept in the cache directory; the oldest go first.
  static let cacheFilesMax = 512
  /// Frames of a trap's backtrace in the log.
  static let backtraceFramesMax = 8
  /// Loops that may share one engine.
  static let loopsMax = 256
}
