// Who answers, and for how long an answer about the catalog may be kept.

/// What the server says of itself, in `serverInfo` and in `instructions`.
public struct ServerIdentity: Sendable, Hashable {
  public var name: String
  public var version: String
  /// A name for people; sent to revisions that know it (2025-06-18 on).
  public var title: String?
  /// A text for the model about how to use the tools.
  public var instructions: String?

  public init(name: String, version: String, title: String? = nil, instructions: String? = nil) {
    self.name = name
    self.version = version
    self.title = title
    self.instructions = instructions
  }
}

/// `ttlMs` and `cacheScope` of `server/discover` and `tools/list` (2026-07-28, server/utilities/caching).
public struct CacheHint: Sendable, Hashable {
  public enum Scope: String, Sendable {
    /// May be shared between callers: the list is the same for everyone.
    case shared = "public"
    /// Only for the caller's own authorization context. Must be used as soon as the list depends on who asks.
    case `private`
  }

  public var ttlMilliseconds: UInt32
  public var scope: Scope

  public init(ttlMilliseconds: UInt32, scope: Scope) {
    self.ttlMilliseconds = ttlMilliseconds
    self.scope = scope
  }

  /// A minute, shared: nothing here depends on the caller, and a reload is seen within that time.
  public static let minute = CacheHint(ttlMilliseconds: 60_000, scope: .shared)
  /// Stale at once; what `atoll dev` wants.
  public static let none = CacheHint(ttlMilliseconds: 0, scope: .private)
}
