// The connection machine: order, keep-alive, bodies, refusals, disconnects.
import EventLoop
import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct HTTPConnectionTests {
  @Test func answersAndStaysOpen() {
    let client = echo().connect()
    client.send(request("GET /a"))
    #expect(client.transport.takeText() == plain("GET /a "))
    client.send(post("/b", "hi"))
    #expect(client.transport.takeText() == plain("POST /b hi"))
    #expect(client.transport.isReading)
    #expect(!client.transport.isShutDown)
  }

  @Test func everySplitGivesTheSameAnswers() {
    let input = Array((post("/1", "one") + request("GET /2") + post("/3", "three", "X: y\r\n")).utf8)
    let expected = plain("POST /1 one") + plain("GET /2 ") + plain("POST /3 three")
    for cut in input.indices {
      let client = echo().connect()
      client.send(Array(input[..<cut]))
      client.send(Array(input[cut...]))
      #expect(client.transport.takeText() == expected, "cut at \(cut)")
    }
  }

  @Test func pipelinedRequestsAreAnsweredWithOneWrite() {
    let client = echo().connect()
    client.send(String(repeating: request("GET /a"), count: 10))
    #expect(client.transport.takeStatuses() == Array(repeating: 200, count: 10))
    #expect(client.transport.writes == 1)
  }

  @Test func pipelinedRequestsAreAnsweredInOrderOneAtATime() throws {
    let machine = Machine()
    let client = machine.connect()
    client.send(request("GET /slow") + request("GET /fast") + post("/last", "x"))
    let slow = try #require(machine.take())
    #expect(slow.path == "/slow")
    #expect(machine.waitingExchanges == 0, "a POST may not run beside an earlier request")
    slow.finish("1")
    let fast = try #require(machine.take())
    #expect(fast.path == "/fast")
    fast.finish("2")
    try #require(machine.take()).finish("3")
    #expect(client.transport.takeText() == plain("1") + plain("2") + plain("3"))
    #expect(machine.core.liveExchanges == 0)
  }

  @Test func readingPausesPastThePipelineAndGoesOn() throws {
    var limits = HTTPLimits()
    limits.pipelinedRequests = 2
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.send(request("GET /1") + request("GET /2"))
    #expect(client.transport.isReading)
    client.send(request("GET /3"))
    #expect(client.transport.isReading, "two requests may wait")
    client.send(request("GET /4") + request("GET /5"))
    #expect(!client.transport.isReading)
    for path in ["/1", "/2", "/3", "/4", "/5"] {
      let exchange = try #require(machine.take())
      #expect(exchange.path == path)
      exchange.finish()
    }
    #expect(client.transport.isReading)
    #expect(client.transport.takeStatuses() == [200, 200, 200, 200, 200])
  }

  @Test func readingPausesPastTheBytesThatMayWait() throws {
    var limits = HTTPLimits()
    limits.pipelinedBytes = 100
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.send(request("GET /1") + post("/2", String(repeating: "x", count: 100)))
    #expect(client.transport.isReading)
    client.send(request("GET /3"))
    #expect(!client.transport.isReading)
    try #require(machine.take()).finish()
    #expect(client.transport.isReading)
    try #require(machine.take()).finish()
    #expect(try #require(machine.take()).path == "/3")
  }

  @Test func longPipelineLeavesTheLoopToOthersBetweenTurns() {
    var limits = HTTPLimits()
    limits.requestsPerTurn = 3
    let machine = Machine(limits: limits) { $0.ok() }
    let client = machine.connect()
    client.send(String(repeating: request("GET /"), count: 7))
    #expect(client.transport.takeStatuses().count == 3)
    #expect(!client.transport.isReading)
    #expect(machine.turn())
    #expect(client.transport.takeStatuses().count == 3)
    #expect(machine.turn())
    #expect(client.transport.takeStatuses().count == 1)
    #expect(client.transport.isReading)
    #expect(!machine.turn())
  }

  @Test func unreadAnswersHoldTheNextRequestBack() throws {
    var limits = HTTPLimits()
    limits.unsentBytes = 1000
    let machine = Machine(limits: limits)
    let client = machine.connect()
    client.transport.isStalled = true
    client.send(request("GET /1") + request("GET /2"))
    try #require(machine.take()).finish(String(repeating: "x", count: 1000))
    #expect(machine.waitingExchanges == 0)
    client.takeAll()
    #expect(machine.waitingExchanges == 1)
  }

  @Test func connectionCloseIsHonoured() {
    let client = echo().connect()
    client.send(request("GET /a", "Connection: close\r\n") + request("GET /b"))
    #expect(client.transport.takeText() == plain("GET /a ", "Connection: close\r\n"))
    #expect(client.transport.isShutDown)
    #expect(!client.transport.isClosed, "the client must be able to read the answer first")
    client.end()
    #expect(client.transport.isClosed)
  }

  @Test func http10ClosesUnlessAskedNotTo() {
    let first = echo().connect()
    first.send("GET /a HTTP/1.0\r\nHost: localhost:8787\r\n\r\n")
    #expect(first.transport.takeText() == plain("GET /a ", "Connection: close\r\n"))
    #expect(first.transport.isShutDown)
    let second = echo().connect()
    second.send("GET /a HTTP/1.0\r\nHost: localhost:8787\r\nConnection: keep-alive\r\n\r\n")
    #expect(second.transport.takeText() == plain("GET /a ", "Connection: keep-alive\r\n"))
    #expect(!second.transport.isShutDown)
  }

  @Test func headHasTheHeadersOfGetAndNoBody() {
    let client = echo().connect()
    client.send(request("HEAD /a") + request("GET /b"))
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nContent-Type: text/plain\r\n\r\n"
    #expect(client.transport.takeText() == head + plain("GET /b "))
  }

  @Test(arguments: [HTTPResponse.Status.noContent, .notModified])
  func bodilessStatusesSayNoLength(_ status: HTTPResponse.Status) {
    let client = Machine { $0.respond(status: status, body: Array("x".utf8)) }.connect()
    client.send(request("GET /a"))
    #expect(client.transport.takeText() == "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n\r\n")
  }

  @Test func largeBodiesGoOutWhole() {
    let body = [UInt8](repeating: 0x61, count: 300_000)
    let client = Machine { $0.respond(status: .ok, body: body) }.connect()
    client.send(request("GET /a") + request("GET /b"))
    #expect(client.transport.sent.count > 600_000)
    #expect(client.transport.takeStatuses() == [200, 200])
  }

  // MARK: Expect: 100-continue

  @Test func continueIsSentBeforeTheBody() {
    let client = echo().connect()
    client.send(request("POST /a", "Expect: 100-Continue\r\nContent-Length: 2\r\n"))
    #expect(client.transport.takeText() == "HTTP/1.1 100 Continue\r\n\r\n")
    client.send("hi")
    #expect(client.transport.takeText() == plain("POST /a hi"))
  }

  @Test func continueIsNotSentToWhoDoesNotWait() {
    let client = echo().connect()
    client.send(post("/a", "hi", "Expect: 100-continue\r\n"))
    #expect(client.transport.takeText() == plain("POST /a hi"))
    client.send(request("GET /b", "Expect: 100-continue\r\n"))
    #expect(client.transport.takeText() == plain("GET /b "), "there is no body to wait for")
  }

  @Test func continueWaitsForEarlierAnswers() throws {
    let machine = Machine()
    let client = machine.connect()
    client.send(request("GET /1") + request("POST /2", "Expect: 100-continue\r\nContent-Length: 2\r\n"))
    #expect(client.transport.takeText() == "")
    try #require(machine.take()).finish("1")
    #expect(client.transport.takeText() == plain("1") + "HTTP/1.1 100 Continue\r\n\r\n")
    client.send("hi")
    #expect(try #require(machine.take()).body == Array("hi".utf8))
  }

  @Test func tooLargeABodyIsRefusedInsteadOfContinued() {
    var limits = HTTPLimits()
    limits.bodyBytes = 8
    let client = Machine(limits: limits) { $0.ok() }.connect()
    client.send(request("POST /a", "Expect: 100-continue\r\nContent-Length: 9\r\n"))
    #expect(client.transport.takeStatuses() == [413])
    #expect(client.transport.isShutDown)
  }

  // MARK: Refusals

  @Test func refusalSaysWhyAndCloses() {
    let client = echo().connect()
    client.send("GET /a HTTP/1.1\r\n\r\n" + request("GET /b"))
    #expect(
      client.transport.takeText()
        == "HTTP/1.1 400 Bad Request\r\nContent-Length: 40\r\nConnection: close\r\n"
        + "Content-Type: text/plain; charset=utf-8\r\n\r\nan HTTP/1.1 request needs a Host header\n")
    #expect(client.transport.isShutDown)
    #expect(client.transport.isReading, "input is dropped until the client has ended")
  }

  @Test func refusalComesBehindEarlierAnswers() throws {
    let machine = Machine()
    let client = machine.connect()
    client.send(request("GET /1") + request("GET /2") + "nonsense\r\n\r\n" + request("GET /3"))
    try #require(machine.take()).finish()
    try #require(machine.take()).finish()
    #expect(machine.take() == nil)
    #expect(client.transport.takeStatuses() == [200, 200, 400])
    #expect(client.transport.isShutDown)
    #expect(machine.core.counters.refusals == [400: 1])
  }

  @Test func bodyIsRefusedByItsLengthAndByItsBytes() {
    var limits = HTTPLimits()
    limits.bodyBytes = 8
    let machine = Machine(limits: limits) { $0.ok() }
    let exact = machine.connect()
    exact.send(post("/a", "12345678"))
    #expect(exact.transport.takeStatuses() == [200])
    let announced = machine.connect()
    announced.send(request("POST /a", "Content-Length: 9\r\n"))
    #expect(announced.transport.takeStatuses() == [413])
    let counted = machine.connect()
    counted.send(request("POST /a", "Transfer-Encoding: chunked\r\n"))
    counted.send("8\r\n12345678\r\n")
    #expect(counted.transport.takeStatuses() == [])
    counted.send("1\r\n9\r\n")
    #expect(counted.transport.takeStatuses() == [413])
  }

  @Test func droppedInputIsBounded() {
    var limits = HTTPLimits()
    limits.lingerBytes = 1000
    let client = Machine(limits: limits) { $0.ok() }.connect()
    client.send("nonsense\r\n\r\n")
    client.send(String(repeating: "x", count: 999))
    #expect(client.transport.isReading)
    client.send("x")
    #expect(!client.transport.isReading)
  }

  @Test func bodiesOfAllConnectionsAreBoundedTogether() throws {
    var limits = HTTPLimits()
    limits.bufferedBytes = 20
    let machine = Machine(limits: limits)
    let first = machine.connect()
    first.send(post("/1", "1234567890"))
    let second = machine.connect()
    second.send(request("POST /2", "Content-Length: 10\r\n"))
    second.send("123456789")
    #expect(machine.core.heldBytes == 19)
    let announced = machine.connect()
    announced.send(request("POST /3", "Content-Length: 2\r\n"))
    #expect(announced.transport.takeStatuses() == [503])
    let counted = machine.connect()
    counted.send(request("POST /4", "Transfer-Encoding: chunked\r\n") + "1\r\nx\r\n")
    #expect(counted.transport.takeStatuses() == [])
    counted.send("1\r\nx\r\n")
    #expect(counted.transport.takeStatuses() == [503])
    counted.end()
    second.end()
    #expect(machine.core.heldBytes == 10)
    try #require(machine.take()).finish()
    #expect(machine.core.heldBytes == 0)
  }

  /// Nobody but the server sees these requests, so nobody else gives their bodies back.
  @Test func bodiesOfRequestsTheServerAnswersItselfAreGivenBack() {
    var limits = HTTPLimits()
    limits.bufferedBytes = 1000
    let machine = Machine(limits: limits) { $0.ok() }
    let client = machine.connect()
    let body = String(repeating: "x", count: 400)
    for _ in 0..<10 {
      client.send(request("OPTIONS /a", "Content-Length: 400\r\n", body: body))
      #expect(machine.core.heldBytes == 0)
    }
    #expect(client.transport.takeStatuses() == Array(repeating: 204, count: 10))
    let foreign = machine.connect()
    foreign.send("POST /a HTTP/1.1\r\nHost: elsewhere\r\nContent-Length: 400\r\n\r\n" + body)
    #expect(foreign.transport.takeStatuses() == [421])
    #expect(machine.core.heldBytes == 0)
    client.send(post("/b", body))
    #expect(client.transport.takeStatuses() == [200])
    #expect(machine.core.liveExchanges == 0)
  }

  @Test func bodyBehindARunningCallIsGivenBackWhenTheClientLeaves() throws {
    let machine = Machine()
    let client = machine.connect()
    client.send(request("GET /1") + request("OPTIONS /2", "Content-Length: 4\r\n", body: "body"))
    #expect(machine.core.heldBytes == 4)
    client.connection?.abort()
    #expect(machine.core.heldBytes == 0)
    try #require(machine.take()).answerReturned()
    #expect(machine.core.heldBytes == 0)
  }

  // MARK: The service's part

  @Test func interimStatusFromTheServiceBecomes500() {
    let client = Machine { $0.respond(status: .continue) }.connect()
    client.send(request("GET /a"))
    #expect(client.transport.takeStatuses() == [500])
  }

  @Test func serviceThatForgetsToAnswerGives500() {
    let client = Machine { _ in }.connect()
    client.send(request("GET /a") + request("GET /b"))
    #expect(client.transport.takeStatuses() == [500, 500])
  }

  @Test func serviceThatForgetsToAnswerIsCountedOffOnce() throws {
    let machine = Machine()
    let client = machine.connect()
    let other = machine.connect()
    other.send(request("GET /other"))
    let running = try #require(machine.take())
    client.send(request("GET /a"))
    try #require(machine.take()).answerReturned()
    #expect(client.transport.takeStatuses() == [500])
    #expect(machine.core.liveExchanges == 1, "the other one still runs")
    var done = false
    machine.core.drain { done = true }
    client.end()
    other.connection?.abort()
    #expect(!done, "a task is still running")
    running.answerReturned()
    #expect(machine.core.liveExchanges == 0)
    #expect(done)
  }

  @Test func secondAnswerIsDropped() {
    let client = Machine {
      $0.ok("1"); $0.ok("2")
    }.connect()
    client.send(request("GET /a"))
    #expect(client.transport.takeText() == plain("1"))
  }

  @Test func fieldsCannotSplitTheAnswer() {
    let client = Machine {
      $0.respond(
        status: .ok,
        fields: [
          ("X-A", "1\r\nX-B: 2"), ("X\r\nY", "3"), ("", "4"), ("Content-Length", "9"), ("connection", "close"),
          ("Transfer-Encoding", "chunked"), ("DATE", "never"), ("X-C", "a\0b\u{7F}c"),
        ])
    }.connect()
    client.send(request("GET /a"))
    #expect(
      client.transport.takeText()
        == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: 1  X-B: 2\r\nX-C: a b c\r\n\r\n")
  }

  @Test func everyAnswerCarriesADate() {
    let client = echo().connect()
    client.send(request("GET /a"))
    let text = String(decoding: client.transport.sent, as: UTF8.self)
    #expect(text.contains("\r\nDate: "))
    #expect(text.contains(" GMT\r\n"))
  }
}
