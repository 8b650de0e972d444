// Relays between real sockets: delay, bandwidth, cuts, resets, ends, bounds.
import EventLoop
import Simulation
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct LiveRelayTests {
  /// Runs `body` with a network, a loop for both ends, a server behind a relay, and the relay's address.
  private func relayed<Answer: Sendable>(
    _ there: LinkShape, _ back: LinkShape? = nil, serverReads: Bool = true, seed: UInt64 = 1,
    _ body:
      @escaping @Sendable (RelayNetwork, RelayNetwork.Link, EventLoop, LiveServer, SocketAddress) async throws
      -> Answer
  ) async throws -> Answer {
    let network = try RelayNetwork(seed: seed)
    defer { network.stop() }
    return try await Live.onLoop { loop in
      let server = try LiveServer(on: loop, reads: serverReads)
      let link = await network.makeLink(forward: there, backward: back ?? there)
      let relay = try await network.listen(over: link, to: server.address).address
      return try await body(network, link, loop, server, relay)
    }
  }

  @Test func bytesTakeTheOneWayDelayEachWay() async throws {
    let (there, back) = try await relayed(LinkShape(oneWayMilliseconds: 20), LinkShape(oneWayMilliseconds: 7)) {
      _, _, loop, server, relay in
      server.onBytes = { connection, bytes in connection.write(bytes) }
      let client = try await LiveClient(to: relay, on: loop)
      var (there, back): ([Double], [Double]) = ([], [])
      for round in 0..<60 {
        let sent = loop.now
        client.connection.write([UInt8(round)])
        try await Live.until("an echo", on: loop) { client.received.count == round + 1 }
        // The first message waits for the connection.
        guard round > 0, let came = server.arrivals.last?.time, let answered = client.arrivals.last?.time else {
          continue
        }
        there.append(Double(came - sent) / 1e6)
        back.append(Double(answered - came) / 1e6)
      }
      return (there, back)
    }
    #expect(abs(Live.median(there) - 20) < 1, "there: \(Live.median(there)) ms")
    #expect(abs(Live.median(back) - 7) < 1, "back: \(Live.median(back)) ms")
    #expect(there.allSatisfy { $0 >= 20 } && back.allSatisfy { $0 >= 7 })
  }

  @Test func aConnectionCostsARoundTripBeforeItsFirstByte() async throws {
    let (first, second) = try await relayed(LinkShape(oneWayMilliseconds: 15)) { _, _, loop, server, relay in
      let begun = loop.now
      let client = try await LiveClient(to: relay, on: loop)
      client.connection.write([1])
      try await Live.until("the first byte", on: loop) { server.received.count == 1 }
      let again = loop.now
      client.connection.write([2])
      try await Live.until("the second byte", on: loop) { server.received.count == 2 }
      return (Double(server.arrivals[0].time - begun) / 1e6, Double(server.arrivals[1].time - again) / 1e6)
    }
    #expect(first >= 45 && first < 75, "\(first) ms")
    #expect(second >= 15 && second < 44, "\(second) ms")
  }

  @Test func aLinkWithoutDelayAddsLittle() async throws {
    let median = try await relayed(LinkShape()) { _, _, loop, server, relay in
      server.onBytes = { connection, bytes in connection.write(bytes) }
      let client = try await LiveClient(to: relay, on: loop)
      var times: [Double] = []
      for round in 0..<200 {
        let sent = loop.now
        client.connection.write([UInt8(round)])
        try await Live.until("an echo", on: loop) { client.received.count > round }
        times.append(Double(client.arrivals[round].time - sent) / 1e6)
      }
      return Live.median(times)
    }
    #expect(median < 1, "\(median) ms there and back")
  }

  /// Connections that are being made, and what waits for them, hold up nobody on the same link.
  @Test func newConnectionsDoNotDelayOthers() async throws {
    let times = try await relayed(LinkShape(oneWayMilliseconds: 30, bitsPerSecond: 1e9)) { _, _, loop, server, relay in
      server.onBytes = { connection, bytes in connection.write(bytes) }
      let client = try await LiveClient(to: relay, on: loop)
      client.connection.write([0])
      try await Live.until("the connection", on: loop) { client.received.count == 1 }
      var times: [Double] = []
      for round in 1...8 {
        for _ in 0..<5 { try await LiveClient(to: relay, on: loop).connection.write([9]) }
        let sent = loop.now
        client.connection.write([UInt8(round)])
        try await Live.until("an echo", on: loop) { client.received.count == round + 1 }
        times.append(Double(client.arrivals[round].time - sent) / 1e6)
      }
      return times
    }
    #expect(times.allSatisfy { $0 >= 60 } && Live.median(times) < 75, "\(times)")
  }

  /// 4 MB at 40 Mbit/s take 0.8 s, whichever connections they are on.
  @Test func connectionsShareTheLinksBandwidth() async throws {
    let seconds = try await relayed(LinkShape(oneWayMilliseconds: 5, bitsPerSecond: 40e6)) {
      _, link, loop, server, relay in
      let clients = [try await LiveClient(to: relay, on: loop), try await LiveClient(to: relay, on: loop)]
      let begun = loop.now
      for client in clients { client.connection.write([UInt8](repeating: 7, count: 2_000_000)) }
      try await Live.until("4 MB", on: loop) { server.received.count == 4_000_000 }
      return Double(loop.now - begun) / 1e9
    }
    #expect(seconds > 0.8 && seconds < 0.9, "\(seconds) s")
  }

  @Test func jitterAndLossChangeNoByte() async throws {
    let shape = LinkShape(oneWayMilliseconds: 2, jitterMilliseconds: 6, loss: 0.02)
    let lost = try await relayed(shape, seed: 5) { network, link, loop, server, relay in
      server.onBytes = { connection, bytes in connection.write(bytes) }
      let client = try await LiveClient(to: relay, on: loop)
      var generator = SplitMix64(seed: 3)
      var sent: [UInt8] = []
      for _ in 0..<80 {
        let piece = (0..<Int.random(in: 1...3000, using: &generator)).map { _ in
          UInt8.random(in: 0...255, using: &generator)
        }
        client.connection.write(piece)
        sent += piece
        try await loop.sleep(milliseconds: 3)
      }
      client.connection.shutdown()
      server.onEnd = { $0.shutdown() }
      try await Live.until("all bytes", on: loop, milliseconds: 30_000) { client.end != nil }
      #expect(server.received == sent)
      #expect(client.received == sent)
      return await network.traffic(link).lostPieces
    }
    #expect(lost > 0)
  }

  @Test func aSlowLinkIsSlowUntilItIsNot() async throws {
    let times = try await relayed(LinkShape(oneWayMilliseconds: 8)) { network, link, loop, server, relay in
      let client = try await LiveClient(to: relay, on: loop)
      var times: [Double] = []
      for (round, factor) in [1.0, 5.0, 1.0].enumerated() {
        await network.slow(link, by: factor)
        if round == 0 {
          client.connection.write([0])
          try await Live.until("the first byte", on: loop) { server.received.count == 1 }
        }
        let sent = loop.now
        client.connection.write([1])
        try await Live.until("a byte", on: loop) { server.received.count == round + 2 }
        times.append(Double(server.arrivals[round + 1].time - sent) / 1e6)
      }
      return times
    }
    #expect(
      times[0] >= 8 && times[0] < 35 && times[1] >= 40 && times[2] >= 8 && times[2] < 35, "\(times)")
  }

  // MARK: Cuts

  @Test func aCutLinkHoldsBytesAndConnectionsUntilItHeals() async throws {
    try await relayed(LinkShape(oneWayMilliseconds: 10)) { network, link, loop, server, relay in
      let client = try await LiveClient(to: relay, on: loop)
      client.connection.write(Array("before ".utf8))
      try await Live.until("what was sent before", on: loop) { server.received.count == 7 }
      client.connection.write(Array("under way ".utf8))
      try await loop.sleep(milliseconds: 3)
      await network.cut(link)
      client.connection.write(Array("during".utf8))
      server.connections[0].write(Array("back".utf8))
      try await loop.sleep(milliseconds: 80)
      #expect(server.received.count == 7 && client.received.isEmpty && server.connections.count == 1)
      #expect(client.end == nil && server.ends == 0 && server.failures == 0)
      let healed = loop.now
      await network.heal(link)
      try await Live.until("what waited", on: loop) { server.received.count == 23 && client.received.count == 4 }
      #expect(String(decoding: server.received, as: UTF8.self) == "before under way during")
      #expect(server.arrivals[1].time - healed >= 10_000_000)
      await network.heal(link)
      #expect(await network.traffic(link).openConnections == 1)
    }
  }

  @Test func overACutLinkNoConnectionIsMadeUntilItHeals() async throws {
    try await relayed(LinkShape(oneWayMilliseconds: 1)) { network, link, loop, server, relay in
      for round in 0..<2 {
        await network.cut(link)
        await network.cut(link)
        let made = Made()
        let connecting = (0..<3).map { _ in
          loop.spawn {
            guard let client = try? await LiveClient(to: relay, on: loop) else { return }
            client.connection.write([7])
            made.clients.append(client)
          }
        }
        try await loop.sleep(milliseconds: 100)
        #expect(made.clients.isEmpty && server.received.count == 3 * round)
        await network.heal(link)
        // The kernel sends a first packet again a second after the one before.
        try await Live.until("three connections", on: loop) { server.received.count == 3 * (round + 1) }
        for task in connecting { await task.value }
        #expect(made.clients.count == 3 && server.ends == 0 && server.failures == 0)
        #expect(await network.traffic(link).connections == 3 * (round + 1), "the relay's own is none of them")
      }
    }
  }

  @Test func aCutMayResetTheConnections() async throws {
    try await relayed(LinkShape(oneWayMilliseconds: 3)) { network, link, loop, server, relay in
      let client = try await LiveClient(to: relay, on: loop)
      client.connection.write([1])
      try await Live.until("a byte", on: loop) { server.received.count == 1 }
      await network.cut(link, resetting: true)
      try await Live.until("both resets", on: loop) { client.end != nil && server.failures == 1 }
      #expect(throws: LoopError.self) { try client.end?.get() }
      #expect(await network.traffic(link).openConnections == 0)
    }
  }

  @Test func relaysOfOneLinkAreCutTogetherAndOthersAreNot() async throws {
    try await relayed(LinkShape(oneWayMilliseconds: 1)) { network, link, loop, server, relay in
      let backward = try await network.listen(over: link, .backward, to: server.address).address
      let other = await network.makeLink(forward: LinkShape(), backward: LinkShape())
      let elsewhere = try await network.listen(over: other, to: server.address).address
      await network.cut(link)
      for address in [relay, backward, elsewhere] {
        loop.spawn { try? await LiveClient(to: address, on: loop).connection.write([1]) }
      }
      try await Live.until("the byte over the other link", on: loop) { server.received.count == 1 }
      try await loop.sleep(milliseconds: 30)
      #expect(server.received.count == 1)
      await network.heal(link)
      try await Live.until("the others", on: loop) { server.received.count == 3 }
    }
  }

  // MARK: Ends

  @Test func aTargetThatRefusesIsAResetARoundTripLater() async throws {
    try await relayed(LinkShape(oneWayMilliseconds: 12)) { network, link, loop, server, relay in
      server.listener.close()
      let begun = loop.now
      let client = try await LiveClient(to: relay, on: loop)
      try await Live.until("the reset", on: loop) { client.end != nil }
      #expect(throws: LoopError.self) { try client.end?.get() }
      let took = Double(client.endedAt - begun) / 1e6
      #expect(took >= 24 && took < 60, "\(took) ms")
      #expect(await network.traffic(link).openConnections == 0)
    }
  }

  @Test func aRelayThatRefusesDoesSoAtOnceAndAcceptsAgainAtItsAddress() async throws {
    let network = try RelayNetwork(seed: 1)
    defer { network.stop() }
    try await Live.onLoop { loop in
      let server = try LiveServer(on: loop)
      let link = await network.makeLink(forward: LinkShape(oneWayMilliseconds: 50), backward: LinkShape())
      let relay = try await network.listen(over: link, to: server.address)
      let open = try await LiveClient(to: relay.address, on: loop)
      await network.refuse(relay)
      await network.refuse(relay)
      let begun = loop.now
      await #expect(throws: LoopError.self) { try await LiveClient(to: relay.address, on: loop) }
      #expect(loop.now - begun < 40_000_000)
      // What was open goes on.
      open.connection.write([1])
      try await Live.until("the byte", on: loop) { server.received == [1] }
      try await network.accept(relay)
      try await network.accept(relay)
      try await LiveClient(to: relay.address, on: loop).connection.write([2])
      try await Live.until("the other byte", on: loop) { server.received == [1, 2] }
    }
  }

  @Test func oneSideMayEndAndStillBeAnswered() async throws {
    try await relayed(LinkShape(oneWayMilliseconds: 5)) { network, link, loop, server, relay in
      server.onEnd = { connection in
        connection.write([UInt8](repeating: 9, count: 300_000))
        connection.shutdown()
      }
      let client = try await LiveClient(to: relay, on: loop)
      client.connection.write(Array("question".utf8))
      client.connection.shutdown()
      try await Live.until("the answer and its end", on: loop) { client.end != nil }
      #expect(throws: Never.self) { try client.end?.get() }
      #expect(client.received.count == 300_000 && server.received == Array("question".utf8))
      try await Live.until("both connections' end", on: loop) { await network.traffic(link).openConnections == 0 }
      #expect(await network.traffic(link).forwardBytes == 8)
      #expect(await network.traffic(link).backwardBytes == 300_000)
    }
  }

  @Test func aResetOnOneSideReachesTheOther() async throws {
    try await relayed(LinkShape(oneWayMilliseconds: 5)) { network, link, loop, server, relay in
      let clients = [try await LiveClient(to: relay, on: loop), try await LiveClient(to: relay, on: loop)]
      for client in clients { client.connection.write([1]) }
      try await Live.until("both", on: loop) { server.received.count == 2 }
      clients[0].connection.reset()
      try await Live.until("the server's failure", on: loop) { server.failures == 1 }
      for connection in server.connections where !connection.hasEnded { connection.reset() }
      try await Live.until("the client's failure", on: loop) { clients[1].end != nil }
      #expect(throws: LoopError.self) { try clients[1].end?.get() }
      try await Live.until("no connection", on: loop) { await network.traffic(link).openConnections == 0 }
    }
  }

  // MARK: Bounds

  /// A target that reads nothing makes its caller wait, and the relay holds no more than its bound.
  @Test func aTargetThatDoesNotReadHoldsItsCallerUp() async throws {
    try await relayed(LinkShape(oneWayMilliseconds: 1), serverReads: false) { network, link, loop, server, relay in
      let client = try await LiveClient(to: relay, on: loop)
      let total = 64 << 20
      client.connection.write([UInt8](repeating: 1, count: total))
      var taken = -1
      // Until nothing moves any more.
      while true {
        try await loop.sleep(milliseconds: 150)
        let now = await network.traffic(link).forwardBytes
        if now == taken { break }
        taken = now
      }
      // 4 MiB of ours and what three kernel buffers take.
      #expect(taken > 0 && taken < 24 << 20, "\(taken) bytes")
      #expect(client.connection.unsentBytes > 0)
      server.connections[0].startReading()
      try await Live.until("everything", on: loop, milliseconds: 30_000) { server.received.count == total }
      #expect(client.connection.unsentBytes == 0)
    }
  }

  @Test func hundredsOfConnectionsComeAndGo() async throws {
    try await relayed(LinkShape(oneWayMilliseconds: 2, jitterMilliseconds: 3)) { network, link, loop, server, relay in
      server.onBytes = { connection, bytes in connection.write(bytes) }
      server.onEnd = { $0.shutdown() }
      var clients: [LiveClient] = []
      for number in 0..<300 {
        let client = try await LiveClient(to: relay, on: loop)
        client.connection.write([UInt8(truncatingIfNeeded: number)])
        client.connection.shutdown()
        clients.append(client)
      }
      try await Live.until("every end", on: loop) { clients.allSatisfy { $0.end != nil } }
      for (number, client) in clients.enumerated() { #expect(client.received == [UInt8(truncatingIfNeeded: number)]) }
      try await Live.until("no connection", on: loop) { await network.traffic(link).openConnections == 0 }
      #expect(await network.traffic(link).connections == 300)
    }
  }

  @Test func stoppingEndsWhatIsOpen() async throws {
    let network = try RelayNetwork(seed: 1)
    try await Live.onLoop { loop in
      let server = try LiveServer(on: loop)
      let link = await network.makeLink(forward: LinkShape(oneWayMilliseconds: 500), backward: LinkShape())
      let relay = try await network.listen(over: link, to: server.address).address
      let client = try await LiveClient(to: relay, on: loop)
      client.connection.write([1])
      try await loop.sleep(milliseconds: 20)
      network.stop()
      try await Live.until("the client's end", on: loop) { client.end != nil }
      await #expect(throws: LoopError.self) { try await LiveClient(to: relay, on: loop) }
    }
  }
}

/// Clients that tasks of a test have made. Confined to its loop.
private final class Made: @unchecked Sendable {
  var clients: [LiveClient] = []
}
