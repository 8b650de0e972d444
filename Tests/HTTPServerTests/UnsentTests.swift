// Answers that wait for their client: how slowly it may take them, and how much all of them may be together.
import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct UnsentTests {
  private let limits: HTTPLimits = {
    var limits = HTTPLimits()
    limits.writeTimeoutMilliseconds = 2000
    limits.drainQuietMilliseconds = 400
    return limits
  }()

  @Test func clientThatTakesTooLittleIsCutOff() throws {
    var limits = limits
    limits.writeProgressBytes = 100
    for (taken, isCutOff) in [(100, false), (99, true)] {
      let machine = Machine(limits: limits)
      let client = machine.connect()
      client.transport.isStalled = true
      client.send(request("GET /"))
      try #require(machine.take()).finish(String(repeating: "x", count: 10_000))
      for _ in 0..<5 {
        machine.pass(milliseconds: 1800)
        client.transport.unsentBytes -= taken
      }
      #expect(client.transport.isClosed == isCutOff, "\(taken) bytes a window")
      #expect(machine.core.counters.stalls == (isCutOff ? 1 : 0))
    }
  }

  @Test func answerMustBeGoneInTimeHoweverSteadyItsClient() throws {
    var limits = limits
    limits.answerTimeoutMilliseconds = 20_000
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.transport.isStalled = true
    client.send(request("GET /"))
    try #require(machine.take()).finish(String(repeating: "x", count: 1_000_000))
    for _ in 0..<19 {
      machine.pass(milliseconds: 1000)
      client.transport.unsentBytes -= 17_000
    }
    #expect(!client.transport.isClosed, "never early")
    client.transport.unsentBytes -= 17_000
    machine.pass(milliseconds: 1500)
    #expect(client.transport.isClosed)
    #expect(machine.core.counters.stalls == 1)
    #expect(machine.core.unsentBytes == 0)
  }

  /// Time is counted for what waits, not for the connection.
  @Test func clientThatKeepsUpIsNeverCutOff() throws {
    var limits = limits
    limits.answerTimeoutMilliseconds = 5_000
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.transport.isStalled = true
    client.send(request("GET /"))
    let stream = try #require(machine.take()).startStream(status: .ok)
    for _ in 0..<60 {
      stream.write([UInt8](repeating: 0, count: 50_000))
      machine.pass(milliseconds: 1000)
      client.transport.unsentBytes = 50_000
    }
    #expect(!client.transport.isClosed)
  }

  @Test func unsentBytesOfAllConnectionsAreBoundedTogether() throws {
    var limits = limits
    limits.unsentBytesTotal = 100_000
    let machine = Machine(limits: limits)
    func stalled(_ bytes: Int) throws -> Client {
      let client = machine.connect()
      client.transport.isStalled = true
      client.send(request("GET /"))
      try #require(machine.take()).finish(String(repeating: "x", count: bytes))
      return client
    }
    let small = try stalled(10_000)
    let large = try stalled(60_000)
    let middle = try stalled(20_000)
    #expect(machine.core.unsentBytes == [small, large, middle].reduce(0) { $0 + $1.transport.unsentBytes })
    #expect(machine.core.counters.unsentAborts == 0)
    let last = try stalled(30_000)
    #expect(large.transport.isClosed)
    #expect(!small.transport.isClosed && !middle.transport.isClosed && !last.transport.isClosed)
    #expect(machine.core.counters.unsentAborts == 1)
    let greedy = try stalled(200_000)
    #expect(greedy.transport.isClosed, "the one that writes may itself be the worst")
    #expect(machine.core.counters.unsentAborts == 2)
    #expect(!last.transport.isClosed)
    for client in [small, middle, last] { client.takeAll() }
    #expect(machine.core.unsentBytes == 0)
    #expect(machine.core.liveExchanges == 0)
  }

  /// What the kernel took without anyone asking is counted before anyone is cut off for it.
  @Test func readersAreNotCutOffForWhatTheyHaveRead() throws {
    var limits = limits
    limits.unsentBytesTotal = 100_000
    let machine = Machine(limits: limits)
    for _ in 0..<10 {
      let client = machine.connect()
      client.transport.isStalled = true
      client.send(request("GET /"))
      try #require(machine.take()).finish(String(repeating: "x", count: 60_000))
      client.transport.unsentBytes = 100
    }
    #expect(machine.core.counters.unsentAborts == 0)
    machine.core.abortAll()
    #expect(machine.core.unsentBytes == 0)
  }

  /// The connection that is cut off may be the one whose last answer is being sent behind others.
  @Test func cutOffWhileClosingLeavesNothing() {
    var limits = limits
    limits.unsentBytesTotal = 1000
    let machine = Machine(limits: limits) { $0.ok(String(repeating: "x", count: 600)) }
    let client = machine.connect()
    client.transport.isStalled = true
    client.send(request("GET /1") + request("GET /2", "Connection: close\r\n"))
    #expect(client.transport.isClosed)
    #expect(machine.core.connections.isEmpty)
    #expect(machine.core.liveExchanges == 0)
    #expect(machine.core.unsentBytes == 0)
  }
}
