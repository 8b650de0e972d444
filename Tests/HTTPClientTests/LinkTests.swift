// Links as they should go: connections used again, answers in order, waiting, names, TLS.
import EventLoop
import Glibc
import HTTPServer
import HTTPTypes
import Synchronization
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct LinkTests {
  @Test func connectionsAreUsedAgain() async throws {
    try await withLinks({ peer, text in peer.ok(String(text.prefix(8))) }) { bench in
      for number in 0..<10 {
        let answer = await bench.answer(bench.request("/\(number)", method: "GET"))
        #expect(answer.text == "GET /\(number) H")
      }
      let (statistics, connections, idle) = await bench.on {
        ($0.pool.statistics, $0.server.peers.count, $0.pool.idleConnections)
      }
      #expect(connections == 1 && idle == 1)
      #expect(statistics == .init(requests: 10, reused: 9, connectionsOpened: 1, connectFailures: 0))
    }
  }

  @Test func theRequestIsWrittenAsItWasGiven() async throws {
    try await withLinks({ peer, text in peer.ok(text) }) { bench in
      var request = bench.request("/mcp?a=b", body: "{\"x\":1}")
      request.fields = try LinkFields([("Mcp-Name", "a b"), ("traceparent", "00-1")])
      let sent = await bench.answer(request).text
      let host = "127.0.0.1:\(bench.target.port)"
      #expect(
        sent == "POST /mcp?a=b HTTP/1.1\r\nHost: \(host)\r\nMcp-Name: a b\r\ntraceparent: 00-1\r\n"
          + "Content-Length: 7\r\n\r\n{\"x\":1}")
      let bare = await bench.answer(bench.request("/", method: "GET")).text
      #expect(bare == "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
      let empty = await bench.answer(bench.request("/")).text
      #expect(empty == "POST / HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 0\r\n\r\n")
    }
  }

  @Test func manyAtOnceShareFewConnectionsAndNeverPipeline() async throws {
    var limits = LinkLimits()
    limits.connectionsPerTarget = 4
    try await withLinks(
      limits: limits,
      { peer, text in
        let path = text.split(separator: " ")[1]
        peer.connection.loop.timer(afterMilliseconds: 1) { peer.ok(String(path)) }
      }
    ) { bench in
      let readers = await bench.on { bench in
        (0..<300).map { number in bench.send(bench.request("/\(number)", body: "x")) }
      }
      #expect(await bench.eventually { _ in readers.allSatisfy { $0.ends == 1 } })
      let (pipelined, connections, waiting) = await bench.on {
        ($0.server.pipelined, $0.server.peers.count, $0.pool.waitingRequests)
      }
      #expect(pipelined == 0 && connections == 4 && waiting == 0)
      for (number, reader) in readers.enumerated() {
        #expect(String(decoding: reader.body, as: UTF8.self) == "/\(number)")
      }
    }
  }

  @Test func theQueueIsBoundedAndEndsAtTheDeadline() async throws {
    var limits = LinkLimits()
    limits.connectionsPerTarget = 1
    limits.waitingPerTarget = 3
    try await withLinks(limits: limits, { _, _ in }) { bench in
      let first = await bench.on { $0.send($0.request()) }
      #expect(await bench.eventually { $0.server.requests == 1 })
      let others = await bench.on { bench in (0..<4).map { _ in bench.send(bench.request(milliseconds: 100)) } }
      #expect(await bench.eventually { _ in others.allSatisfy { $0.ends == 1 } })
      #expect(others.map { $0.error?.code } == [.timedOut, .timedOut, .timedOut, .busy])
      #expect(others.allSatisfy { $0.error?.wasSent == false })
      #expect(await bench.on { $0.pool.waitingRequests } == 0)
      await bench.on { _ in first.exchange?.cancel() }
      #expect(await bench.eventually { $0.server.peers[0].hasEnded && $0.pool.openConnections == 0 })
    }
  }

  @Test func deadlineThatHasPassedSendsNothing() async throws {
    try await withLinks({ peer, _ in peer.ok("") }) { bench in
      let answer = await bench.answer(LinkRequest(path: "/", deadline: 1))
      #expect(answer.code == .timedOut && answer.wasSent == false)
      #expect(await bench.on { $0.server.peers.count } == 0)
    }
  }

  @Test func piecesComeAsTheyAreSent() async throws {
    try await withLinks({ peer, _ in
      peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    }) { bench in
      let reader = await bench.on { $0.send($0.request()) }
      #expect(await bench.eventually { _ in reader.heads == 1 })
      for number in 1...3 {
        await bench.on { $0.server.peers[0].send("8\r\ndata: \(number)\n\r\n") }
        #expect(await bench.eventually { _ in reader.pieces.count == number })
      }
      #expect(reader.pieces == ["data: 1\n", "data: 2\n", "data: 3\n"] && reader.ends == 0)
      await bench.on { $0.server.peers[0].send("0\r\nX-Trailer: 1\r\n\r\n") }
      #expect(await bench.eventually { _ in reader.ends == 1 })
      #expect(reader.error == nil)
      #expect(reader.fields.map(\.name) == ["Content-Type"], "neither framing nor trailers are the message's lines")
      #expect(await bench.on { $0.pool.idleConnections } == 1, "a chunked answer leaves the connection usable")
    }
  }

  @Test func readerThatIsBehindStopsTheSocket() async throws {
    var limits = LinkLimits()
    limits.unreadBytes = 100_000
    let body = (0..<8 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 8) }
    try await withLinks(
      limits: limits,
      { peer, _ in
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
        peer.send(body)
      }
    ) { bench in
      let reader = await bench.on { bench in
        let reader = LinkReader()
        reader.resumesByItself = false
        return bench.send(bench.request(), reader)
      }
      #expect(await bench.eventually { _ in reader.body.count >= 100_000 })
      try await bench.loop.sleep(milliseconds: 50)
      let (count, unsent) = await bench.on { ($0.server.peers[0].connection.unsentBytes, reader.body.count) }
      #expect(unsent < 100_000 + LoopLimits.readSlabBytes)
      #expect(count > 0, "the server has to wait")
      await bench.on { _ in
        reader.resumesByItself = true
        reader.exchange?.resume()
      }
      #expect(await bench.eventually { _ in reader.ends == 1 })
      #expect(reader.error == nil && reader.body == body)
    }
  }

  @Test func earlyAnswerIsReadAndItsConnectionIsNotUsedAgain() async throws {
    try await withLinks({ peer, _ in
      peer.connection.pauseReading()
      peer.ok("no", "Connection: keep-alive\r\n")
    }) { bench in
      await bench.on { $0.server.readsHeadsOnly = true }
      var request = bench.request()
      request.body = [UInt8](repeating: 0x78, count: 16 << 20)
      #expect(await bench.answer(request).text == "no")
      #expect(await bench.on { $0.pool.openConnections } == 0)
    }
  }

  @Test func cancelInEveryPlaceIsSilentAndLeavesNothing() async throws {
    var limits = LinkLimits()
    limits.connectionsPerTarget = 1
    try await withLinks(limits: limits, { peer, _ in peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc") }) {
      bench in
      let readers = await bench.on { bench in
        let (inHead, inBytes, waiting) = (LinkReader(), LinkReader(), LinkReader())
        inHead.onHead = { inHead.exchange?.cancel() }
        inBytes.onBytes = { inBytes.exchange?.cancel() }
        for reader in [inHead, inBytes, waiting] { bench.send(bench.request(), reader) }
        waiting.exchange?.cancel()
        waiting.exchange?.cancel()
        return [inHead, inBytes, waiting]
      }
      #expect(await bench.eventually { $0.server.peers.count == 2 && $0.pool.openConnections == 0 })
      #expect(readers.map(\.heads) == [1, 1, 0])
      #expect(readers.map(\.body.count) == [0, 3, 0])
      #expect(readers.allSatisfy { $0.ends == 0 })
      let late = await bench.on { $0.send($0.request()) }
      #expect(await bench.eventually { _ in late.body.count == 3 })
      await bench.on { _ in late.exchange?.cancel() }
      #expect(late.ends == 0)
      #expect(await bench.eventually { $0.pool.openConnections == 0 })
    }
  }

  @Test func receiverMaySendFromItsEndOnTheSameConnection() async throws {
    try await withLinks({ peer, text in peer.ok(text) }) { bench in
      let (first, second) = await bench.on { bench in
        let (first, second) = (LinkReader(), LinkReader())
        first.onEnd = { bench.send(bench.request("/second"), second) }
        bench.send(bench.request("/first"), first)
        return (first, second)
      }
      #expect(await bench.eventually { _ in second.ends == 1 })
      #expect(first.error == nil && String(decoding: second.body, as: UTF8.self).hasPrefix("POST /second "))
      #expect(await bench.on { $0.server.peers.count } == 1)
    }
  }

  @Test func idleConnectionsEndAfterTheirTime() async throws {
    var limits = LinkLimits()
    limits.idleMilliseconds = 60
    try await withLinks(limits: limits, { peer, _ in peer.ok("") }) { bench in
      #expect(await bench.answer(bench.request()).text == "")
      #expect(await bench.eventually { $0.server.peers[0].hasEnded && $0.pool.openConnections == 0 })
      #expect(await bench.answer(bench.request()).text == "")
      #expect(await bench.on { $0.server.peers.count } == 2)
    }
  }

  /// Names whose first lookup answers a dead address and the server's, and whose later ones fail.
  private final class Names: Sendable {
    private let asked = Mutex(0)
    var lookups: Int { asked.withLock { $0 } }

    @Sendable func lookUp(_ host: String, _ port: UInt16) -> LinkLookup {
      if host == "nowhere.example" { return .failure("no such name") }
      let isFirst = asked.withLock {
        $0 += 1
        return $0 == 1
      }
      guard isFirst, let dead = try? SocketAddress(host: "127.0.0.1", port: 1) else { return .failure("down") }
      return .addresses([dead, .loopback(port: port)])
    }
  }

  @Test func nameIsLookedUpOnceAndTheAddressThatWorksIsKept() async throws {
    let names = Names()
    try await withLinks(lookUp: names.lookUp, { peer, text in peer.ok(text, "Connection: close\r\n") }) { bench in
      let named = try LinkTarget("http://node.example:\(bench.target.port)/")
      for _ in 0..<3 {
        let text = await bench.answer(bench.request(), from: named).text
        #expect(text?.contains("\r\nHost: node.example:\(bench.target.port)\r\n") == true)
      }
      let statistics = await bench.on { $0.pool.statistics }
      #expect(names.lookups == 1 && statistics.connectFailures == 1 && statistics.connectionsOpened == 3)
      let nowhere = await bench.answer(bench.request(), from: try LinkTarget("http://nowhere.example:1"))
      #expect(nowhere.code == .connectFailed && nowhere.wasSent == false)
    }
  }

  @Test func oldAddressesServeWhileANameIsLookedUpAgainAndWhereThatFails() async throws {
    let names = Names()
    var limits = LinkLimits()
    limits.nameMilliseconds = 1
    try await withLinks(
      limits: limits, lookUp: names.lookUp, { peer, text in peer.ok(text, "Connection: close\r\n") }
    ) { bench in
      let named = try LinkTarget("http://node.example:\(bench.target.port)")
      for _ in 0..<5 {
        #expect(await bench.answer(bench.request(), from: named).text != nil)
        try await bench.loop.sleep(milliseconds: 5)
      }
      #expect(await bench.eventually { _ in names.lookups > 2 })
    }
  }

  @Test func theSystemKnowsTheLocalHost() {
    guard case .addresses(let addresses) = LinkLookup.ofSystem("localhost", port: 7) else {
      Issue.record("localhost leads nowhere")
      return
    }
    #expect(addresses.allSatisfy { $0.isLoopback && $0.port == 7 })
    guard case .failure(let why) = LinkLookup.ofSystem("nowhere.invalid", port: 7) else {
      Issue.record("nowhere.invalid leads somewhere")
      return
    }
    #expect(!why.isEmpty)
  }

  @Test func closingThePoolTellsEverybody() async throws {
    try await withLinks({ _, _ in }) { bench in
      let reader = await bench.on { $0.send($0.request()) }
      #expect(await bench.eventually { $0.server.requests == 1 })
      let onItsWay = await bench.on { bench in
        let reader = bench.send(bench.request())
        bench.pool.close()
        return reader
      }
      #expect(reader.error?.code == .cancelled && reader.error?.wasSent == true)
      #expect(onItsWay.error?.code == .cancelled && onItsWay.error?.wasSent == false)
      let late = await bench.answer(bench.request())
      #expect(late.code == .cancelled && late.wasSent == false)
    }
  }

  @Test func cancelledTaskGetsItsAnswerAtOnce() async throws {
    try await withLinks({ _, _ in }) { bench in
      let task = Task { await bench.answer(bench.request()) }
      #expect(await bench.eventually { $0.server.requests == 1 })
      task.cancel()
      let answer = await task.value
      #expect(answer.code == .cancelled && answer.wasSent == true)
      #expect(await bench.eventually { $0.pool.openConnections == 0 })
    }
  }

  @Test func certificatesAreVerified() async throws {
    let good = try TestServer.hostile(certificate: "good")
    let selfSigned = try TestServer.hostile(certificate: "self")
    try await withLinks(certificates: Certificates.authority, { _, _ in }) { bench in
      let target = try LinkTarget("https://localhost:\(good.port)")
      for _ in 0..<2 {
        let answer = try await bench.answer(bench.request("/ok", method: "GET"), from: target).get()
        #expect(answer.status == 200 && !answer.body.isEmpty)
      }
      var request = bench.request("/echo?a=b", body: "{}")
      request.fields = try LinkFields([("Mcp-Name", "add"), ("Content-Type", "application/json")])
      let echoed = await bench.answer(request, from: target)
      #expect(echoed.text?.hasPrefix("POST /echo?a=b HTTP/1.1\r\n") == true)
      #expect(echoed.text?.contains("\r\nMcp-Name: add\r\nContent-Type: application/json\r\n") == true)
      #expect(echoed.text?.hasSuffix("\r\n\r\n{}") == true)
      let late = await bench.answer(bench.request("/slow-head", milliseconds: 200), from: target)
      #expect(late.code == .timedOut && late.wasSent == true)
      let broken = await bench.answer(bench.request("/reset"), from: target)
      #expect(broken.code == .reset && broken.wasSent == true, "\(broken)")
      let refused = await bench.answer(
        bench.request("/ok", method: "GET"), from: try LinkTarget("https://localhost:\(selfSigned.port)"))
      #expect(refused.code == .tlsFailed && refused.wasSent == false)
      let nobody = await bench.answer(bench.request(), from: try LinkTarget("https://127.0.0.1:1"))
      #expect(nobody.code == .connectFailed && nobody.wasSent == false)
    }
  }
}

/// A real server that refuses by the head, answers and streams.
private struct FarService: HTTPService {
  var judgesHeads: Bool { true }
  func refusal(of head: borrowing HTTPHeadView) -> HTTPRefusal? {
    head.pathIs("/elsewhere") ? HTTPRefusal(status: .misdirectedRequest, body: Array("fra".utf8)) : nil
  }
  func answer(_ exchange: HTTPExchange) async {
    guard exchange.path == "/sse" else { return exchange.respond(status: .ok, body: exchange.body) }
    let stream = exchange.startStream(status: .ok)
    for _ in 0..<100 {
      stream.write(Array("data: x\n\n".utf8))
      await stream.drained()
    }
    stream.finish()
  }
}

@Suite(.timeLimit(.minutes(1))) struct LinkToServerTests {
  @Test func linksAndServerUnderstandEachOther() async throws {
    try await withLinks({ _, _ in }) { bench in
      let server = HTTPServer(loop: bench.loop, hosts: HostPolicy(), service: FarService())
      let port = try await bench.on { _ in Result { try server.listen(on: .loopback(port: 0)).port } }.get()
      let target = try LinkTarget("http://127.0.0.1:\(port)")
      for size in [0, 1, 100_000, 3 << 20] {
        var request = bench.request("/echo")
        request.body = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let answer = try await bench.answer(request, from: target).get()
        #expect(answer.status == 200 && answer.body == request.body)
      }
      let streamed = try await bench.answer(bench.request("/sse", method: "GET"), from: target).get()
      #expect(streamed.body.count == 900)
      #expect(await bench.on { _ in server.counters.connections } == 1)
      var refused = bench.request("/elsewhere")
      refused.body = [UInt8](repeating: 0x78, count: 2 << 20)
      let answer = try await bench.answer(refused, from: target).get()
      #expect(answer.status == 421 && answer.body == Array("fra".utf8))
      #expect(await bench.on { $0.pool.openConnections } == 0)
      await bench.on { _ in server.close() }
    }
  }
}
