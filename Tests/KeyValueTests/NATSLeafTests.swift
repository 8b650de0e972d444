// Two leaf nodes and a hub that holds the bucket: the topology of docs/state-nats.md, hub cut off and back.
import EventLoop
import KeyValue
import Testing

@Suite("nats leaf nodes", .timeLimit(.minutes(2)))
struct NATSLeafTests {
  /// A hub, two leaf nodes of it without JetStream, and a client at each leaf.
  private func withLeafs(_ body: (NATSServer, Client, Client) async throws -> Void) async throws {
    let hub = try await NATSServer(domain: "hub")
    let (one, two) = (try await NATSServer(hub: hub), try await NATSServer(hub: hub))
    try await waitUntil("both leafs are connected") { try await hub.leafs == 2 }
    try await withClient(try NATSBackend(url: "\(one.url)?domain=hub")) { near in
      try await withClient(try NATSBackend(url: "\(two.url)?domain=hub")) { far in
        try await body(hub, near, far)
      }
    }
  }

  @Test func whatIsWrittenAtOneLeafIsReadAtTheOther() async throws {
    try await withLeafs { _, near, far in
      for round in 0..<20 {
        let version = try await near.put("a", "\(round)")
        #expect(try await far.get("a")?.version == version)
        #expect(try await far.delete("a", if: .version(version)))
        #expect(try await near.get("a") == nil)
      }
      let big = [UInt8](repeating: 7, count: KeyValueLimits.valueBytesMax)
      try await near.put("big", big)
      #expect(try await far.get("big")?.value == big)
      for index in 0..<30 { try await near.put("k\(index)", "v", for: 60_000) }
      #expect(try await far.keys("k", limit: 7).count == 30)
    }
  }

  @Test func noUpdateAcrossLeafsIsLost() async throws {
    try await withLeafs { _, near, far in
      try await near.put("counter", "0")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for client in [near, far, near, far] {
          group.addTask {
            for _ in 0..<25 { try await Self.increment(client) }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await far.get("counter")?.value == Array("100".utf8))
    }
  }

  private static func increment(_ client: Client) async throws {
    while true {
      let entry = try #require(try await client.get("counter"))
      let number = try #require(Int(String(decoding: entry.value, as: UTF8.self)))
      do {
        try await client.put("counter", "\(number + 1)", if: .version(entry.version))
        return
      } catch let error as KeyValueError where error.code == .conflict {
        continue
      }
    }
  }

  @Test(arguments: [false, true]) func aHubThatIsCutOffIsMissedInTimeAndFoundAgain(isKilled: Bool) async throws {
    try await withLeafs { hub, near, far in
      let version = try await near.put("a", "v")
      if isKilled { try await hub.kill() } else { hub.pause() }
      let clock = ContinuousClock()
      let start = clock.now
      while clock.now - start < .seconds(2) {
        for client in [near, far] {
          #expect(try await failure(client, putA, milliseconds: 100).code == .unavailable)
          let list = KeyValueOperation.Body.list(prefix: [], cursor: nil, limit: 10)
          #expect(try await failure(client, list, milliseconds: 100).code == .unavailable)
        }
      }
      if isKilled { try await hub.start() } else { hub.resume() }
      // A leaf node asks for its hub again once a second.
      for client in [near, far] { #expect(try await client.becomesWell(within: isKilled ? 4_000 : 1_000)) }
      let entry = try #require(try await far.get("a"))
      #expect(entry.version >= version)
      let written = try await near.put("a", "after", if: .version(entry.version))
      #expect(try await far.get("a")?.version == written)
    }
  }
}
