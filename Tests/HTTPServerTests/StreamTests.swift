// Streams: framing, back-pressure, their end.
import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct StreamTests {
  private func begin(_ text: String, limits: HTTPLimits = HTTPLimits()) throws -> (Machine, Client, HTTPExchange) {
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.send(text)
    return (machine, client, try #require(machine.take()))
  }

  @Test func piecesAreChunks() throws {
    let (machine, client, exchange) = try begin(request("GET /s") + request("GET /next"))
    let stream = exchange.startStream(status: .ok, fields: [("Content-Type", "text/event-stream")])
    #expect(
      client.transport.takeText()
        == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n")
    #expect(stream.write(Array("data: 1\n\n".utf8)))
    #expect(stream.write([]))
    #expect(stream.write([UInt8](repeating: 0x61, count: 26)))
    #expect(client.transport.takeText() == "9\r\ndata: 1\n\n\r\n1a\r\n\(String(repeating: "a", count: 26))\r\n")
    #expect(machine.waitingExchanges == 0)
    stream.finish()
    #expect(client.transport.takeText() == "0\r\n\r\n")
    #expect(!stream.isOpen)
    #expect(!stream.write([1]))
    exchange.answerReturned()
    #expect(try #require(machine.take()).path == "/next")
  }

  @Test func http10StreamEndsWithTheConnection() throws {
    let (_, client, exchange) = try begin(
      "GET /s HTTP/1.0\r\nHost: localhost:8787\r\nConnection: keep-alive\r\n\r\n")
    let stream = exchange.startStream(status: .ok)
    stream.write(Array("abc".utf8))
    #expect(client.transport.takeText() == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc")
    stream.finish()
    #expect(client.transport.isShutDown)
  }

  @Test func headGetsNoPieces() throws {
    let (_, client, exchange) = try begin(request("HEAD /s"))
    let stream = exchange.startStream(status: .ok)
    stream.write(Array("abc".utf8))
    stream.finish()
    #expect(client.transport.takeText() == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
  }

  @Test func abandonedStreamIsCutAndNotEnded() throws {
    let (machine, client, exchange) = try begin(request("GET /s"))
    let stream = exchange.startStream(status: .ok)
    stream.write(Array("abc".utf8))
    _ = client.transport.takeText()
    exchange.answerReturned()
    #expect(client.transport.takeText() == "")
    #expect(client.transport.isClosed)
    #expect(!stream.isOpen)
    #expect(machine.core.liveExchanges == 0)
  }

  @Test func leavingClientClosesTheStream() throws {
    let (_, client, exchange) = try begin(request("GET /s"))
    let stream = exchange.startStream(status: .ok)
    client.end()
    #expect(exchange.isDisconnected)
    #expect(stream.isOpen, "the client may have shut its sending side down only")
    client.transport.hasFailed = true
    client.connection?.drained()
    #expect(!stream.isOpen)
    #expect(!stream.write([1]))
  }

  @Test func clientThatDoesNotReadIsCutOff() throws {
    var limits = HTTPLimits()
    limits.streamUnsentBytes = 1000
    let (machine, client, exchange) = try begin(request("GET /s"), limits: limits)
    client.transport.isStalled = true
    let stream = exchange.startStream(status: .ok)
    #expect(stream.write([UInt8](repeating: 0, count: 800)))
    #expect(stream.unsentBytes > 800)
    #expect(!stream.write([UInt8](repeating: 0, count: 200)))
    #expect(client.transport.isClosed)
    #expect(exchange.isDisconnected)
    #expect(machine.core.counters.stalls == 1)
  }

  @Test func streamOfAGoneClientIsClosedFromTheStart() throws {
    let (_, client, exchange) = try begin(request("GET /s"))
    client.connection?.abort()
    let stream = exchange.startStream(status: .ok)
    #expect(!stream.isOpen)
    stream.finish()
    exchange.answerReturned()
    #expect(client.transport.takeText() == "")
  }

  @Test func streamThatSaidCloseClosesWhateverCameMeanwhile() throws {
    let (machine, client, exchange) = try begin(request("GET /s"))
    machine.core.drain {}
    let stream = exchange.startStream(status: .ok)
    #expect(client.transport.takeText().contains("\r\nConnection: close\r\n"))
    client.send(request("GET /late"))
    stream.finish()
    exchange.answerReturned()
    #expect(client.transport.isShutDown)
    #expect(machine.take() == nil)
  }

  @Test func nothingOfACutStreamStaysInMemory() throws {
    weak var kept: HTTPExchange?
    weak var stream: HTTPStream?
    do {
      let (machine, client, exchange) = try begin(request("GET /s"))
      kept = exchange
      let open = exchange.startStream(status: .ok)
      stream = open
      client.connection?.abort()
      exchange.answerReturned()
      #expect(machine.core.liveExchanges == 0)
    }
    #expect(kept == nil)
    #expect(stream == nil)
  }
}
