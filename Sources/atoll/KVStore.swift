// A store that a verb has open: one connection, on a loop of this thread.

import EventLoop
import KeyValue

/// Confined to its loop, which runs on the main thread for the length of the verb.
final class KVStore: @unchecked Sendable {
  private let namespace: String
  private let milliseconds: Int
  private let loop: EventLoop
  private let connection: any KeyValueConnection

  private init(_ namespace: String, _ milliseconds: Int, _ loop: EventLoop, _ connection: any KeyValueConnection) {
    self.namespace = namespace
    self.milliseconds = milliseconds
    self.loop = loop
    self.connection = connection
  }

  static func run<T: Sendable>(
    _ address: StoreAddress, namespace: String, milliseconds: Int,
    _ body: @escaping @Sendable (KVStore) async throws(KeyValueError) -> T
  ) throws(Failure) -> T {
    let loop: EventLoop
    do { loop = try EventLoop() } catch { throw Failure(.unreachable, error.message) }
    do throws(KeyValueError) {
      let backend = try address.open()
      defer { backend.close() }
      let store = KVStore(namespace, milliseconds, loop, try backend.connection(on: loop))
      let outcome = Outcome<T>()
      loop.spawn {
        do throws(KeyValueError) {
          outcome.result = .success(try await body(store))
        } catch {
          outcome.result = .failure(error)
        }
        store.connection.close()
        loop.stop()
      }
      loop.run()
      guard let result = outcome.result else {
        throw KeyValueError(.unavailable, "the loop ended before the store answered")
      }
      return try result.get()
    } catch {
      throw Failure(error)
    }
  }

  /// Checks an operation, and does it.
  func perform(_ body: KeyValueOperation.Body) async throws(KeyValueError) -> KeyValueAnswer {
    let operation = KeyValueOperation(namespace: namespace, body)
    if let problem = operation.problem() { throw problem }
    let result = await withCheckedContinuation { continuation in
      let deadline = loop.now + UInt64(milliseconds) * 1_000_000
      connection.perform(operation, deadline: deadline) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// Written on the loop, read when it has ended: both on this thread.
  private final class Outcome<T>: @unchecked Sendable {
    var result: Result<T, KeyValueError>?
  }
}
