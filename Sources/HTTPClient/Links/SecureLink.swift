// A request to an https target: one transfer of libcurl's behind the same receiver. The slow path.
internal import CCurl

/// Carries one exchange over libcurl. Confined to its loop; the pool holds it until its end.
final class SecureLink: LinkCarrier, TransferOwner {
  private let links: LinkPool
  private let pool: UpstreamPool
  private var exchange: LinkExchange?
  private var transfer: Transfer?
  private let head = AnswerHead()
  let deadline: UInt64

  init(_ exchange: LinkExchange, links: LinkPool, pool: UpstreamPool) {
    self.exchange = exchange
    self.links = links
    self.pool = pool
    deadline = exchange.request.deadline
  }

  func start() {
    guard let exchange else { return }
    exchange.state = .carried(self)
    let admitted: AdmittedRequest
    do { admitted = try Self.admitted(exchange, connectMilliseconds: links.limits.connectMilliseconds) } catch {
      return links.later { self.fail(.badRequest, "cannot be asked: \(error.message)") }
    }
    let transfer = Transfer(
      admitted, budget: ByteBudget(bytes: links.limits.answerBytes + links.limits.headBytes), owner: self, pool: pool)
    self.transfer = transfer
    pool.run(transfer)
  }

  /// The request as libcurl is given it; its url is the target's and no redirect is followed.
  private static func admitted(
    _ exchange: LinkExchange, connectMilliseconds: UInt64
  ) throws(LinkError) -> AdmittedRequest {
    let request = exchange.request
    var timeouts = Upstream.Timeouts()
    timeouts.connect = connectMilliseconds
    var headers: [(name: String, value: String)] = []
    for line in request.fields.bytes.split(separator: 0x0a) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      headers.append(
        (
          String(decoding: line[..<colon], as: UTF8.self),
          String(decoding: line[(colon + 2)...].dropLast(), as: UTF8.self)
        ))
    }
    do {
      let upstream = try Upstream(name: "link", url: exchange.route.target.description, timeouts: timeouts)
      let url = try UpstreamURL(exchange.route.target.description + request.path)
      return AdmittedRequest(
        worker: "", upstream: upstream, method: request.method, url: url, headers: headers,
        body: request.body.isEmpty ? nil : request.body, timeoutMilliseconds: nil)
    } catch let error as UpstreamConfigurationError {
      throw LinkError(.badRequest, error.message, wasSent: false)
    } catch let error as UpstreamURL.Refusal {
      throw LinkError(.badRequest, "its url \(error.why)", wasSent: false)
    } catch {
      throw LinkError(.badRequest, "\(error)", wasSent: false)
    }
  }

  func fail(_ code: LinkError.Code, _ what: String) {
    let exchange = exchange
    drop()
    exchange?.fail(code, what)
  }

  // MARK: LinkCarrier

  func drop() {
    exchange = nil
    links.secure[ObjectIdentifier(self)] = nil
    guard let transfer else { return }
    self.transfer = nil
    pool.cancel(transfer)
  }

  func setPaused(_ paused: Bool) {
    guard let transfer, transfer.head.isComplete else { return }
    transfer.setPaused(paused)
  }

  // MARK: TransferOwner

  func transferBegan(_ transfer: Transfer) { exchange?.wasSent = true }

  func transferHead(_ answer: ResponseHead) -> Transfer.Body {
    head.reset()
    head.status = answer.status
    for field in answer.given { head.append(name: field.name, value: field.value) }
    // Ends as an answer that is none.
    guard head.connectionNames() != nil else { return .stop }
    if !answer.isEncoded { head.contentLength = answer.value(of: "content-length").flatMap { Int($0) } }
    return exchange?.head(head) == true ? .give : .stop
  }

  func transferBytes(_ bytes: UnsafeRawBufferPointer) {
    guard let exchange, exchange.bytes(bytes) else { return }
    if exchange.isBehind { setPaused(true) }
  }

  func transferEnded(_ end: Transfer.End) {
    transfer = nil
    guard let exchange else { return }
    self.exchange = nil
    links.secure[ObjectIdentifier(self)] = nil
    exchange.wasSent = exchange.wasSent || end.hasBegun
    guard end.code != CURLE_OK || end.stop != nil else { return exchange.end(.success(())) }
    let (code, what) = Self.failure(end, links.limits)
    exchange.fail(code, what)
  }

  private static func failure(_ end: Transfer.End, _ limits: LinkLimits) -> (LinkError.Code, String) {
    let words = end.detail.isEmpty ? String(cString: ccurl_explain(end.code)) : end.detail
    switch end.stop {
    case .overBudget: return (.tooLarge, "sends more than the \(limits.answerBytes) bytes that are taken")
    case .headTooLarge: return (.tooLarge, "sends a head of more than \(UpstreamLimits.headBytesMax) bytes")
    case .wouldSendTwice: return (.closed, "ended the connection before it answered: whether it acted is not known")
    case .owner, .discardedEnough, nil: break
    }
    switch end.code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT:
      return (.connectFailed, "could not be connected to (\(words)): see whether it runs there")
    case CURLE_OPERATION_TIMEDOUT:
      return (.connectFailed, "could not be connected to within \(limits.connectMilliseconds) ms")
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      return (.tlsFailed, "could not be trusted or spoken to over TLS (\(words)): see its certificate")
    case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE:
      return (.closed, "ended the connection before its answer was whole (\(words))")
    case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND:
      return (.reset, "broke the connection (\(words)): whether it acted is not known")
    default: return (.badAnswer, "did not answer in HTTP (\(words))")
    }
  }
}
