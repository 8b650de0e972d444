// Conformance: times to live.
import Glibc
import KeyValue
import Testing

@Suite("expiry", .timeLimit(.minutes(2)))
struct ExpiryTests {
  @Test(arguments: StoreKind.all)
  func aValueIsGoneWhenItsTimeIsOver(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      let before = machineWallClock()
      let version = try await client.put("a", "short", for: 3_000)
      let after = machineWallClock()
      let entry = try #require(try await client.get("a"))
      #expect(entry.version == version)
      let expires = try #require(entry.expires)
      #expect((before + 3_000...after + 3_000).contains(expires))
      #expect(try await client.page().listings == [KeyValueListing(key: [0x61], version: version, expires: expires)])
      try await pause(client, milliseconds: expires + 20 - min(expires, machineWallClock()))
      #expect(try await client.get("a") == nil)
      #expect(try await client.page().listings == [])
      #expect(try await !client.delete("a"))
    }
  }

  @Test(arguments: StoreKind.all)
  func aPutWithoutATimeToLiveEndsIt(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      try await client.put("a", "short", for: 100)
      try await client.put("a", "for good")
      try await client.put("b", "short", for: 100)
      try await client.put("b", "longer", for: 60_000)
      try await pause(client, milliseconds: 200)
      #expect(try await client.get("a")?.expires == nil)
      #expect(try await client.get("a")?.value == Array("for good".utf8))
      #expect(try await client.get("b")?.value == Array("longer".utf8))
    }
  }

  @Test(arguments: StoreKind.all)
  func anExpiredValueIsAbsentToConditions(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      let old = try await client.put("a", "short", for: 50)
      let other = try await client.put("b", "short", for: 50)
      try await pause(client, milliseconds: 100)
      #expect(try await client.code { try await client.put("b", "late", if: .version(other)) } == .conflict)
      #expect(try await client.code { try await client.delete("b", if: .version(other)) } == .conflict)
      #expect(try await client.put("a", "new", if: .absent) > old)
      #expect(try await client.get("a")?.value == Array("new".utf8))
    }
  }

  @Test(arguments: StoreKind.all)
  func listingsLeaveOutWhatHasExpired(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      for index in 0..<60 {
        try await client.put("k\(100 + index)", "v", for: index % 3 == 0 ? 60_000 : 50)
      }
      try await pause(client, milliseconds: 100)
      let expected = (0..<60).filter { $0 % 3 == 0 }.map { "k\(100 + $0)" }
      for limit in [1, 3, 1_000] { #expect(try await client.keys(limit: limit) == expected) }
    }
  }

  /// Nobody asks for these keys again, and still their room is given back; the others stay.
  @Test(arguments: StoreKind.all)
  func whatHasExpiredIsSwept(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      guard try await store.fixture.recordCount(namespace: store.namespace) != nil else { return }
      for index in 0..<200 { try await client.put("short\(index)", "v", for: 20) }
      for index in 0..<5 { try await client.put("long\(index)", "v", for: 3_600_000) }
      try await client.put("ever", "v")
      var count: Int?
      for _ in 0..<150 {
        try await pause(client, milliseconds: 100)
        // Some stores sweep when they are used.
        #expect(try await client.get("ever") != nil)
        count = try await store.fixture.recordCount(namespace: store.namespace)
        if count == 6 { break }
      }
      #expect(count == 6)
      #expect(try await client.keys().count == 6)
    }
  }
}
