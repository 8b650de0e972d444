// What passes between the client and whoever asked: the head, the reader's side, the bytes that are left.

/// The head of a response.
public struct UpstreamHead: Sendable {
  public let status: Int
  /// Empty over HTTP/2, which has none.
  public let statusText: String
  /// In the order of the wire, without those of the connection and `set-cookie`; where the body was compressed, also
  /// without `content-encoding` and `content-length`, which told of the compressed bytes.
  public let headers: [(name: String, value: String)]
  /// Where the response came from, after redirects.
  public let url: String
  public let redirected: Bool
  /// The grant's name.
  public let upstream: String
}

/// Who reads a response. Confined to the loop. Never called from inside `UpstreamClient.start`, and never after
/// ``UpstreamExchange/cancel()``; may cancel, resume and start exchanges from inside a call.
public protocol UpstreamReceiver: AnyObject {
  /// At most once, before any bytes.
  func head(_ head: UpstreamHead)
  /// Bytes of the body, decoded. They are gone when the call returns.
  func bytes(_ bytes: RawSpan)
  /// Exactly once, last. An error may come before the head.
  func end(_ result: Result<Void, UpstreamError>)
}

/// What the responses of one call may still bring in, in bytes. Confined to the loop of its call.
public final class ByteBudget {
  public private(set) var left: Int

  public init(bytes: Int) { left = max(0, bytes) }

  /// False where fewer are left; then none are.
  func take(_ bytes: Int) -> Bool {
    guard bytes <= left else {
      left = 0
      return false
    }
    left -= bytes
    return true
  }
}
