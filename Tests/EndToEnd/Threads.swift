// Load from blocking threads of our own: the pool that tests run on is as small as the machine.
import Foundation
import Synchronization

/// Runs `count` copies at once, each on a thread of its own, and answers when all have ended.
func onThreads<Result: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> Result) -> [Result] {
  let results = Results<Result>()
  let finished = DispatchSemaphore(value: 0)
  for index in 0..<count {
    Thread.detachNewThread {
      let result = body(index)
      results.append(result)
      finished.signal()
    }
  }
  for _ in 0..<count { finished.wait() }
  return results.all
}

/// A flag that one thread raises for others.
final class Flag: Sendable {
  private let raised = Atomic(false)
  var isRaised: Bool { raised.load(ordering: .acquiring) }
  func raise() { raised.store(true, ordering: .releasing) }
}

private final class Results<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])
  var all: [Element] { elements.withLock { $0 } }
  func append(_ element: Element) { elements.withLock { $0.append(element) } }
}

extension Array where Element == Double {
  /// The value below which that part of the samples lies.
  func quantile(_ part: Double) -> Double {
    precondition(!isEmpty)
    return sorted()[Swift.min(count - 1, Int(Double(count) * part))]
  }
}
