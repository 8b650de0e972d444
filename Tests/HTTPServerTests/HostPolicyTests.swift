// Host, Origin and CORS: who is answered, and who may read it.
import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct HostPolicyTests {
  private func status(_ host: String?, origin: String? = nil, hosts: HostPolicy = HostPolicy()) -> Int? {
    let client = Machine(hosts: hosts) { $0.ok() }.connect()
    let hostLine = host.map { "Host: \($0)\r\n" } ?? ""
    let originLine = origin.map { "Origin: \($0)\r\n" } ?? ""
    client.send("GET / HTTP/\(host == nil ? "1.0" : "1.1")\r\n\(hostLine)\(originLine)\r\n")
    return client.transport.takeStatuses().first
  }

  @Test(arguments: ["localhost:8787", "LocalHost:8787", "127.0.0.1:8787", "[::1]:8787"])
  func loopbackListenerAnswersToItsNames(host: String) { #expect(status(host) == 200) }

  @Test(arguments: [
    "evil.example.com", "evil.example.com:8787", "localhost", "localhost:8788", "localhost:8789", "localhost:08787",
    "127.0.0.1", "127.0.0.2:8787", "[::1]", "[::2]:8787", "localhost.:8787", "localhost.evil:8787", "",
  ])
  func anotherHostGets421(host: String) { #expect(status(host) == 421) }

  @Test func http10WithoutHostGets421() { #expect(status(nil) == 421) }

  @Test func configuredHostsAreAnswered() throws {
    let hosts = try HostPolicy(allowedHosts: ["MCP.example.com", "other.example:9000"])
    for host in ["mcp.example.com", "mcp.example.com:443", "mcp.example.com:80", "other.example:9000"] {
      #expect(status(host, hosts: hosts) == 200, "\(host)")
    }
    for host in ["mcp.example.com:8787", "other.example", "other.example:9001", "a.mcp.example.com"] {
      #expect(status(host, hosts: hosts) == 421, "\(host)")
    }
  }

  @Test func uncheckedHostsAreAnswered() {
    var hosts = HostPolicy()
    hosts.checksHosts = false
    #expect(status("any.example", hosts: hosts) == 200)
    #expect(status("any.example", origin: "http://any.example", hosts: hosts) == 403)
  }

  @Test(arguments: [
    ("0.0.0.0", "localhost:80"), ("[::]", "127.0.0.1"), ("10.0.0.7", "10.0.0.7:80"), ("10.0.0.7", "10.0.0.7"),
  ])
  func otherListenersAnswerToTheirAddress(listener: String, host: String) {
    let rules = HostRules(HostPolicy(), listening: Authority(host: listener, port: 80))
    let bytes = Array(host.utf8)
    #expect(rules.allowsHost(bytes.indices, in: bytes))
  }

  @Test func addressListenerDoesNotAnswerToLocalhost() {
    let rules = HostRules(HostPolicy(), listening: Authority(host: "10.0.0.7", port: 80))
    let bytes = Array("localhost".utf8)
    #expect(!rules.allowsHost(bytes.indices, in: bytes))
  }

  @Test(arguments: [
    "http://localhost:8787", "https://localhost:8787", "http://127.0.0.1:8787", "http://[::1]:8787",
  ])
  func originsOfTheHostsAreAllowed(origin: String) { #expect(status("localhost:8787", origin: origin) == 200) }

  @Test(arguments: [
    "null", "", "http://evil.example.com", "http://localhost", "http://localhost:8788", "http://localhost:8787/",
    "ftp://localhost:8787", "localhost:8787", "http://localhost:8787.evil.example", "http://localhost:8787 x",
  ])
  func otherOriginsGet403(origin: String) { #expect(status("localhost:8787", origin: origin) == 403) }

  @Test func configuredOriginsAreAllowedAlsoNull() throws {
    let hosts = try HostPolicy(
      allowedHosts: ["mcp.example.com"], allowedOrigins: ["https://App.example.com:443", "null"])
    for origin in ["https://app.example.com", "null", "https://mcp.example.com", "http://mcp.example.com"] {
      #expect(status("localhost:8787", origin: origin, hosts: hosts) == 200, "\(origin)")
    }
    #expect(status("localhost:8787", origin: "http://app.example.com", hosts: hosts) == 403)
  }

  @Test(arguments: ["", "a b", "http://a", "a/b", "a:99999", "u@a", "[::1", "*"])
  func impossibleHostIsAnError(host: String) {
    let error = #expect(throws: HTTPServerError.self) { try HostPolicy(allowedHosts: [host]) }
    #expect(error?.code == .invalidHost)
    #expect(error?.message.contains("`\(host)`") == true)
  }

  @Test(arguments: ["", "*", "app.example.com", "https://a/", "https://", "file:///x"])
  func impossibleOriginIsAnError(origin: String) {
    let error = #expect(throws: HTTPServerError.self) { try HostPolicy(allowedOrigins: [origin]) }
    #expect(error?.code == .invalidOrigin)
  }

  @Test func refusedHostWithABodyClosesWithoutReadingIt() {
    let client = Machine { $0.ok() }.connect()
    client.send("POST / HTTP/1.1\r\nHost: evil\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    #expect(client.transport.takeStatuses() == [421])
    #expect(client.transport.isShutDown)
  }

  @Test func refusedHostWithoutABodyKeepsTheConnection() {
    let client = Machine { $0.ok() }.connect()
    client.send("GET / HTTP/1.1\r\nHost: evil\r\n\r\n" + request("GET /"))
    #expect(client.transport.takeStatuses() == [421, 200])
  }
}

@Suite struct CORSTests {
  private let origin = "Origin: http://localhost:8787\r\n"

  private func answer(_ text: String) -> [String] {
    let client = Machine { $0.ok("x") }.connect()
    client.send(text)
    return client.transport.takeText().split(separator: "\r\n").map(String.init)
  }

  @Test func preflightIsAnsweredBeforeTheService() {
    let lines = answer(
      request(
        "OPTIONS /mcp",
        origin + "Access-Control-Request-Method: POST\r\n"
          + "Access-Control-Request-Headers: Content-Type,mcp-method , MCP-Param-City, x-evil, mcp-param-, bad name\r\n"
      ))
    #expect(
      lines == [
        "HTTP/1.1 204 No Content", "Access-Control-Allow-Origin: http://localhost:8787",
        "Access-Control-Expose-Headers: Mcp-Session-Id, WWW-Authenticate", "Vary: Origin",
        "Access-Control-Allow-Methods: POST, GET, DELETE, OPTIONS", "Access-Control-Max-Age: 600",
        "Access-Control-Allow-Headers: content-type, mcp-method, mcp-param-city",
      ])
  }

  @Test func preflightOfAnotherOriginGets403WithoutGrant() {
    let lines = answer(request("OPTIONS /mcp", "Origin: http://evil\r\nAccess-Control-Request-Method: POST\r\n"))
    #expect(lines.first == "HTTP/1.1 403 Forbidden")
    #expect(!lines.contains { $0.hasPrefix("Access-Control") })
    #expect(lines.contains("Vary: Origin"))
  }

  @Test func optionsWithoutOriginNamesTheMethods() {
    #expect(answer(request("OPTIONS *")) == ["HTTP/1.1 204 No Content", "Allow: POST, GET, DELETE, OPTIONS"])
  }

  @Test func answersToAnAllowedOriginCanBeRead() {
    let lines = answer(post("/mcp", "{}", origin))
    #expect(lines.contains("Access-Control-Allow-Origin: http://localhost:8787"))
    #expect(lines.contains("Access-Control-Expose-Headers: Mcp-Session-Id, WWW-Authenticate"))
    #expect(lines.contains("Vary: Origin"))
  }

  @Test func answersWithoutOriginCarryNoGrant() {
    #expect(!answer(post("/mcp", "{}")).contains { $0.hasPrefix("Access-Control") })
  }

  @Test func refusalsOfAnAllowedOriginCanBeRead() {
    let lines = answer(request("POST /mcp", origin + "Content-Length: 99999999\r\n"))
    #expect(lines.first == "HTTP/1.1 413 Content Too Large")
    #expect(lines.contains("Access-Control-Allow-Origin: http://localhost:8787"))
  }
}

@Suite struct AuthorityTests {
  @Test(
    arguments: [
      ("a", "a", nil), ("A-b_c.~d:1", "a-b_c.~d", 1), ("1.2.3.4:65535", "1.2.3.4", 65535), ("[::1]", "[::1]", nil),
      ("[FE80::1.2.3.4]:0", "[fe80::1.2.3.4]", 0), ("a:00080", "a", 80),
    ] as [(String, String, UInt16?)])
  func wellFormed(text: String, host: String, port: UInt16?) {
    #expect(Authority(text) == Authority(host: host, port: port))
  }

  @Test(arguments: [
    "", ":", ":80", "a:", "a:x", "a:-1", "a:65536", "a:000080", "a b", "a/b", "a@b", "a,b", "[]", "[::1", "::1", "[a]",
    "[::g]", "[::1]x", "[::1]:", "a%41", "é", "a\0", "[::1%25eth0]",
  ])
  func malformed(text: String) { #expect(Authority(text) == nil) }
}

@Suite struct DateHeaderTests {
  @Test(arguments: [
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    (1_704_067_199, "Sun, 31 Dec 2023 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
  ])
  func formatsAsTheRuleSays(seconds: Int, text: String) { #expect(DateHeader.format(seconds) == text) }

  @Test func lineIsKeptWithinASecond() {
    var date = DateHeader()
    date.update(secondsSinceEpoch: 0)
    #expect(String(decoding: date.line, as: UTF8.self) == "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n")
    date.update(secondsSinceEpoch: 1)
    #expect(String(decoding: date.line, as: UTF8.self) == "Date: Thu, 01 Jan 1970 00:00:01 GMT\r\n")
  }
}

@Suite struct NumberTests {
  @Test(arguments: [0, 1, 9, 10, 15, 16, 255, 256, 4095, 4096, 1 << 20, Int.max])
  func decimalAndHexadecimal(value: Int) {
    var decimal: [UInt8] = []
    appendDecimal(&decimal, value)
    #expect(String(decoding: decimal, as: UTF8.self) == String(value))
    var hexadecimal: [UInt8] = []
    appendHexadecimal(&hexadecimal, value)
    #expect(String(decoding: hexadecimal, as: UTF8.self) == String(value, radix: 16))
  }
}
