// What is due when: a binary heap, whose first entry is what the relays' timer waits for.

/// Entries by their time; those of one time in the order in which they came.
struct DueQueue<Element> {
  private struct Entry {
    var time: UInt64
    var order: UInt64
    var element: Element

    func isBefore(_ other: Entry) -> Bool { time != other.time ? time < other.time : order < other.order }
  }

  private var entries: [Entry] = []
  private var order: UInt64 = 0

  var isEmpty: Bool { entries.isEmpty }
  var count: Int { entries.count }
  /// The time of the first entry; nil without any.
  var nextTime: UInt64? { entries.first?.time }

  mutating func insert(_ element: Element, at time: UInt64) {
    order += 1
    entries.append(Entry(time: time, order: order, element: element))
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child].isBefore(entries[parent]) else { return }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the first entry out, if its time has come.
  mutating func popDue(at now: UInt64) -> Element? {
    guard let first = entries.first, first.time <= now else { return nil }
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < entries.count && entries[child].isBefore(entries[least]) { least = child }
      guard least != parent else { return first.element }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
