// What the suites of the live mode share: a loop of their own, things to wait for, a server to talk to.
import EventLoop
import Synchronization
import Testing

enum Live {
  /// Runs `body` as a task on a new loop, then stops it.
  static func onLoop<Answer: Sendable>(
    _ body: @escaping @Sendable (EventLoop) async throws -> Answer
  ) async throws -> Answer {
    let loop = try EventLoop()
    loop.start(name: "test")
    let result: Result<Answer, any Error> = await withCheckedContinuation { continuation in
      loop.spawn {
        do { continuation.resume(returning: .success(try await body(loop))) } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    loop.stop()
    loop.join()
    #expect(loop.closedCleanly)
    return try result.get()
  }

  /// Looks every 2 ms until `condition` holds; an issue and false after `milliseconds`.
  @discardableResult
  static func until(
    _ what: String, on loop: EventLoop, milliseconds: UInt64 = 10_000, _ condition: () async throws -> Bool
  ) async throws -> Bool {
    let deadline = loop.now + milliseconds * 1_000_000
    while try await !condition() {
      guard loop.now < deadline else {
        Issue.record("waited \(milliseconds) ms in vain: \(what)")
        return false
      }
      try await loop.sleep(milliseconds: 2)
    }
    return true
  }

  static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// A TCP server on a test's loop that notes what comes when, and may answer. Confined to that loop.
final class LiveServer: @unchecked Sendable {
  private(set) var listener: TCPListener!
  private(set) var connections: [TCPConnection] = []
  /// All bytes that came, and when each read happened.
  var received: [UInt8] = []
  var arrivals: [(time: UInt64, bytes: Int)] = []
  var ends = 0
  var failures = 0
  var onBytes: ((TCPConnection, [UInt8]) -> Void)?
  var onEnd: ((TCPConnection) -> Void)?

  init(on loop: EventLoop, reads: Bool = true) throws {
    listener = try TCPListener(loop: loop, address: .loopback(port: 0)) { [unowned self] connection in
      self.connections.append(connection)
      connection.onBytes = { [unowned self] bytes in
        let bytes = Array(bytes)
        self.arrivals.append((loop.now, bytes.count))
        self.received += bytes
        self.onBytes?(connection, bytes)
      }
      connection.onEnd = { [unowned self] error in
        if error == nil { self.ends += 1 } else { self.failures += 1 }
        self.onEnd?(connection)
      }
      if reads { connection.startReading() }
    }
  }

  var address: SocketAddress { listener.address }
}

/// A client's side of a connection. Confined to its loop.
final class LiveClient: @unchecked Sendable {
  let connection: TCPConnection
  var received: [UInt8] = []
  var arrivals: [(time: UInt64, bytes: Int)] = []
  /// Nil until the peer has ended.
  var end: Result<Void, LoopError>?
  var endedAt: UInt64 = 0

  init(to address: SocketAddress, on loop: EventLoop) async throws {
    connection = try await TCPConnection.connect(to: address, on: loop)
    connection.onBytes = { [weak self] bytes in
      self?.arrivals.append((loop.now, bytes.count))
      self?.received += Array(bytes)
    }
    connection.onEnd = { [weak self] error in
      self?.endedAt = loop.now
      self?.end = error.map { .failure($0) } ?? .success(())
    }
    connection.startReading()
  }
}
