// The one error of the module: what went wrong while a server was set up.

/// Why an HTTP server could not be set up. What clients do wrong is answered, never thrown.
public struct HTTPServerError: Error, Sendable, CustomStringConvertible {
  /// What kind of thing went wrong; more may come.
  public struct Code: Sendable, Equatable, CustomStringConvertible {
    private enum Base: String {
      case invalidHost, invalidOrigin, cannotListen
    }
    private let base: Base
    public static let invalidHost = Code(base: .invalidHost)
    public static let invalidOrigin = Code(base: .invalidOrigin)
    public static let cannotListen = Code(base: .cannotListen)
    public var description: String { base.rawValue }
  }

  public let code: Code
  /// What happened, where, and what to change.
  public let message: String
  public let cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }
}
