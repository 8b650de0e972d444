// Why the host stopped a call.

/// The reason for which the host ended a call. The message names the manifest key to change, where there is one.
public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of the fault; the raw value is its name in answers, logs and metrics.
  public enum Kind: String, Sendable, CaseIterable {
    case memoryLimit = "memory_limit"
    case cpuLimit = "cpu_limit"
    case wallLimit = "wall_limit"
    case outputLimit = "output_limit"
    case hostCallLimit = "host_call_limit"
    case trap
    case denied
    /// The key-value store could not be reached in time.
    case stateUnavailable = "state_unavailable"
    case cancelled
    /// No slot of the pool was free: the caller's admission let more in than the engine has instances.
    case overloaded
    /// The host itself failed; the message says how. Never the guest's doing.
    case host = "host_error"
  }

  public let kind: Kind
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public var description: String { "\(kind.rawValue): \(message)" }
}

/// How a call ended.
public enum CallOutcome: Sendable, Equatable {
  /// The bytes of the guest's answer: what a reactor returned, or what a command wrote to its standard output.
  case answered([UInt8])
  /// The guest left with an exit code other than 0; with the last line it wrote to its standard error.
  case exited(status: Int32, stderrLastLine: String)
  case fault(Fault)
}
