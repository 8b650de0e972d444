// The one thing a server asks of what it serves.

/// Answers requests. One value serves every connection of every loop.
public protocol HTTPService: Sendable {
  /// Answers one exchange by ``HTTPExchange/respond(status:fields:body:)`` or
  /// ``HTTPExchange/startStream(status:fields:)``.
  ///
  /// Runs on the connection's loop as a task of its own. It goes on when the client leaves, unless it sets
  /// ``HTTPExchange/cancelsOnDisconnect``. Returning without an answer sends 500; returning with a stream open cuts
  /// the connection, so that the client sees a broken answer and not a short one.
  func answer(_ exchange: HTTPExchange) async

  /// Whether ``refusal(of:)`` is asked at all. Read once, when a server is made; false by default.
  var judgesHeads: Bool { get }

  /// Refuses a request by its head, before a byte of its body is read; nil lets it come.
  ///
  /// Called on the loop for every request that host and origin allow, once its head is complete: before `100 Continue`,
  /// and before the body where that came in the same packet. A refused body is read off the socket and dropped, up to
  /// ``HTTPLimits/lingerBytes``; nobody sees it. The refusal goes out behind the answers to earlier requests, with
  /// `Connection: close`, and is counted in ``HTTPCounters/refusals``.
  func refusal(of head: borrowing HTTPHeadView) -> HTTPRefusal?
}

extension HTTPService {
  public var judgesHeads: Bool { false }
  public func refusal(of head: borrowing HTTPHeadView) -> HTTPRefusal? { nil }
}
