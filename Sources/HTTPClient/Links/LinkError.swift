// Why a request to another node got no answer, or no whole one, and whether the other node may have begun with it.

public struct LinkError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// Not a target, or not a request that can be sent.
    case badRequest = "bad_request"
    /// The target's name leads nowhere, or nobody answers there.
    case connectFailed = "connect_failed"
    case tlsFailed = "tls_failed"
    /// As many requests wait for this target as may.
    case busy
    case timedOut = "timed_out"
    /// The connection broke.
    case reset
    /// The target ended the connection before its answer was whole.
    case closed
    /// The target broke HTTP's rules.
    case badAnswer = "bad_answer"
    /// The answer is larger than the pool's limits.
    case tooLarge = "too_large"
    /// The pool was closed, or the caller was cancelled.
    case cancelled
  }

  public let code: Code
  /// What happened, with which target, and what to change.
  public let message: String
  /// Whether the target may have begun with the request: false only where no byte of it can have reached the target.
  ///
  /// True is the careful answer: a used connection that ends without a byte of an answer may have ended before the
  /// target read the request, or after. What may have begun is sent again only if doing it twice does no harm.
  public let wasSent: Bool

  public init(_ code: Code, _ message: String, wasSent: Bool) {
    self.code = code
    self.message = message
    self.wasSent = wasSent
  }

  public var description: String { "\(code.rawValue): \(message)" }
}
