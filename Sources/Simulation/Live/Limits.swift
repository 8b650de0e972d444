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
}
