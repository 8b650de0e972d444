// Real sockets over the loopback interface.
@testable import EventLoop
import Glibc
import Testing

@Suite struct TCPConnectionTests {
  /// Listens on a free port and echoes.
  private func echo(_ loop: EventLoop) throws -> TCPListener {
    try TCPListener(loop: loop, address: .loopback(port: 0)) { connection in
      connection.onBytes = { connection.write($0) }
      connection.onEnd = { _ in connection.close() }
      connection.startReading()
    }
  }

  @Test(.timeLimit(.minutes(1))) func whatIsSentComesBack() async throws {
    try await onLoop { loop in
      let listener = try echo(loop)
      #expect(listener.address.port != 0)
      let client = try await TCPConnection.connect(to: listener.address, on: loop)
      let done = Moment()
      var got: [UInt8] = []
      client.onBytes = {
        got.append(contentsOf: $0)
        if got.count == 11 { done.fire() }
      }
      client.startReading()
      client.write(head: Array("hello ".utf8), body: Array("world".utf8))
      await done.wait()
      #expect(String(decoding: got, as: UTF8.self) == "hello world")
      #expect(listener.accepted == 1)
      client.close()
      listener.close()
    }
  }
}
