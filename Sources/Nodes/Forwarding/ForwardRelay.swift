// One answer of another node on its way to the client: whole where it is short, piece by piece where it is not.

import EventLoop
import HTTPClient
import HTTPServer
import HTTPTypes
import MCP

/// What became of one attempt at another site.
enum ForwardAttempt {
  /// The whole answer.
  case answered(HTTPAnswer)
  /// The answer went out as it came; where it broke off, so does what the client gets.
  case streamed(status: Int, LinkError?)
  /// The site says that it has not begun the call.
  case refused(word: String)
  case failed(LinkError)
}

/// Reads one answer and passes it on. Confined to its loop's thread.
final class ForwardRelay: LinkReceiver, @unchecked Sendable {
  private let loop: EventLoop
  /// Where pieces go as they come; nil where the whole answer is wanted.
  private let client: HTTPExchange?
  private var link: LinkExchange?
  private var continuation: CheckedContinuation<ForwardAttempt, Never>?
  private var isCancelled = false

  private var status = 0
  private var fields: [(name: String, value: String)] = []
  private var refusal: String?
  private var body: [UInt8] = []
  private var stream: HTTPStream?

  init(loop: EventLoop, client: HTTPExchange?) {
    self.loop = loop
    self.client = client
  }

  /// Sends the request and waits for the end of its answer. Ends with `cancelled` where the task is cancelled, which ends
  /// the connection, by which the other node knows.
  func attempt(_ request: LinkRequest, to target: LinkTarget, by links: LinkPool) async -> ForwardAttempt {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        self.continuation = continuation
        if isCancelled { return finish(.failed(Self.cancelled(wasSent: false))) }
        link = links.send(request, to: target, receiver: self)
      }
    } onCancel: {
      if loop.isOnLoop { cancel() } else { loop.execute { self.cancel() } }
    }
  }

  private static func cancelled(wasSent: Bool) -> LinkError {
    LinkError(.cancelled, "the caller left", wasSent: wasSent)
  }

  private func cancel() {
    isCancelled = true
    guard let link else { return }
    link.cancel()
    finish(.failed(Self.cancelled(wasSent: link.wasSent)))
  }

  private func finish(_ attempt: ForwardAttempt) {
    link = nil
    let told = continuation
    continuation = nil
    told?.resume(returning: attempt)
  }

  /// Whether this is no node's answer to a call: of a proxy, a server of another kind, or a node that does not know the name it
  /// was called by.
  private var isForeign: Bool {
    guard [401, 403, 404, 421].contains(status) else { return false }
    let type = fields.first { $0.name.lowercased() == "content-type" }?.value ?? ""
    return !type.hasPrefix("application/json")
  }

  // MARK: LinkReceiver

  func head(_ head: borrowing LinkHead) {
    status = head.status
    fields = head.fields
    refusal = head.value(ForwardRefusal.header)
    let isShort = head.contentLength.map { $0 <= ForwardBounds.wholeBytes } ?? false
    if let length = head.contentLength { body.reserveCapacity(min(length, ForwardBounds.wholeBytes)) }
    // What is not passed on is read to its end first.
    guard refusal == nil, !isForeign, status != 503, !isShort, let client else { return }
    stream = client.startStream(status: HTTPResponse.Status(code: status), fields: fields)
  }

  func bytes(_ bytes: RawSpan) {
    guard let stream else {
      body.append(bytes)
      link?.resume()
      return
    }
    var piece: [UInt8] = []
    piece.append(bytes)
    guard stream.write(piece) else { return cancel() }
    guard stream.unsentBytes > ForwardBounds.unsentBytes, let link else {
      self.link?.resume()
      return
    }
    // The client reads more slowly than the other node writes.
    loop.spawn {
      await stream.drained()
      link.resume()
    }
  }

  func end(_ result: Result<Void, LinkError>) {
    if let stream {
      guard case .failure(let error) = result else {
        stream.finish()
        return finish(.streamed(status: status, nil))
      }
      return finish(.streamed(status: status, error))
    }
    if case .failure(let error) = result { return finish(.failed(error)) }
    if let refusal { return finish(.refused(word: refusal)) }
    if isForeign { return finish(.refused(word: ForwardRefusal.foreign)) }
    finish(.answered(HTTPAnswer(status: status, fields: fields, body: body, verdict: .result)))
  }
}
