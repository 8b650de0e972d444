// Crossing from one loop to another, and to the thread pool, with typed errors.

import EventLoop

extension EventLoop {
  /// Runs `body` on this loop and comes back with what it returned. Any thread.
  func run<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
    if isOnLoop { return body() }
    return await withCheckedContinuation { continuation in
      execute { continuation.resume(returning: body()) }
    }
  }

  /// Runs blocking work on the thread pool, keeping the type of its error.
  func outcome<T: Sendable, E: Error>(_ body: @escaping @Sendable () throws(E) -> T) async -> Result<T, E> {
    let result = try? await work { Result { () throws(E) in try body() } }
    guard let result else { preconditionFailure("a body that throws nothing threw") }
    return result
  }
}
