// Clients that leave, and what a connection keeps in memory.
import EventLoop
import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct DisconnectTests {
  @Test func endDuringACallDisconnectsIt() throws {
    let machine = Machine()
    let client = machine.connect()
    client.send(request("GET /1") + request("GET /2"))
    let exchange = try #require(machine.take())
    var told = 0
    exchange.onDisconnect = { told += 1 }
    client.end()
    #expect(exchange.isDisconnected)
    #expect(told == 1)
    #expect(machine.core.counters.disconnects == 1)
    exchange.finish("still sent")
    #expect(client.transport.takeText() == plain("still sent", "Connection: close\r\n"))
    #expect(machine.take() == nil, "what a client that left had queued is not started")
    #expect(client.transport.isClosed)
    #expect(machine.core.connections.isEmpty)
    #expect(machine.core.liveExchanges == 0)
  }

  @Test func resetDuringACallClosesAtOnce() throws {
    let machine = Machine()
    let client = machine.connect()
    client.send(request("GET /1"))
    let exchange = try #require(machine.take())
    client.end(LoopError(.canceled, message: "reset"))
    #expect(exchange.isDisconnected)
    #expect(client.transport.isClosed)
    exchange.finish()
    #expect(client.transport.takeText() == "")
    #expect(machine.core.liveExchanges == 0)
  }

  @Test func lateListenerOfADisconnectIsToldAtOnce() throws {
    let machine = Machine()
    let client = machine.connect()
    client.send(request("GET /1"))
    let exchange = try #require(machine.take())
    client.end()
    var told = false
    exchange.onDisconnect = { told = true }
    #expect(told)
  }

  /// Which kind of call it is may be known only after the client has left.
  @Test func onlyACallThatAskedForItIsCancelled() throws {
    let machine = Machine()
    func leftBehind(_ path: String) throws -> (HTTPExchange, Task<Void, Never>) {
      let client = machine.connect()
      client.send(request("GET \(path)"))
      let exchange = try #require(machine.take())
      let task = Task<Void, Never> {}
      client.end()
      return (exchange, task)
    }
    let (legacy, legacyTask) = try leftBehind("/legacy")
    legacy.attach(legacyTask)
    legacy.cancelsOnDisconnect = false
    #expect(!legacyTask.isCancelled)
    let (late, lateTask) = try leftBehind("/late")
    late.attach(lateTask)
    #expect(!lateTask.isCancelled)
    late.cancelsOnDisconnect = true
    #expect(lateTask.isCancelled)
    let (early, earlyTask) = try leftBehind("/early")
    early.cancelsOnDisconnect = true
    early.attach(earlyTask)
    #expect(earlyTask.isCancelled)
    for exchange in [legacy, late, early] { exchange.finish() }
    #expect(machine.core.liveExchanges == 0)
  }

  @Test func idleClientThatEndsIsClosed() {
    let machine = echo()
    let client = machine.connect()
    client.send(request("GET /1") + "GET /par")
    client.end()
    #expect(client.transport.takeStatuses() == [200])
    #expect(client.transport.isClosed)
    #expect(machine.core.connections.isEmpty)
  }

  @Test func failedWriteEndsTheConnection() throws {
    let machine = Machine()
    let client = machine.connect()
    client.send(request("GET /1"))
    let exchange = try #require(machine.take())
    client.end()
    client.transport.hasFailed = true
    client.connection?.drained()
    #expect(client.transport.isClosed)
    exchange.finish()
    #expect(machine.core.liveExchanges == 0)
  }

  // MARK: Memory

  @Test func buffersOfAFinishedExchangeAreUsedAgain() throws {
    let machine = Machine()
    let client = machine.connect()
    client.send(request("GET /1"))
    var first = machine.take()
    let identity = try ObjectIdentifier(#require(first))
    first?.cancelsOnDisconnect = true
    first?.finish()
    first = nil
    client.send(request("GET /2"))
    let second = try #require(machine.take())
    #expect(ObjectIdentifier(second) == identity)
    #expect(second.path == "/2")
    #expect(!second.cancelsOnDisconnect)
    #expect(second.answeredStatus == nil)
  }

  @Test func keptExchangeIsNotTouchedByTheNext() throws {
    let machine = Machine()
    let client = machine.connect()
    client.send(post("/1", "one"))
    let first = try #require(machine.take())
    first.ok()
    client.send(post("/2", "two"))
    let second = try #require(machine.take())
    #expect(second !== first)
    #expect(first.path == "/1")
    #expect(first.body == Array("one".utf8))
    #expect(second.body == Array("two".utf8))
    first.answerReturned()
    #expect(machine.core.liveExchanges == 1)
  }

  @Test func closedConnectionIsFreed() throws {
    let machine = echo()
    weak var connection: HTTPConnection?
    do {
      let client = machine.connect()
      connection = client.connection
      client.send(request("GET /1"))
      client.end()
    }
    #expect(connection == nil)
  }
}
