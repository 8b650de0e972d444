// Certificates, HTTP/2 and its streams.
import EventLoop
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
  @Test func aCertificateOfTheNodesAuthorityIsTrusted() async throws {
    let server = try TestServer.hostile(certificate: "good")
    try await withHarness(certificates: Certificates.authority) { harness in
      for host in ["localhost", "127.0.0.1"] {
        let got = await harness.fetch(
          UpstreamRequest(url: "upstream://api/ok"), try grant("https://\(host):\(server.port)"))
        #expect(got.text == "hello", "\(String(describing: got.error))")
      }
    }
  }

  @Test(arguments: [("expired", "expired"), ("wrong", "name"), ("self", "self-signed")])
  func aBadCertificateIsRefused(_ certificate: String, _ word: String) async throws {
    let server = try TestServer.hostile(certificate: certificate)
    try await withHarness(certificates: Certificates.authority) { harness in
      let got = await harness.fetch(
        UpstreamRequest(url: "upstream://api/ok?q=query-secret"),
        try grant("https://localhost:\(server.port)", headers: [.init("Authorization", Secret("Bearer sesame"))]))
      #expect(got.code == .tlsFailed && !got.wereBytesSent)
      #expect(got.error?.message.contains(word) == true, "\(String(describing: got.error))")
      #expect(got.error?.message.contains("secret") == false && got.error?.message.contains("sesame") == false)
    }
  }

  @Test func anAuthorityThatIsNotTheNodesIsRefused() async throws {
    let server = try TestServer.hostile(certificate: "good")
    try await withHarness { harness in
      let got = await harness.fetch(
        UpstreamRequest(url: "upstream://api/ok"), try grant("https://localhost:\(server.port)"))
      #expect(got.code == .tlsFailed)
    }
  }

  @Test func plainTextWhereTLSIsMeantFails() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let got = await harness.fetch(
        UpstreamRequest(url: "upstream://api/ok"), try grant("https://127.0.0.1:\(server.port)", connect: 300))
      #expect((got.code == .tlsFailed || got.code == .timeout) && !got.wereBytesSent)
    }
  }

  @Test func aFileOfCertificatesMustBeThere() throws {
    let loop = try EventLoop()
    let error = #expect(throws: UpstreamConfigurationError.self) {
      try UpstreamPool(loop: loop, policy: .publicOnly, certificates: "/nowhere/ca.pem")
    }
    #expect(error?.message.contains("/nowhere/ca.pem") == true)
    #expect(UpstreamPool.systemCertificates == "/etc/ssl/certs/ca-certificates.crt")
  }
}

@Suite(.timeLimit(.minutes(1))) struct HTTP2Tests {
  private func withServer(_ body: (Harness, UpstreamGrants) async throws -> Void) async throws {
    let server = try TestServer.http2()
    try await withHarness(certificates: Certificates.authority) { harness in
      try await body(harness, try grant("https://localhost:\(server.port)"))
    }
  }

  @Test func itIsSpokenWhereTheServerOffersIt() async throws {
    try await withServer { harness, grants in
      let got = await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), grants)
      #expect(got.text == "hello" && got.head?.statusText == "")
      #expect(got.head?.headers.contains { $0.name == "x-version" && $0.value == "2.0" } == true)
      let packed = await harness.fetch(UpstreamRequest(url: "upstream://api/br"), grants)
      #expect(packed.text == String(repeating: "unpacked ", count: 100))
      let post = await harness.fetch(
        UpstreamRequest(
          method: "POST", url: "upstream://api/echo", headers: [("x-mine", "1")], body: Array("the body".utf8)), grants)
      #expect(
        post.text.contains(#""body":"the body""#) && post.text.contains(#""x-mine":"1""#)
          && post.text.contains(#""method":"POST""#))
    }
  }

  @Test func manyRequestsShareAConnection() async throws {
    try await withServer { harness, grants in
      let all = await harness.fetchAll((0..<90).map { _ in (UpstreamRequest(url: "upstream://api/delay"), grants) })
      #expect(all.allSatisfy { $0.text == "late" })
      let said = await harness.fetch(UpstreamRequest(url: "upstream://api/sessions"), grants)
      let numbers = said.text.split(separator: " ").compactMap { Int($0) }
      #expect(numbers.first == 1 && (numbers.last ?? 0) >= 80, "\(said.text)")
    }
  }

  /// A reader that rests must not hold up the other streams of its connection.
  @Test func aReaderThatRestsHoldsNobodyUp() async throws {
    try await withServer { harness, grants in
      let collector = Collector()
      collector.readsByItself = false
      let size = 8 << 20
      let small: Fetched = await harness.on { done in
        harness.start(
          UpstreamRequest(url: "upstream://api/bytes?n=\(size)"), grants, budget: ByteBudget(bytes: 64 << 20),
          collector: collector
        ) { _ in }
        harness.loop.timer(afterMilliseconds: 300) {
          harness.start(UpstreamRequest(url: "upstream://api/ok"), grants, budget: ByteBudget(bytes: 1 << 20), done)
        }
      }
      #expect(small.text == "hello" && small.milliseconds < 1000)
      let given: Int = await harness.on { done in done(collector.fetched.body.count) }
      #expect(given >= UpstreamLimits.unreadBytesMax && given < UpstreamLimits.unreadBytesMax + 65_536)
      let whole: Fetched = await harness.on { done in
        collector.readsByItself = true
        let ended = collector.onEnd
        collector.onEnd = {
          ended?()
          done(collector.fetched)
        }
        collector.exchange?.resume()
      }
      #expect(whole.body.count == size && whole.error == nil)
    }
  }

  @Test func brokenStreamsAndBombsEnd() async throws {
    try await withServer { harness, grants in
      #expect(await harness.fetch(UpstreamRequest(url: "upstream://api/reset"), grants).code == .reset)
      #expect(
        await harness.fetch(UpstreamRequest(url: "upstream://api/bomb"), grants, budget: 1 << 20).code == .tooLarge)
      #expect(
        await harness.fetch(UpstreamRequest(url: "upstream://api/bytes?n=100000000"), grants, budget: 1 << 20).code
          == .tooLarge)
      let gone = await harness.fetch(UpstreamRequest(url: "upstream://api/goaway"), grants).code
      #expect(gone == .reset || gone == .protocol)
      #expect(await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), grants).text == "hello")
      #expect(await harness.statistics().transfers == 0)
    }
  }

  @Test func oneStreamIsCancelledAndTheOthersGoOn() async throws {
    try await withServer { harness, grants in
      let got: Fetched = await harness.on { done in
        let collector = Collector()
        let exchange = harness.start(
          UpstreamRequest(url: "upstream://api/bytes?n=1000000000"), grants, budget: ByteBudget(bytes: 1 << 40),
          collector: collector
        ) { _ in }
        harness.loop.timer(afterMilliseconds: 100) {
          harness.start(UpstreamRequest(url: "upstream://api/delay"), grants, budget: ByteBudget(bytes: 1 << 20), done)
          exchange.cancel()
        }
      }
      #expect(got.text == "late")
      let said = await harness.fetch(UpstreamRequest(url: "upstream://api/sessions"), grants)
      #expect(said.text.hasPrefix("1 "))
    }
  }
}
