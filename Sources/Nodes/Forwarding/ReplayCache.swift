// The forwards that a node has taken: each is good once.

import Synchronization

/// Remembers the nonces of forwards for as long as they could be shown again. Bounded, shared by all loops; a lock of
/// some 50 ns a forwarded call.
///
/// Times are the wall clock's, which may be set back: then a nonce that was forgotten would be good again. So nothing
/// is taken that was issued before something that was forgotten. What another run of the node had is the `Epoch`'s affair.
final class ReplayCache: Sendable {
  enum Verdict: Sendable { case fresh, seen, full }

  private struct Memory {
    var seen: Set<Forward.Nonce> = []
    /// In the order in which they came, from `first` on.
    var order: [(nonce: Forward.Nonce, issued: UInt64)] = []
    var first = 0
    /// Nothing issued then or earlier is taken.
    var floor: UInt64 = 0
  }

  let capacity: Int
  private let memory = Mutex(Memory())

  init(capacity: Int) { self.capacity = capacity }

  /// Takes a nonce that nobody showed yet. A full cache takes none: forgetting early would let a copy pass.
  func take(_ nonce: Forward.Nonce, issued: UInt64, now: UInt64) -> Verdict {
    memory.withLock { memory in
      while memory.first < memory.order.count, memory.order[memory.first].issued &+ ForwardBounds.lifeMilliseconds < now
      {
        let old = memory.order[memory.first]
        memory.seen.remove(old.nonce)
        memory.floor = max(memory.floor, old.issued)
        memory.first += 1
      }
      if memory.first > 1_024, memory.first > memory.order.count / 2 {
        memory.order.removeFirst(memory.first)
        memory.first = 0
      }
      guard issued > memory.floor else { return .seen }
      guard !memory.seen.contains(nonce) else { return .seen }
      guard memory.seen.count < capacity else { return .full }
      memory.seen.insert(nonce)
      memory.order.append((nonce, issued))
      return .fresh
    }
  }

  var count: Int { memory.withLock { $0.seen.count } }
}
