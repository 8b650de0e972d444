// A connection machine without sockets, loop or tasks: the test is client, kernel, clock and service.
import EventLoop
import HTTPTypes

@testable import HTTPServer

/// Keeps what a connection sends, and takes only as much as the test lets it.
final class FakeTransport: HTTPTransport {
  private(set) var sent: [UInt8] = []
  private(set) var writes = 0
  var unsentBytes = 0
  var hasFailed = false
  private(set) var isReading = false
  private(set) var isShutDown = false
  private(set) var isClosed = false
  /// While set, everything written stays unsent.
  var isStalled = false

  func write(_ bytes: [UInt8]) { write(head: bytes, body: []) }

  func write(head: [UInt8], body: [UInt8]) {
    guard !isClosed, !isShutDown else { return }
    writes += 1
    sent += head + body
    if isStalled { unsentBytes += head.count + body.count }
  }

  func startReading() { isReading = true }
  func pauseReading() { isReading = false }
  func shutdown() { isShutDown = true }
  func close() { isClosed = true }

  /// What was sent since the last call, without its Date lines.
  func takeText() -> String {
    let text = String(decoding: sent, as: UTF8.self)
    sent = []
    return text.split(separator: "\r\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("Date: ") }
      .joined(separator: "\r\n")
  }

  /// Status codes of what was sent since the last call.
  func takeStatuses() -> [Int] {
    takeText().split(separator: "HTTP/1.1 ", omittingEmptySubsequences: false).dropFirst().compactMap {
      Int($0.prefix(3))
    }
  }
}

/// What a service says to heads; not a bare closure, which a trailing one would be taken for.
struct HeadJudge {
  let refusal: (borrowing HTTPHeadView) -> HTTPRefusal?
}

/// One server core with as many connections as a test opens.
final class Machine {
  let core: HTTPCore
  private let inbox: Inbox
  private let rules: HostRules
  private let peer = try! SocketAddress(host: "127.0.0.1", port: 4000)

  /// Exchanges the service was given and the test has not taken.
  private final class Inbox {
    var exchanges: [HTTPExchange] = []
    var service: ((HTTPExchange) -> Void)?
    var later: [@Sendable () -> Void] = []
  }

  /// With a `service`, each exchange is answered at once and its task ends; else the test takes and answers it.
  /// `judge` is what a service says to heads.
  init(
    limits: HTTPLimits = HTTPLimits(), hosts: HostPolicy = HostPolicy(),
    judge: HeadJudge? = nil, refusalFields: [Int: HTTPHeader] = [:], service: ((HTTPExchange) -> Void)? = nil
  ) {
    let inbox = Inbox()
    inbox.service = service
    self.inbox = inbox
    rules = HostRules(hosts, listening: Authority(host: "127.0.0.1", port: 8787))
    let judgeHead = judge.map { judge in
      { (head: RequestHead, peer: SocketAddress) in judge.refusal(HTTPHeadView(head, peer: peer)) }
    }
    core = HTTPCore(
      limits: limits, later: { inbox.later.append($0) }, judge: judgeHead, refusalField: { refusalFields[$0] }
    ) { exchange in
      if let service = inbox.service {
        service(exchange)
        exchange.answerReturned()
      } else {
        inbox.exchanges.append(exchange)
      }
    }
  }

  func connect() -> Client {
    let transport = FakeTransport()
    return Client(transport: transport, connection: core.open(transport, peer: peer, rules: rules))
  }

  /// The next exchange the service was given.
  func take() -> HTTPExchange? { inbox.exchanges.isEmpty ? nil : inbox.exchanges.removeFirst() }

  /// The next turn of the loop; false if nothing was left for it.
  @discardableResult
  func turn() -> Bool {
    let bodies = inbox.later
    inbox.later = []
    for body in bodies { body() }
    return !bodies.isEmpty
  }

  var waitingExchanges: Int { inbox.exchanges.count }

  /// Lets time pass in sweeps of one tick.
  func pass(milliseconds: UInt64) {
    var rest = milliseconds
    while rest > 0 {
      let step = min(rest, core.tick)
      core.sweep(elapsedMilliseconds: step)
      rest -= step
    }
  }
}

struct Client {
  let transport: FakeTransport
  let connection: HTTPConnection?

  func send(_ text: String) {
    Array(text.utf8).withUnsafeBytes { connection?.receive($0) }
  }

  func send(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { connection?.receive($0) }
  }

  func end(_ error: LoopError? = nil) { connection?.ended(error) }

  /// The kernel takes everything.
  func takeAll() {
    transport.isStalled = false
    transport.unsentBytes = 0
    connection?.drained()
  }
}

extension HTTPExchange {
  func ok(_ text: String = "") {
    respond(status: .ok, fields: [("Content-Type", "text/plain")], body: Array(text.utf8))
  }

  /// What the server does when the service's task ends.
  func finish(_ text: String = "") {
    ok(text)
    answerReturned()
  }
}

/// A request line and Host of the tests' listener.
func request(_ line: String, _ more: String = "", body: String = "") -> String {
  "\(line) HTTP/1.1\r\nHost: localhost:8787\r\n\(more)\r\n\(body)"
}

func post(_ path: String, _ body: String, _ more: String = "") -> String {
  request("POST \(path)", "Content-Length: \(body.utf8.count)\r\n\(more)", body: body)
}

/// A machine whose service says what it was asked.
func echo() -> Machine {
  Machine { $0.ok("\($0.method) \($0.path) \(String(decoding: $0.body, as: UTF8.self))") }
}

/// A whole answer as ``HTTPExchange/ok(_:)`` sends it, without its Date.
func plain(_ text: String, _ connection: String = "") -> String {
  "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\(connection)Content-Type: text/plain\r\n\r\n\(text)"
}
