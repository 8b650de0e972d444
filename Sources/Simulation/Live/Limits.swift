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
}
