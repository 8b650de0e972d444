// Requests that a service refuses by their head: before the body, in their turn, and without a byte of it kept.
import EventLoop
import HTTPServer
import HTTPTypes
import Testing

@testable import HTTPServer

/// Refuses what names a tool of elsewhere, as a node with residency does.
private func elsewhereRefusal(_ head: borrowing HTTPHeadView) -> HTTPRefusal? {
  guard head.pathIs("/mcp"), case .one(let name) = head.copies(of: "mcp-name"), name.elementsEqual("far".utf8) else {
    return nil
  }
  return HTTPRefusal(
    status: .misdirectedRequest, fields: [("Content-Type", "text/plain"), ("X-Sites", "fra, ams")],
    body: Array("ask fra or ams".utf8))
}

extension HeadJudge {
  fileprivate static var elsewhere: HeadJudge { HeadJudge { elsewhereRefusal($0) } }
}

/// The answer to such a request, without its Date.
private let refused =
  "HTTP/1.1 421 Misdirected Request\r\nContent-Length: 14\r\nConnection: close\r\nContent-Type: text/plain\r\n"
  + "X-Sites: fra, ams\r\n\r\nask fra or ams"

private let far = "Mcp-Name: far\r\n"

@Suite struct RefusalTests {
  @Test func refusesAnAnnouncedBodyBeforeItArrives() {
    let machine = Machine(judge: .elsewhere)
    let client = machine.connect()
    client.send(request("POST /mcp", "Content-Length: 100000\r\n" + far))
    #expect(client.transport.takeText() == refused)
    #expect(client.transport.isShutDown)
    #expect(machine.core.counters.refusals == [421: 1])
    #expect(machine.core.counters.requests == 0)
    client.send([UInt8](repeating: 0x78, count: 100_000))
    #expect(machine.core.heldBytes == 0)
    #expect(client.connection?.parser.bodyCount == 0)
    #expect(machine.waitingExchanges == 0)
    client.end()
    #expect(client.transport.isClosed)
    #expect(machine.core.connections.isEmpty)
  }

  @Test func bodyInTheSamePacketReachesNobody() {
    let machine = Machine(judge: .elsewhere)
    for input in [
      post("/mcp", "SECRET", far),
      request("POST /mcp", "Transfer-Encoding: chunked\r\n" + far, body: "6\r\nSECRET\r\n0\r\n\r\n"),
    ] {
      // However the packets are cut, the head decides.
      let bytes = Array(input.utf8)
      for cut in bytes.indices {
        let client = machine.connect()
        client.send(Array(bytes[..<cut]))
        client.send(Array(bytes[cut...]))
        #expect(client.transport.takeText() == refused, "cut at \(cut)")
        #expect(client.connection?.parser.bodyCount == 0)
        #expect(client.connection?.hasHeldBytes == false)
        client.end()
        #expect(client.transport.isClosed)
      }
    }
    #expect(machine.waitingExchanges == 0)
    #expect(machine.core.heldBytes == 0)
  }

  @Test func refusesARequestWithoutABody() {
    let client = Machine(judge: .elsewhere).connect()
    client.send(request("GET /mcp", far) + request("GET /mcp"))
    #expect(client.transport.takeText() == refused, "and nothing of what came behind it is answered")
    #expect(client.transport.isShutDown)
  }

  @Test func headIsRefusedWithoutABody() {
    let client = Machine(judge: .elsewhere).connect()
    client.send(request("HEAD /mcp", far))
    #expect(client.transport.takeText() == refused.replacing("ask fra or ams", with: ""))
  }

  @Test func refusalComesInPlaceOfContinue() {
    let machine = Machine(judge: .elsewhere) { $0.ok() }
    let client = machine.connect()
    client.send(request("POST /mcp", "Expect: 100-continue\r\nContent-Length: 6\r\n" + far))
    #expect(client.transport.takeText() == refused)
    let other = machine.connect()
    other.send(request("POST /mcp", "Expect: 100-continue\r\nContent-Length: 6\r\n"))
    #expect(other.transport.takeText() == "HTTP/1.1 100 Continue\r\n\r\n")
    other.send("abcdef")
    #expect(other.transport.takeStatuses() == [200])
  }

  @Test func refusalWaitsForTheAnswersBeforeIt() throws {
    let machine = Machine(judge: .elsewhere)
    let client = machine.connect()
    client.send(request("GET /slow") + request("GET /next") + post("/mcp", "SECRET", far) + request("GET /never"))
    client.send("more of what nobody reads")
    let slow = try #require(machine.take())
    #expect(client.transport.takeText() == "")
    slow.finish("1")
    try #require(machine.take()).finish("2")
    #expect(client.transport.takeText() == plain("1") + plain("2") + refused)
    #expect(machine.waitingExchanges == 0)
    #expect(machine.core.heldBytes == 0)
    #expect(client.transport.isShutDown)
  }

  @Test func refusalWaitsForAStreamBeforeIt() throws {
    let machine = Machine(judge: .elsewhere)
    let client = machine.connect()
    client.send(request("GET /sse"))
    let exchange = try #require(machine.take())
    let stream = exchange.startStream(status: .ok)
    client.send(request("POST /mcp", "Content-Length: 6\r\n" + far))
    stream.write([0x61])
    _ = client.transport.takeText()
    stream.finish()
    exchange.answerReturned()
    #expect(client.transport.takeText() == "0\r\n\r\n" + refused)
  }

  @Test func clientThatLeavesBeforeItsRefusalGetsNone() throws {
    let machine = Machine(judge: .elsewhere)
    let client = machine.connect()
    client.send(request("GET /slow") + post("/mcp", "SECRET", far))
    client.end()
    try #require(machine.take()).finish("1")
    #expect(client.transport.takeStatuses() == [200])
    #expect(client.transport.isClosed)
    #expect(machine.core.connections.isEmpty)
  }

  @Test func drainSendsTheRefusalThatWaits() throws {
    let machine = Machine(judge: .elsewhere)
    let client = machine.connect()
    client.send(request("GET /slow") + post("/mcp", "SECRET", far))
    machine.core.drain {}
    try #require(machine.take()).finish("1")
    #expect(client.transport.takeStatuses() == [200, 421])
  }

  @Test func keepsServingWhatIsNotRefused() {
    let machine = Machine(judge: .elsewhere) { $0.ok("\($0.path) \(String(decoding: $0.body, as: UTF8.self))") }
    let client = machine.connect()
    client.send(post("/mcp", "one", "Mcp-Name: near\r\n"))
    client.send(request("GET /other", far))
    client.send(post("/mcp", "two", far + far))
    client.send(request("POST /mcp", "Transfer-Encoding: chunked\r\n", body: "1\r\n3\r\n0\r\n\r\n"))
    #expect(client.transport.takeText() == plain("/mcp one") + plain("/other ") + plain("/mcp two") + plain("/mcp 3"))
    #expect(client.transport.isReading)
    #expect(machine.core.counters.requests == 4)
  }

  @Test func hostAndOriginAreJudgedBeforeTheService() {
    var asked = 0
    let machine = Machine(
      judge: HeadJudge { _ in
        asked += 1
        return HTTPRefusal(status: .misdirectedRequest)
      })
    let client = machine.connect()
    client.send("POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 5\r\n\r\n")
    #expect(client.transport.takeText().contains("text/plain"))
    let preflight = machine.connect()
    preflight.send(
      request(
        "OPTIONS /mcp", "Origin: http://localhost:8787\r\nAccess-Control-Request-Method: POST\r\n"))
    #expect(preflight.transport.takeStatuses() == [204])
    #expect(asked == 0)
  }

  @Test func refusalMayBeReadByAnAllowedOriginAndCannotSplitTheAnswer() {
    let machine = Machine(
      judge: HeadJudge { _ in
        HTTPRefusal(status: .ok, fields: [("X-Note", "a\r\nX-Evil: 1"), ("Content-Length", "3")])
      })
    let client = machine.connect()
    client.send(post("/mcp", "x", "Origin: http://localhost:8787\r\n"))
    let text = client.transport.takeText()
    #expect(text.hasPrefix("HTTP/1.1 500 "), "what is no refusal is not passed off as an answer")
    #expect(text.contains("\r\nX-Note: a  X-Evil: 1\r\n"))
    #expect(text.contains("\r\nAccess-Control-Allow-Origin: http://localhost:8787\r\n"))
    #expect(text.pieces(at: "Content-Length") == 2)
  }

  @Test func viewShowsTheHead() {
    var seen: [String] = []
    let machine = Machine(
      judge: HeadJudge { head in
        let copies = if case .several(let all) = head.copies(of: "x-a") { all.count } else { 0 }
        seen.append("\(head.method) \(head.path) \(head.query ?? "-") \(head.hasBody) \(head.peer.host) \(copies)")
        seen.append(head.header("host") ?? "-")
        return nil
      })
    machine.connect().send(post("/mcp?q=1", "x", "X-A: 1\r\nx-a: 2\r\n") + request("GET /"))
    #expect(
      seen == ["POST /mcp q=1 true 127.0.0.1 2", "localhost:8787", "GET / - false 127.0.0.1 0", "localhost:8787"])
  }
}

/// A service on a real socket that looks at heads.
private struct ResidentService: HTTPService {
  var judgesHeads: Bool { true }
  func refusal(of head: borrowing HTTPHeadView) -> HTTPRefusal? { elsewhereRefusal(head) }
  func answer(_ exchange: HTTPExchange) async { exchange.ok("\(exchange.body.count)") }
}

@Suite(.timeLimit(.minutes(1))) struct LiveRefusalTests {
  @Test func clientThatSendsALargeBodyReadsItsRefusal() async throws {
    let loop = try EventLoop()
    loop.start(name: "http-test")
    let server = HTTPServer(loop: loop, hosts: HostPolicy(), service: ResidentService())
    let port = try await withCheckedContinuation { continuation in
      loop.execute { continuation.resume(returning: Result { try server.listen(on: .loopback(port: 0)).port }) }
    }.get()
    let host = "Host: localhost:\(port)\r\n"
    let client = RawClient(port: port)
    client.send("POST /mcp HTTP/1.1\r\n\(host)Content-Length: 2\r\n\r\nhi")
    #expect(client.read(until: "\r\n\r\n").statuses == [200])
    let size = 2 * 1024 * 1024
    client.send("POST /mcp HTTP/1.1\r\n\(host)\(far)Content-Length: \(size)\r\n\r\n")
    client.send([UInt8](repeating: 0x78, count: size))
    let text = client.readAll()
    #expect(text.statuses == [421])
    #expect(text.hasSuffix("ask fra or ams"))
    #expect(client.hasEnded)
    let refusals = await withCheckedContinuation { continuation in
      loop.execute {
        continuation.resume(returning: server.counters.refusals)
        server.close()
      }
    }
    #expect(refusals == [421: 1])
    loop.stop()
    loop.join()
  }
}
