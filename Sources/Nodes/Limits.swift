// The bounds of a node that are not settings; those that are stand in node.toml (`NodeConfiguration.Limits`).

enum NodeBounds {
  /// Peer addresses whose rate is remembered for one worker; past it the longest idle ones are forgotten.
  static let ratedPeersMax = 65_536
  /// Time that calls in flight have to finish once the node drains, in milliseconds.
  static let drainMilliseconds: UInt64 = 30_000
  /// Answers of other nodes that are read in a loop's pool, in bytes; it has room for any of that size.
  static let pooledMessageBytes = 1 << 20
  /// What a pipe that is ready takes at once, in bytes (Linux's `PIPE_BUF`).
  static let pipeBytes = 4_096
  /// Forwarded calls whose nonces are remembered for the time that they are good: past it none is taken. Some 16 MiB.
  static let forwardsRemembered = 1 << 18
}

/// What binds calls between nodes.
enum ForwardBounds {
  /// How long a forward is good, in milliseconds from its issue.
  static let lifeMilliseconds: UInt64 = 5_000
  /// How far the clock of another node may be ahead, in milliseconds. One that is behind has so much less time.
  static let skewMilliseconds: UInt64 = 2_000
  /// What an answer may take beyond the tool's time and the way there and back, in milliseconds.
  static let graceMilliseconds = 250.0
  /// Bytes of an answer that is passed on whole where its length is known; longer ones go on as they come.
  static let wholeBytes = 1 << 20
  /// Bytes of a body that nobody gets, read so that its connection serves again; past it the connection ends.
  static let droppedBytes = 64 << 10
  /// What a node of a topology takes of header lines beyond what clients may send: `Atoll-Forward`, at most 3,100 bytes,
  /// and the link's own Host and Content-Length.
  static let headerReserveBytes = 4 << 10
  static let headerReserveLines = 3
  /// How long a lease holds that is not renewed, in milliseconds, and how often it is.
  static let leaseMilliseconds: UInt64 = 10_000
  static let leaseEveryMilliseconds: UInt64 = 2_000
  /// Connections of one loop to one other node.
  static let connectionsPerTarget = 256
  /// Bytes of an answer that a client has not taken, past which no more is read from the other node.
  static let unsentBytes = 256 << 10
}
