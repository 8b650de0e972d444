// What goes back over HTTP: a status, a few fields, bytes, and what it was, for metrics and logs.

/// One finished answer.
public struct HTTPAnswer: Sendable {
  /// What an answer is, for counters, logs and spans; the wire does not show it.
  public enum Verdict: Sendable, Hashable {
    /// A result that is no error.
    case result
    /// A result with `isError: true`.
    case toolError
    /// A JSON-RPC error.
    case rpcError(RPCCode)
    /// A notification or a posted response was taken, or a batch of nothing else.
    case accepted
    /// Refused before there was a message: 405, 406, 415.
    case refused
  }

  public var status: Int
  /// Nil when there is no body.
  public var contentType: String?
  /// Further fields, such as `Allow` and `Retry-After`. `Content-Length`, `Date` and `Connection` are the server's.
  public var fields: [(name: String, value: String)]
  public var body: [UInt8]
  public var verdict: Verdict
  /// A line for the host's log where the caller gets less than the host knows.
  public var note: String?

  public init(
    status: Int, contentType: String? = nil, fields: [(name: String, value: String)] = [], body: [UInt8] = [],
    verdict: Verdict, note: String? = nil
  ) {
    self.status = status
    self.contentType = contentType
    self.fields = fields
    self.body = body
    self.verdict = verdict
    self.note = note
  }

  static let jsonType = "application/json"

  static func json(
    _ body: [UInt8], status: Int = 200, fields: [(name: String, value: String)] = [], verdict: Verdict = .result,
    note: String? = nil
  ) -> HTTPAnswer {
    HTTPAnswer(status: status, contentType: jsonType, fields: fields, body: body, verdict: verdict, note: note)
  }

  /// For a reader who has not got as far as JSON-RPC.
  static func plain(_ status: Int, _ text: String, fields: [(name: String, value: String)] = []) -> HTTPAnswer {
    HTTPAnswer(
      status: status, contentType: "text/plain; charset=utf-8", fields: fields, body: Array((text + "\n").utf8),
      verdict: .refused)
  }

  /// 202 without a body: what a notification gets, and a posted response of the handshake revisions.
  static var accepted: HTTPAnswer { HTTPAnswer(status: 202, verdict: .accepted) }
}
