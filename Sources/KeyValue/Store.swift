// The port: what a key-value store does for a node, whichever store it is.
public import EventLoop

/// A store that a process has opened. Gives each loop a connection of its own. Any thread.
///
/// Opened by ``StoreAddress/open()``; what each kind promises beyond this port is said in `docs/state.md`.
public protocol KeyValueBackend: Sendable {
  /// A connection for one loop. Called on that loop, or before it runs. A store that cannot be reached now is no error
  /// here: operations then end with `unavailable`, and it heals by itself.
  func connection(on loop: EventLoop) throws(KeyValueError) -> any KeyValueConnection
  /// Ends what runs in the background. After the connections are closed; blocks until it is done.
  func close()
}

/// One loop's way to a store. Confined to its loop's thread.
public protocol KeyValueConnection: AnyObject {
  /// Starts an operation. `completion` is called exactly once, on the loop, no later than `deadline` (monotonic
  /// nanoseconds, as `EventLoop.now` tells it), and possibly before this returns: a store that can answer without
  /// waiting does so.
  ///
  /// Operations of one connection that do not wait for each other may run in any order.
  func perform(_ operation: KeyValueOperation, deadline: UInt64, _ completion: @escaping KeyValueCompletion)
  /// Ends what is under way with `unavailable` and gives everything back. Idempotent.
  func close()
}

public typealias KeyValueCompletion = (Result<KeyValueAnswer, KeyValueError>) -> Void

/// What is asked of a store. Checked by ``KeyValueOperation/problem()`` before it reaches an adapter.
public struct KeyValueOperation: Sendable, Equatable {
  public enum Body: Sendable, Equatable {
    case get(key: [UInt8])
    /// Writes a value whole. `timeToLive` in milliseconds; nil: it never expires, also where the old value did.
    case put(key: [UInt8], value: [UInt8], timeToLive: UInt64?, condition: KeyValueCondition)
    case delete(key: [UInt8], condition: KeyValueCondition)
    /// Keys that begin with `prefix`, in byte order, after the key `cursor`; at most `limit`.
    case list(prefix: [UInt8], cursor: [UInt8]?, limit: Int)
  }

  /// Keys of two namespaces never meet.
  public var namespace: String
  public var body: Body

  public init(namespace: String, _ body: Body) {
    self.namespace = namespace
    self.body = body
  }
}

/// What must hold of a key for a write to happen.
public enum KeyValueCondition: Sendable, Equatable {
  case none
  /// There is no value, or it has expired.
  case absent
  /// The value is still the one of this version.
  case version(UInt64)
}

/// What a store answers, by the kind of the operation.
public enum KeyValueAnswer: Sendable, Equatable {
  /// To a `get`: nil where there is no value, or it has expired.
  case entry(KeyValueEntry?)
  /// To a `put`: the version that the value has now.
  case written(version: UInt64)
  /// To a `delete`: whether there was a value that had not expired.
  case deleted(Bool)
  /// To a `list`. `isLast` says that there were no more keys after these.
  case page([KeyValueListing], isLast: Bool)
}

/// A value, as a `get` finds it.
public struct KeyValueEntry: Sendable, Equatable {
  public var value: [UInt8]
  /// Greater than that of every value this key had before, also across deletes and expiry. Opaque otherwise.
  public var version: UInt64
  /// Milliseconds since 1970 by the clock of the node that wrote it; nil: never.
  public var expires: UInt64?

  public init(value: [UInt8], version: UInt64, expires: UInt64?) {
    self.value = value
    self.version = version
    self.expires = expires
  }
}

/// A key, as a `list` finds it.
public struct KeyValueListing: Sendable, Equatable {
  public var key: [UInt8]
  public var version: UInt64
  /// As in ``KeyValueEntry/expires``.
  public var expires: UInt64?

  public init(key: [UInt8], version: UInt64, expires: UInt64?) {
    self.key = key
    self.version = version
    self.expires = expires
  }
}

extension KeyValueOperation.Body {
  /// Bytes that the operation holds while it waits.
  var byteCount: Int {
    switch self {
    case .put(let key, let value, _, _): key.count + value.count
    case .get(let key), .delete(let key, _): key.count
    case .list(let prefix, let cursor, _): prefix.count + (cursor?.count ?? 0)
    }
  }
}
