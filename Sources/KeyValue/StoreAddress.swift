// `--kv`: which store, as people write it.

/// Where a node's state is: `sqlite:PATH`, `redis://…`, `rediss://…`, `nats://…`, `tls://…` or `memory:`.
public enum StoreAddress: Sendable, Equatable {
  /// For tests and simulation: gone with the process.
  case memory
  case sqlite(path: String)
  /// `redis://…` or `rediss://…`, read by ``RedisBackend``.
  case redis(url: String)
  /// `nats://…` or `tls://…`, read by ``NATSBackend``.
  case nats(url: String)

  /// What `--kv` may be, for help and errors.
  public static let forms = "sqlite:PATH, redis://HOST, rediss://HOST, nats://HOST, tls://HOST or memory:"

  /// Reads an address. Whether something is there shows when it is opened.
  ///
  /// - throws: `configuration`, saying what the forms are. Never quotes more than the scheme: there may be a password in
  ///   the rest.
  public static func parse(_ text: String) throws(KeyValueError) -> StoreAddress {
    let scheme = text.prefix { $0 != ":" }
    let rest = text.dropFirst(scheme.count + 1)
    switch scheme {
    case "memory" where text == "memory:": return .memory
    case "sqlite":
      guard !rest.isEmpty, !rest.utf8.contains(0), !rest.hasPrefix("//") || rest.hasPrefix("///") else {
        throw KeyValueError(
          .configuration,
          "a SQLite store is written sqlite:PATH, such as sqlite:state.db or sqlite:/var/lib/atoll/state.db")
      }
      return .sqlite(path: String(rest))
    case "redis", "rediss":
      guard hasHost(rest) else { throw incomplete(scheme) }
      return .redis(url: text)
    case "nats", "tls":
      guard hasHost(rest) else { throw incomplete(scheme) }
      return .nats(url: text)
    default:
      let isScheme = !scheme.isEmpty && scheme.utf8.count < text.utf8.count && scheme.allSatisfy(\.isLetter)
      throw KeyValueError(
        .configuration,
        (isScheme ? "there is no store `\(scheme):`" : "this is no address of a store") + ": write \(forms)")
    }
  }

  /// Opens the store. May block for seconds, for a file that is locked: before the loops run.
  ///
  /// - throws: `configuration` for what will not work as it is; `unavailable` where it may later. A server that does not
  ///   answer is no error here.
  public func open() throws(KeyValueError) -> any KeyValueBackend {
    switch self {
    case .memory: return MemoryBackend()
    case .sqlite(let path): return try SQLiteBackend(path: path)
    case .redis(let url): return try RedisBackend(url: url)
    case .nats(let url): return try NATSBackend(url: url)
    }
  }

  private static func hasHost(_ rest: Substring) -> Bool {
    guard rest.hasPrefix("//") else { return false }
    let host = rest.dropFirst(2).split(separator: "@", omittingEmptySubsequences: false).last ?? ""
    return !host.isEmpty && !"/?#:,".contains(host.first!) && !rest.contains(where: { $0.isWhitespace || $0 == "\0" })
  }

  private static func incomplete(_ scheme: Substring) -> KeyValueError {
    KeyValueError(
      .configuration, "the address of a store names a host: write \(scheme)://HOST or \(scheme)://HOST:PORT")
  }
}

extension StoreAddress: CustomStringConvertible {
  /// For logs and errors: without name, password and options. Everything before the last `@` goes, since a password may
  /// hold whatever separates the parts of a URL.
  public var description: String {
    switch self {
    case .memory: return "memory:"
    case .sqlite(let path): return "sqlite:\(path)"
    case .redis(let url), .nats(let url):
      let scheme = url.prefix { $0 != ":" }
      let rest = url.dropFirst(scheme.count + 3)
      let place = rest.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
      return "\(scheme)://\(place.prefix { $0 != "?" && $0 != "#" })"
    }
  }
}
