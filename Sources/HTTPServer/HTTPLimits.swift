// The bounds of the HTTP server. Every number that a hostile client could push is here, with its unit in its name.

/// What one HTTP server lets a client do; every bound is enforced and tested at its edge.
///
/// Times are measured on the loop's own clock, which stands still while the loop is blocked, and are checked every
/// ``tickMilliseconds``: a timeout never fires early and fires at most two ticks late.
public struct HTTPLimits: Sendable, Equatable {
  /// Longest request target in bytes; a longer one is answered 414.
  public var targetBytes = 8 * 1024
  /// Longest header section in bytes: names, values, and four for each line's `: ` and CRLF; past it 431.
  public var headerBytes = 16 * 1024
  /// Most header lines, trailers included; past it 431.
  public var headerCount = 100
  /// Longest body in bytes, counted as they arrive (and by Content-Length, where it is known); past it 413.
  public var bodyBytes = 4 * 1024 * 1024
  /// Most bytes of all request bodies of the loop together; a body that arrives past it is refused with 503.
  public var bufferedBytes = 256 * 1024 * 1024
  /// Longest chunk extensions of one request in bytes, all chunks together; past it 400.
  public var chunkExtensionBytes = 1024
  /// Time from the first byte of a request (or from the accept, for the first one) to the end of its head; then 408.
  public var headTimeoutMilliseconds: UInt64 = 10_000
  /// Time from the end of the head to the end of the body; then 408.
  public var bodyTimeoutMilliseconds: UInt64 = 30_000
  /// Longest pause between two bytes of a body; then 408.
  public var bodyPauseMilliseconds: UInt64 = 10_000
  /// Time a connection may stand between two requests; then it is closed.
  public var idleTimeoutMilliseconds: UInt64 = 75_000
  /// Time in which a client must take ``writeProgressBytes`` of what waits to be sent; then it is cut off.
  public var writeTimeoutMilliseconds: UInt64 = 30_000
  /// Bytes that a client must take in each ``writeTimeoutMilliseconds``, or all of them where fewer wait.
  public var writeProgressBytes = 16 * 1024
  /// Time in which whatever waits to be sent must be gone, however steadily the client takes it; then it is cut off.
  /// For an answer that is the time from its end; of a stream it bounds how far its client may lag behind.
  public var answerTimeoutMilliseconds: UInt64 = 120_000
  /// Time in which a client may read the last answer of a closing connection before the socket is closed.
  public var lingerMilliseconds: UInt64 = 2_000
  /// Input of a closing connection that is read and dropped, in bytes, so that no reset overtakes the answer.
  public var lingerBytes = 8 * 1024 * 1024
  /// Most open connections; past it a connection gets 503 with `Retry-After` and is closed.
  public var connections = 10_000
  /// Most refused connections that are still being told so; past it they are closed without a word.
  public var refusedConnections = 64
  /// `Retry-After` of a refused connection.
  public var retryAfterSeconds = 1
  /// Most requests that wait, parsed, behind the one being answered; past it the connection is not read.
  public var pipelinedRequests = 16
  /// Most bytes of such waiting requests; past it the connection is not read.
  public var pipelinedBytes = 128 * 1024
  /// Most requests of one connection that are started in one turn of the loop; the rest wait for the next turn, so
  /// that a client that pipelines does not keep the others waiting.
  public var requestsPerTurn = 16
  /// Unsent answer bytes at which no further request of the connection is started.
  public var unsentBytes = 256 * 1024
  /// Unsent bytes of a stream past which its client is cut off.
  public var streamUnsentBytes = 4 * 1024 * 1024
  /// Most unsent bytes of all connections of the loop together; past it those with the most are cut off.
  public var unsentBytesTotal = 256 * 1024 * 1024
  /// While draining: how long a connection that has sent nothing yet, or nothing since its last answer, is kept.
  public var drainQuietMilliseconds: UInt64 = 500
  /// While draining: when connections that are still open are cut off.
  public var drainTimeoutMilliseconds: UInt64 = 30_000

  public init() {}

  /// How often deadlines are looked at: a quarter of the shortest timeout, between 5 and 250 ms.
  public var tickMilliseconds: UInt64 {
    let shortest = min(
      headTimeoutMilliseconds, bodyTimeoutMilliseconds, bodyPauseMilliseconds, idleTimeoutMilliseconds,
      writeTimeoutMilliseconds, answerTimeoutMilliseconds, lingerMilliseconds, drainQuietMilliseconds, drainTimeoutMilliseconds)
    return min(max(shortest / 4, 5), 250)
  }
}
