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
  case refused(RefusalWord)
  case failed(LinkError)
}

/// Reads one answer and passes it on. Confined to its loop's thread.
///
/// It believes what a node says of a call: JSON, or an event stream. Everything else, such as a proxy's page, is an
/// answer that is lost, or a refusal; nothing of its body is kept.
final class ForwardRelay: LinkReceiver, @unchecked Sendable {
  /// What is done with the body.
  private enum Course {
    /// What became of the attempt is known. The body is read to its end, so that the connection serves again.
    case dropped(ForwardAttempt)
    /// The answer is wanted whole, of so many bytes at most.
    case whole(most: Int)
    case streamed(HTTPStream)
  }

  private let loop: EventLoop
  /// Where pieces go as they come; nil for a part of a batch, whose answer must be one JSON object.
  private let client: HTTPExchange?
  /// Whether these bytes are one message of JSON-RPC.
  private let isMessage: ([UInt8]) -> Bool
  private var link: LinkExchange?
  private var continuation: CheckedContinuation<ForwardAttempt, Never>?
  private var isCancelled = false

  /// The run that the site says it is, with a refusal.
  private(set) var epoch: UInt64?
  private var status = 0
  private var fields: [(name: String, value: String)] = []
  /// Nil until the head is there.
  private var course: Course?
  private var body: [UInt8] = []
  private var dropped = 0
  /// Whether somebody waits until the client has read.
  private var isDraining = false
  /// How often the site was kept waiting until the client had read.
  private(set) var pauses = 0

  init(loop: EventLoop, client: HTTPExchange?, isMessage: @escaping ([UInt8]) -> Bool) {
    self.loop = loop
    self.client = client
    self.isMessage = isMessage
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

  /// Whether a failure says something of the site: not what its client's slowness may have caused, nor the end of the
  /// call's time where the site had begun to answer.
  func blamesSite(_ error: LinkError) -> Bool {
    switch error.code {
    // Ours, or the caller's.
    case .cancelled, .busy, .badRequest, .tooLarge: false
    case .timedOut: course == nil
    case .connectFailed, .tlsFailed, .reset, .closed, .badAnswer: pauses == 0
    }
  }

  private static func cancelled(wasSent: Bool) -> LinkError {
    LinkError(.cancelled, "the caller left", wasSent: wasSent)
  }

  private func cancel() {
    isCancelled = true
    guard let link else { return }
    end(early: .failed(Self.cancelled(wasSent: link.wasSent)))
  }

  /// Reads no more.
  private func end(early attempt: ForwardAttempt) {
    link?.cancel()
    finish(attempt)
  }

  private func finish(_ attempt: ForwardAttempt) {
    link = nil
    body = []
    let told = continuation
    continuation = nil
    told?.resume(returning: attempt)
  }

  // MARK: What is believed

  /// What became of the attempt where the head says that no answer to the call follows.
  private func verdict(of head: borrowing LinkHead) -> ForwardAttempt? {
    if let word = head.valueBytes(RefusalWord.header) {
      epoch = head.value(Epoch.header).flatMap { Epoch.said($0) }
      return .refused(RefusalWord(said: word))
    }
    let type = Self.mediaType(head.value("content-type") ?? "")
    let isJSON = type == "application/json"
    // Of a proxy, a server of another kind, or a node that does not know the name it was called by.
    if [401, 403, 404, 421].contains(status), !isJSON { return .refused(.foreign) }
    // A node's own says so; a balancer's may stand for a node that died over the call.
    if status == 503 { return lost("it has no room, and not that it has not begun the call") }
    let isEmpty = [202, 204].contains(status) && client != nil && type.isEmpty
    guard isJSON || isEmpty || type == "text/event-stream" && client != nil else {
      return lost("something else than JSON or an event stream, with status \(status)")
    }
    return nil
  }

  /// An answer that cannot be the tool's, of a site that may have begun the call.
  private func lost(_ what: String, _ code: LinkError.Code = .badAnswer) -> ForwardAttempt {
    .failed(LinkError(code, "the site says \(what)", wasSent: true))
  }

  private static func mediaType(_ value: String) -> String {
    value.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
  }

  // MARK: LinkReceiver

  func head(_ head: borrowing LinkHead) {
    status = head.status
    if let verdict = verdict(of: head) {
      course = .dropped(verdict)
      return
    }
    fields = head.fields
    guard let client else { return expect(head.contentLength, most: MCPLimits.batchAnswerBytesMax) }
    let isShort = head.contentLength.map { $0 <= ForwardBounds.wholeBytes } ?? false
    // Errors are short, and read before they are passed on.
    guard status == 200, !isShort else { return expect(head.contentLength, most: ForwardBounds.wholeBytes) }
    course = .streamed(client.startStream(status: HTTPResponse.Status(code: status), fields: fields))
  }

  private func expect(_ length: Int?, most: Int) {
    course = .whole(most: most)
    if let length { body.reserveCapacity(min(length, most, ForwardBounds.wholeBytes)) }
  }

  func bytes(_ bytes: RawSpan) {
    switch course {
    case .streamed(let stream): return pass(bytes, to: stream)
    case .whole(let most):
      guard body.count + bytes.byteCount <= most else {
        return end(early: lost("more than the \(most) bytes that are taken", .tooLarge))
      }
      body.append(bytes)
    case .dropped(let verdict):
      dropped += bytes.byteCount
      guard dropped <= ForwardBounds.droppedBytes else { return end(early: verdict) }
    case nil: break
    }
    link?.resume()
  }

  private func pass(_ bytes: RawSpan, to stream: HTTPStream) {
    var piece: [UInt8] = []
    piece.append(bytes)
    guard stream.write(piece) else { return cancel() }
    guard stream.unsentBytes > ForwardBounds.unsentBytes, let link else {
      self.link?.resume()
      return
    }
    // The client reads more slowly than the other node writes. Pieces go on to come until the link rests.
    guard !isDraining else { return }
    isDraining = true
    pauses += 1
    loop.spawn { [self] in
      await stream.drained()
      isDraining = false
      link.resume()
    }
  }

  func end(_ result: Result<Void, LinkError>) {
    switch (course, result) {
    case (.dropped(let verdict), _): finish(verdict)
    case (.streamed(let stream), .success):
      stream.finish()
      finish(.streamed(status: status, nil))
    case (.streamed, .failure(let error)): finish(.streamed(status: status, error))
    case (_, .failure(let error)): finish(.failed(error))
    case (_, .success): finish(whole)
    }
  }

  /// What a whole answer is. Those to calls that came alone go on unread where they are results.
  private var whole: ForwardAttempt {
    let isEmpty = body.isEmpty && [202, 204].contains(status) && client != nil
    guard isEmpty || status == 200 && client != nil || isMessage(body) else {
      return lost("something else than one JSON-RPC message, with status \(status)")
    }
    return .answered(HTTPAnswer(status: status, fields: fields, body: body, verdict: .result))
  }
}
