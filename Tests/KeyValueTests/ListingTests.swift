// Conformance: listings in byte order, by prefix, page by page.
import KeyValue
import Testing

@Suite("listings", .timeLimit(.minutes(2)))
struct ListingTests {
  @Test(arguments: StoreKind.all)
  func keysComeInByteOrder(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      let ordered = [
        "\u{1}", " ", "A", "B", "Z", "a", "a\u{1}", "a ", "a/", "a/b", "aa", "ab", "b", "z", "é", "ż", "鍵", "🔑",
      ]
      for key in ordered.reversed() { try await client.put(key, "v") }
      #expect(try await client.keys() == ordered)
      #expect(try await client.page().isLast)
    }
  }

  @Test(arguments: StoreKind.all)
  func everySizeOfPageGivesTheSameKeys(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      let keys = (0..<23).map { "k/\(100 + $0)" }
      for key in keys.shuffled() { try await client.put(key, "v") }
      for limit in 1...25 { #expect(try await client.keys(limit: limit) == keys, "\(limit)") }
      // Exactly full: there is nothing after it, and it says so.
      let page = try await client.page(limit: 23)
      #expect(page.listings.count == 23 && page.isLast)
      let shorter = try await client.page(limit: 22)
      #expect(shorter.listings.count == 22 && !shorter.isLast)
    }
  }

  @Test(arguments: StoreKind.all)
  func aPrefixIsBytesAndNotAPattern(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      let keys = [
        "a", "a*", "a*b", "a.b", "a.c", "a/1", "a/2", "a/2/3", "ab", "a[b]", "a?", "b", "a>", "é", "éa", "è",
        "\u{10FFFF}",
        "\u{10FFFF}a",
      ]
      for key in keys { try await client.put(key, "v") }
      for prefix in ["", "a", "a/", "a*", "a.", "a?", "a[", "a>", "a/2", "é", "\u{10FFFF}", "c", "a/2/3/4"] {
        let expected = keys.filter { $0.utf8.starts(with: prefix.utf8) }
          .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for limit in [1, 2, 100] { #expect(try await client.keys(prefix, limit: limit) == expected, "\(prefix)") }
      }
    }
  }

  @Test(arguments: StoreKind.all)
  func aCursorIsAPlaceAndNotAKey(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      for key in ["a/1", "a/2", "a/3", "b/1"] { try await client.put(key, "v") }
      func after(_ cursor: String, _ prefix: String = "") async throws -> [String] {
        try await client.page(prefix, after: Array(cursor.utf8)).listings.map {
          String(decoding: $0.key, as: UTF8.self)
        }
      }
      #expect(try await after("a/1") == ["a/2", "a/3", "b/1"])
      // Of a key that was deleted meanwhile, or never was.
      #expect(try await after("a/2x", "a/") == ["a/3"])
      try await client.delete("a/2")
      #expect(try await after("a/2", "a/") == ["a/3"])
      #expect(try await after("a/3", "a/") == [])
      #expect(try await after("zzz") == [])
      // Of another listing, and of none.
      for cursor in [Array("b/1".utf8), [], [0xFF], [0x61, 0x2F, 0]] {
        #expect(try await client.code { _ = try await client.page("a/", after: cursor) } == .badCursor)
      }
      #expect(try await client.code { _ = try await client.page(limit: 0) } == .badRequest)
      #expect(try await client.code { _ = try await client.page(limit: 1_001) } == .badRequest)
    }
  }

  /// While other keys come, go and change, the keys that stay are seen once each, in order.
  @Test(arguments: StoreKind.all)
  func keysThatStayAreSeenOnceWhileOthersChange(kind: StoreKind) async throws {
    try await withStore(kind, nodes: 2) { store in
      let (reader, writer) = (store.clients[0], store.clients[1])
      let staying = (0..<80).map { "k\(1000 + $0 * 3)" }
      for key in staying { try await writer.put(key, "v") }
      var round = 0
      for limit in [1, 7, 20] {
        let seen = try await reader.keys("k", limit: limit) {
          round += 1
          for step in 0..<4 {
            let place = (round &* 37 &+ step &* 53) % 240
            if place % 3 != 0 { try await writer.put("k\(1000 + place)", "new") }
            let other = (round &* 29 &+ step &* 11) % 240
            if other % 3 != 0 { try await writer.delete("k\(1000 + other)") }
          }
          try await writer.put(staying[round % 80], "changed")
        }
        #expect(Set(seen).count == seen.count)
        #expect(seen == seen.sorted())
        #expect(Set(staying).isSubset(of: seen))
      }
    }
  }

  @Test(arguments: StoreKind.all)
  func aPageOfTheLimitIsGivenWhole(kind: StoreKind) async throws {
    try await withStore(kind, connections: 8) { store in
      let clients = store.clients
      let keys = (0..<1_050).map { "k\(10_000 + $0)" }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, client) in clients.enumerated() {
          group.addTask {
            for place in stride(from: index, to: keys.count, by: clients.count) {
              try await client.put(keys[place], "v")
            }
          }
        }
        try await group.waitForAll()
      }
      let page = try await store.client.page(limit: 1_000)
      #expect(page.listings.map { String(decoding: $0.key, as: UTF8.self) } == Array(keys[..<1_000]))
      #expect(!page.isLast)
      #expect(try await store.client.keys(limit: 1_000) == keys)
    }
  }
}
