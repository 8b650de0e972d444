// The one error of this module, and the conversion from libuv's numbers.
internal import CUV

/// A failure of the loop, a socket or a signal, named as libuv names it.
public struct LoopError: Error, Sendable, CustomStringConvertible {
  /// libuv's name of the failure, for example `EADDRINUSE`.
  public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    public static let addressInUse = Code(rawValue: "EADDRINUSE")
    public static let addressNotAvailable = Code(rawValue: "EADDRNOTAVAIL")
    public static let accessDenied = Code(rawValue: "EACCES")
    public static let connectionRefused = Code(rawValue: "ECONNREFUSED")
    public static let connectionReset = Code(rawValue: "ECONNRESET")
    public static let brokenPipe = Code(rawValue: "EPIPE")
    public static let canceled = Code(rawValue: "ECANCELED")
    public static let invalid = Code(rawValue: "EINVAL")
    public static let tooManyDescriptors = Code(rawValue: "EMFILE")
  }

  public let code: Code
  /// What happened, where, and what to change.
  public let message: String
  public let cause: (any Error)?

  public init(_ code: Code, message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { "\(message) (\(code))" }
}

extension LoopError {
  /// From libuv's negative errno; `doing` says what was being tried.
  init(uv status: Int32, _ doing: String) {
    self.init(
      Code(rawValue: String(cString: uv_err_name(status))),
      message: "\(doing): \(String(cString: uv_strerror(status)))")
  }
}
