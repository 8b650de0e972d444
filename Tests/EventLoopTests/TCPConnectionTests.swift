// Real sockets over the loopback interface: bytes, back-pressure, ends.
@testable import EventLoop
import Glibc
import Testing

@Suite struct TCPConnectionTests {
  /// Both ends of one connection on one loop.
  struct Pair {
    let client: TCPConnection
    let server: TCPConnection
    let listener: TCPListener

    func close() {
      client.close()
      server.close()
      listener.close()
    }
  }

  static func pair(_ loop: EventLoop, _ address: SocketAddress = .loopback(port: 0)) async throws -> Pair {
    let arrived = Moment()
    var server: TCPConnection?
    let listener = try TCPListener(loop: loop, address: address) {
      server = $0
      arrived.fire()
    }
    let client = try await TCPConnection.connect(to: listener.address, on: loop)
    await arrived.wait()
    return Pair(client: client, server: try #require(server), listener: listener)
  }

  /// Collects what a connection reads.
  final class Reader: @unchecked Sendable {
    var bytes: [UInt8] = []
    var ends: [LoopError?] = []
    let ended = Moment()
    private var wanted = Int.max
    private var enough = Moment()

    init(_ connection: TCPConnection) {
      connection.onBytes = { bytes in
        self.bytes.append(contentsOf: bytes)
        if self.bytes.count >= self.wanted { self.enough.fire() }
      }
      connection.onEnd = { error in
        self.ends.append(error)
        self.ended.fire()
      }
      connection.startReading()
    }

    func read(_ count: Int) async {
      if bytes.count >= count { return }
      wanted = count
      enough = Moment()
      await enough.wait()
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: ["127.0.0.1:0", "[::1]:0"])
  func bytesGoBothWays(address: String) async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop, try SocketAddress.parse(address))
      let atServer = Reader(pair.server)
      let atClient = Reader(pair.client)
      pair.client.write(head: Array("hello ".utf8), body: Array("server".utf8))
      pair.server.write(Array("hello client".utf8).span.bytes)
      await atServer.read(12)
      await atClient.read(12)
      #expect(String(decoding: atServer.bytes, as: UTF8.self) == "hello server")
      #expect(String(decoding: atClient.bytes, as: UTF8.self) == "hello client")
      #expect(pair.server.peer.host == pair.listener.address.host)
      #expect(pair.client.peer == pair.listener.address)
      #expect(pair.client.unsentBytes == 0)
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func bothEndsHaveNoDelay() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      for connection in [pair.client, pair.server] {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        #expect(getsockopt(connection.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &value, &size) == 0)
        #expect(value == 1)
      }
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func whatTheKernelDoesNotTakeIsQueuedAndArrivesInOrder() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      let total = 24 << 20
      var chunk = [UInt8](repeating: 0, count: 1 << 20)
      for index in stride(from: 0, to: chunk.count, by: 97) { chunk[index] = UInt8(truncatingIfNeeded: index >> 4) }
      var drains = 0
      let drained = Moment()
      pair.server.onDrained = {
        drains += 1
        drained.fire()
      }
      // Nobody reads yet: the socket buffers fill.
      for _ in 0..<(total / chunk.count) { pair.server.write(head: Array(chunk[..<1000]), body: Array(chunk[1000...])) }
      #expect(pair.server.unsentBytes > total / 2)
      #expect(drains == 0)
      let reader = Reader(pair.client)
      await reader.read(total)
      await drained.wait()
      #expect(pair.server.unsentBytes == 0)
      #expect(drains == 1)
      #expect(reader.bytes.count == total)
      let isSame = reader.bytes.withUnsafeBytes { got in
        stride(from: 0, to: total, by: chunk.count).allSatisfy {
          memcmp(got.baseAddress! + $0, chunk, chunk.count) == 0
        }
      }
      #expect(isSame)
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func aPausedReaderGetsNothingUntilItGoesOn() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      let reader = Reader(pair.server)
      pair.server.pauseReading()
      pair.client.write(Array("late".utf8))
      try await loop.sleep(milliseconds: 20)
      #expect(reader.bytes.isEmpty)
      pair.server.startReading()
      await reader.read(4)
      #expect(reader.bytes == Array("late".utf8))
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func afterAProperEndTheOtherSideMayStillWrite() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      let atServer = Reader(pair.server)
      let atClient = Reader(pair.client)
      pair.client.write(Array("question".utf8))
      pair.client.shutdown()
      pair.client.shutdown()
      pair.client.write(Array("ignored after shutdown".utf8))
      await atServer.ended.wait()
      #expect(atServer.bytes == Array("question".utf8))
      #expect(atServer.ends.count == 1 && atServer.ends[0] == nil)
      #expect(pair.server.hasEnded)
      pair.server.write(Array("answer".utf8))
      pair.server.shutdown()
      await atClient.ended.wait()
      #expect(atClient.bytes == Array("answer".utf8))
      #expect(atClient.ends.count == 1 && atClient.ends[0] == nil)
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func theEndComesAfterEverythingThatWasQueued() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      let total = 8 << 20
      pair.server.write([UInt8](repeating: 7, count: total))
      #expect(pair.server.unsentBytes > 0)
      pair.server.shutdown()
      let reader = Reader(pair.client)
      await reader.ended.wait()
      #expect(reader.bytes.count == total)
      #expect(reader.ends.count == 1 && reader.ends[0] == nil)
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func aResetIsToldOnceAsAnError() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      let reader = Reader(pair.server)
      pair.client.reset()
      await reader.ended.wait()
      #expect(reader.ends.count == 1)
      let error = try #require(reader.ends[0])
      #expect(error.code == .connectionReset)
      #expect(error.message.contains("127.0.0.1"))
      #expect(pair.server.failure?.code == .connectionReset)
      // Writing now is neither a crash nor a second end.
      pair.server.write(Array("nobody".utf8))
      try await loop.sleep(milliseconds: 5)
      #expect(reader.ends.count == 1)
      #expect(pair.server.unsentBytes == 0)
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func writingToAPeerThatIsGoneIsAnEndAndNoSignal() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      pair.client.close()
      try await loop.sleep(milliseconds: 5)
      // Reading was never started, so only a write can notice. The first one provokes the reset.
      var ends: [LoopError?] = []
      let ended = Moment()
      pair.server.onEnd = {
        ends.append($0)
        ended.fire()
      }
      for _ in 0..<50 where pair.server.failure == nil {
        pair.server.write([UInt8](repeating: 1, count: 1000))
        // Never from inside the call.
        #expect(ends.isEmpty)
        try await loop.sleep(milliseconds: 1)
        if !ends.isEmpty { break }
      }
      await ended.wait()
      #expect(ends.count == 1)
      let code = try #require(ends[0]).code
      #expect(code == .brokenPipe || code == .connectionReset)
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func aFailureAfterAProperEndDropsTheRestAndSaysDrained() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      let reader = Reader(pair.server)
      pair.client.shutdown()
      await reader.ended.wait()
      let drained = Moment()
      pair.server.onDrained = { drained.fire() }
      pair.server.write([UInt8](repeating: 1, count: 16 << 20))
      #expect(pair.server.unsentBytes > 0)
      pair.client.reset()
      await drained.wait()
      #expect(pair.server.failure != nil)
      #expect(pair.server.unsentBytes == 0)
      #expect(reader.ends.count == 1)
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func closeIsIdempotentAndSilencesEverythingButClosed() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      let reader = Reader(pair.server)
      var closed = 0
      let done = Moment()
      pair.server.onClosed = {
        closed += 1
        done.fire()
      }
      pair.server.write([UInt8](repeating: 1, count: 16 << 20))
      pair.client.write(Array("unread".utf8))
      pair.server.close()
      pair.server.close()
      pair.server.reset()
      pair.server.write(Array("ignored".utf8))
      pair.server.startReading()
      pair.server.pauseReading()
      pair.server.shutdown()
      pair.server.finish()
      #expect(closed == 0)
      await done.wait()
      #expect(closed == 1)
      #expect(reader.bytes.isEmpty && reader.ends.isEmpty)
      #expect(pair.server.isClosed && pair.server.unsentBytes == 0 && pair.server.descriptor == -1)
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func aConnectionMayBeClosedFromItsOwnCallback() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      let done = Moment()
      let server = pair.server
      server.onBytes = { _ in
        server.write(Array("bye".utf8))
        server.close()
      }
      server.onClosed = { done.fire() }
      server.startReading()
      let reader = Reader(pair.client)
      pair.client.write(Array("hi".utf8))
      await done.wait()
      await reader.ended.wait()
      #expect(reader.bytes == Array("bye".utf8))
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func finishDeliversTheAnswerToAPeerThatStillSends() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      let reader = Reader(pair.client)
      let closed = Moment()
      pair.server.onClosed = { closed.fire() }
      // The client floods; a plain close would reset it before it has read the answer.
      pair.client.write([UInt8](repeating: 0, count: 4 << 20))
      pair.server.write(Array("413".utf8))
      pair.server.finish()
      await reader.ended.wait()
      #expect(reader.bytes == Array("413".utf8))
      #expect(reader.ends.count == 1 && reader.ends[0] == nil)
      pair.client.close()
      await closed.wait()
      #expect(pair.server.failure == nil)
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func finishGivesUpOnAPeerThatNeverEnds() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      let closed = Moment()
      pair.server.onClosed = { closed.fire() }
      let begin = loop.now
      pair.server.finish(lingerMilliseconds: 30)
      await closed.wait()
      #expect(loop.now - begin >= 30_000_000)
      // And on one that does not take what is queued.
      let second = try await Self.pair(loop)
      let secondClosed = Moment()
      second.server.onClosed = { secondClosed.fire() }
      second.server.write([UInt8](repeating: 0, count: 16 << 20))
      second.server.finish(lingerMilliseconds: 30)
      await secondClosed.wait()
      pair.close()
      second.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func finishWaitsForAPeerThatTakesALittleAtATime() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      let total = 16 << 20
      pair.server.write([UInt8](repeating: 7, count: total))
      let begin = loop.now
      pair.server.finish(lingerMilliseconds: 1_000)
      var got = 0
      var ends: [LoopError?] = []
      let ended = Moment()
      let client = pair.client
      // One read every few milliseconds: longer than a round in all.
      let goOn = loop.makeTimer { client.startReading() }
      client.onBytes = { bytes in
        got += bytes.count
        client.pauseReading()
        goOn.arm(afterMilliseconds: 6)
      }
      client.onEnd = {
        ends.append($0)
        ended.fire()
      }
      client.startReading()
      await ended.wait()
      #expect(loop.now - begin > 1_000_000_000)
      #expect(got == total)
      #expect(ends.count == 1 && ends[0] == nil)
      goOn.cancel()
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func oneReadIsNeverLargerThanTheSharedBuffer() async throws {
    try await onLoop { loop in
      let pair = try await Self.pair(loop)
      var sizes: [Int] = []
      let done = Moment()
      pair.client.write([UInt8](repeating: 1, count: 1 << 20))
      try await loop.sleep(milliseconds: 5)
      pair.server.onBytes = {
        sizes.append($0.count)
        if sizes.reduce(0, +) == 1 << 20 { done.fire() }
      }
      pair.server.startReading()
      await done.wait()
      #expect(sizes.max() == LoopLimits.readSlabBytes)
      pair.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func aRefusedConnectionSaysSo() async throws {
    try await onLoop { loop in
      let listener = try TCPListener(loop: loop, address: .loopback(port: 0)) { $0.close() }
      let address = listener.address
      listener.close()
      let error = await #expect(throws: LoopError.self) { _ = try await TCPConnection.connect(to: address, on: loop) }
      #expect(error?.code == .connectionRefused)
      #expect(error?.message.contains(address.description) == true)
    }
  }

  @Test(.timeLimit(.minutes(1))) func anAttemptThatIsGivenUpSaysSoOnce() async throws {
    try await onLoop { loop in
      let listener = try TCPListener(loop: loop, address: .loopback(port: 0)) { $0.close() }
      let told = Moment()
      var codes: [LoopError.Code?] = []
      let attempt = TCPConnection.connect(to: listener.address, on: loop) { result in
        if case .failure(let error) = result { codes.append(error.code) } else { codes.append(nil) }
        told.fire()
      }
      attempt?.close()
      attempt?.close()
      #expect(codes.isEmpty, "never from inside")
      await told.wait()
      try await loop.sleep(milliseconds: 20)
      #expect(attempt != nil && codes == [.canceled])
    }
  }

  @Test(.timeLimit(.minutes(1))) func theEndOfTheLoopClosesWhatIsOpen() async throws {
    let before = openDescriptors()
    for _ in 0..<10 {
      try await onLoop { loop in
        let pair = try await Self.pair(loop)
        pair.server.write([UInt8](repeating: 0, count: 16 << 20))
        _ = Reader(pair.client)
      }
    }
    // Other suites run meanwhile, and what they open goes again; ten leaking rounds would leave at least thirty.
    var left = openDescriptors() - before
    for _ in 0..<200 where left >= 25 {
      usleep(50_000)
      left = openDescriptors() - before
    }
    #expect(left < 25)
  }
}

@Suite struct OutgoingBytesTests {
  @Test func keepsTheOrderAndGivesLargeBuffersBack() {
    var bytes = OutgoingBytes()
    let none = bytes.start
    #expect(none == nil)
    let piece = (0..<100).map { UInt8($0) }
    for _ in 0..<1000 { piece.withUnsafeBytes { bytes.append($0) } }
    let (count, last) = (bytes.count, bytes.start?.load(fromByteOffset: 99_999, as: UInt8.self))
    #expect(count == 100_000)
    #expect(last == 99)
    bytes.removeAll()
    let (emptied, given) = (bytes.isEmpty, bytes.start)
    #expect(emptied)
    #expect(given == nil)
    // A small one is kept, for the next time.
    piece.withUnsafeBytes { bytes.append($0) }
    bytes.removeAll()
    let kept = bytes.start
    #expect(kept != nil)
  }
}
