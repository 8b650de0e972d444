// Where redirects may lead, and what becomes of the method, the body and the credentials on the way.
import Foundation
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct RedirectTests {
  @Test func aRedirectInsideTheGrantIsFollowed() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let grants = try grant(server.url, headers: [.init("Authorization", Secret("Bearer sesame"))])
      for target in [
        "/echo?x=1", "\(server.url)/echo?x=1", "../echo?x=1", "//127.0.0.1:\(server.port)/echo?x=1",
        "/a/../echo?x=1#part",
      ] {
        let to = target.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
        let got = await harness.fetch(UpstreamRequest(url: "upstream://api/redirect/302?to=\(to)"), grants)
        #expect(
          got.error == nil && got.head?.redirected == true && got.head?.url == server.url + "/echo?x=1", "\(target)")
        #expect(got.text.contains("Authorization: Bearer sesame"))
      }
      // The connection serves on.
      #expect(await harness.statistics().connectionsOpened == 1)
    }
  }

  @Test(arguments: [
    "http://169.254.169.254/latest/meta-data", "http://evil.example/v1/x?token=t0ken", "https://127.0.0.1/v1/x",
    "//evil.example/x", "/outside", "/v1x",
    "/v1/../outside?token=t0ken", "/v1/%2e%2e/outside", "/v1/..%2foutside", "/v1/..\\outside", "file:///etc/passwd",
    "gopher://127.0.0.1/x", "http://user:pa55@127.0.0.1/v1",
    "http://127.0.0.1:1/v1", "upstream://api/x", "http://[::1]/v1/", "/v1/\u{e9}",
    "/redirect/%25%32%65%25%32%65/outside", "/redirect/..%25%32%66outside", "%25%32%65%25%32%65/outside",
  ])
  func aRedirectOutOfTheGrantIsDenied(_ target: String) async throws {
    let server = try TestServer.shared.get()
    try await withHarness { harness in
      let to = target.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
      let whole = try grant(server.url + "/redirect")
      let got = await harness.fetch(UpstreamRequest(url: "upstream://api/307?to=\(to)"), whole)
      #expect(got.code == .denied && got.head == nil, "\(String(describing: got.error))")
      let message = got.error?.message ?? ""
      #expect(!message.contains("t0ken") && !message.contains("pa55") && message.contains("redirected"))
      if target.contains("169.254") { #expect(message.contains("http://169.254.169.254/latest/meta-data")) }
      // Nothing else was connected to.
      let statistics = await harness.statistics()
      #expect(statistics.connectionsOpened == 1 && statistics.addressesRefused == 0)
    }
  }

  /// Fetch, "HTTP-redirect fetch": 303 always, 301 and 302 where it was a POST; 307 and 308 never.
  @Test(arguments: [
    (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (307, "POST", "POST"), (308, "POST", "POST"),
    (301, "PUT", "PUT"), (302, "PUT", "PUT"),
    (303, "PUT", "GET"), (303, "HEAD", "HEAD"), (301, "GET", "GET"),
  ])
  func theMethodIsRewrittenByTheRulesOfFetch(_ status: Int, _ method: String, _ expected: String) async throws {
    let server = try TestServer.shared.get()
    try await withHarness { harness in
      let hasBody = method == "POST" || method == "PUT"
      let got = await harness.fetch(
        UpstreamRequest(
          method: method, url: "upstream://api/redirect/\(status)?to=/echo",
          headers: [("content-type", "text/x-mine"), ("x-mine", "1")],
          body: hasBody ? Array("the body".utf8) : nil), try grant(server.url))
      #expect(got.error == nil && got.status == 200)
      guard expected != "HEAD" else { return }
      #expect(got.text.hasPrefix(expected + " /echo"))
      #expect(got.text.hasSuffix("the body") == (hasBody && expected == method))
      #expect(got.text.contains("text/x-mine") == (expected == method) && got.text.contains("x-mine: 1"))
    }
  }

  @Test func theMethodMustBeGrantedAfterTheRedirectToo() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let got = await harness.fetch(
        UpstreamRequest(method: "POST", url: "upstream://api/redirect/303?to=/ok", body: []),
        try grant(server.url, methods: ["POST"]))
      #expect(got.code == .denied && got.error?.message.contains("POST to GET") == true)
    }
  }

  @Test(arguments: [307, 308, 302, 303])
  func aRedirectDoesNotLeadIntoALongerGrant(_ status: Int) async throws {
    let server = try TestServer.shared.get()
    try await withHarness { harness in
      let grants = try UpstreamGrants(
        worker: "test",
        [
          Upstream(name: "api", url: server.url, methods: ["GET", "DELETE"]),
          Upstream(name: "admin", url: server.url + "/echo/admin", methods: ["GET"]),
        ])
      for method in ["DELETE", "GET"] {
        let got = await harness.fetch(
          UpstreamRequest(method: method, url: "upstream://api/redirect/\(status)?to=/echo/admin/u"), grants)
        #expect(got.code == .denied && got.head == nil, "\(String(describing: got.error))")
        #expect(got.error?.message.contains("belongs to upstream `admin`") == true)
        let beside = await harness.fetch(
          UpstreamRequest(method: method, url: "upstream://api/redirect/\(status)?to=/echo?x=/echo/admin"), grants)
        #expect(beside.status == 200 && beside.head?.upstream == "api" && beside.head?.redirected == true)
      }
    }
  }

  @Test func redirectsAreCounted() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      func nested(_ times: Int) -> String {
        (0..<times).reduce("/ok") { to, _ in
          "/redirect/302?to=" + to.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
        }
      }
      let enough = await harness.fetch(
        UpstreamRequest(url: "upstream://api" + nested(3)), try grant(server.url, redirects: 3))
      #expect(enough.text == "hello" && enough.head?.url == server.url + "/ok")
      let more = await harness.fetch(
        UpstreamRequest(url: "upstream://api" + nested(4)), try grant(server.url, redirects: 3))
      #expect(more.code == .tooManyRedirects && more.head == nil)
      let none = await harness.fetch(
        UpstreamRequest(url: "upstream://api" + nested(1)), try grant(server.url, redirects: 0))
      #expect(none.status == 302 && none.head?.headers.contains { $0.name == "Location" && $0.value == "/ok" } == true)
      let big = await harness.fetch(
        UpstreamRequest(url: "upstream://api/redirect-big"), try grant(server.url), budget: 1 << 20)
      #expect(big.text == "hello" && big.milliseconds < 3000)
    }
  }
}
