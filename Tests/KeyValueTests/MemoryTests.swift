// What the memory store promises beyond the port: its clock is the caller's, and it is bounded.
import KeyValue
import Synchronization
import Testing

@Suite("the memory store")
struct MemoryTests {
  private final class Clock: Sendable {
    private let milliseconds = Mutex<UInt64>(1_000)
    var now: UInt64 {
      get { milliseconds.withLock { $0 } }
      set { milliseconds.withLock { $0 = newValue } }
    }
  }

  private func put(_ key: String, _ size: Int = 1, for timeToLive: UInt64? = nil) -> KeyValueOperation {
    let value = [UInt8](repeating: 1, count: size)
    return KeyValueOperation(
      namespace: "n", .put(key: Array(key.utf8), value: value, timeToLive: timeToLive, condition: .none))
  }

  private func entry(_ store: MemoryBackend, _ key: String) throws -> KeyValueEntry? {
    let answer = try store.perform(KeyValueOperation(namespace: "n", .get(key: Array(key.utf8)))).get()
    guard case .entry(let entry) = answer else { throw WrongAnswer() }
    return entry
  }

  @Test func aValueLivesToTheMillisecondOfTheClockThatIsGiven() throws {
    let clock = Clock()
    let store = MemoryBackend(clock: { clock.now })
    _ = try store.perform(put("a", for: 500)).get()
    #expect(try entry(store, "a")?.expires == 1_500)
    clock.now = 1_499
    #expect(try entry(store, "a") != nil)
    clock.now = 1_500
    #expect(try entry(store, "a") == nil)
  }

  @Test func eachOperationSweepsAFew() throws {
    let clock = Clock()
    let store = MemoryBackend(clock: { clock.now })
    for index in 0..<100 { _ = try store.perform(put("k\(index)", for: UInt64(500 + index % 7))).get() }
    _ = try store.perform(put("long", for: 5_000)).get()
    #expect(store.recordCount == 101)
    clock.now = 2_000
    _ = try entry(store, "long")
    #expect(store.recordCount == 101 - KeyValueLimits.sweptKeysMax)
    for _ in 0..<4 { _ = try entry(store, "long") }
    #expect(store.recordCount == 1)
  }

  @Test func itIsBounded() throws {
    let store = MemoryBackend(bytesMax: 1_000)
    _ = try store.perform(put("a", 900)).get()
    guard case .failure(let error) = store.perform(put("b", 100)) else {
      Issue.record("took more than its bound")
      return
    }
    #expect(error.code == .full)
    // Writing over a value frees it first.
    _ = try store.perform(put("a", 999)).get()
    _ = try store.perform(put("a", 10)).get()
    _ = try store.perform(put("b", 900)).get()
    #expect(try entry(store, "b")?.value.count == 900)
  }
}
