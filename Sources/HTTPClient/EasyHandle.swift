// One libcurl handle: every option that a request is sent with, set anew each time.
internal import CCurl

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
    func text(_ option: CURLoption, _ value: String?) {
      isFine = ccurl_set_text(easy, option, value) == CURLE_OK && isFine
    }
    func data(_ option: CURLoption, _ value: UnsafeRawPointer?) {
      isFine = ccurl_set_data(easy, option, value) == CURLE_OK && isFine
    }

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
