// One request of a guest from its checks to its end: tries, redirects, timeouts, outcome.
internal import EventLoop
internal import CCurl

/// A request under way. Confined to its loop's thread.
public final class UpstreamExchange: @unchecked Sendable {
  /// What follows the transfer that runs.
  enum Next {
    case end
    case fail(UpstreamError)
    case redirect(AdmittedRequest)
    case retry(afterMilliseconds: UInt64)
  }

  private enum WholeLimit { case upstream, guest, call }

  let client: UpstreamClient
  private let grants: UpstreamGrants
  private let deadline: UInt64
  let budget: ByteBudget
  private let flow: ReaderFlow
  private var hasEnded = false

  private var request: AdmittedRequest?
  private var transfer: Transfer?
  private var next = Next.end
  private var redirects = 0
  private var retries = 0
  private var hasGivenHead = false
  private var hasSent = false
  /// Of the try that the breaker let out and that is not recorded yet.
  private var epoch: UInt64?

  private var wholeEnd: UInt64 = 0
  private var wholeLimit = WholeLimit.upstream
  private var wholeTimer: LoopTimer?
  /// The first byte, or the pause before a retry: never both.
  private var stepTimer: LoopTimer?

  init(
    client: UpstreamClient, grants: UpstreamGrants, deadline: UInt64, budget: ByteBudget,
    receiver: any UpstreamReceiver
  ) {
    self.client = client
    self.grants = grants
    self.deadline = deadline
    self.budget = budget
    flow = ReaderFlow(receiver)
  }

  // MARK: What the node calls

  /// The reader has read what it was given. Without it, a body stops after ``UpstreamLimits/unreadBytesMax``.
  public func resume() {
    flow.readerIsDone()
    deliver()
  }

  /// Ends the exchange; its receiver hears nothing more. Idempotent, and nothing after the end.
  public func cancel() {
    flow.drop()
    guard !hasEnded else { return }
    close(outcome: "cancelled", isGood: nil)
  }

  /// May bytes of the request have reached the upstream, in this try or an earlier one? If not, nothing happened there.
  public var wereBytesSent: Bool { hasSent || transfer?.hasBegun == true }

  // MARK: Tries

  func begin(_ guestRequest: UpstreamRequest) {
    guard !hasEnded else { return }
    let request: AdmittedRequest
    do { request = try guestRequest.admitted(by: grants) } catch { return fail(error) }
    self.request = request
    let now = client.loop.now
    var whole = request.upstream.timeouts.whole
    if let guest = request.timeoutMilliseconds, guest < whole { (whole, wholeLimit) = (guest, .guest) }
    wholeEnd = now &+ whole &* 1_000_000
    if deadline < wholeEnd { (wholeEnd, wholeLimit) = (deadline, .call) }
    wholeTimer = client.loop.timer(afterMilliseconds: (wholeEnd - min(now, wholeEnd)) / 1_000_000) {
      self.ranOutOfTime()
    }
    stepTimer = client.loop.makeTimer { self.stepIsOver() }
    attempt(isFirst: true)
  }

  private func attempt(isFirst: Bool, orElse: UpstreamError? = nil) {
    guard let request, !hasEnded else { return }
    switch client.health.admit(grants.worker, request.upstream.name, isFirst: isFirst) {
    case .refused(let milliseconds):
      return fail(
        orElse
          ?? UpstreamError(
            .circuitOpen,
            "upstream `\(request.upstream.name)` failed too often and is left alone: try again in \(milliseconds) ms",
            upstream: request.upstream.name, retryAfterMilliseconds: milliseconds))
    case .granted(let epoch): self.epoch = epoch
    }
    next = .end
    let transfer = Transfer(request, budget: budget, owner: self, pool: client.pool)
    self.transfer = transfer
    client.pool.run(transfer)
  }

  private func stepIsOver() {
    guard let request, !hasEnded else { return }
    guard let transfer else {
      guard case .retry = next else { return }
      return attempt(isFirst: false)
    }
    guard !transfer.head.isComplete else { return }
    fail(
      UpstreamError(
        .timeout,
        "upstream `\(request.upstream.name)` did not begin to answer within \(request.upstream.timeouts.firstByte) ms: "
          + "see whether it is overloaded, or raise its first-byte timeout", upstream: request.upstream.name),
      isGood: false)
  }

  private func ranOutOfTime() {
    guard let request, !hasEnded else { return }
    let why =
      switch wholeLimit {
      case .upstream: "within \(request.upstream.timeouts.whole) ms: raise its whole timeout, or ask it for less"
      case .guest: "within the request's own \(request.timeoutMilliseconds ?? 0) ms"
      case .call: "before the call's time was over: raise the worker's wall_ms, or ask it for less"
      }
    // A reader that rests says nothing of the upstream, and neither does a guest that is in a hurry, or a lookup that
    // others had not left room for: without a handle, the upstream was not asked.
    let isUpstreams = transfer?.handle != nil && transfer?.isPaused == false && wholeLimit != .guest
    fail(
      UpstreamError(
        .timeout, "upstream `\(request.upstream.name)` was not done \(why)", upstream: request.upstream.name),
      isGood: isUpstreams ? false : nil)
  }

  /// One more try after this pause, if method, count, time and budget allow. Takes the retry out of the budget.
  private func mayRetry(after milliseconds: UInt64) -> Bool {
    guard let request, request.isIdempotent, !hasGivenHead, retries < request.upstream.retries else { return false }
    guard client.loop.now &+ milliseconds &* 1_000_000 < wholeEnd else { return false }
    guard client.health.takeRetry(grants.worker, request.upstream.name) else { return false }
    retries += 1
    return true
  }

  // MARK: The end

  private func fail(_ error: UpstreamError, isGood: Bool? = nil) {
    guard !hasEnded else { return }
    flow.end(.failure(error))
    close(outcome: error.code.rawValue, isGood: isGood)
    deliver()
  }

  private func succeed(isGood: Bool?) {
    flow.end(.success(()))
    close(outcome: "ok", isGood: isGood)
    deliver()
  }

  /// Gives everything back but what the reader has not read.
  private func close(outcome: String, isGood: Bool?) {
    hasEnded = true
    record(isGood)
    if let request { client.health.count(grants.worker, request.upstream.name, outcome: outcome) }
    wholeTimer?.cancel()
    stepTimer?.cancel()
    wholeTimer = nil
    stepTimer = nil
    if let transfer {
      hasSent = hasSent || transfer.hasBegun
      self.transfer = nil
      client.pool.cancel(transfer)
    }
  }

  private func record(_ isGood: Bool?) {
    guard let epoch, let request else { return }
    self.epoch = nil
    client.health.record(grants.worker, request.upstream.name, isGood, epoch: epoch)
  }

  /// Hands on what waits for the reader, and lets the transfer rest or go on.
  private func deliver() {
    flow.deliver()
    // A paused stream of HTTP/2 would hold up the others of its connection in libcurl 7.88: what comes in is kept,
    // within the call's byte budget.
    if let transfer, transfer.head.isComplete, !transfer.head.isHTTP2 { transfer.setPaused(flow.isBehind) }
  }
}

extension UpstreamExchange: TransferOwner {
  func transferBegan(_ transfer: Transfer) {
    hasSent = true
    guard let request, !hasEnded else { return }
    stepTimer?.arm(afterMilliseconds: request.upstream.timeouts.firstByte)
  }

  func transferHead(_ head: ResponseHead) -> Transfer.Body {
    stepTimer?.disarm()
    guard let request, !hasEnded else { return .stop }
    next = follow(head, of: request)
    switch next {
    case .redirect, .retry: return .discard
    case .fail: return .stop
    case .end: break
    }
    hasGivenHead = true
    flow.receiver?.head(
      UpstreamHead(
        status: head.status, statusText: head.statusText, headers: head.given, url: request.url.text,
        redirected: redirects > 0, upstream: request.upstream.name))
    return hasEnded ? .stop : .give
  }

  func transferBytes(_ bytes: UnsafeRawBufferPointer) {
    guard !hasEnded else { return }
    flow.add(bytes)
    deliver()
  }

  func transferEnded(_ end: Transfer.End) {
    let head = transfer?.head
    transfer = nil
    hasSent = hasSent || end.hasBegun
    stepTimer?.disarm()
    guard let request, !hasEnded else { return }
    let status = head?.isComplete == true ? head?.status ?? 0 : 0
    switch next {
    case .fail(let error): return fail(error, isGood: Self.isGood(status))
    case .redirect(let following) where end.stop == nil || end.stop == .discardedEnough:
      record(Self.isGood(status))
      self.request = following
      redirects += 1
      return attempt(isFirst: false)
    case .retry(let pause) where end.stop == nil || end.stop == .discardedEnough:
      record(Self.isGood(status))
      stepTimer?.arm(afterMilliseconds: pause)
      return
    default: break
    }
    if end.code == CURLE_OK { return succeed(isGood: Self.isGood(status)) }
    let error = UpstreamFailure.error(of: end, upstream: request.upstream)
    let isGood = UpstreamFailure.isUpstreams(error.code) ? false : nil
    if UpstreamFailure.mayBeTriedAgain(end, error.code), case let pause = client.health.pause(beforeRetry: retries),
      mayRetry(after: pause)
    {
      record(isGood)
      next = .retry(afterMilliseconds: pause)
      stepTimer?.arm(afterMilliseconds: pause)
      return
    }
    fail(error, isGood: isGood)
  }

  /// What a status says of the upstream: nothing where it asks for patience.
  private static func isGood(_ status: Int) -> Bool? {
    switch status {
    case 429: nil
    case 500, 502, 503, 504: false
    default: true
    }
  }

  /// What a final head leads to.
  private func follow(_ head: ResponseHead, of request: AdmittedRequest) -> Next {
    let name = request.upstream.name
    if [429, 502, 503, 504].contains(head.status) {
      let asked = head.retryAfterMilliseconds(secondsSince1970: client.health.source.secondsSince1970())
      let pause = max(client.health.pause(beforeRetry: retries), asked ?? 0)
      if pause <= UpstreamLimits.retryAfterMillisecondsMax, mayRetry(after: pause) {
        return .retry(afterMilliseconds: pause)
      }
    }
    if [301, 302, 303, 307, 308].contains(head.status), request.upstream.redirects > 0,
      let target = head.value(of: "location")
    {
      guard redirects < request.upstream.redirects else {
        return .fail(
          UpstreamError(
            .tooManyRedirects,
            "upstream `\(name)` redirected more than \(request.upstream.redirects) times: ask it for "
              + "the place it leads to, or raise the limit", upstream: name))
      }
      do {
        return .redirect(try Redirect.follow(target, status: head.status, of: request, grants: grants))
      } catch { return .fail(error) }
    }
    let hasBody = request.method != "HEAD" && head.status != 204 && head.status != 304
    if hasBody, let length = head.value(of: "content-length").flatMap({ Int($0) }), length > budget.left {
      return .fail(UpstreamFailure.tooLarge(request.upstream))
    }
    return .end
  }
}
