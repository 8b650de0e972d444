// A relay between a target that says what a test wants and a client that reads as it likes, all on one loop.
import EventLoop
import HTTPClient
import HTTPServer
import HTTPTypes

@testable import Nodes

/// Reads an answer as slowly as a test wants. Confined to its loop.
final class SlowReader: LinkReceiver, @unchecked Sendable {
  var status = 0
  var bytes = 0
  var hasEnded = false
  func head(_ head: borrowing LinkHead) { status = head.status }
  func bytes(_ bytes: RawSpan) { self.bytes += bytes.byteCount }
  func end(_ result: Result<Void, LinkError>) { hasEnded = true }
}

/// What happens in it happens on its loop.
final class RelayBench: @unchecked Sendable {
  let loop: EventLoop
  let links: LinkPool
  private let script: (TCPConnection) -> Void
  private let asked: @Sendable (RelayBench, HTTPExchange) async -> Void
  private var listener: TCPListener!
  private var connections: [TCPConnection] = []
  private var server: HTTPServer!
  private(set) var target: LinkTarget!
  private(set) var front: LinkTarget!

  private struct Front: HTTPService {
    unowned let bench: RelayBench
    func answer(_ exchange: HTTPExchange) async { await bench.asked(bench, exchange) }
  }

  /// - Parameters:
  ///   - script: answers whatever is sent to the target.
  ///   - asked: what the server in front does with a request.
  init(
    _ script: @escaping (TCPConnection) -> Void,
    asked: @escaping @Sendable (RelayBench, HTTPExchange) async -> Void = { _, _ in }
  ) throws {
    loop = try EventLoop()
    links = LinkPool(loop: loop)
    self.script = script
    self.asked = asked
    listener = try TCPListener(loop: loop, address: .loopback(port: 0)) { [unowned self] connection in
      connections.append(connection)
      connection.onBytes = { _ in self.script(connection) }
      connection.onEnd = { _ in connection.close() }
      connection.startReading()
    }
    var limits = HTTPLimits()
    limits.headerBytes += ForwardBounds.headerReserveBytes
    limits.headerCount += ForwardBounds.headerReserveLines
    server = HTTPServer(loop: loop, limits: limits, hosts: HostPolicy(), service: Front(bench: self))
    target = try LinkTarget("http://127.0.0.1:\(listener.address.port)")
    front = try LinkTarget("http://127.0.0.1:\(server.listen(on: .loopback(port: 0)).port)")
    loop.start(name: "relay")
  }

  func on<T: Sendable>(_ body: @escaping @Sendable (RelayBench) async -> T) async -> T {
    await withCheckedContinuation { continuation in
      loop.spawn { continuation.resume(returning: await body(self)) }
    }
  }

  /// Waits until something holds on the loop; false after ten seconds.
  func eventually(_ holds: @escaping @Sendable (RelayBench) -> Bool) async -> Bool {
    for _ in 0..<1_000 {
      if await on({ holds($0) }) { return true }
      try? await loop.sleep(milliseconds: 10)
    }
    return false
  }

  /// Sends these bytes to the server in front.
  func send(_ text: String) async {
    let port = front.port
    await on { bench in
      let connected = TCPConnection.connect(to: .loopback(port: port), on: bench.loop) { result in
        guard case .success(let connection) = result else { return }
        bench.connections.append(connection)
        connection.onBytes = { _ in }
        connection.onEnd = { _ in connection.close() }
        connection.startReading()
        connection.send(text)
      }
      if let connected { bench.connections.append(connected) }
    }
  }

  func request(_ fields: LinkFields = LinkFields(), milliseconds: UInt64 = 10_000) -> LinkRequest {
    LinkRequest(path: "/mcp", fields: fields, body: [0x7b, 0x7d], deadline: loop.now + milliseconds * 1_000_000)
  }

  func end() async {
    await on {
      $0.links.close()
      $0.server.close()
      $0.listener.close()
      for connection in $0.connections { connection.close() }
    }
    loop.stop()
    loop.join()
  }
}

/// Runs `body` with a bench and ends it.
func withRelay<T>(
  _ script: @escaping (TCPConnection) -> Void,
  asked: @escaping @Sendable (RelayBench, HTTPExchange) async -> Void = { _, _ in },
  _ body: (RelayBench) async throws -> T
) async throws -> T {
  let bench = try RelayBench(script, asked: asked)
  do {
    let answer = try await body(bench)
    await bench.end()
    return answer
  } catch {
    await bench.end()
    throw error
  }
}

extension TCPConnection {
  func send(_ text: String) { write(Array(text.utf8)) }
}
