// Timeouts on a clock that the test drives.
import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct DeadlineTests {
  private let limits: HTTPLimits = {
    var limits = HTTPLimits()
    limits.headTimeoutMilliseconds = 1000
    limits.bodyTimeoutMilliseconds = 4000
    limits.bodyPauseMilliseconds = 2000
    limits.idleTimeoutMilliseconds = 3000
    limits.writeTimeoutMilliseconds = 2000
    limits.lingerMilliseconds = 1000
    limits.drainQuietMilliseconds = 400
    limits.drainTimeoutMilliseconds = 5000
    return limits
  }()

  @Test func silentConnectionIsClosedWithoutAWord() {
    let machine = Machine(limits: limits) { $0.ok() }
    let client = machine.connect()
    machine.pass(milliseconds: 1000)
    #expect(!client.transport.isShutDown, "never early")
    machine.pass(milliseconds: 200)
    #expect(client.transport.isShutDown)
    #expect(client.transport.takeText() == "")
  }

  @Test func slowHeadGets408HoweverBusyItIs() {
    let machine = Machine(limits: limits) { $0.ok() }
    let client = machine.connect()
    client.send("GET / HTTP/1.1\r\nHost: localhost:8787\r\n")
    for _ in 0..<10 {
      machine.pass(milliseconds: 100)
      client.send("X: y\r\n")
    }
    #expect(client.transport.takeStatuses() == [])
    machine.pass(milliseconds: 200)
    #expect(client.transport.takeStatuses() == [408])
    #expect(client.transport.isShutDown)
    machine.pass(milliseconds: 1300)
    #expect(client.transport.isClosed, "lingering ends")
  }

  @Test func slowBodyGets408HoweverBusyItIs() {
    let machine = Machine(limits: limits) { $0.ok() }
    let client = machine.connect()
    client.send(request("POST /", "Content-Length: 1000\r\n"))
    for _ in 0..<8 {
      machine.pass(milliseconds: 500)
      client.send("x")
    }
    #expect(client.transport.takeStatuses() == [])
    machine.pass(milliseconds: 200)
    #expect(client.transport.takeStatuses() == [408])
  }

  @Test func stalledBodyGets408() {
    let machine = Machine(limits: limits) { $0.ok() }
    let client = machine.connect()
    client.send(request("POST /", "Content-Length: 1000\r\n") + "x")
    machine.pass(milliseconds: 2000)
    #expect(client.transport.takeStatuses() == [])
    machine.pass(milliseconds: 300)
    #expect(client.transport.takeStatuses() == [408])
  }

  @Test func idleConnectionIsClosedAndUseKeepsItOpen() {
    let machine = Machine(limits: limits) { $0.ok() }
    let client = machine.connect()
    for _ in 0..<4 {
      client.send(request("GET /"))
      machine.pass(milliseconds: 2900)
    }
    #expect(client.transport.takeStatuses() == [200, 200, 200, 200])
    #expect(!client.transport.isShutDown)
    machine.pass(milliseconds: 400)
    #expect(client.transport.isShutDown)
    #expect(client.transport.takeText() == "")
  }

  @Test func eachPipelinedHeadHasItsOwnTime() {
    let machine = Machine(limits: limits) { $0.ok() }
    let client = machine.connect()
    for _ in 0..<5 {
      client.send("GET / HTTP/1.1\r\nHost: loc")
      machine.pass(milliseconds: 900)
      client.send("alhost:8787\r\n\r\n")
    }
    #expect(client.transport.takeStatuses() == [200, 200, 200, 200, 200])
  }

  @Test func runningCallHasNoDeadlineHere() throws {
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.send(request("GET /"))
    machine.pass(milliseconds: 60_000)
    #expect(!client.transport.isShutDown)
    try #require(machine.take()).finish()
    #expect(client.transport.takeStatuses() == [200])
    machine.pass(milliseconds: 2900)
    #expect(!client.transport.isShutDown, "idle time begins with the answer")
  }

  @Test func slowNextHeadIsRefusedBehindTheRunningCall() throws {
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.send(request("GET /1") + "GET /2")
    machine.pass(milliseconds: 2000)
    #expect(client.transport.takeStatuses() == [])
    try #require(machine.take()).finish()
    #expect(client.transport.takeStatuses() == [200, 408])
  }

  @Test func clientThatTakesNothingIsCutOff() throws {
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.transport.isStalled = true
    client.send(request("GET /"))
    try #require(machine.take()).finish("answer")
    machine.pass(milliseconds: 2000)
    #expect(!client.transport.isClosed)
    machine.pass(milliseconds: 500)
    #expect(client.transport.isClosed)
    #expect(machine.core.counters.stalls == 1)
  }

  @Test func clientThatTakesALittleIsNotCutOff() throws {
    var limits = limits
    limits.writeProgressBytes = 10
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.transport.isStalled = true
    client.send(request("GET /", "Connection: close\r\n"))
    try #require(machine.take()).finish(String(repeating: "x", count: 1000))
    for _ in 0..<10 {
      machine.pass(milliseconds: 1800)
      client.transport.unsentBytes -= 10
    }
    #expect(!client.transport.isClosed)
  }

  @Test func lingeringEndsAlsoAfterASlowRead() throws {
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.transport.isStalled = true
    client.send(request("GET /", "Connection: close\r\n"))
    try #require(machine.take()).finish("answer")
    machine.pass(milliseconds: 1800)
    client.takeAll()
    machine.pass(milliseconds: 900)
    #expect(!client.transport.isClosed)
    machine.pass(milliseconds: 700)
    #expect(client.transport.isClosed)
  }

  @Test func blockedLoopDoesNotMakeClientsLate() {
    let machine = Machine(limits: limits) { $0.ok() }
    let client = machine.connect()
    client.send("GET / HT")
    machine.core.sweep(elapsedMilliseconds: 3_600_000)
    #expect(client.transport.takeStatuses() == [])
    client.send("TP/1.1\r\nHost: localhost:8787\r\n\r\n")
    #expect(client.transport.takeStatuses() == [200])
  }

  @Test func hugeTimeoutsDoNotOverflow() {
    var limits = HTTPLimits()
    limits.headTimeoutMilliseconds = .max
    limits.idleTimeoutMilliseconds = .max - 1
    let machine = Machine(limits: limits) { $0.ok() }
    let client = machine.connect()
    machine.pass(milliseconds: 10_000)
    client.send(request("GET /"))
    machine.pass(milliseconds: 10_000)
    #expect(client.transport.takeStatuses() == [200])
    #expect(!client.transport.isShutDown)
  }

  // MARK: Draining

  @Test func drainAnswersWhatRunsAndSaysClose() throws {
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.send(request("GET /1"))
    var done = false
    machine.core.drain { done = true }
    #expect(!done)
    try #require(machine.take()).finish("x")
    #expect(client.transport.takeText().contains("\r\nConnection: close\r\n"))
    #expect(client.transport.isShutDown)
    #expect(!done)
    client.end()
    #expect(done)
  }

  @Test func drainAnswersPipelinedRequestsToTheLast() throws {
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.send(request("GET /1") + request("GET /2") + "GET /3 HTTP")
    machine.core.drain {}
    try #require(machine.take()).finish()
    try #require(machine.take()).finish()
    #expect(!client.transport.isShutDown)
    client.send("/1.1\r\nHost: localhost:8787\r\n\r\n")
    try #require(machine.take()).finish()
    let text = client.transport.takeText()
    #expect(text.pieces(at: "Connection: close") == 2)
    #expect(client.transport.isShutDown)
  }

  @Test func drainServesAConnectionThatHasSentNothingYet() {
    let machine = Machine(limits: limits) { $0.ok() }
    let client = machine.connect()
    machine.core.drain {}
    machine.pass(milliseconds: 300)
    client.send(request("GET /"))
    #expect(client.transport.takeText().contains("\r\nConnection: close\r\n"))
    #expect(client.transport.isShutDown)
  }

  @Test func drainClosesQuietConnectionsAfterAMoment() {
    let machine = Machine(limits: limits) { $0.ok() }
    let used = machine.connect()
    used.send(request("GET /"))
    let fresh = machine.connect()
    var done = false
    machine.core.drain { done = true }
    machine.pass(milliseconds: 300)
    #expect(!used.transport.isShutDown && !fresh.transport.isShutDown)
    machine.pass(milliseconds: 400)
    #expect(used.transport.isShutDown && fresh.transport.isShutDown)
    used.end()
    #expect(!done)
    fresh.end()
    #expect(done)
  }

  @Test func drainCutsOffWhatNeverEnds() throws {
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.send(request("GET /"))
    let exchange = try #require(machine.take())
    var done = false
    machine.core.drain { done = true }
    machine.pass(milliseconds: 5500)
    #expect(exchange.isDisconnected)
    #expect(client.transport.isClosed)
    #expect(!done, "the call itself has not ended")
    exchange.answerReturned()
    #expect(done)
  }

  @Test func drainOfNothingIsDoneAtOnceAndTwiceIsFine() {
    let machine = Machine(limits: limits) { $0.ok() }
    var done = 0
    machine.core.drain { done += 1 }
    machine.core.drain { done += 1 }
    #expect(done == 2)
  }

  // MARK: The ceiling

  @Test func connectionsPastTheCeilingGet503() {
    var limits = limits
    limits.connections = 2
    limits.refusedConnections = 1
    let machine = Machine(limits: limits) { $0.ok() }
    let first = machine.connect()
    let second = machine.connect()
    let third = machine.connect()
    let text = third.transport.takeText()
    #expect(text.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
    #expect(text.contains("\r\nRetry-After: 1\r\n"))
    #expect(text.contains("\r\nConnection: close\r\n"))
    #expect(third.transport.isShutDown)
    let fourth = machine.connect()
    #expect(fourth.connection == nil)
    #expect(fourth.transport.isClosed)
    second.send(request("GET /"))
    #expect(second.transport.takeStatuses() == [200])
    third.end()
    first.end()
    let fifth = machine.connect()
    fifth.send(request("GET /"))
    #expect(fifth.transport.takeStatuses() == [200])
    #expect(machine.core.counters.refusedConnections == 2)
  }

  @Test func whatTheServerRefusesItselfHasTheLineOfItsStatus() {
    var limits = limits
    limits.connections = 1
    limits.headerBytes = 100
    let machine = Machine(limits: limits, refusalFields: [503: ("X-Mark", "busy"), 431: ("X-Mark", "large")]) {
      $0.ok()
    }
    let first = machine.connect()
    #expect(machine.connect().transport.takeText().contains("\r\nX-Mark: busy\r\n"))
    first.send(request("GET /"))
    #expect(!first.transport.takeText().contains("X-Mark"), "a service's answer has none")
    first.send(request("GET /", "X-Long: \(String(repeating: "x", count: 200))\r\n"))
    let refused = first.transport.takeText()
    #expect(refused.hasPrefix("HTTP/1.1 431 ") && refused.contains("\r\nX-Mark: large\r\n"))
  }
}
