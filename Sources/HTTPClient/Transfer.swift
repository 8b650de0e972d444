// One try of one request on one libcurl handle: what libcurl asks and tells while it runs.
internal import CCurl
internal import Glibc

/// Who a transfer reports to. Called from inside libcurl, but for the end.
protocol TransferOwner: AnyObject {
  /// The connection is there and the request goes out on it.
  func transferBegan(_ transfer: Transfer)
  /// A final head is there; says what becomes of the body.
  func transferHead(_ head: ResponseHead) -> Transfer.Body
  func transferBytes(_ bytes: UnsafeRawBufferPointer)
  /// The last that is heard of it; never after it was cancelled.
  func transferEnded(_ end: Transfer.End)
}

/// One try. Confined to its pool's loop; the pool holds it while libcurl runs it.
final class Transfer {
  enum Body {
    case give
    /// Read and forgotten, if it is short: the connection can be used again.
    case discard
    /// The transfer ends here.
    case stop
  }

  /// Why we ended a transfer ourselves.
  enum Stop { case owner, headTooLarge, overBudget, wouldSendTwice, discardedEnough }

  struct End {
    var code: CURLcode
    var stop: Stop?
    /// What the policy said of the last address that it refused.
    var refusedAddress: String?
    /// libcurl's words.
    var detail: String
    /// Did the name lead to an address?
    var hasLookedUp: Bool
    /// May bytes of the request have gone out?
    var hasBegun: Bool
  }

  let request: AdmittedRequest
  let budget: ByteBudget
  private(set) weak var owner: (any TransferOwner)?
  unowned let pool: UpstreamPool
  /// Nil until the pool runs it and after it has ended.
  var handle: EasyHandle?
  /// Set for the one that looks a name up: a used connection would tell nothing.
  var needsNewConnection = false
  private(set) var head = ResponseHead()
  private(set) var isPaused = false

  private var times = 0
  private var hasOpenedSocket = false
  private var refusedAddress: String?
  private var stop: Stop?
  private var isDiscarding = false
  private var discarded = 0
  private var decoded = 0
  private var charged = 0

  init(_ request: AdmittedRequest, budget: ByteBudget, owner: any TransferOwner, pool: UpstreamPool) {
    self.request = request
    self.budget = budget
    self.owner = owner
    self.pool = pool
  }

  /// May bytes of the request have gone out?
  var hasBegun: Bool { times > 0 }

  func end(_ code: CURLcode, detail: String) -> End {
    End(
      code: code, stop: stop, refusedAddress: refusedAddress, detail: detail, hasLookedUp: hasOpenedSocket || hasBegun,
      hasBegun: hasBegun)
  }

  /// Rests or goes on; nothing once it has ended.
  func setPaused(_ paused: Bool) {
    guard paused != isPaused else { return }
    isPaused = paused
    pool.outsideCallbacks { [self] in
      guard let handle, handle.isPaused != isPaused else { return }
      handle.isPaused = isPaused
      _ = ccurl_pause(handle.easy, isPaused ? CURLPAUSE_RECV : CURLPAUSE_CONT)
    }
  }

  // MARK: Called by libcurl

  /// The head is counted as it came, the body as what is more of what came and what it was unpacked to.
  private func charge() -> Bool {
    let wire = handle.map { Int(ccurl_get_size($0.easy, CURLINFO_SIZE_DOWNLOAD_T)) } ?? 0
    let seen = head.bytes + max(wire, decoded)
    guard seen > charged else { return true }
    defer { charged = seen }
    guard budget.take(seen - charged) else {
      stop = .overBudget
      return false
    }
    return true
  }

  fileprivate func gotHeadLine(_ line: UnsafeRawBufferPointer) -> Bool {
    switch head.add(line) {
    case .more: return charge()
    case .tooLarge:
      stop = .headTooLarge
      return false
    case .complete:
      guard charge() else { return false }
      switch owner?.transferHead(head) ?? .stop {
      case .give: return true
      case .discard:
        isDiscarding = true
        return true
      case .stop:
        stop = .owner
        return false
      }
    }
  }

  fileprivate func gotBytes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    decoded += bytes.count
    guard charge() else { return false }
    guard isDiscarding else {
      owner?.transferBytes(bytes)
      return true
    }
    discarded += bytes.count
    guard discarded <= UpstreamLimits.discardedBytesMax else {
      stop = .discardedEnough
      return false
    }
    return true
  }

  /// Also told where bytes came in that were unpacked to nothing yet.
  fileprivate func madeProgress() -> Bool { charge() }

  /// libcurl sends a request again by itself where a used connection dies before it answers, whatever the method is:
  /// what is not idempotent ends here instead (RFC 9110, 9.2.2).
  fileprivate func begins() -> Bool {
    times += 1
    guard times == 1 || request.isIdempotent else {
      stop = .wouldSendTwice
      return false
    }
    owner?.transferBegan(self)
    return true
  }

  fileprivate func openSocket(_ address: UnsafePointer<curl_sockaddr>) -> curl_socket_t {
    if !hasOpenedSocket {
      hasOpenedSocket = true
      pool.lookedUp(self)
    }
    // The struct is longer than its type says: only the original pointer reaches a whole IPv6 address.
    let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr)!
    let target = (UnsafeRawPointer(address) + offset).assumingMemoryBound(to: sockaddr.self)
    guard let number = Address(target) else {
      refusedAddress = "not an internet address"
      return CURL_SOCKET_BAD
    }
    if let refusal = pool.policy.refusal(of: number) {
      refusedAddress = refusal
      pool.statistics.addressesRefused += 1
      return CURL_SOCKET_BAD
    }
    pool.statistics.connectionsOpened += 1
    let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    return socket(address.pointee.family, type, address.pointee.protocol)
  }
}

// MARK: The handle

/// A libcurl handle, used for one transfer after the other; nothing but connections and names outlives a reset.
final class EasyHandle {
  let easy: UnsafeMutableRawPointer
  var isPaused = false
  private let problem: UnsafeMutablePointer<CChar>
  private var list: UnsafeMutablePointer<curl_slist>?
  /// libcurl reads the body from here.
  private var body: UnsafeMutableRawBufferPointer?

  init?() {
    guard let easy = ccurl_make() else { return nil }
    self.easy = easy
    problem = .allocate(capacity: Int(CURL_ERROR_SIZE))
    problem.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    clear()
    ccurl_free(easy)
    problem.deallocate()
  }

  /// What libcurl wrote about a failure; printable and short.
  var detail: String {
    let bytes = UnsafeBufferPointer(start: problem, count: Int(CURL_ERROR_SIZE)).prefix { $0 != 0 }.prefix(160)
    return String(decoding: bytes.map { (0x20...0x7e).contains($0) ? UInt8(bitPattern: $0) : 0x20 }, as: UTF8.self)
  }

  /// Forgets the transfer: options, headers with their secrets, the body.
  func clear() {
    ccurl_reset(easy)
    isPaused = false
    problem[0] = 0
    ccurl_free_list(list)
    list = nil
    body?.deallocate()
    body = nil
  }

  /// Sets every option anew. False when out of memory.
  func prepare(_ transfer: Transfer, certificates: String?) -> Bool {
    let request = transfer.request
    let context = UnsafeRawPointer(Unmanaged.passUnretained(transfer).toOpaque())
    var isFine = true
    func long(_ option: CURLoption, _ value: Int) { isFine = ccurl_set_long(easy, option, value) == CURLE_OK && isFine }
    func text(_ option: CURLoption, _ value: String?) { isFine = ccurl_set_text(easy, option, value) == CURLE_OK && isFine }
    func data(_ option: CURLoption, _ value: UnsafeRawPointer?) { isFine = ccurl_set_data(easy, option, value) == CURLE_OK && isFine }

    // Nothing of the environment, of files or of earlier requests.
    long(CURLOPT_NOSIGNAL, 1)
    text(CURLOPT_PROXY, "")
    text(CURLOPT_NOPROXY, "*")
    long(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    text(CURLOPT_PROTOCOLS_STR, "http,https")
    text(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
    long(CURLOPT_FOLLOWLOCATION, 0)
    long(CURLOPT_HTTP09_ALLOWED, 0)
    long(CURLOPT_PATH_AS_IS, 1)
    // A lookup that is given up would otherwise be waited for on the loop.
    long(CURLOPT_QUICK_EXIT, 1)
    long(CURLOPT_DNS_CACHE_TIMEOUT, UpstreamLimits.nameSeconds)

    long(CURLOPT_SSL_VERIFYPEER, 1)
    long(CURLOPT_SSL_VERIFYHOST, 2)
    long(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    // Only certificates from one file are kept parsed; with a folder each connection would cost the loop 20 ms.
    text(CURLOPT_CAPATH, nil)
    if let certificates { text(CURLOPT_CAINFO, certificates) }
    long(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    long(CURLOPT_PIPEWAIT, 1)
    text(CURLOPT_ACCEPT_ENCODING, "gzip, br")

    long(CURLOPT_CONNECTTIMEOUT_MS, Int(request.upstream.timeouts.connect))
    long(CURLOPT_FRESH_CONNECT, transfer.needsNewConnection ? 1 : 0)
    text(CURLOPT_URL, request.url.text)
    isFine = setBody(request) && isFine
    for line in request.lines {
      guard let longer = ccurl_append(list, line) else { return false }
      list = longer
    }
    isFine = ccurl_set_list(easy, CURLOPT_HTTPHEADER, list) == CURLE_OK && isFine

    data(CURLOPT_ERRORBUFFER, problem)
    for option in [
      CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_XFERINFODATA, CURLOPT_PREREQDATA, CURLOPT_OPENSOCKETDATA,
    ] { data(option, context) }
    long(CURLOPT_NOPROGRESS, 0)
    _ = ccurl_set_writer(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      let buffer = UnsafeRawBufferPointer(start: bytes, count: size * count)
      return running(context).gotBytes(buffer) ? size * count : Int(CURL_WRITEFUNC_ERROR)
    }
    _ = ccurl_set_writer(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      let buffer = UnsafeRawBufferPointer(start: bytes, count: size * count)
      return running(context).gotHeadLine(buffer) ? size * count : Int(CURL_WRITEFUNC_ERROR)
    }
    _ = ccurl_set_progress(easy) { context, _, _, _, _ in running(context).madeProgress() ? 0 : 1 }
    _ = ccurl_set_before_request(easy) { context, _, _, _, _ in
      running(context).begins() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }
    _ = ccurl_set_opener(easy) { context, _, address in running(context).openSocket(address!) }
    return isFine
  }

  private func setBody(_ request: AdmittedRequest) -> Bool {
    if request.method == "HEAD" { return ccurl_set_long(easy, CURLOPT_NOBODY, 1) == CURLE_OK }
    guard request.body != nil || request.method == "POST" else {
      return ccurl_set_long(easy, CURLOPT_HTTPGET, 1) == CURLE_OK
        && (request.method == "GET" || ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method) == CURLE_OK)
    }
    let bytes = request.body ?? []
    // One byte more: libcurl must be given an address for an empty body too.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 1)
    copy.copyBytes(from: bytes)
    body = copy
    return ccurl_set_long(easy, CURLOPT_POST, 1) == CURLE_OK
      && ccurl_set_data(easy, CURLOPT_POSTFIELDS, copy.baseAddress) == CURLE_OK
      && ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)) == CURLE_OK
      && ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method) == CURLE_OK
  }
}

/// The transfer behind a callback's context: the pool holds it as long as libcurl knows it.
private func running(_ context: UnsafeMutableRawPointer?) -> Transfer {
  Unmanaged<Transfer>.fromOpaque(context!)._withUnsafeGuaranteedRef { $0 }
}
