// What the suites of this module share: a loop that is made, run, stopped and checked.
import EventLoop
import Glibc
import Synchronization
import Testing

/// Runs `body` as a task on a new loop, then stops the loop and checks that libuv found nothing left open.
func onLoop<Answer: Sendable>(
  _ body: @escaping @Sendable (EventLoop) async throws -> Answer
) async throws -> Answer {
  let loop = try EventLoop()
  loop.start(name: "test")
  let result: Result<Answer, any Error> = await withCheckedContinuation { continuation in
    loop.spawn {
      do { continuation.resume(returning: .success(try await body(loop))) } catch {
        continuation.resume(returning: .failure(error))
      }
    }
  }
  loop.stop()
  loop.join()
  #expect(loop.closedCleanly)
  return try result.get()
}

/// A value that tests share between threads.
final class Shared<Value: Sendable>: Sendable {
  private let storage: Mutex<Value>
  init(_ value: Value) { storage = Mutex(value) }
  var value: Value { storage.withLock { $0 } }
  func update(_ change: (inout sending Value) -> Void) { storage.withLock { change(&$0) } }
}

extension Shared where Value: RangeReplaceableCollection, Value.Element: Sendable {
  func append(_ element: Value.Element) { storage.withLock { $0.append(element) } }
}

/// One thing to wait for on a loop: the first `fire` resumes the waiter.
final class Moment: @unchecked Sendable {
  private var continuation: UnsafeContinuation<Void, Never>?
  private var hasFired = false
  func fire() {
    guard !hasFired else { return }
    hasFired = true
    continuation?.resume()
    continuation = nil
  }
  func wait() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      if hasFired { continuation.resume() } else { self.continuation = continuation }
    }
  }
}

/// Occupies the thread, as a guest does for an epoch.
func burn(_ loop: EventLoop, microseconds: UInt64) {
  let end = loop.now + microseconds * 1000
  while loop.now < end {}
}

/// The descriptors that this process has open.
func openDescriptors() -> Int {
  guard let folder = opendir("/proc/self/fd") else { return -1 }
  defer { closedir(folder) }
  var count = 0
  while readdir(folder) != nil { count += 1 }
  return count
}
