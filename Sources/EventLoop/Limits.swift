// Every bound of the loop, with its unit. Nothing here grows with the load.

/// The numbers that bound one loop.
public enum LoopLimits {
  /// How long the jobs of one turn may run before the loop looks at I/O.
  public static let turnNanoseconds: UInt64 = 1_000_000
  /// How many tasks a cohort is at most; see ``EventLoop/joinCohort()``.
  public static let cohortTasks = 128
  /// The read buffer that all connections of a loop share.
  public static let readSlabBytes = 64 * 1024
  /// How many connections one listener accepts before the loop does something else.
  public static let acceptsPerTurn = 64
  /// How long a listener rests when the process has no descriptor left.
  public static let acceptPauseMilliseconds: UInt64 = 50
  /// The accept queue asked for by default; the kernel caps it at `net.core.somaxconn`.
  public static let backlogConnections: Int32 = 1024
  /// How long `finish` waits for the peer to take something or to end before it closes.
  public static let lingerMilliseconds: UInt64 = 2_000
  /// How many such waits a peer gets that takes what is left a little at a time.
  public static let lingerRounds = 30
  /// An output buffer larger than this is given back once it is empty.
  public static let retainedOutputBytes = 64 * 1024
  /// How long cancelled tasks may go on after `stop` before the loop closes under them.
  public static let stopGraceMilliseconds: UInt64 = 100
  /// How many enqueued jobs keep their storage between turns.
  public static let retainedInboxJobs = 64 * 1024
}
