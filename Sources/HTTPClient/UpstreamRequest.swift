// What a guest asks of an upstream, and which of it may be sent.

/// A guest's request, not checked yet.
public struct UpstreamRequest: Sendable {
  /// Taken in capitals.
  public var method: String
  /// Absolute and below one of the grants' urls, or `upstream://NAME/path?query`.
  public var url: String
  public var headers: [(name: String, value: String)]
  /// Nil for a request without one; an empty body is sent as such.
  public var body: [UInt8]?
  /// Shortens the upstream's whole timeout; nil leaves it.
  public var timeoutMilliseconds: UInt64?

  public init(
    method: String = "GET", url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
    timeoutMilliseconds: UInt64? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeoutMilliseconds = timeoutMilliseconds
  }

  /// What can be granted at all. CONNECT and TRACE cannot.
  public static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
  /// Those that may be sent twice (RFC 9110, 9.2.2).
  static let idempotent: Set<String> = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]

  /// Finds the grant and checks method, headers and body against it.
  func admitted(by grants: UpstreamGrants) throws(UpstreamError) -> AdmittedRequest {
    let (upstream, url) = try grants.place(self.url)
    func refused(_ code: UpstreamError.Code, _ why: String) -> UpstreamError {
      UpstreamError(code, "upstream `\(upstream.name)`: \(why)", upstream: upstream.name)
    }
    guard HeaderRules.isToken(method), method.utf8.count <= 32 else {
      throw refused(.badRequest, "the method is not one: write GET, POST, …")
    }
    let method = self.method.uppercased()
    guard upstream.methods.contains(method) else {
      throw refused(
        .denied,
        "\(method) is not granted (\(upstream.methods.sorted().joined(separator: ", ")) are): grant it in the manifest")
    }
    if let body {
      guard method != "GET", method != "HEAD" else {
        throw refused(.badRequest, "\(method) has no body: send it with POST or PUT")
      }
      guard body.count <= UpstreamLimits.requestBodyBytesMax else {
        throw refused(.badRequest, "the body is larger than \(UpstreamLimits.requestBodyBytesMax) bytes")
      }
    }
    try checkHeaders(upstream, refused)
    return AdmittedRequest(
      worker: grants.worker, upstream: upstream, method: method, url: url, headers: headers, body: body,
      timeoutMilliseconds: timeoutMilliseconds)
  }

  private func checkHeaders(
    _ upstream: Upstream, _ refused: (UpstreamError.Code, String) -> UpstreamError
  ) throws(UpstreamError) {
    guard headers.count <= UpstreamLimits.requestHeadersMax else {
      throw refused(.badRequest, "there are more than \(UpstreamLimits.requestHeadersMax) headers")
    }
    let hosts = Set(upstream.headers.map { HeaderRules.key($0.name) })
    var bytes = 0
    for (name, value) in headers {
      bytes += name.utf8.count + value.utf8.count
      guard bytes <= UpstreamLimits.requestHeaderBytesMax else {
        throw refused(.badRequest, "the headers are larger than \(UpstreamLimits.requestHeaderBytesMax) bytes")
      }
      // What is no name is not repeated in an error: it may hold line breaks.
      guard HeaderRules.isToken(name) else {
        throw refused(.badRequest, "the name of a header has a character that none may have")
      }
      guard HeaderRules.isValue(value) else {
        throw refused(.badRequest, "the value of `\(name)` has a line break or another control character")
      }
      let key = HeaderRules.key(name)
      guard !HeaderRules.isFraming(key), !HeaderRules.isHosts(key) else {
        throw refused(.denied, "the header `\(name)` is the host's to set: leave it out")
      }
      guard !hosts.contains(key) else {
        throw refused(.denied, "the header `\(name)` is set by the grant: leave it out")
      }
    }
  }
}

/// A request that its grant covers; redirects rewrite it.
struct AdmittedRequest {
  /// Who asks.
  let worker: String
  let upstream: Upstream
  var method: String
  var url: UpstreamURL
  var headers: [(name: String, value: String)]
  var body: [UInt8]?
  let timeoutMilliseconds: UInt64?

  var isIdempotent: Bool { UpstreamRequest.idempotent.contains(method) }

  /// The request that follows a redirect with this status (Fetch, "HTTP-redirect fetch").
  mutating func follow(_ status: Int, to target: UpstreamURL) {
    url = target
    guard status == 303 && method != "HEAD" && method != "GET" || (status == 301 || status == 302) && method == "POST"
    else {
      return
    }
    method = "GET"
    body = nil
    headers.removeAll { HeaderRules.key($0.name).hasPrefix("content-") }
  }

  /// `Name: value` for each header, the host's last.
  var lines: [String] {
    var lines =
      headers.map { Self.line($0.name, $0.value) } + upstream.headers.map { Self.line($0.name, $0.value.value) }
    let keys = Set(headers.map { HeaderRules.key($0.name) } + upstream.headers.map { HeaderRules.key($0.name) })
    // libcurl would wait a second for a 100, and would call every body a form.
    lines.append("Expect:")
    if body != nil, !keys.contains("content-type") { lines.append("Content-Type:") }
    if !keys.contains("user-agent") { lines.append("User-Agent: atoll") }
    return lines
  }

  /// libcurl takes a name and a semicolon for a header without a value; a bare colon would leave the header out.
  private static func line(_ name: String, _ value: String) -> String {
    value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? name + ";" : "\(name): \(value)"
  }
}

/// Which headers may be set by whom (RFC 9110, RFC 9112).
enum HeaderRules {
  static func isNameByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x2d
      || byte == 0x5f
  }

  /// RFC 9110, 5.6.2.
  static func isToken(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { isNameByte($0) || "!#$%&'*+.^`|~".utf8.contains($0) }
  }

  /// No control character but the tab (RFC 9110, 5.5).
  static func isValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 == 0x09 || $0 >= 0x20 && $0 != 0x7f }
  }

  /// How names are compared: `X_Api_Key` is `x-api-key` to servers that hand headers on as variables (RFC 3875,
  /// 4.1.18).
  static func key(_ name: String) -> String { String(name.lowercased().map { $0 == "_" ? "-" : $0 }) }

  /// Decide where a message ends and who it is for: libcurl's, never a guest's or a manifest's.
  static func isFraming(_ key: String) -> Bool {
    key.hasPrefix("proxy-")
      || [
        "host", "connection", "keep-alive", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect",
        "http2-settings", "accept-encoding",
      ].contains(key)
  }

  /// A grant may set them, a guest may not: cookies are credentials, an override is a method or a path that was not
  /// granted, and who asks, for whom, is what services believe of their proxies (RFC 7239).
  static func isHosts(_ key: String) -> Bool {
    key.hasPrefix("x-forwarded-")
      || [
        "cookie", "cookie2", "x-http-method", "x-http-method-override", "x-method-override", "x-original-url",
        "x-rewrite-url", "forwarded", "x-real-ip",
      ].contains(key)
  }

  /// Not handed on to a guest: they belong to the connection, or would be the grant's session.
  static func isDropped(_ key: String) -> Bool {
    key.hasPrefix("proxy-")
      || [
        "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "set-cookie", "set-cookie2",
        "http2-settings", "alt-svc",
      ].contains(key)
  }
}
