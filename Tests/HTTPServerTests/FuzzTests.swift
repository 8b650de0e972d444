// Random input from a seed: however bytes are cut, they are read the same way, and nothing is left over.
import HTTPTypes
import Testing

@testable import HTTPServer

/// SplitMix64: small, and the same on every machine.
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct FuzzTests {
  private static let seeds = [
    "POST /a?b HTTP/1.1\r\nHost: localhost:8787\r\nContent-Length: 5\r\nX-A: b \t\r\n\r\nhello",
    "POST /c HTTP/1.1\r\nHost: localhost:8787\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n",
    "GET http://localhost:8787/x HTTP/1.1\r\nHost: localhost:8787\r\nConnection: keep-alive\r\n\r\n",
    "OPTIONS /d HTTP/1.1\r\nHost: localhost:8787\r\nContent-Length: 4\r\n\r\nbody",
    "OPTIONS * HTTP/1.0\r\nHost: localhost:8787\r\nOrigin: http://localhost:8787\r\n\r\n",
  ]
  private static let spice = Array("\r\n\t :;,0x\0\u{7F}GH/*#?-+\"\\".utf8)

  private func mutated(_ random: inout Seeded) -> [UInt8] {
    var bytes = (0..<Int.random(in: 1...3, using: &random)).flatMap { _ in
      Array(Self.seeds.randomElement(using: &random)!.utf8)
    }
    for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
      let index = Int.random(in: bytes.indices, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[index] = Self.spice.randomElement(using: &random)!
      case 1: bytes.insert(Self.spice.randomElement(using: &random)!, at: index)
      case 2: bytes.remove(at: index)
      default:
        let end = Int.random(in: index...bytes.count, using: &random)
        bytes.insert(contentsOf: bytes[index..<end], at: index)
      }
    }
    return bytes
  }

  private func cut(_ bytes: [UInt8], _ random: inout Seeded) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + Int.random(in: 1...40, using: &random))
      pieces.append(bytes[start..<end])
      start = end
    }
    return pieces
  }

  @Test(arguments: 0..<40) func cutsNeverChangeWhatIsRead(seed: Int) {
    var random = Seeded(state: UInt64(seed))
    for _ in 0..<50 {
      let bytes = mutated(&random)
      let whole = parse(pieces: [bytes[...]])
      let pieces = cut(bytes, &random)
      #expect(parse(pieces: pieces) == whole, "\(String(reflecting: String(decoding: bytes, as: UTF8.self)))")
    }
  }

  /// Answers at random times, cuts at random places, ends at a random moment: every complete request is answered once,
  /// in order, and nothing stays behind.
  @Test(arguments: 0..<40) func machineAnswersInOrderAndLeavesNothing(seed: Int) {
    var random = Seeded(state: UInt64(1000 + seed))
    var limits = HTTPLimits()
    limits.pipelinedRequests = Int.random(in: 0...3, using: &random)
    limits.pipelinedBytes = Int.random(in: 1...400, using: &random)
    let machine = Machine(limits: limits)
    let client = machine.connect()
    let count = Int.random(in: 1...20, using: &random)
    let input = (0..<count).flatMap { number in
      Array((Bool.random(using: &random) ? request("GET /\(number)") : post("/\(number)", "body")).utf8)
    }
    var pieces = cut(input, &random)
    var answered = 0
    while answered < count {
      machine.turn()
      // A client that the server does not read from cannot send.
      if !pieces.isEmpty, client.transport.isReading, Bool.random(using: &random) {
        client.send(Array(pieces.removeFirst()))
      } else if let exchange = machine.take() {
        #expect(exchange.path == "/\(answered)")
        if Bool.random(using: &random) {
          exchange.finish("\(answered)")
        } else {
          let stream = exchange.startStream(status: .ok)
          stream.write(Array("\(answered)".utf8))
          stream.finish()
          exchange.answerReturned()
        }
        answered += 1
      }
    }
    #expect(client.transport.takeStatuses() == Array(repeating: 200, count: count))
    #expect(machine.core.liveExchanges == 0)
    #expect(machine.core.heldBytes == 0)
    client.end()
    #expect(client.transport.isClosed)
    #expect(machine.core.connections.isEmpty)
  }

  /// Anything may come in and the client may leave at any moment.
  @Test(arguments: 0..<40) func machineSurvivesAnything(seed: Int) {
    var random = Seeded(state: UInt64(5000 + seed))
    let machine = Machine()
    for _ in 0..<20 {
      let client = machine.connect()
      for piece in cut(mutated(&random) + mutated(&random), &random) {
        client.send(Array(piece))
        if Int.random(in: 0..<8, using: &random) == 0 { machine.take()?.finish("x") }
        if Int.random(in: 0..<40, using: &random) == 0 { machine.core.sweep(elapsedMilliseconds: 100) }
        if Int.random(in: 0..<60, using: &random) == 0 { client.end() }
      }
      if Bool.random(using: &random) { client.end() } else { client.connection?.abort() }
      while let exchange = machine.take() { exchange.answerReturned() }
      if !client.transport.isClosed { client.connection?.abort() }
    }
    #expect(machine.core.liveExchanges == 0)
    #expect(machine.core.heldBytes == 0)
    #expect(machine.core.connections.isEmpty)
  }
}
