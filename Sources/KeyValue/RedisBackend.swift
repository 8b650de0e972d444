// State in a Redis or a Valkey: the store of a process. docs/state-redis.md says what it promises.
public import EventLoop

/// A Redis, or a Valkey, that nodes share. Any thread.
///
/// Each loop has one connection, over which all its operations go as they come, without waiting for each other. A get
/// is one command; a write is one script and so one round trip, with its condition.
public final class RedisBackend: KeyValueBackend {
  let address: RedisAddress
  let security: RedisSecurity?
  let clock: WallClock

  /// Reads an address; nothing is connected yet.
  ///
  /// - parameter url: `redis://[user:password@]host[:port][/database]`, or `rediss://…` for TLS, verified by the
  ///   system's certificates or those of the file in `?ca=FILE`. What is not plain is percent-encoded.
  /// - throws: ``KeyValueError`` with code `configuration`. Quotes nothing of `url`.
  public convenience init(url: String) throws(KeyValueError) {
    try self.init(url: url, clock: machineWallClock)
  }

  /// - parameter clock: what times to live are counted by.
  public init(url: String, clock: @escaping WallClock) throws(KeyValueError) {
    let address = try RedisAddress(url)
    security = address.isTLS ? try RedisSecurity(name: address.host, authorities: address.authorities) : nil
    self.address = address
    self.clock = clock
  }

  public func connection(on loop: EventLoop) throws(KeyValueError) -> any KeyValueConnection {
    RedisConnection(backend: self, loop: loop)
  }

  public func close() {}
}
