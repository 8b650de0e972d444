// From the bytes of a tool's name to its place in the catalog, without a String and without an allocation.

/// An open-addressing table over the names of a catalog, built once.
///
/// FNV-1a is enough: only the operator puts names in, callers only look them up.
struct NameIndex: Sendable {
  private let names: [[UInt8]]
  /// Place in `names`, or -1; a power of two of slots, at most half full.
  private let slots: [Int32]

  init(_ names: [[UInt8]]) {
    self.names = names
    var count = 4
    while count < names.count * 2 { count *= 2 }
    var slots = [Int32](repeating: -1, count: count)
    for (place, name) in names.enumerated() {
      var slot = Int(truncatingIfNeeded: NameIndex.hash(name[...])) & (count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (count - 1) }
      slots[slot] = Int32(place)
    }
    self.slots = slots
  }

  func place(of name: ArraySlice<UInt8>) -> Int? {
    var slot = Int(truncatingIfNeeded: NameIndex.hash(name)) & (slots.count - 1)
    while true {
      let place = Int(slots[slot])
      if place < 0 { return nil }
      if equal(name, names[place]) { return place }
      slot = (slot + 1) & (slots.count - 1)
    }
  }

  private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
    return hash ^ (hash >> 32)
  }
}
