// Key-value namespaces of the node's store, granted by `[permissions] kv`.

/// One namespace. Keys have 1 to 512 bytes, values at most 1 MiB.
///
/// Each operation is four host calls, six where more than 4 KiB come back. A worker that does not use it does not
/// import it, and needs no grant.
public struct KV: Sendable {
  private let namespace: String?

  /// A namespace that the manifest grants.
  public init(_ namespace: String) { self.namespace = namespace }

  /// The one namespace of a manifest that grants one only.
  public init() { namespace = nil }

  /// The entry of a key; nil where there is none.
  public func get(_ key: String) throws(StateError) -> Stored? {
    try StateRequest.stored(start(StateRequest("get") { head(key, &$0) }))
  }

  /// Writes an entry, which lives for so many milliseconds, or until it is deleted.
  /// - Returns: its version.
  @discardableResult
  public func put(
    _ key: String, _ value: StateValue, ttlMilliseconds: Int64? = nil, if condition: StateCondition = .always
  ) throws(StateError) -> String {
    var request = StateRequest("put") {
      head(key, &$0)
      if let ttlMilliseconds { $0.member("ttl_ms", ttlMilliseconds) }
      condition.write(to: &$0)
    }
    request.append(value)
    return try StateRequest.version(start(request))
  }

  /// Deletes an entry, only where it has that version if one is given.
  /// - Returns: whether there was one.
  @discardableResult
  public func delete(_ key: String, ifVersion version: String? = nil) throws(StateError) -> Bool {
    let request = StateRequest("delete") {
      head(key, &$0)
      if let version { $0.member("if_version", version) }
    }
    return try StateRequest.answer(start(request)) { head, _ in head.hostTruth("deleted") }
  }

  /// Keys of the namespace, and where to go on.
  public struct Page {
    public struct Key {
      public let key: String
      public let version: String
      /// Milliseconds since 1970; nil for what never expires.
      public let expiresMilliseconds: Int64?
    }
    public let keys: [Key]
    /// Give it to the next `list`; nil where nothing follows.
    public let cursor: String?
  }

  /// Keys in the order of their bytes. Limit: 1 to 1,000.
  public func list(prefix: String = "", cursor: String? = nil, limit: Int = 100) throws(StateError) -> Page {
    let request = StateRequest("list") {
      if let namespace { $0.member("namespace", namespace) }
      if !prefix.isEmpty { $0.member("prefix", prefix) }
      if let cursor { $0.member("cursor", cursor) }
      $0.member("limit", limit)
    }
    return try StateRequest.answer(start(request)) { head, _ in
      var keys: [Page.Key] = []
      if let list = head["keys"], list.kind == .array {
        for one in JSONArray(start: list.start, root: list.start) where one.kind == .object {
          let one = JSONObject(start: one.start, root: one.start)
          keys.append(
            Page.Key(
              key: one.hostText("key"), version: one.hostText("version"),
              expiresMilliseconds: one.hostNumber("expires_ms")))
        }
      }
      return Page(keys: keys, cursor: head.hostTextIfPresent("cursor"))
    }
  }

  /// Puts what `change` makes of the entry that is there, and again where another call wrote meanwhile; nil from
  /// `change` leaves it as it is. What expires goes on to do so at the same time, unless a time to live is given.
  /// - Returns: what was put.
  @discardableResult
  public func update(
    _ key: String, ttlMilliseconds: Int64? = nil, attempts: Int = 8,
    _ change: (Stored?) throws(ToolError) -> StateValue?
  ) throws(ToolError) -> StateValue? {
    try compareAndSet(
      attempts: attempts, get: { () throws(StateError) in try get(key) },
      put: { (value, old, condition) throws(StateError) in
        var life = ttlMilliseconds
        if life == nil, let expires = old?.expiresMilliseconds { life = max(1, expires - Clock.realtime / 1_000_000) }
        try put(key, value, ttlMilliseconds: life, if: condition)
      }, change: change)
  }

  private func head(_ key: String, _ writer: inout JSONWriter) {
    if let namespace { writer.member("namespace", namespace) }
    writer.member("key", key)
  }

  private func start(_ request: borrowing StateRequest) -> Int32 {
    Host.startKV(request.writer.base, request.writer.count)
  }
}
