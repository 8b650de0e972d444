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
}
