// One request after the other against a plain server: what arrives, what is reused, what is read.
import EventLoop
import Foundation
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct ExchangeTests {
  @Test func anAnswerArrivesWhole() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let got = await harness.fetch(UpstreamRequest(url: server.url + "/ok"), try grant(server.url))
      #expect(got.error == nil)
      #expect(got.status == 200 && got.head?.statusText == "OK" && got.text == "hello")
      #expect(got.head?.upstream == "api" && got.head?.redirected == false && got.head?.url == server.url + "/ok")
      #expect(got.wereBytesSent)
      let chunked = await harness.fetch(UpstreamRequest(url: "upstream://api/chunked"), try grant(server.url))
      #expect(chunked.text == "hello world")
      let interim = await harness.fetch(UpstreamRequest(url: "upstream://api/interim"), try grant(server.url))
      #expect(interim.text == "late" && interim.status == 200)
      #expect(interim.head?.headers.contains { $0.name == "X-Early" } == false)
      let folded = await harness.fetch(UpstreamRequest(url: "upstream://api/folded"), try grant(server.url))
      #expect(folded.head?.headers.contains { $0.name.lowercased() == "location" } == false)
    }
  }

  @Test func everyMethodArrivesWithItsBody() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let grants = try grant(server.url, headers: [.init("Authorization", Secret("Bearer sesame"))])
      for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let got = await harness.fetch(
          UpstreamRequest(
            method: method.lowercased(), url: "upstream://api/echo?a=1", headers: [("x-mine", "yes"), ("x-empty", "")],
            body: Array("the body".utf8)), grants)
        #expect(got.text.hasPrefix("\(method) /echo?a=1 HTTP/1.1\r\n"), "\(method)")
        #expect(got.text.hasSuffix("\r\n\r\nthe body"), "\(method)")
        let lines = got.text.components(separatedBy: "\r\n")
        #expect(lines.contains("x-mine: yes") && lines.contains("x-empty:"))
        #expect(lines.contains("Authorization: Bearer sesame") && lines.contains("Content-Length: 8"))
        #expect(lines.contains("Accept-Encoding: gzip, br") && lines.contains("User-Agent: atoll"))
        #expect(!lines.contains { $0.lowercased().hasPrefix("expect") || $0.lowercased().hasPrefix("content-type") })
        #expect(!lines.contains { $0.contains("netrc") || $0.lowercased().hasPrefix("cookie") })
        #expect(got.head?.headers.contains { $0.name.lowercased() == "set-cookie" } == false)
      }
      let get = await harness.fetch(UpstreamRequest(url: "upstream://api/echo"), grants)
      #expect(get.text.hasPrefix("GET ") && !get.text.contains("Content-Length"))
      let head = await harness.fetch(UpstreamRequest(method: "HEAD", url: "upstream://api/ok"), grants)
      #expect(head.status == 200 && head.body.isEmpty && head.error == nil)
      let empty = await harness.fetch(UpstreamRequest(method: "POST", url: "upstream://api/echo", body: []), grants)
      #expect(empty.text.contains("Content-Length: 0"))
      let bare = await harness.fetch(UpstreamRequest(method: "DELETE", url: "upstream://api/echo"), grants)
      #expect(bare.text.hasPrefix("DELETE ") && !bare.text.contains("Content-Length"))
    }
  }

  @Test func aLargeBodyIsSentWhole() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let body = [UInt8](repeating: 0x61, count: UpstreamLimits.requestBodyBytesMax)
      let got = await harness.fetch(
        UpstreamRequest(method: "POST", url: "upstream://api/echo", body: body), try grant(server.url))
      #expect(got.body.suffix(body.count).elementsEqual(body))
      let more = await harness.fetch(
        UpstreamRequest(method: "POST", url: "upstream://api/echo", body: body + [1]), try grant(server.url))
      #expect(more.code == .badRequest && !more.wereBytesSent)
    }
  }

  @Test func connectionsAreUsedAgain() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let grants = try grant("http://localhost:\(server.port)")
      for _ in 0..<20 {
        let got = await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), grants)
        #expect(got.text == "hello")
      }
      // `localhost` may be tried as ::1 first.
      #expect(await harness.statistics().connectionsOpened <= 2)
      let seen = await harness.fetch(UpstreamRequest(url: "upstream://api/count?of=connections"), grants)
      #expect(seen.text == "1")
    }
  }

  /// An answer that was longer than it said must not become the answer to the next request.
  @Test func whatFollowsAnAnswerIsNotTheNext() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let grants = try grant(server.url)
      #expect(await harness.fetch(UpstreamRequest(url: "upstream://api/long"), grants).text == "hello")
      #expect(await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), grants).text == "hello")
    }
  }

  @Test func compressedBodiesAreUnpacked() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let got = await harness.fetch(UpstreamRequest(url: "upstream://api/gzip"), try grant(server.url))
      #expect(got.text == String(repeating: "unpacked ", count: 100))
      #expect(
        got.head?.headers.contains { ["content-encoding", "content-length"].contains($0.name.lowercased()) } == false)
    }
  }

  @Test func aReaderThatIsBehindStopsTheTransfer() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let grants = try grant(server.url)
      let size = 32 << 20
      let collector = Collector()
      collector.readsByItself = false
      let (early, sentEarly): (Int, Int) = await harness.on { done in
        harness.start(
          UpstreamRequest(url: "upstream://api/bytes?n=\(size)"), grants, budget: ByteBudget(bytes: 64 << 20),
          collector: collector
        ) { _ in }
        harness.loop.timer(afterMilliseconds: 500) {
          let given = collector.fetched.body.count
          harness.start(
            UpstreamRequest(url: "upstream://api/count?of=sent"), grants, budget: ByteBudget(bytes: 1 << 20)
          ) {
            done((given, Int($0.text) ?? -1))
          }
        }
      }
      #expect(early >= UpstreamLimits.unreadBytesMax && early < UpstreamLimits.unreadBytesMax + 65_536)
      // The kernels' buffers take some megabytes, and not all of it.
      #expect(sentEarly < size / 2)
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

  @Test func cancellingFreesEverything() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let grants = try grant(server.url)
      for path in ["endless", "slow-head", "slow-body", "ten-gb"] {
        let ends: Int = await harness.on { done in
          let collector = Collector()
          let exchange = harness.start(
            UpstreamRequest(url: "upstream://api/\(path)"), grants, budget: ByteBudget(bytes: 1 << 40),
            collector: collector
          ) { _ in }
          harness.loop.timer(afterMilliseconds: 50) {
            exchange.cancel()
            exchange.cancel()
            harness.loop.timer(afterMilliseconds: 50) { done(collector.ends) }
          }
        }
        #expect(ends == 0)
      }
      #expect(await harness.statistics().transfers == 0)
      #expect(harness.health.snapshot.first?.requests == ["cancelled": 4])
    }
  }

  /// From inside the head, the bytes and the end, and at once.
  @Test func cancellingFromInsideIsSafe() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let grants = try grant(server.url)
      for moment in 0..<4 {
        let calls: [Int] = await harness.on { done in
          let collector = Collector()
          let exchange = harness.start(
            UpstreamRequest(url: "upstream://api/endless"), grants, budget: ByteBudget(bytes: 1 << 40),
            collector: collector
          ) { _ in }
          if moment == 0 { exchange.cancel() }
          if moment == 1 { collector.onHead = { exchange.cancel() } }
          if moment == 2 { collector.onBytes = { exchange.cancel() } }
          if moment == 3 {
            collector.onBytes = {
              collector.onBytes = nil
              harness.start(UpstreamRequest(url: "upstream://api/ok"), grants, budget: ByteBudget(bytes: 1 << 20)) {
                got in
                #expect(got.text == "hello")
                exchange.cancel()
              }
            }
          }
          harness.loop.timer(afterMilliseconds: 200) { done([collector.heads, collector.ends]) }
        }
        #expect(calls == [moment == 0 ? 0 : 1, 0], "moment \(moment)")
      }
      #expect(await harness.statistics().transfers == 0)
    }
  }

  /// A pool can be closed under its transfers, and a loop can stop under its pool.
  @Test func aPoolClosesUnderItsTransfers() async throws {
    let server = try TestServer.hostile()
    for closesPool in [true, false] {
      let harness = try Harness()
      let grants = try grant(server.url)
      let _: Int = await harness.on { done in
        for path in ["endless", "slow-head", "ok"] {
          harness.start(UpstreamRequest(url: "upstream://api/\(path)"), grants, budget: ByteBudget(bytes: 1 << 30)) {
            _ in
          }
        }
        harness.loop.timer(afterMilliseconds: 50) { done(0) }
      }
      if closesPool {
        await harness.end()
      } else {
        harness.loop.stop()
        harness.loop.join()
        #expect(harness.loop.closedCleanly)
      }
    }
  }
}
