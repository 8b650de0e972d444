// The bytes of one connection that the kernel would not take yet.
internal import Glibc

/// A growing buffer whose address stays the same while libuv writes from it.
struct OutgoingBytes: ~Copyable {
  private var base: UnsafeMutableRawPointer?
  private var capacity = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }
  var start: UnsafeMutableRawPointer? { base }

  init() {}

  deinit { free(base) }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    let needed = count + bytes.count
    if needed > capacity {
      capacity = max(needed, capacity * 2, 4096)
      guard let larger = realloc(base, capacity) else { fatalError("no memory for \(capacity) bytes of output") }
      base = larger
    }
    (base.unsafelyUnwrapped + count).copyMemory(from: source, byteCount: bytes.count)
    count = needed
  }

  /// Empties the buffer; one that has grown large gives its memory back.
  mutating func removeAll() {
    count = 0
    guard capacity > LoopLimits.retainedOutputBytes else { return }
    free(base)
    base = nil
    capacity = 0
  }
}
