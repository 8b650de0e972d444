// The memory adapter under the conformance suite.
import KeyValue
import Synchronization

extension StoreKind {
  static let memory = StoreKind(name: "memory", restartLosesData: true) { _ in MemoryFixture() }
}

/// What is opened twice is the same object: there is no second node of this store.
private final class MemoryFixture: StoreFixture {
  private let backend = Mutex(MemoryBackend())

  func open() -> any KeyValueBackend { backend.withLock { $0 } }
  func restart() { backend.withLock { $0 = MemoryBackend() } }
  func recordCount(namespace: String) -> Int? { backend.withLock { $0 }.recordCount }
}
