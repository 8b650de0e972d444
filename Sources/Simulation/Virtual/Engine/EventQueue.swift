// What happens next: a queue of small plain values, in an order that nothing but their keys decides.

/// Something that happens at a time. 24 bytes, no references.
struct Event: BitwiseCopyable {
  /// Nanoseconds of virtual time.
  var time: UInt64
  /// Breaks ties: the shard that made the event, then how many it had made. Unique.
  var order: UInt64
  /// What it is about; the model's.
  var slot: UInt32
  /// What happens; the model's.
  var kind: UInt32

  func precedes(_ other: Event) -> Bool { time < other.time || time == other.time && order < other.order }
}

/// A heap of four children a node: half the levels of a binary one, and the children lie in two cache lines. No
/// allocation once it has grown.
struct EventQueue {
  private var events: [Event] = []

  var count: Int { events.count }
  /// `.max` when nothing waits.
  var nextTime: UInt64 { events.isEmpty ? .max : events[0].time }

  mutating func push(_ event: Event) {
    var hole = events.count
    events.append(event)
    while hole > 0 {
      let parent = (hole - 1) >> 2
      guard event.precedes(events[parent]) else { break }
      events[hole] = events[parent]
      hole = parent
    }
    events[hole] = event
  }

  /// The next event; there must be one.
  mutating func pop() -> Event {
    let first = events[0]
    let last = events.removeLast()
    let count = events.count
    guard count > 0 else { return first }
    // The hole sinks to the bottom along the least children, then the last event rises from there: it nearly always
    // belongs low.
    var hole = 0
    while true {
      let child = hole << 2 + 1
      guard child < count else { break }
      var least = child
      for other in (child + 1)..<max(child + 1, min(child + 4, count)) where events[other].precedes(events[least]) {
        least = other
      }
      events[hole] = events[least]
      hole = least
    }
    while hole > 0 {
      let parent = (hole - 1) >> 2
      guard last.precedes(events[parent]) else { break }
      events[hole] = events[parent]
      hole = parent
    }
    events[hole] = last
    return first
  }
}
