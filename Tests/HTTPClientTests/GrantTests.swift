// What a grant covers, and which URLs, methods and headers of a guest it refuses.
import Testing

@testable import HTTPClient

@Suite struct GrantTests {
  private func grants(_ base: String = "https://api.example.com/v1") throws -> UpstreamGrants { try grant(base) }

  @Test(arguments: [
    ("https://api.example.com/v1", "https://api.example.com/v1"),
    ("https://api.example.com/v1/x?q=1#part", "https://api.example.com/v1/x?q=1"),
    ("HTTPS://API.Example.COM:443/v1/x", "https://api.example.com/v1/x"),
    ("https://api.example.com/v1?", "https://api.example.com/v1?"),
    ("https://api.example.com/a/../v1/x", "https://api.example.com/v1/x"),
    ("https://api.example.com/./v1/./x", "https://api.example.com/v1/x"),
    ("https://api.example.com/%76%31/x", "https://api.example.com/v1/x"),
    ("https://api.example.com/v1/%c3%a9%7e", "https://api.example.com/v1/%C3%A9~"),
    ("https://api.example.com/v1/a%2eb", "https://api.example.com/v1/a.b"),
    ("https://api.example.com/v1/100%25", "https://api.example.com/v1/100%25"),
    ("https://api.example.com/v1/%25%34%31%25zz", "https://api.example.com/v1/%2541%25zz"),
    ("https://api.example.com/v1/a..b.%2520", "https://api.example.com/v1/a..b.%2520"),
    ("https://%61pi.example.com/v1/", "https://api.example.com/v1/"),
    (
      "https://api.example.com/v1/x?next=https://evil.example/@..%2f",
      "https://api.example.com/v1/x?next=https://evil.example/@..%2f"
    ),
    ("upstream://api/x?q=1", "https://api.example.com/v1/x?q=1"), ("upstream://api", "https://api.example.com/v1"),
    ("upstream://api?q", "https://api.example.com/v1?q"), ("upstream://api/", "https://api.example.com/v1/"),
    ("upstream://api/x/../y", "https://api.example.com/v1/y"),
  ])
  func aURLBelowTheBaseIsTakenInItsNormalForm(_ url: String, _ expected: String) throws {
    let found = try grants().resolve(url)
    #expect(found.url == expected && found.upstream.name == "api")
  }

  @Test(arguments: [
    "https://api.example.com/", "https://api.example.com/v10", "https://api.example.com/v1x/",
    "https://api.example.com/V1/x",
    "http://api.example.com/v1/x", "https://api.example.com:8443/v1/x", "https://api.example.com.evil.example/v1/x",
    "https://evil.example/v1/x", "https://api.example.com./v1/x", "https://api.example.com/v1/../admin",
    "https://api.example.com/v1/..",
    "https://api.example.com/v1/x/../../admin", "upstream://api/../admin", "upstream://api/..", "upstream://other/x",
    "upstream:///x",
    "upstream://API/x", "https://169.254.169.254/latest", "https://evil.example/?https://api.example.com/v1/",
    "https://evil.example/#https://api.example.com/v1",
  ])
  func aURLOutsideTheBaseIsDenied(_ url: String) throws {
    let error = #expect(throws: UpstreamError.self) { try grants().resolve(url) }
    #expect(error?.code == .denied, "\(String(describing: error))")
    #expect(error?.message.contains("?") == false)
  }

  @Test(arguments: [
    "", "x", "/v1/x", "//api.example.com/v1", "ftp://api.example.com/v1", "file:///etc/passwd",
    "gopher://api.example.com/v1", "javascript:1",
    "https://api.example.com/v1/%2e%2e/admin", "https://api.example.com/v1/%2E./admin",
    "https://api.example.com/v1/.%2e/admin",
    "https://api.example.com/v1/%2e/x", "https://api.example.com/v1/..%2fadmin",
    "https://api.example.com/v1/..%2Fadmin", "https://api.example.com/v1/..%5cadmin",
    "https://api.example.com/v1/..\\admin", "https://api.example.com\\@evil.example/v1",
    "https://api.example.com/v1/%252e%252e/admin",
    "https://api.example.com/v1/%25252e/x", "https://api.example.com/v1/a%252fb",
    "https://api.example.com/v1/%25%32%65%25%32%65/admin", "https://api.example.com/v1/..%25%32%66admin",
    "https://api.example.com/v1/%25%32%45%25%32%45/admin", "https://api.example.com/v1/..%25%35%43admin",
    "https://api.example.com/v1/%25%32%35%32%65/x", "https://api.example.com/v1/%2525%32e/x",
    "https://api.example.com/v1/%25%2532e/x", "https://api.example.com/v1/%25%2532%65%25%2532%65/admin",
    "https://api.example.com/v1/%2500", "https://api.example.com/v1/%250d%250aX:y",
    "https://api.example.com/v1/%25%37f",
    "https://api.example.com/v1/..%3b/admin", "https://api.example.com/v1/..%253bx/admin",
    "upstream://api/%25%32%65%25%32%65/admin", "upstream://api/..%25%32%66admin",
    "https://api.example.com/v1/..;/admin", "https://api.example.com/v1/%2e%2e;x=1/admin",
    "https://api.example.com/v1/%00", "https://api.example.com/v1/%0d%0aX:y", "https://api.example.com/v1/%zz",
    "https://api.example.com/v1/%2",
    "https://user@api.example.com/v1/x", "https://user:pass@api.example.com/v1/x", "https://@api.example.com/v1/x",
    "https://:@api.example.com/v1/x",
    "https://api.example.com@evil.example/v1", "https://api.example.com/v1/ x", "https://api.example.com/v1/\tx",
    "https://api.example.com/v1/\r\nX: y",
    "https://api.example.com/v1/\u{0}", "https://bücher.example/v1", "https://api.example.com/v1/é",
    "https://api。example。com/v1", "https://api.example.com%2f.evil.example/v1",
    "https://api.example.com%00.evil.example/v1", "https://api.example.com:99999/v1", "https://api.example.com:0/v1",
    "https://[fe80::1%25eth0]/v1", "https:///v1", "https://",
    "upstream://api/%2e%2e/admin", "upstream://api/..%2fadmin", "upstream://api@evil/x y", "upstream://api/\\..\\x",
  ])
  func aURLThatCanBeReadInTwoWaysIsRefused(_ url: String) throws {
    let error = #expect(throws: UpstreamError.self) { try grants().resolve(url) }
    #expect(error?.code == .badRequest || error?.code == .denied, "\(String(describing: error))")
  }

  /// However deep the nesting: 8 KiB of it are read in one pass.
  @Test func anEscapeThatIsNestedThousandsOfTimesIsRefusedAtOnce() throws {
    let deep = "upstream://api/%" + String(repeating: "25", count: 4_000)
    let began = ContinuousClock.now
    #expect(throws: UpstreamError.self) { try grants().resolve(deep + "2e%25%32%65/x") }
    #expect(try grants().resolve(deep + "41").url.hasSuffix("252541"))
    #expect(ContinuousClock.now - began < .seconds(1))
  }

  /// Joined to the base as text, such a rest would be a port, a password or another host.
  @Test(arguments: [
    "upstream://api@evil.example/x", "upstream://api:8443/x", "upstream://api.evil.example/x", "upstream://api\\x",
  ])
  func aNameIsANameAndNothingElse(_ url: String) throws {
    #expect(throws: UpstreamError.self) { try grants("https://api.example.com").resolve(url) }
  }

  @Test func aBaseThatEndsWithASlashAsksForIt() throws {
    let grants = try grants("https://api.example.com/v1/")
    #expect(throws: UpstreamError.self) { try grants.resolve("https://api.example.com/v1") }
    #expect(try grants.resolve("https://api.example.com/v1/x").url == "https://api.example.com/v1/x")
    #expect(try grants.resolve("upstream://api/x").url == "https://api.example.com/v1/x")
    let root = try self.grants("http://127.1:8080")
    #expect(try root.resolve("http://127.0.0.1:8080/x").url == "http://127.0.0.1:8080/x")
    #expect(try root.resolve("upstream://api/x").url == "http://127.0.0.1:8080/x")
    #expect(try self.grants("http://[::1]:8080/").resolve("http://[0:0::1]:8080/x").url == "http://[::1]:8080/x")
  }

  @Test func theLongestPathWins() throws {
    let grants = try UpstreamGrants(
      worker: "w",
      [
        Upstream(name: "all", url: "https://a.example/"),
        Upstream(name: "inner", url: "https://a.example/x/y", methods: ["POST"]),
        Upstream(name: "outer", url: "https://a.example/x"),
      ])
    #expect(try grants.resolve("https://a.example/x/y/z").upstream.name == "inner")
    #expect(try grants.resolve("https://a.example/x/yy").upstream.name == "outer")
    #expect(try grants.resolve("https://a.example/z").upstream.name == "all")
  }

  private func nested() throws -> UpstreamGrants {
    try UpstreamGrants(
      worker: "w",
      [
        Upstream(name: "api", url: "https://a.example/v1", methods: ["GET", "POST", "DELETE"]),
        Upstream(name: "admin", url: "https://a.example/v1/admin"),
        Upstream(name: "twin", url: "https://a.example/v1"),
      ])
  }

  @Test(arguments: [
    "upstream://api/admin/u", "upstream://api/admin", "upstream://api/admin?q", "upstream://api/x/../admin/u",
    "upstream://api/%61dmin/u", "upstream://twin/admin/u",
  ])
  func aNameDoesNotReachIntoALongerGrant(_ url: String) throws {
    for method in ["DELETE", "GET"] {
      let error = #expect(throws: UpstreamError.self) {
        try UpstreamRequest(method: method, url: url).admitted(by: nested())
      }
      #expect(error?.code == .denied && error?.message.contains("belongs to upstream `admin`") == true)
      #expect(error?.message.contains("?") == false)
    }
  }

  @Test(arguments: [
    ("upstream://api/x", "api"), ("upstream://api/administrator", "api"), ("upstream://admin/u", "admin"),
    ("upstream://twin/x", "twin"), ("https://a.example/v1/admin/u", "admin"),
  ])
  func aNameReachesWhatNoLongerGrantCovers(_ url: String, _ name: String) throws {
    #expect(try nested().resolve(url).upstream.name == name)
  }

  @Test func longURLsAreRefused() throws {
    let error = #expect(throws: UpstreamError.self) {
      try grants().resolve("https://api.example.com/v1/" + String(repeating: "a", count: UpstreamLimits.urlBytesMax))
    }
    #expect(error?.code == .badRequest && (error?.message.utf8.count ?? 999) < 200)
    let denied = #expect(throws: UpstreamError.self) {
      try grants().resolve("https://evil.example/" + String(repeating: "a", count: 5000) + "?token=abc")
    }
    #expect(
      denied?.code == .denied && (denied?.message.utf8.count ?? 999) < 500 && denied?.message.contains("token") == false
    )
  }

  @Test(arguments: [
    ("ftp://x", [], "GET"), ("https://x/?q", [], "GET"), ("https://u@x/", [], "GET"), ("not a url", [], "GET"),
    ("https://x/%2e%2e", [], "GET"),
    ("https://x", ["Host"], "GET"), ("https://x", ["content-length"], "GET"),
    ("https://x", ["Transfer_Encoding"], "GET"), ("https://x", ["bad name"], "GET"),
    ("https://x", ["a", "A"], "GET"), ("https://x", ["x-api-key", "X_API_KEY"], "GET"), ("https://x", [], "TRACE"),
    ("https://x", [], "CONNECT"), ("https://x", [], "get"),
  ])
  func aGrantThatCannotBeMeantIsRefused(_ url: String, _ headers: [String], _ method: String) {
    let error = #expect(throws: UpstreamConfigurationError.self) {
      try Upstream(name: "api", url: url, methods: [method], headers: headers.map { .init($0, Secret("s3cret-value")) })
    }
    #expect(error?.message.contains("api") == true && error?.message.contains("s3cret-value") == false)
  }

  @Test func namesValuesAndNumbersOfAGrantAreChecked() throws {
    for name in ["", "a b", "a/b", "é", String(repeating: "a", count: 65)] {
      #expect(throws: UpstreamConfigurationError.self) { try Upstream(name: name, url: "https://x") }
    }
    let error = #expect(throws: UpstreamConfigurationError.self) {
      try Upstream(name: "api", url: "https://x", headers: [.init("Authorization", Secret("hidden-value\r\nX: y"))])
    }
    #expect(error?.message.contains("hidden-value") == false)
    #expect(throws: UpstreamConfigurationError.self) { try grant("https://x", whole: 0) }
    #expect(throws: UpstreamConfigurationError.self) { try grant("https://x", retries: 11) }
    #expect(throws: UpstreamConfigurationError.self) { try grant("https://x", redirects: -1) }
    #expect(throws: UpstreamConfigurationError.self) {
      try UpstreamGrants(worker: "w", [Upstream(name: "a", url: "https://x"), Upstream(name: "a", url: "https://y")])
    }
    let plain = try Upstream(name: "api", url: "https://x")
    #expect(plain.methods == ["GET", "HEAD"])
  }
}

@Suite struct GuestRequestTests {
  private func refusal(
    _ headers: [(name: String, value: String)] = [], method: String = "POST",
    methods: Set<String> = UpstreamRequest.methods, body: [UInt8]? = nil
  ) throws -> UpstreamError? {
    let grants = try grant("https://x", methods: methods, headers: [.init("X-Api-Key", Secret("sesame-value"))])
    do {
      _ = try UpstreamRequest(method: method, url: "upstream://api/", headers: headers, body: body).admitted(by: grants)
      return nil
    } catch { return error }
  }

  @Test(arguments: [
    "Host", "Connection", "Keep-Alive", "Content-Length", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Expect",
    "Proxy-Authorization", "Proxy-Connection",
    "Cookie", "Accept-Encoding", "HTTP2-Settings", "X-Api-Key", "x-api-key", "X_Api_Key", "x_api-KEY",
    "transfer_encoding", "X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL", "X_Original_Url",
    "X-Rewrite-URL", "Forwarded", "X-Real-IP", "x_real_ip", "X-Forwarded-For", "X-Forwarded-Host", "X_Forwarded_Prefix",
    "x-forwarded-",
  ])
  func headersThatAreTheHostsAreDenied(_ name: String) throws {
    let error = try refusal([(name, "x")])
    #expect(error?.code == .denied && error?.message.contains("`\(name)`") == true)
    #expect(error?.message.contains("sesame-value") == false)
  }

  @Test(arguments: ["X-Original-URL", "X-Rewrite-URL", "Forwarded", "X-Real-IP", "X-Forwarded-For", "Cookie"])
  func aGrantMaySetWhatAGuestMayNot(_ name: String) throws {
    let grants = try grant("https://x", headers: [.init(name, Secret("mine"))])
    #expect(try UpstreamRequest(url: "upstream://api/").admitted(by: grants).lines.contains("\(name): mine"))
  }

  @Test(arguments: ["X-Forwarded", "X-Forwarder", "X-Original", "Forwarded-By"])
  func headersThatOnlyLookLikeTheHostsAreTheGuests(_ name: String) throws {
    #expect(try refusal([(name, "x")]) == nil)
  }

  @Test(arguments: [
    ("x", "a\r\nHost: evil"), ("x", "a\nb"), ("x", "a\rb"), ("x", "a\0b"), ("x", "a\u{7f}b"), ("x", "\u{1}"),
    ("x\r\nHost", "evil"), ("x y", "a"), ("x:", "a"), ("", "a"),
    (":path", "/"), ("é", "a"), ("x\0", "a"),
  ])
  func injectedHeadersAreRefused(_ name: String, _ value: String) throws {
    #expect(try refusal([(name, value)])?.code == .badRequest)
  }

  @Test func headersAreBounded() throws {
    #expect(try refusal((0..<64).map { ("x-\($0)", "v") }) == nil)
    #expect(try refusal((0..<65).map { ("x-\($0)", "v") })?.code == .badRequest)
    #expect(try refusal([("x", String(repeating: "v", count: 16 * 1024 - 1))]) == nil)
    #expect(try refusal([("x", String(repeating: "v", count: 16 * 1024))])?.code == .badRequest)
    #expect(
      try refusal([
        ("accept", "text/html"), ("content-type", "text/plain"), ("authorization", "Bearer mine"), ("x", "é\t"),
      ]) == nil)
  }

  @Test func methodsAreThoseOfTheGrant() throws {
    #expect(try refusal(method: "GET", methods: ["GET"]) == nil)
    #expect(try refusal(method: "post", methods: ["POST"]) == nil)
    let denied = try refusal(method: "DELETE", methods: ["GET", "HEAD"])
    #expect(denied?.code == .denied && denied?.message.contains("GET, HEAD") == true)
    for method in ["CONNECT", "TRACE", "PROPFIND"] { #expect(try refusal(method: method)?.code == .denied) }
    for method in ["", "GE T", "GET\r\n", "GET /evil HTTP/1.1"] {
      #expect(try refusal(method: method)?.code == .badRequest)
    }
    #expect(try refusal(method: "GET", body: [1])?.code == .badRequest)
  }
}
