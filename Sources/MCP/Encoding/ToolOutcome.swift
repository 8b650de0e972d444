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
  /// Another server answered: what it said goes out as it came.
  case relayed(HTTPAnswer)
  /// The call was not run here, and perhaps nowhere: a JSON-RPC error with its HTTP status and data.
  case unserved(Unserved)

  /// Why a call has no answer of a tool.
  public struct Unserved: Sendable {
    public var status: Int
    public var code: RPCCode
    public var message: String
    /// Raw JSON for `error.data`.
    public var data: String?
    public var fields: [(name: String, value: String)]

    public init(
      status: Int, code: RPCCode, _ message: String, data: String? = nil, fields: [(name: String, value: String)] = []
    ) {
      self.status = status
      self.code = code
      self.message = message
      self.data = data
      self.fields = fields
    }

    /// As an answer; without an id where none was read.
    public func answer(id: ArraySlice<UInt8>? = nil) -> HTTPAnswer {
      errorAnswer(Refusal(status, code, message, data: data), id: id, fields: fields)
    }
  }
}
