// The one error of this module: why a source could not be evaluated, or the engine not be used.

/// An evaluation that failed. The message says what happened and what to change; where it happened stands in `stack`,
/// in positions of the bundled file.
public struct JavaScriptError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is; stable, for programs.
  public enum Code: String, Sendable {
    /// The source threw, or does not parse.
    case threw
    /// The evaluation used more processor time than `limits.cpu_ms`.
    case outOfTime = "out_of_time"
    /// The evaluation needed more memory than `limits.memory`.
    case outOfMemory = "out_of_memory"
    /// The evaluation called the host.
    case hostCall = "host_call"
    /// The engine itself: it trapped, or is not the one that this binary was built for.
    case engineFailed = "engine_failed"
    /// A source map that cannot be read.
    case badSourceMap = "bad_source_map"
  }

  public let code: Code
  public let message: String
  /// What the engine said of the place, line by line, for `threw`.
  public let stack: String?
  public let cause: (any Error)?

  public init(_ code: Code, _ message: String, stack: String? = nil, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.stack = stack
    self.cause = cause
  }

  public var description: String { message }
}
