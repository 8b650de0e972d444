// What goes wrong between a guest and an upstream, and what is wrong with a node's or a worker's settings.

/// Why a request got no answer, or no whole one.
public struct UpstreamError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The names that guests see.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// No such upstream, path, method or header in the grant.
    case denied
    /// Not a request: its URL, a header or its body cannot be sent.
    case badRequest = "bad_request"
    /// The name resolves to an address that the node does not allow.
    case addressRefused = "address_refused"
    case connectFailed = "connect_failed"
    case tlsFailed = "tls_failed"
    case timeout
    /// The upstream ended the connection or the stream.
    case reset
    /// The upstream broke HTTP's rules.
    case `protocol`
    /// The byte cap of the call's responses is used up.
    case tooLarge = "too_large"
    case tooManyRedirects = "too_many_redirects"
    /// The upstream failed too often a moment ago.
    case circuitOpen = "circuit_open"
  }

  public let code: Code
  /// A sentence that names the upstream and what to do. Carries no secret and no query string.
  public let message: String
  /// Empty where the request named none.
  public let upstream: String
  /// When to try again; nil where that is not known.
  public let retryAfterMilliseconds: UInt64?

  public init(_ code: Code, _ message: String, upstream: String = "", retryAfterMilliseconds: UInt64? = nil) {
    self.code = code
    self.message = message
    self.upstream = upstream
    self.retryAfterMilliseconds = retryAfterMilliseconds
  }

  public var description: String { "\(code.rawValue): \(message)" }
}

/// A grant, an address block or a certificate file that cannot be used. Says what to write instead.
public struct UpstreamConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  public let message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}
