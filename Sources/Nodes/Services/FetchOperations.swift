// `atoll:fetch`: requests of guests to upstreams, and their answers as they come.

import HTTPClient
import JSON
import Sandbox

extension UpstreamRequest {
  init(_ request: OperationRequest, pool: JSONPool) throws(OperationProblem) {
    self = try request.readHead(pool) { root throws(OperationProblem) in
      var made = UpstreamRequest(url: "")
      var members = root.members
      while let member = members.next() {
        if member.keyEquals("url") {
          made.url = try member.text()
        } else if member.keyEquals("method") {
          made.method = try member.text()
        } else if member.keyEquals("headers") {
          made.headers = try Self.headers(member.value)
        } else if member.keyEquals("timeout_ms") {
          guard let time = UInt64(exactly: try member.integer()), time > 0 else {
            throw OperationProblem("bad_request", "`timeout_ms` is milliseconds, 1 or more")
          }
          made.timeoutMilliseconds = time
        } else {
          throw member.unknown("fetch")
        }
      }
      guard !made.url.isEmpty else { throw OperationProblem("bad_request", "`url` is missing") }
      return made
    }
    let body = request.body
    if !body.isEmpty { self.body = body }
  }

  private static func headers(_ value: JSONValue) throws(OperationProblem) -> [(name: String, value: String)] {
    let wrong = OperationProblem("bad_request", "`headers` must be an array of [name, value]")
    guard value.isArray else { throw wrong }
    var headers: [(name: String, value: String)] = []
    var pairs = value.elements
    while let pair = pairs.next() {
      guard pair.count == 2, let name = pair[0]?.string, let value = pair[1]?.string else { throw wrong }
      headers.append((name, value))
    }
    return headers
  }
}

extension UpstreamHead {
  /// Head and zero byte, as a guest reads them.
  var guestAnswer: [UInt8] {
    var writer = JSONWriter(reserving: 256 + 48 * headers.count)
    writer.beginObject()
    writer.member("status", status)
    writer.member("status_text", statusText)
    writer.key("headers")
    writer.beginArray()
    for (name, value) in headers {
      writer.beginArray()
      writer.string(name)
      writer.string(value)
      writer.endArray()
    }
    writer.endArray()
    writer.member("url", url)
    writer.member("redirected", redirected)
    writer.member("upstream", upstream)
    writer.endObject()
    return writer.bytes + [0]
  }
}

extension UpstreamError {
  var problem: OperationProblem {
    var problem = OperationProblem(code.rawValue, message)
    if !upstream.isEmpty { problem.upstream = upstream }
    problem.retryAfterMilliseconds = retryAfterMilliseconds
    return problem
  }
}

/// Hands what an upstream answers to the guest that asked. Confined to its loop's thread.
final class FetchReader: UpstreamReceiver {
  private let operation: GuestOperation
  private var hasHead = false
  var exchange: UpstreamExchange?

  init(_ operation: GuestOperation) { self.operation = operation }

  func head(_ head: UpstreamHead) {
    hasHead = true
    operation.append(head.guestAnswer)
  }

  func bytes(_ bytes: RawSpan) { operation.append(bytes) }

  func end(_ result: Result<Void, UpstreamError>) {
    if exchange?.wereBytesSent == true { operation.bytesWereSent() }
    switch result {
    case .success: operation.finish()
    case .failure(let error):
      let outcome = HostOperation.Outcome.failed(error.code.rawValue)
      if hasHead {
        operation.breakOff(error.problem.head, outcome: outcome)
      } else {
        operation.complete(error.problem.head, outcome: outcome)
      }
    }
    exchange = nil
  }
}
