// How answers leave a connection: whole ones, streams, refusals.

import CLLHTTP

extension HTTPConnection {
  /// Sends a whole answer.
  func answer(_ exchange: HTTPExchange, code: Int, fields: [HTTPHeader], body: [UInt8]) {
    guard exchange === current else { return }
    let closes = closesAfter(exchange)
    let hasBody = code != 204 && code != 304
    let isHead = exchange.head.method == UInt8(HTTP_HEAD.rawValue)
    write(body: hasBody && !isHead ? body : []) { out in
      writeHead(&out, exchange, code, fields, hasBody ? .counted(body.count) : .none, closes)
    }
    completed(exchange, closes: closes)
  }

  /// Sends the head of a stream; for HEAD that is all.
  func beginStream(_ exchange: HTTPExchange, code: Int, fields: [HTTPHeader]) {
    guard exchange === current else { return }
    let framing: BodyFraming = exchange.head.isHTTP10 ? .untilClose : .chunked
    exchange.saidClose = framing == .untilClose || closesAfter(exchange)
    write { out in writeHead(&out, exchange, code, fields, framing, exchange.saidClose) }
  }

  /// Sends one piece of a stream as one chunk.
  func writePiece(_ exchange: HTTPExchange, _ bytes: [UInt8]) {
    guard exchange === current, exchange.head.method != UInt8(HTTP_HEAD.rawValue) else { return }
    if exchange.head.isHTTP10 {
      write(body: bytes) { _ in }
    } else {
      write { out in
        appendHexadecimal(&out, bytes.count)
        core.writer.append(&out, "\r\n")
        out.append(contentsOf: bytes)
        core.writer.append(&out, "\r\n")
      }
    }
    if unsentBytes > core.limits.streamUnsentBytes {
      core.counters.stalls += 1
      abort()
    }
  }

  /// Ends a stream.
  func finishStream(_ exchange: HTTPExchange) {
    guard exchange === current else { return }
    if !exchange.head.isHTTP10, exchange.head.method != UInt8(HTTP_HEAD.rawValue) {
      write { out in core.writer.append(&out, "0\r\n\r\n") }
    }
    // What the head said holds, whatever has come in since; a drain may have begun after it.
    completed(exchange, closes: exchange.saidClose || closesAfter(exchange))
  }

  /// Sends a refusal and ends the connection behind it. `head` is the refused request's, if it was read.
  func send(_ failure: HTTPFailure, head: RequestHead?) {
    let text = Array((failure.reason + "\n").utf8)
    let isHead = head?.method == UInt8(HTTP_HEAD.rawValue)
    write(body: isHead ? [] : text) { out in
      core.writer.begin(
        &out, code: failure.status, date: core.date.line, framing: .counted(text.count), connection: .close)
      core.writer.append(&out, "Content-Type", "text/plain; charset=utf-8")
      if let field = core.refusalField?(failure.status) { core.writer.append(&out, field.name, field.value) }
      if failure.status == 503 { core.writer.append(&out, "Retry-After", "\(core.limits.retryAfterSeconds)") }
      if let head, case .serve(let origin?) = rules.judge(head) {
        for line in CORS.lines(origin: head.string(origin)) { core.writer.append(&out, line.name, line.value) }
      }
      core.writer.append(&out, "\r\n")
    }
    linger()
  }

  /// Whether the connection ends with this answer: the client asked for it or left, or the server drains and nothing
  /// more has come in that would be lost.
  private func closesAfter(_ exchange: HTTPExchange) -> Bool {
    !exchange.head.keepsAlive || inputEnded || core.isDraining && !hasMoreInput
  }

  private func writeHead(
    _ out: inout [UInt8], _ exchange: HTTPExchange, _ code: Int, _ fields: [HTTPHeader], _ framing: BodyFraming,
    _ closes: Bool
  ) {
    let writer = core.writer
    let connection: ConnectionHeader = closes ? .close : exchange.head.isHTTP10 ? .keepAlive : .silent
    writer.begin(&out, code: code, date: core.date.line, framing: framing, connection: connection)
    for field in fields { writer.append(&out, field.name, field.value) }
    if let origin = exchange.origin {
      for line in CORS.lines(origin: exchange.head.string(origin)) { writer.append(&out, line.name, line.value) }
    }
    writer.append(&out, "\r\n")
  }
}
