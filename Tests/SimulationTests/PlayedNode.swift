// A node that a test plays: it answers tool calls, mints sessions, stalls, fails and sends callers elsewhere.
import EventLoop
import HTTPServer
import HTTPTypes
import JSON
import Synchronization

/// Served on a loop of its own; its switches may be set from any thread.
final class PlayedNode: HTTPService, @unchecked Sendable {
  private struct State {
    var isStalled = false
    var failsOneIn = 0
    var misdirectsTo: [String] = []
    var calls = 0
    var open = 0
    var mostOpen = 0
    var minted = 0
    var continued = 0
    var unknownSessions = 0
    var sessions: Set<String> = []
    var operations: Set<String> = []
  }

  let name: String
  private let state = Mutex(State())
  private var loop: EventLoop?
  private var server: HTTPServer?
  private var address: SocketAddress?

  init(_ name: String) { self.name = name }

  var isStalled: Bool {
    get { state.withLock { $0.isStalled } }
    set { state.withLock { $0.isStalled = newValue } }
  }
  var failsOneIn: Int {
    get { state.withLock { $0.failsOneIn } }
    set { state.withLock { $0.failsOneIn = newValue } }
  }
  var misdirectsTo: [String] {
    get { state.withLock { $0.misdirectsTo } }
    set { state.withLock { $0.misdirectsTo = newValue } }
  }
  var calls: Int { state.withLock { $0.calls } }
  var mostOpen: Int { state.withLock { $0.mostOpen } }
  var minted: Int { state.withLock { $0.minted } }
  var continued: Int { state.withLock { $0.continued } }
  var unknownSessions: Int { state.withLock { $0.unknownSessions } }
  var operations: Set<String> { state.withLock { $0.operations } }

  /// On the loop; again at the same address after ``close()``.
  @discardableResult
  func listen(on loop: EventLoop) throws -> SocketAddress {
    self.loop = loop
    let server = HTTPServer(loop: loop, hosts: HostPolicy(), service: self)
    self.server = server
    let bound = try server.listen(on: address ?? .loopback(port: 0))
    address = bound
    return bound
  }

  func close() {
    loop?.execute { [self] in
      server?.close()
      server = nil
    }
  }

  func reopen() {
    loop?.execute { [self] in
      if let loop { _ = try? listen(on: loop) }
    }
  }

  func answer(_ exchange: HTTPExchange) async {
    guard exchange.path == "/mcp" else { return exchange.respond(status: .ok) }
    state.withLock {
      $0.calls += 1
      $0.open += 1
      $0.mostOpen = max($0.mostOpen, $0.open)
    }
    while isStalled, !exchange.isDisconnected { try? await loop?.sleep(milliseconds: 1) }
    let elsewhere = misdirectsTo
    if elsewhere.isEmpty {
      exchange.respond(status: .ok, body: Array(result(exchange.body).utf8))
    } else {
      let sites = elsewhere.map { #"{"name":"\#($0)"}"# }.joined(separator: ",")
      exchange.respond(
        status: .init(code: 421),
        body: Array(#"{"error":{"code":-31421,"message":"","data":{"site":"\#(name)","sites":[\#(sites)]}}}"#.utf8))
    }
    state.withLock { $0.open -= 1 }
  }

  private func result(_ body: [UInt8]) -> String {
    guard let document = try? JSONDocument(body), let arguments = document.root["params"]?["arguments"] else {
      return ""
    }
    let (session, operation) = (arguments["session"]?.string, arguments["operation_id"]?.string)
    return state.withLock { state in
      if state.failsOneIn > 0, state.calls % state.failsOneIn == 0 {
        return #"{"result":{"isError":true,"content":[{"type":"text","text":"not now"}]}}"#
      }
      if let operation { state.operations.insert(operation) }
      if let session {
        if state.sessions.contains(session) { state.continued += 1 } else { state.unknownSessions += 1 }
        return #"{"result":{"content":[],"structuredContent":{"session":"\#(session)"}}}"#
      }
      state.minted += 1
      state.sessions.insert("session-\(state.minted)")
      return #"{"result":{"content":[],"structuredContent":{"session":"session-\#(state.minted)"}}}"#
    }
  }
}
