// `--kv`: which store, as people write it.

/// Where a node's state is: `sqlite:PATH`, `redis://…`, `rediss://…`, `nats://…` or `memory:`.
public enum StoreAddress: Sendable, Equatable {
  /// For tests and simulation: gone with the process.
  case memory
  case sqlite(path: String)
  /// `redis://…` or `rediss://…`, read by ``RedisBackend``.
  case redis(url: String)
  /// `nats://…` or `tls://…`, read by ``NATSBackend``.
  case nats(url: String)
}
