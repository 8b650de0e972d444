// Conformance: versions, conditional writes, and many clients at once.
import KeyValue
import Testing

@Suite("conditions", .timeLimit(.minutes(2)))
struct ConditionTests {
  @Test(arguments: StoreKind.all)
  func versionsOfAKeyGrowAlsoAcrossDeleteAndExpiry(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      var versions: [UInt64] = []
      for round in 0..<3 {
        versions.append(try await client.put("a", "\(round)"))
        versions.append(try await client.put("a", "\(round)"))
        #expect(try await client.delete("a"))
        versions.append(try await client.put("a", "short", for: 40, if: .absent))
        try await pause(client, milliseconds: 80)
        versions.append(try await client.put("a", "\(round)", if: .absent))
      }
      #expect(zip(versions, versions.dropFirst()).allSatisfy { $0 < $1 }, "\(versions)")
    }
  }

  @Test(arguments: StoreKind.all)
  func anAbsentKeyIsWrittenOnce(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      let version = try await client.put("a", "first", if: .absent)
      #expect(try await client.code { try await client.put("a", "second", if: .absent) } == .conflict)
      #expect(try await client.get("a")?.value == Array("first".utf8))
      #expect(try await client.get("a")?.version == version)
      #expect(try await client.delete("a"))
      #expect(try await client.put("a", "third", if: .absent) > version)
    }
  }

  @Test(arguments: StoreKind.all)
  func aVersionIsWrittenOverOnce(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      let first = try await client.put("a", "first")
      let second = try await client.put("a", "second", if: .version(first))
      #expect(try await client.code { try await client.put("a", "third", if: .version(first)) } == .conflict)
      #expect(try await client.get("a")?.value == Array("second".utf8))
      #expect(try await client.code { try await client.put("b", "new", if: .version(second)) } == .conflict)
      #expect(try await client.code { try await client.put("b", "new", if: .version(0)) } == .conflict)
      #expect(try await client.get("b") == nil)
      #expect(try await client.delete("a"))
      #expect(try await client.code { try await client.put("a", "late", if: .version(second)) } == .conflict)
      #expect(try await client.get("a") == nil)
    }
  }

  @Test(arguments: StoreKind.all)
  func deletesHaveConditionsToo(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      let first = try await client.put("a", "first")
      let second = try await client.put("a", "second")
      #expect(try await client.code { try await client.delete("a", if: .version(first)) } == .conflict)
      #expect(try await client.code { try await client.delete("a", if: .absent) } == .conflict)
      #expect(try await client.get("a")?.version == second)
      #expect(try await client.delete("a", if: .version(second)))
      #expect(try await client.code { try await client.delete("a", if: .version(second)) } == .conflict)
      #expect(try await !client.delete("a", if: .absent))
    }
  }

  /// Clients on several loops of two nodes, each adding to one number by get and conditional put.
  @Test(arguments: StoreKind.all)
  func noUpdateOfManyClientsIsLost(kind: StoreKind) async throws {
    try await withStore(kind, nodes: 2, loops: 2, connections: 3) { store in
      let rounds = 20
      try await store.client.put("counter", "0")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for client in store.clients {
          group.addTask {
            for _ in 0..<rounds { try await Self.increment(client) }
          }
        }
        try await group.waitForAll()
      }
      let sum = try await store.client.get("counter").map { String(decoding: $0.value, as: UTF8.self) }
      #expect(sum == "\(store.clients.count * rounds)")
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

  /// One of them creates the key, and each of the others learns that it did not.
  @Test(arguments: StoreKind.all)
  func oneOfManyClientsCreatesAKey(kind: StoreKind) async throws {
    try await withStore(kind, nodes: 2, loops: 2, connections: 2) { store in
      for round in 0..<10 {
        let created = try await withThrowingTaskGroup(of: Bool.self) { group in
          for (index, client) in store.clients.enumerated() {
            group.addTask {
              try await client.code { try await client.put("r\(round)", "\(index)", if: .absent) } == nil
            }
          }
          return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(created == 1)
      }
    }
  }

  @Test(arguments: StoreKind.all)
  func aWriteIsSeenByEveryNodeOnceItIsAcknowledged(kind: StoreKind) async throws {
    try await withStore(kind, nodes: 2, loops: 2) { store in
      for round in 0..<25 {
        let writer = store.clients[round % store.clients.count]
        let version = try await writer.put("a", "\(round)")
        for reader in store.clients { #expect(try await reader.get("a")?.version == version) }
      }
    }
  }
}
