// The bounds of a node that are not settings; those that are stand in node.toml (`NodeConfiguration.Limits`).

enum NodeBounds {
  /// Peer addresses whose rate is remembered for one worker; past it the longest idle ones are forgotten.
  static let ratedPeersMax = 65_536
  /// Time that calls in flight have to finish once the node drains, in milliseconds.
  static let drainMilliseconds: UInt64 = 30_000
  /// What a pipe that is ready takes at once, in bytes (Linux's `PIPE_BUF`).
  static let pipeBytes = 4_096
}
