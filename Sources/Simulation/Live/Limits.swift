// Every bound of a live run, with its unit.

/// The numbers that bound what a live run holds and how long it waits.
public enum LiveLimits {
  /// What one direction of one connection may have under way; then its sender has to wait. As the largest receive
  /// window of TCP does on Linux, it bounds a connection over a long link to so much a one-way delay.
  static let relayedBytesPerStream = 4 * 1024 * 1024
  /// What all relayed connections together may have under way.
  static let relayedBytes = 256 * 1024 * 1024
  /// Connections through the relays; one more is refused.
  static let relayedConnections = 20_000
  /// How long a process may take to end when it is asked to; then it is killed.
  static let stopMilliseconds: UInt64 = 3_000
  /// How long a process may take until it listens.
  static let startMilliseconds: UInt64 = 30_000
  /// How often its output is looked at meanwhile.
  static let startPollMilliseconds: UInt64 = 10
  /// The end of a failed process's output that its error shows.
  static let shownOutputBytes = 2_000
  static let outputBytesMax = 64 * 1024 * 1024
  /// How often a request that hangs looks whether it still has to.
  static let hangPollNanoseconds: UInt64 = 20_000_000
  /// Sessions that the clients of one population have open with one worker.
  static let openSessions = 16
  /// Kinds of failures that a report tells apart.
  static let failureCodes = 64
  /// A live run starts a process for each site.
  static let sites = 32
  /// How often a process that is slowed down is stopped.
  static let beatNanoseconds: UInt64 = 20_000_000
  /// Keys that are read from a store at a time at the end of a run, and how long one operation may take.
  static let auditedPage = 200
  static let auditMilliseconds: UInt64 = 5_000
  /// How long the nodes may take to write their last log lines.
  static let settleMilliseconds: UInt64 = 200
  /// Connections between one population and one site, and calls that may wait for one: clients do not share connections.
  static let connectionsPerAccess = 2_000
  static let waitingPerAccess = 100_000
  /// From the nodes' being ready to the first second of the run.
  static let leadNanoseconds: UInt64 = 50_000_000
}
