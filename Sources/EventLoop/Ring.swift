// A first-in first-out queue in one growing buffer: jobs and ready guests wait in these.

/// A queue without an allocation per element; a power of two of slots that only grows.
struct Ring<Element>: ~Copyable {
  private var slots: UnsafeMutablePointer<Element>
  private var mask: Int
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  init(minimumCapacity: Int = 64) {
    var capacity = 1
    while capacity < minimumCapacity { capacity *= 2 }
    slots = .allocate(capacity: capacity)
    mask = capacity - 1
  }

  deinit {
    for offset in 0..<count { (slots + ((head + offset) & mask)).deinitialize(count: 1) }
    slots.deallocate()
  }

  @inline(__always)
  mutating func append(_ element: consuming Element) {
    if count > mask { grow() }
    (slots + ((head &+ count) & mask)).initialize(to: element)
    count &+= 1
  }

  @inline(__always)
  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = (slots + head).move()
    head = (head &+ 1) & mask
    count &-= 1
    return element
  }

  @inline(__always)
  mutating func popLast() -> Element? {
    guard count > 0 else { return nil }
    count &-= 1
    return (slots + ((head &+ count) & mask)).move()
  }

  private mutating func grow() {
    let capacity = (mask + 1) * 2
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
    let untilEnd = mask + 1 - head
    larger.moveInitialize(from: slots + head, count: untilEnd)
    (larger + untilEnd).moveInitialize(from: slots, count: count - untilEnd)
    slots.deallocate()
    slots = larger
    mask = capacity - 1
    head = 0
  }
}
