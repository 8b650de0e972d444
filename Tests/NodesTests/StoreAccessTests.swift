// A store that stops answering: the first operations wait, the others do not, and it heals by itself.
import EventLoop
import KeyValue
import Logging
import Manifests
import Synchronization
import Testing

@testable import Nodes

/// A store that answers, is silent until the deadline, or refuses, as the test says.
private final class FakeBackend: KeyValueBackend {
  enum Mode { case answers, silent, refuses }
  let mode = Mutex(Mode.answers)
  let asked = Mutex(0)

  func connection(on loop: EventLoop) throws(KeyValueError) -> any KeyValueConnection { Connection(self, loop) }
  func close() {}

  private final class Connection: KeyValueConnection {
    let backend: FakeBackend
    let loop: EventLoop
    init(_ backend: FakeBackend, _ loop: EventLoop) { (self.backend, self.loop) = (backend, loop) }
    func close() {}
    func perform(_ operation: KeyValueOperation, deadline: UInt64, _ completion: @escaping KeyValueCompletion) {
      backend.asked.withLock { $0 += 1 }
      switch backend.mode.withLock({ $0 }) {
      case .answers: completion(.success(.entry(nil)))
      case .refuses: completion(.failure(KeyValueError(.unavailable, "refused")))
      case .silent:
        let left = deadline > loop.now ? (deadline - loop.now) / 1_000_000 : 0
        _ = loop.timer(afterMilliseconds: left) { completion(.failure(KeyValueError(.unavailable, "too late"))) }
      }
    }
  }
}

@Suite(.timeLimit(.minutes(1))) struct StoreAccessTests {
  private let get = KeyValueOperation(namespace: "n", .get(key: [97]))

  /// Runs the body with a store that has 100 ms for each operation.
  private func withAccess<T: Sendable>(
    _ body: @escaping @Sendable (StoreAccess, FakeBackend, EventLoop) async -> T
  ) async throws -> T {
    let loop = try EventLoop()
    loop.start(name: "store-test")
    defer {
      loop.stop()
      loop.join()
    }
    return await withCheckedContinuation { continuation in
      loop.spawn {
        let backend = FakeBackend()
        let store = NodeStore(nil, NodeCredentials(), log: Logger(label: "test"))
        store.use(backend)
        let access = StoreAccess(loop: loop, store: store, timeoutMilliseconds: 100)
        continuation.resume(returning: await body(access, backend, loop))
      }
    }
  }

  private static func code(_ result: Result<KeyValueAnswer, KeyValueError>) -> String {
    switch result {
    case .success: "ok"
    case .failure(let error): "\(error.code)"
    }
  }

  @Test func aSilentStoreCostsOneTimeoutAndThenNothing() async throws {
    let get = get
    let (waited, quick, asked, healed) = try await withAccess { access, backend, loop in
      backend.mode.withLock { $0 = .silent }
      let start = loop.now
      let first = await access.perform(get, deadline: .max)
      let waited = (Self.code(first), (loop.now - start) / 1_000_000)
      // The one that is let through, and those beside it.
      var probe: String?
      access.perform(get, deadline: .max) { probe = Self.code($0) }
      let second = loop.now
      for _ in 0..<50 { _ = await access.perform(get, deadline: .max) }
      let quick = (loop.now - second) / 1_000_000
      let asked = backend.asked.withLock { $0 }
      backend.mode.withLock { $0 = .answers }
      while probe == nil { try? await loop.sleep(milliseconds: 5) }
      let healed = [
        Self.code(await access.perform(get, deadline: .max)), Self.code(await access.perform(get, deadline: .max)),
      ]
      return (waited, quick, asked, healed)
    }
    #expect(waited.0 == "state_unavailable")
    #expect(waited.1 >= 99)
    #expect(quick < 90)
    #expect(asked == 2)
    #expect(healed == ["ok", "ok"])
  }

  @Test func aCallAtTheEndOfItsTimeDoesNotCondemnTheStore() async throws {
    let get = get
    let well = try await withAccess { access, backend, loop in
      backend.mode.withLock { $0 = .silent }
      _ = await access.perform(get, deadline: loop.now + 5_000_000)
      return access.isWell
    }
    #expect(well)
  }

  @Test func aWrongOperationNeverReachesTheStore() async throws {
    let (code, asked) = try await withAccess { access, backend, _ in
      let result = await access.perform(KeyValueOperation(namespace: "n", .get(key: [])), deadline: .max)
      return (Self.code(result), backend.asked.withLock { $0 })
    }
    #expect(code == "bad_request")
    #expect(asked == 0)
  }

  @Test func operationsAreCountedByKindAndOutcome() async throws {
    let get = get
    let counts = try await withAccess { access, backend, _ in
      _ = await access.perform(get, deadline: .max)
      backend.mode.withLock { $0 = .refuses }
      _ = await access.perform(get, deadline: .max)
      return access.counts.operations
    }
    #expect(counts == [#"operation="get",outcome="ok""#: 1, #"operation="get",outcome="state_unavailable""#: 1])
  }
}
