// How a call ended, as the node knows it.

/// The end of a call, to be encoded for the caller.
public enum ToolOutcome: Sendable {
  /// What a guest's bytes may be.
  public enum Form: Sendable {
    /// JSON, or the worker is at fault: a reactor's answer.
    case json
    /// JSON, or else plain text: a command's standard output.
    case jsonOrText
  }

  /// The guest answered. The bytes are hostile until ``encode(_:for:pool:)`` has read them. `session` is the handle to
  /// hand out with the answer.
  case answer([UInt8], form: Form, session: String? = nil)
  /// The call failed in a way a model can react to: a trap, a limit, a failing tool. Becomes `isError: true`.
  case toolError(String)
  /// The worker could not be run at all: -32603.
  case internalError(String)
  /// Another JSON-RPC error. Own codes lie outside -32768…-32000.
  case protocolError(RPCCode, String)
  /// The node has no room: HTTP 503.
  case overloaded(retryAfterSeconds: Int)
  /// The caller calls too often: HTTP 429.
  case rateLimited(retryAfterSeconds: Int)
}
