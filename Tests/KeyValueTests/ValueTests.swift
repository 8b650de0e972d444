// Conformance: what is written is read, byte for byte, under the key and the namespace it was written to.
import KeyValue
import Testing

@Suite("values", .timeLimit(.minutes(2)))
struct ValueTests {
  @Test(arguments: StoreKind.all)
  func whatIsPutIsThereUntilItIsDeleted(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      #expect(try await client.get("a") == nil)
      #expect(try await !client.delete("a"))
      let version = try await client.put("a", "one")
      #expect(try await client.get("a") == KeyValueEntry(value: Array("one".utf8), version: version, expires: nil))
      let next = try await client.put("a", "two")
      #expect(try await client.get("a") == KeyValueEntry(value: Array("two".utf8), version: next, expires: nil))
      #expect(try await client.delete("a"))
      #expect(try await client.get("a") == nil)
      #expect(try await !client.delete("a"))
    }
  }

  @Test(arguments: StoreKind.all)
  func bytesOfAnyKindComeBackAsTheyWere(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let values: [[UInt8]] = [
        [], [0], [0, 0, 0], Array(0...255), [0xFF, 0xFE, 0x00, 0x0D, 0x0A], Array("{\"a\":1}\r\n".utf8),
        (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) },
      ]
      for (index, value) in values.enumerated() { try await store.client.put("v\(index)", value) }
      for (index, value) in values.enumerated() { #expect(try await store.client.get("v\(index)")?.value == value) }
    }
  }

  @Test(arguments: StoreKind.all)
  func aValueOfTheLimitIsTakenAndOneByteMoreIsNot(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      let value = (0..<KeyValueLimits.valueBytesMax).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
      try await client.put("big", value)
      #expect(try await client.get("big")?.value == value)
      #expect(try await client.code { try await client.put("big", value + [0]) } == .tooLarge)
      #expect(try await client.get("big")?.value == value)
      try await client.put("big", "small")
      #expect(try await client.get("big")?.value == Array("small".utf8))
    }
  }

  @Test(arguments: StoreKind.all)
  func keysOfEveryFormAreKeptApart(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      for (index, key) in Self.keys.enumerated() { try await client.put(key, "\(index)") }
      for (index, key) in Self.keys.enumerated() {
        let value = try await client.get(key)?.value
        #expect(value == Array("\(index)".utf8), "\(key)")
      }
      let listed = try await client.keys()
      #expect(listed == Self.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
      for key in Self.keys { #expect(try await client.delete(key), "\(key)") }
      #expect(try await client.keys() == [])
    }
  }

  /// Of the longest kind, and with everything that some store uses as a sign of its own.
  private static let keys: [String] = [
    String(repeating: "k", count: 512), String(repeating: "k", count: 511), String(repeating: "𝄞", count: 128), "a",
    "A", "é", "e\u{301}", "ключ", "鍵", "🔑🗝", "\u{FFFD}", "\u{10FFFF}", " ", " a", "a ", "a b", "/", "a/b", "a/b/", "//",
    ".", "..", "a.b", ".a", "a.", "*", "a*", ">", "a.>", "$", "$KV", "?", "[a]", "{a}", "a:b", "%2F", "%", "\\", "\"",
    "'",
    "';--", "\n", "a\r\nb", "\t", "\u{7F}", "\u{1}", "=", "_", "-", "~", "null", "0", "00", "-1", "__proto__", "=a",
    "_a",
  ]

  @Test(arguments: StoreKind.all)
  func whatIsNoKeyIsRefused(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      let refused: [(key: [UInt8], code: KeyValueError.Code)] = [
        ([], .badRequest), ([0], .badRequest), ([0x61, 0, 0x62], .badRequest), ([0xFF], .badRequest),
        ([0xC3], .badRequest), ([UInt8](repeating: 0x61, count: 513), .tooLarge),
      ]
      for (key, code) in refused {
        for body in [
          .get(key: key), .delete(key: key, condition: .none),
          .put(key: key, value: [], timeToLive: nil, condition: .none),
        ] as [KeyValueOperation.Body] {
          let outcome = await client.perform(KeyValueOperation(namespace: store.namespace, body))
          #expect(throws: KeyValueError.self) { try outcome.get() }
          if case .failure(let error) = outcome { #expect(error.code == code) }
        }
      }
    }
  }

  @Test(arguments: StoreKind.all)
  func namespacesNeverMeet(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let client = store.client
      let unique = String(store.namespace.dropFirst().suffix(12))
      // The same bytes in a row, divided elsewhere; a name that begins with another; and the other case.
      let (short, long, upper) = ("a\(unique)", "a\(unique)b", "A\(unique)")
      try await client.put("bc", "short", in: short)
      try await client.put("c", "long", in: long)
      try await client.put("bc", "upper", in: upper)
      #expect(try await client.get("bc", in: short)?.value == Array("short".utf8))
      #expect(try await client.get("c", in: long)?.value == Array("long".utf8))
      #expect(try await client.get("bc", in: upper)?.value == Array("upper".utf8))
      #expect(try await client.get("bc", in: long) == nil)
      #expect(try await client.get("c", in: short) == nil)
      #expect(try await client.keys(in: short) == ["bc"])
      #expect(try await client.keys(in: long) == ["c"])
      #expect(try await client.keys("b", in: upper) == ["bc"])
      #expect(try await client.delete("bc", in: short))
      #expect(try await client.get("bc", in: upper) != nil)
      #expect(try await client.keys(in: short) == [])
      #expect(try await client.keys(in: long) == ["c"])
      let longest = "\(unique)-_" + String(repeating: "Z", count: KeyValueLimits.namespaceBytesMax - unique.count - 2)
      try await client.put("k", "v", in: longest)
      #expect(try await client.keys(in: longest) == ["k"])
      for name in ["", "a b", "a/b", "é", longest + "Z"] {
        #expect(try await client.code { try await client.put("k", "v", in: name) } == .badRequest)
      }
    }
  }
}
