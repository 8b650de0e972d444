// A scripted server and a pool of links on one loop: what happens between two turns can be told to the byte.
import EventLoop
import Testing

@testable import HTTPClient

/// One connection of the scripted server.
final class ScriptedPeer: @unchecked Sendable {
  let connection: TCPConnection
  /// The how manyth of the server's connections it is, from 0.
  let number: Int
  private(set) var requests = 0
  private(set) var hasEnded = false
  private var input: [UInt8] = []
  private unowned let server: ScriptedServer

  init(_ connection: TCPConnection, number: Int, server: ScriptedServer) {
    self.connection = connection
    self.number = number
    self.server = server
    connection.onBytes = { self.received($0) }
    connection.onEnd = { _ in
      self.hasEnded = true
      self.connection.close()
    }
    connection.startReading()
  }

  func send(_ text: String) { connection.write(Array(text.utf8)) }
  func send(_ bytes: [UInt8]) { connection.write(bytes) }
  func ok(_ body: String, _ lines: String = "") {
    server.isAnswering.remove(number)
    send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(lines)\r\n\(body)")
  }

  private func received(_ bytes: UnsafeRawBufferPointer) {
    if !server.isAnswering.insert(number).inserted, input.isEmpty { server.pipelined += 1 }
    input += bytes
    if server.readsHeadsOnly {
      input = []
      if requests == 0 { tell(String(decoding: bytes, as: UTF8.self)) }
      return
    }
    let text = String(decoding: input, as: UTF8.self)
    guard let end = text.firstRange(of: "\r\n\r\n") else { return }
    let head = text[..<end.lowerBound]
    let length = head.firstMatch(of: #/Content-Length: (\d+)/#).flatMap { Int($0.1) } ?? 0
    guard text[end.upperBound...].utf8.count >= length else { return }
    input = []
    tell(text)
  }

  private func tell(_ text: String) {
    requests += 1
    server.requests += 1
    server.script(self, text)
  }
}

/// Confined to its loop.
final class ScriptedServer: @unchecked Sendable {
  let script: (ScriptedPeer, String) -> Void
  var peers: [ScriptedPeer] = []
  var requests = 0
  var isAnswering: Set<Int> = []
  /// Requests that came on a connection whose last one had no answer.
  var pipelined = 0
  /// Tells a request once its first bytes are there.
  var readsHeadsOnly = false

  init(_ script: @escaping (ScriptedPeer, String) -> Void) { self.script = script }

  func listen(on loop: EventLoop) throws -> UInt16 {
    try TCPListener(loop: loop, address: .loopback(port: 0), backlog: 1024) { [self] connection in
      peers.append(ScriptedPeer(connection, number: peers.count, server: self))
    }.address.port
  }
}

/// What a receiver was told, in order. Confined to the loop.
final class LinkReader: LinkReceiver, @unchecked Sendable {
  var heads = 0
  var ends = 0
  var status = 0
  var fields: [(name: String, value: String)] = []
  var body: [UInt8] = []
  var pieces: [String] = []
  var result: Result<Void, LinkError>?
  var onHead: () -> Void = {}
  var onBytes: () -> Void = {}
  var onEnd: () -> Void = {}
  var exchange: LinkExchange?
  var resumesByItself = true

  var error: LinkError? { if case .failure(let error) = result { error } else { nil } }

  func head(_ head: borrowing LinkHead) {
    heads += 1
    status = head.status
    fields = head.fields
    onHead()
  }
  func bytes(_ bytes: RawSpan) {
    bytes.withUnsafeBytes {
      body.append(contentsOf: $0)
      if pieces.count < 1000 { pieces.append(String(decoding: $0, as: UTF8.self)) }
    }
    if resumesByItself { exchange?.resume() }
    onBytes()
  }
  func end(_ result: Result<Void, LinkError>) {
    ends += 1
    self.result = result
    onEnd()
  }
}

/// A loop with a scripted server and a pool. What it hands out is for the loop; `on` and `answer` are for any thread.
final class LinkBench: @unchecked Sendable {
  let loop: EventLoop
  let pool: LinkPool
  let server: ScriptedServer
  let target: LinkTarget

  init(
    limits: LinkLimits = LinkLimits(), certificates: String? = nil,
    lookUp: @escaping @Sendable (String, UInt16) -> LinkLookup = { LinkLookup.ofSystem($0, port: $1) },
    _ script: @escaping (ScriptedPeer, String) -> Void
  ) throws {
    loop = try EventLoop()
    pool = LinkPool(loop: loop, limits: limits, certificates: certificates, lookUp: lookUp)
    server = ScriptedServer(script)
    target = try LinkTarget("http://127.0.0.1:\(try server.listen(on: loop))")
    loop.start(name: "links")
  }

  func on<T: Sendable>(_ body: @escaping @Sendable (LinkBench) -> T) async -> T {
    await withCheckedContinuation { continuation in loop.execute { continuation.resume(returning: body(self)) } }
  }

  /// Waits until something holds on the loop; false after five seconds.
  func eventually(_ holds: @escaping @Sendable (LinkBench) -> Bool) async -> Bool {
    for _ in 0..<1000 {
      if await on(holds) { return true }
      try? await loop.sleep(milliseconds: 5)
    }
    return false
  }

  func request(
    _ path: String = "/", method: String = "POST", body: String = "", milliseconds: UInt64 = 20_000
  ) -> LinkRequest {
    LinkRequest(method: method, path: path, body: Array(body.utf8), deadline: loop.now + milliseconds * 1_000_000)
  }

  func answer(_ request: LinkRequest, from other: LinkTarget? = nil) async -> Result<LinkAnswer, LinkError> {
    await pool.answer(to: request, from: other ?? target)
  }

  /// Sends and tells `prepare` of the reader first. On the loop.
  @discardableResult
  func send(_ request: LinkRequest, _ reader: LinkReader = LinkReader()) -> LinkReader {
    reader.exchange = pool.send(request, to: target, receiver: reader)
    return reader
  }

  func end() async {
    await on { $0.pool.close() }
    loop.stop()
    loop.join()
    #expect(loop.closedCleanly)
  }
}

/// Runs `body` with a bench and ends it; nothing may be left open.
func withLinks<T>(
  limits: LinkLimits = LinkLimits(), certificates: String? = nil,
  lookUp: @escaping @Sendable (String, UInt16) -> LinkLookup = { LinkLookup.ofSystem($0, port: $1) },
  _ script: @escaping (ScriptedPeer, String) -> Void, _ body: (LinkBench) async throws -> T
) async throws -> T {
  let bench = try LinkBench(limits: limits, certificates: certificates, lookUp: lookUp, script)
  do {
    let answer = try await body(bench)
    await bench.end()
    return answer
  } catch {
    await bench.end()
    throw error
  }
}

extension Result where Success == LinkAnswer, Failure == LinkError {
  var code: LinkError.Code? { if case .failure(let error) = self { error.code } else { nil } }
  var wasSent: Bool? { if case .failure(let error) = self { error.wasSent } else { nil } }
  var text: String? {
    if case .success(let answer) = self { String(decoding: answer.body, as: UTF8.self) } else { nil }
  }
}
