// A server on its own loop thread, and clients with plain blocking sockets: real bytes over loopback.
import EventLoop
import Glibc
import HTTPServer
import HTTPTypes
import Synchronization

/// Answers by the path: what the socket tests need of a service.
struct PathService: HTTPService {
  let loop: EventLoop
  let log: Log

  /// What happened to calls, from any thread.
  final class Log: Sendable {
    private let events = Mutex<[String]>([])
    func add(_ event: String) { events.withLock { $0.append(event) } }
    var all: [String] { events.withLock { $0 } }
    func contains(_ event: String) -> Bool { all.contains(event) }
  }

  func answer(_ exchange: HTTPExchange) async {
    log.add("began \(exchange.path)")
    switch exchange.path {
    case "/slow": await sleep(exchange, 150)
    case "/forever":
      exchange.cancelsOnDisconnect = true
      await sleep(exchange, 20_000)
    case "/legacy": await sleep(exchange, 300)
    case "/sse": return await stream(exchange)
    default: break
    }
    let text = "\(exchange.method) \(exchange.path) \(exchange.body.count)"
    exchange.respond(status: .ok, fields: [("Content-Type", "text/plain")], body: Array(text.utf8))
    log.add("ended \(exchange.path)")
  }

  private func sleep(_ exchange: HTTPExchange, _ milliseconds: UInt64) async {
    do { try await loop.sleep(milliseconds: milliseconds) } catch { log.add("cancelled \(exchange.path)") }
  }

  private func stream(_ exchange: HTTPExchange) async {
    let stream = exchange.startStream(status: .ok, fields: [("Content-Type", "text/event-stream")])
    for number in 1...3 {
      stream.write(Array("data: \(number)\n\n".utf8))
      await stream.drained()
      await sleep(exchange, 20)
    }
    stream.finish()
  }
}

/// A server on a loop of its own.
final class LiveServer: Sendable {
  let loop: EventLoop
  let server: HTTPServer
  let log = PathService.Log()
  let port: UInt16

  init(limits: HTTPLimits = HTTPLimits()) async throws {
    let loop = try EventLoop()
    loop.start(name: "http-test")
    self.loop = loop
    let server = HTTPServer(
      loop: loop, limits: limits, hosts: HostPolicy(), service: PathService(loop: loop, log: log))
    self.server = server
    port = try await withCheckedContinuation { continuation in
      loop.execute {
        continuation.resume(returning: Result { try server.listen(on: .loopback(port: 0)).port })
      }
    }.get()
  }

  /// A value of the server, read on its loop.
  func on<T: Sendable>(_ read: @escaping @Sendable (HTTPServer) -> T) async -> T {
    await withCheckedContinuation { continuation in
      let server = server
      loop.execute { continuation.resume(returning: read(server)) }
    }
  }

  /// Begins a drain; `drained` appears in the log when it is done.
  func beginDrain() async {
    let log = log
    await on { $0.drain { log.add("drained") } }
  }

  func stop() async {
    await on { $0.close() }
    loop.stop()
    loop.join()
  }
}

/// A blocking client whose reads give up after two seconds.
final class RawClient {
  private let descriptor: Int32
  /// Whether the peer has closed its side.
  private(set) var hasEnded = false
  /// Whether reading failed: a reset.
  private(set) var wasReset = false

  init(port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.descriptor = descriptor
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    isConnected = status == 0
    setTimeout(milliseconds: 2000)
  }

  let isConnected: Bool

  deinit { Glibc.close(descriptor) }

  func setTimeout(milliseconds: Int) {
    var timeout = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
  }

  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      offset += count
    }
    return true
  }

  /// Whatever comes next, at most 64 KiB; empty at the end or after the timeout.
  func readSome() -> String {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    if count == 0 { hasEnded = true }
    if count < 0, errno != EAGAIN { wasReset = true }
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }

  /// Reads until the text holds `mark` so many times, or nothing more comes.
  func read(until mark: String, times: Int = 1) -> String {
    var text = ""
    while text.pieces(at: mark) <= times {
      let more = readSome()
      if more.isEmpty { break }
      text += more
    }
    return text
  }

  /// Reads to the end.
  func readAll() -> String {
    var text = ""
    while true {
      let more = readSome()
      if more.isEmpty { return text }
      text += more
    }
  }

  func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }
}

extension String {
  /// How many pieces the text falls into at that separator.
  func pieces(at separator: String) -> Int {
    var count = 1
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }

  /// The status codes of the answers in it.
  var statuses: [Int] {
    var statuses: [Int] = []
    var rest = self[...]
    while let range = rest.firstRange(of: "HTTP/1.1 ") {
      rest = rest[range.upperBound...]
      if let status = Int(rest.prefix(3)) { statuses.append(status) }
    }
    return statuses
  }
}

/// Waits until something holds; false after two seconds.
func eventually(_ holds: () async -> Bool) async -> Bool {
  for _ in 0..<400 {
    if await holds() { return true }
    usleep(5000)
  }
  return false
}
