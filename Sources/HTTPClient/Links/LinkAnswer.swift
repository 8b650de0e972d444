// A whole answer, for whoever can wait for one: tests and generators of load.
internal import EventLoop

public struct LinkAnswer: Sendable {
  public let status: Int
  /// As ``LinkHead/fields``.
  public let fields: [(name: String, value: String)]
  public let body: [UInt8]

  /// First value of the header of that lowercase name.
  public func value(_ lowercasedName: String) -> String? {
    fields.first { $0.name.lowercased() == lowercasedName }?.value
  }
}

extension LinkPool {
  /// Sends a request and waits for the whole answer. Any thread. Ends with `cancelled` where the task is cancelled.
  public func answer(to request: LinkRequest, from target: LinkTarget) async -> Result<LinkAnswer, LinkError> {
    let gatherer = AnswerGatherer()
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let begin: @Sendable () -> Void = {
          gatherer.continuation = continuation
          if gatherer.isCancelled { return gatherer.cancelled(target) }
          gatherer.exchange = self.send(request, to: target, receiver: gatherer)
        }
        if loop.isOnLoop { begin() } else { loop.execute(begin) }
      }
    } onCancel: {
      let cancel: @Sendable () -> Void = { gatherer.cancelled(target) }
      if loop.isOnLoop { cancel() } else { loop.execute(cancel) }
    }
  }
}

/// Confined to the loop; a cancellation may come there before the beginning.
private final class AnswerGatherer: LinkReceiver, @unchecked Sendable {
  var continuation: UnsafeContinuation<Result<LinkAnswer, LinkError>, Never>?
  var exchange: LinkExchange?
  private(set) var isCancelled = false
  private var status = 0
  private var fields: [(name: String, value: String)] = []
  private var body: [UInt8] = []

  func head(_ head: borrowing LinkHead) {
    status = head.status
    fields = head.fields
    if let length = head.contentLength { body.reserveCapacity(min(length, 1 << 20)) }
  }

  func bytes(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { body.append(contentsOf: $0) }
    exchange?.resume()
  }

  func end(_ result: Result<Void, LinkError>) {
    finish(result.map { LinkAnswer(status: status, fields: fields, body: body) })
  }

  func cancelled(_ target: LinkTarget) {
    isCancelled = true
    let wasSent = exchange?.wasSent ?? false
    exchange?.cancel()
    let why = "\(target) is not asked any more: the caller was cancelled"
    finish(.failure(LinkError(.cancelled, why, wasSent: wasSent)))
  }

  private func finish(_ result: Result<LinkAnswer, LinkError>) {
    exchange = nil
    let told = continuation
    continuation = nil
    told?.resume(returning: result)
  }
}
