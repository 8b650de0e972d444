// Many exchanges: side by side, one after the other, and what is left of them.
import EventLoop
import Foundation
import Testing

@testable import HTTPClient

/// A server of this process on a loop of its own: answers every request on a connection, `/wait` after 100 ms.
private final class QuickServer: Sendable {
  let loop: EventLoop
  let port: UInt16

  init() async throws {
    let loop = try EventLoop()
    loop.start(name: "server")
    self.loop = loop
    port = try await withCheckedContinuation { continuation in
      loop.execute {
        continuation.resume(
          returning: Result {
            try TCPListener(loop: loop, address: .loopback(port: 0), backlog: 4096) { Self.serve($0) }.address.port
          })
      }
    }.get()
  }

  private static let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".utf8)

  private static func serve(_ connection: TCPConnection) {
    let loop = connection.loop
    connection.onBytes = { [unowned connection] bytes in
      // Requests of these tests come in one piece.
      if bytes.starts(with: "GET /wait".utf8) {
        loop.timer(afterMilliseconds: 100) { [weak connection] in connection?.write(answer) }
      } else {
        connection.write(answer)
      }
    }
    connection.onEnd = { [unowned connection] _ in connection.close() }
    connection.startReading()
  }

  func stop() {
    loop.stop()
    loop.join()
  }

  var url: String { "http://127.0.0.1:\(port)" }
}

@Suite(.serialized, .timeLimit(.minutes(2))) struct LoadTests {
  @Test func aThousandExchangesWaitSideBySide() async throws {
    let server = try await QuickServer()
    defer { server.stop() }
    try await withHarness { harness in
      let grants = try grant(server.url)
      // The machine's cores are shared by other tests: the best round counts.
      var best = UInt64.max
      for _ in 0..<8 where best >= 1_000 {
        let began = harness.loop.now
        let all = await harness.fetchAll((0..<1_000).map { _ in (UpstreamRequest(url: "upstream://api/wait"), grants) })
        best = min(best, (harness.loop.now - began) / 1_000_000)
        #expect(
          all.filter { $0.text == "hello" }.count == 1_000,
          "\(String(describing: all.first { $0.error != nil }?.error))")
      }
      print("1,000 exchanges of 100 ms side by side: \(best) ms")
      #expect(best < 1_000)
      #expect(await harness.statistics().connectionsOpened <= 8_000)
    }
  }

  @Test func tenThousandExchangesLeaveNothingOpen() async throws {
    let server = try await QuickServer()
    defer { server.stop() }
    let hostile = try TestServer.hostile()
    let before = openDescriptors()
    try await withHarness { harness in
      let grants = try grant(server.url)
      let began = harness.loop.now
      for _ in 0..<100 {
        let all = await harness.fetchAll((0..<100).map { _ in (UpstreamRequest(url: "upstream://api/"), grants) })
        #expect(all.allSatisfy { $0.text == "hello" })
      }
      print("10,000 exchanges, 100 at a time: \((harness.loop.now - began) / 10_000_000) µs each")
      #expect(await harness.statistics().connectionsOpened <= 100)
      // And some that end badly or are cancelled: these close their connections.
      let bad = try grant(hostile.url)
      for round in 0..<20 {
        let paths = ["short", "reset-mid", "silent-close", "garbage", "ten-gb"]
        _ = await harness.fetchAll(paths.map { (UpstreamRequest(url: "upstream://api/\($0)"), bad) })
        let _: Int = await harness.on { done in
          let exchanges = (0..<10).map { _ in
            harness.start(UpstreamRequest(url: "upstream://api/wait"), grants, budget: ByteBudget(bytes: 1 << 20)) {
              _ in
            }
          }
          harness.loop.timer(afterMilliseconds: UInt64(round % 4)) {
            for exchange in exchanges { exchange.cancel() }
            done(0)
          }
        }
      }
      #expect(await harness.statistics().transfers == 0)
      // What is open are idle connections, both ends of them in this process, and what other tests do meanwhile.
      #expect(openDescriptors() - before < 1_000)
    }
    var left = Int.max
    for _ in 0..<50 where left > 300 {
      left = openDescriptors() - before
      try await harnessPause()
    }
    #expect(left <= 300)
  }

  private func harnessPause() async throws { try await Task.sleep(for: .milliseconds(100)) }

  @Test func nothingStaysInMemory() async throws {
    let server = try await QuickServer()
    defer { server.stop() }
    try await withHarness { harness in
      let grants = try grant(server.url)
      final class Watcher: @unchecked Sendable { weak var exchange: UpstreamExchange?; weak var collector: Collector? }
      let watchers = (0..<3).map { _ in Watcher() }
      for (number, watcher) in watchers.enumerated() {
        let _: Int = await harness.on { done in
          let collector = Collector()
          let exchange = harness.start(
            UpstreamRequest(
              url: number == 0 ? "upstream://api/" : number == 1 ? "upstream://api/wait" : "https://denied.example/"),
            grants,
            budget: ByteBudget(bytes: 1 << 20), collector: collector
          ) { _ in }
          watcher.exchange = exchange
          watcher.collector = collector
          harness.loop.timer(afterMilliseconds: 20) {
            exchange.cancel()
            collector.exchange = nil
            collector.onEnd = nil
            harness.loop.timer(afterMilliseconds: 20) { done(0) }
          }
        }
        #expect(watcher.exchange == nil && watcher.collector == nil, "\(number)")
      }
    }
  }
}
