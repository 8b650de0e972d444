// Conformance: restart, deadlines, and completions.
import EventLoop
import KeyValue
import Synchronization
import Testing

@Suite("life", .timeLimit(.minutes(2)))
struct LifeTests {
  @Test(arguments: StoreKind.all)
  func aRestartKeepsWhatWasAcknowledged(kind: StoreKind) async throws {
    try await withStore(kind, willRestart: true) { store in
      var versions: [UInt64] = []
      for index in 0..<50 { versions.append(try await store.client.put("k\(10 + index)", "v\(index)")) }
      try await store.client.put("short", "v", for: 100)
      try await store.client.put("long", "v", for: 60_000)
      let gone = try await store.client.put("gone", "v")
      try await store.client.delete("gone")
      try await pause(store.client, milliseconds: 150)
      try await store.restart()
      if kind.restartLosesData {
        #expect(try await store.client.keys() == [])
      } else {
        for index in 0..<50 {
          let entry = try await store.client.get("k\(10 + index)")
          #expect(entry?.value == Array("v\(index)".utf8) && entry?.version == versions[index])
        }
        #expect(try await store.client.keys() == (0..<50).map { "k\(10 + $0)" } + ["long"])
        #expect(try await store.client.get("long")?.expires != nil)
        #expect(try await store.client.get("gone") == nil)
        // The counter did not begin anew.
        #expect(try await store.client.put("gone", "again", if: .absent) > gone)
        #expect(try await store.client.put("k10", "again", if: .version(versions[0])) > versions[0])
      }
    }
  }

  /// Operations whose time is over or nearly over end in time, done or not; none of them twice.
  @Test(arguments: StoreKind.all)
  func deadlinesAreKept(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let (client, namespace) = (store.client, store.namespace)
      try await client.put("a", "v")
      for milliseconds in [0, 1, 5, 50] as [UInt64] {
        // Told by the loop's own clock: what a busy machine does to this task is not the store's.
        let latest = Latest()
        await withTaskGroup(of: KeyValueOutcome.self) { group in
          for index in 0..<100 {
            group.addTask {
              await client.perform(Self.mixed(index, namespace), milliseconds: milliseconds) { latest.note($0) }
            }
          }
          for await outcome in group {
            if case .failure(let error) = outcome { #expect(error.code == .unavailable) }
          }
        }
        #expect(latest.value < 1_000, "milliseconds after the deadline")
      }
      #expect(try await client.get("a") != nil)
    }
  }

  @Test(arguments: StoreKind.all)
  func everyOperationCompletesOnce(kind: StoreKind) async throws {
    try await withStore(kind) { store in
      let counts = Counts(400)
      let (client, namespace) = (store.client, store.namespace)
      client.loop.execute {
        for index in 0..<400 {
          client.start(Self.mixed(index, namespace), milliseconds: 10_000) { counts.add(index, $0) }
        }
      }
      try await counts.wait(client)
      #expect(counts.failures == [])
    }
  }

  /// What is under way when a connection closes ends then and there, and what is asked afterwards ends too.
  @Test(arguments: StoreKind.all)
  func closingEndsWhatIsUnderWay(kind: StoreKind) async throws {
    try await withStore(kind, connections: 2) { store in
      let counts = Counts(300)
      let (client, other, namespace) = (store.clients[0], store.clients[1], store.namespace)
      client.loop.execute {
        for index in 0..<200 {
          client.start(Self.mixed(index, namespace), milliseconds: 10_000) { counts.add(index, $0) }
        }
        client.closeNow()
        #expect(counts.ended >= 200)
        for index in 200..<300 {
          client.start(Self.mixed(index, namespace), milliseconds: 10_000) { counts.add(index, $0) }
        }
        client.closeNow()
      }
      try await counts.wait(other)
      #expect(counts.failures.allSatisfy { $0 == .unavailable })
      #expect(counts.failures.count >= 100)
      try await other.put("after", "v")
      #expect(try await other.get("after") != nil)
    }
  }

  private static func mixed(_ index: Int, _ namespace: String) -> KeyValueOperation {
    let key = Array("k\(index % 7)".utf8)
    let body: KeyValueOperation.Body =
      switch index % 4 {
      case 0: .get(key: key)
      case 1: .put(key: key, value: [UInt8](repeating: 1, count: index), timeToLive: nil, condition: .none)
      case 2: .list(prefix: [], cursor: nil, limit: 10)
      default: .delete(key: key, condition: .none)
      }
    return KeyValueOperation(namespace: namespace, body)
  }
}

/// Counts completions of numbered operations.
private final class Counts: Sendable {
  private let state: Mutex<(counts: [Int], failures: [KeyValueError.Code])>

  init(_ count: Int) { state = Mutex((Array(repeating: 0, count: count), [])) }

  func add(_ index: Int, _ outcome: KeyValueOutcome) {
    state.withLock { state in
      state.counts[index] += 1
      if case .failure(let error) = outcome { state.failures.append(error.code) }
    }
  }

  var ended: Int { state.withLock { $0.counts.count { $0 > 0 } } }
  var failures: [KeyValueError.Code] { state.withLock { $0.failures } }

  /// Until each has completed, and then a moment longer: a second completion may come late.
  func wait(_ client: Client) async throws {
    for _ in 0..<1_000 where state.withLock({ $0.counts.contains(0) }) { try await pause(client, milliseconds: 10) }
    try await pause(client, milliseconds: 100)
    #expect(state.withLock { $0.counts.allSatisfy { $0 == 1 } })
  }
}

/// The greatest number that was noted.
private final class Latest: Sendable {
  private let noted = Mutex<UInt64>(0)
  var value: UInt64 { noted.withLock { $0 } }
  func note(_ number: UInt64) { noted.withLock { $0 = max($0, number) } }
}
