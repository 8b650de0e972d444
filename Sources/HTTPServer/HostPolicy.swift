// Which Host and Origin values a server answers to: the guard against DNS rebinding. That of Origin is MCP's
// (2026-07-28, basic/transports/streamable-http, "Security & Endpoint"), that of Host ours (docs/operations.md,
// "Addresses").

import Glibc

/// The names a server answers to, and the web origins that may read its answers.
///
/// Host is compared with host and port exactly; another one gets 421. An Origin that is present and not allowed gets
/// 403; `null` counts as not allowed unless it is configured. An absent Origin is fine: only browsers send it.
///
/// A loopback listener always answers to `localhost`, `127.0.0.1` and `[::1]` with its port, any other listener to its
/// own address; the wildcard addresses answer to the loopback names. Everything else must be configured.
public struct HostPolicy: Sendable {
  /// Further hosts: `mcp.example.com` (which stands for no port, 80 and 443) or `mcp.example.com:8443`.
  public var allowedHosts: [String]
  /// Further origins, `https://app.example.com`, and `null` if pages without an origin are to be trusted.
  /// Those of the allowed hosts, by http and https, are always allowed.
  public var allowedOrigins: [String]
  /// Whether Host is checked at all. Only for a listener that a proxy with its own check stands before.
  public var checksHosts = true

  /// Throws ``HTTPServerError`` for a host or an origin that could never match.
  public init(allowedHosts: [String] = [], allowedOrigins: [String] = []) throws(HTTPServerError) {
    for host in allowedHosts where Authority(host) == nil {
      throw HTTPServerError(
        .invalidHost, "`\(host)` is not a host: write `name`, `name:port`, `1.2.3.4:port` or `[::1]:port`")
    }
    for origin in allowedOrigins where origin != "null" && HostRules.canonicalOrigin(origin) == nil {
      throw HTTPServerError(
        .invalidOrigin, "`\(origin)` is not an origin: write `https://name` or `http://name:port`, without a path")
    }
    self.allowedHosts = allowedHosts
    self.allowedOrigins = allowedOrigins
  }

  /// The defaults alone.
  public init() {
    allowedHosts = []
    allowedOrigins = []
  }
}

/// A ``HostPolicy`` made ready for one listener's address: lists of bytes to compare with.
struct HostRules: Sendable {
  /// Lowercase `host` or `host:port`.
  let hosts: [[UInt8]]
  let origins: [[UInt8]]
  let checksHosts: Bool

  init(_ policy: HostPolicy, listening address: Authority) {
    let port = address.port ?? 80
    let loopback = ["localhost", "127.0.0.1", "[::1]"]
    let isLoopback = loopback.contains(address.host) || address.host.hasPrefix("127.")
    let isWildcard = address.host == "0.0.0.0" || address.host == "[::]"
    var authorities = (isLoopback || isWildcard ? loopback : []).map { Authority(host: $0, port: port) }
    if !isWildcard, !authorities.contains(where: { $0.host == address.host }) {
      authorities.append(Authority(host: address.host, port: port))
    }
    // A client leaves the scheme's own port out.
    if port == 80 || port == 443 { authorities += authorities.map { Authority(host: $0.host, port: nil) } }
    for host in policy.allowedHosts.compactMap({ Authority($0) }) {
      authorities.append(host)
      if host.port == nil { authorities += [80, 443].map { Authority(host: host.host, port: $0) } }
    }
    hosts = authorities.map { Array($0.description.utf8) }
    var origins: [String] = policy.allowedOrigins.compactMap { $0 == "null" ? $0 : HostRules.canonicalOrigin($0) }
    for scheme in ["http", "https"] {
      origins += authorities.compactMap { HostRules.canonicalOrigin("\(scheme)://\($0.description)") }
    }
    self.origins = origins.map { Array($0.utf8) }
    checksHosts = policy.checksHosts
  }

  func allowsHost(_ value: Range<Int>, in bytes: [UInt8]) -> Bool { matches(value, in: bytes, hosts) }

  func allowsOrigin(_ value: Range<Int>, in bytes: [UInt8]) -> Bool { matches(value, in: bytes, origins) }

  private func matches(_ value: Range<Int>, in bytes: [UInt8], _ allowed: [[UInt8]]) -> Bool {
    guard !value.isEmpty else { return false }
    return bytes.withUnsafeBufferPointer { bytes in
      for candidate in allowed where candidate.count == value.count {
        let equal = candidate.withUnsafeBufferPointer { candidate in
          memcmp(bytes.baseAddress! + value.lowerBound, candidate.baseAddress!, candidate.count) == 0
            || equalsLowercased(bytes, at: value.lowerBound, candidate)
        }
        if equal { return true }
      }
      return false
    }
  }

  /// `scheme://host[:port]` in lower case and without the scheme's own port, as browsers serialise it (RFC 6454, 6.2).
  static func canonicalOrigin(_ text: String) -> String? {
    for (scheme, port) in [("http", UInt16(80)), ("https", UInt16(443))] {
      let prefix = scheme + "://"
      guard text.lowercased().hasPrefix(prefix), var authority = Authority(text.utf8.dropFirst(prefix.utf8.count))
      else { continue }
      if authority.port == port { authority.port = nil }
      return prefix + authority.description
    }
    return nil
  }
}
