// A hierarchical timing wheel: six levels of 64 slots, from one millisecond to two years.

/// Keeps armed timers so that arming, disarming and finding the next one cost constant time.
///
/// Level 0 has one slot per tick; a slot of level n covers 64 slots of level n − 1, and its timers move down when the
/// wheel reaches it. A bit per slot says whether anything is in it. Each slot is a doubly linked list through the
/// timers themselves, so nothing is allocated. A tick is one millisecond.
struct TimerWheel: ~Copyable {
  private static let levels = 6
  private static let slotBits: UInt64 = 6
  private static let slotMask: UInt64 = 63
  private static let span: UInt64 = 1 << (slotBits * UInt64(levels))

  /// First timer of each slot, at `level * 64 + slot`. The first one's `previous` is the last one.
  private let slots: UnsafeMutablePointer<Unmanaged<LoopTimer>?>
  /// Per level, one bit for each slot that is not empty.
  private var occupied: InlineArray<6, UInt64> = .init(repeating: 0)
  /// Everything up to here has been handed out.
  private var elapsed: UInt64
  private(set) var count = 0

  init(startingAt tick: UInt64) {
    elapsed = tick
    slots = .allocate(capacity: Self.levels * 64)
    slots.initialize(repeating: nil, count: Self.levels * 64)
  }

  deinit { slots.deallocate() }

  /// Links `timer`, which must not be linked, and keeps a reference to it.
  mutating func insert(_ timer: LoopTimer, at tick: UInt64, now: UInt64) {
    if count == 0 { elapsed = max(elapsed, now) }
    timer.tick = max(tick, elapsed)
    _ = Unmanaged.passRetained(timer)
    link(timer)
    count += 1
  }

  /// Unlinks `timer`, which must be linked, and gives its reference back.
  mutating func remove(_ timer: LoopTimer) {
    unlink(timer)
    count -= 1
    Unmanaged.passUnretained(timer).release()
  }

  /// The next timer whose tick has come, unlinked; timers of earlier ticks first.
  mutating func popExpired(now: UInt64) -> LoopTimer? {
    while let (level, slot, tick) = nextSlot(), tick <= now {
      if level > 0 {
        moveDown(level: level, slot: slot, reaching: tick)
        continue
      }
      elapsed = max(elapsed, tick)
      guard let timer = slots[slot]?.takeUnretainedValue() else { continue }
      remove(timer)
      return timer
    }
    elapsed = max(elapsed, now)
    return nil
  }

  /// When the wheel must be looked at next: the tick of the next timer, or earlier if timers have to move down first.
  func nextTick() -> UInt64? { nextSlot()?.tick }

  /// Any timer, unlinked.
  mutating func popAny() -> LoopTimer? {
    for level in 0..<Self.levels where occupied[level] != 0 {
      let slot = level * 64 + occupied[level].trailingZeroBitCount
      guard let timer = slots[slot]?.takeUnretainedValue() else { continue }
      remove(timer)
      return timer
    }
    return nil
  }

  // MARK: Slots

  private func nextSlot() -> (level: Int, slot: Int, tick: UInt64)? {
    for level in 0..<Self.levels where occupied[level] != 0 {
      let shift = Self.slotBits * UInt64(level)
      let current = (elapsed >> shift) & Self.slotMask
      let bits = occupied[level]
      let rotated = (bits >> current) | (bits << ((64 - current) & 63))
      let slot = (UInt64(rotated.trailingZeroBitCount) + current) & Self.slotMask
      let range = 1 << (shift + Self.slotBits)
      var tick = (elapsed & ~(UInt64(range) - 1)) + (slot << shift)
      // A slot behind the current one belongs to the next round; on level 0 the current slot is due now.
      if tick < elapsed && slot != current { tick += UInt64(range) }
      return (level, level * 64 + Int(slot), max(tick, elapsed))
    }
    return nil
  }

  /// The wheel has reached a slot of a higher level: its timers go where their exact tick puts them now.
  private mutating func moveDown(level: Int, slot: Int, reaching tick: UInt64) {
    elapsed = max(elapsed, tick)
    var timer = slots[slot]
    slots[slot] = nil
    occupied[level] &= ~(1 << UInt64(slot & 63))
    while let current = timer {
      let following = current._withUnsafeGuaranteedRef { $0.next.map { Unmanaged.passUnretained($0) } }
      link(current.takeUnretainedValue())
      timer = following
    }
  }

  private mutating func link(_ timer: LoopTimer) {
    // A tick out of reach waits in the farthest slot, 63 slots of the top level ahead, and is placed anew from there.
    let reachable = min(timer.tick, elapsed + (Self.span - Self.span / 64))
    // The level is that of the highest digit in which the tick differs from now.
    let distance = min((elapsed ^ reachable) | Self.slotMask, Self.span - 1)
    let level = (63 - distance.leadingZeroBitCount) / Int(Self.slotBits)
    let digit = Int((reachable >> (Self.slotBits * UInt64(level))) & Self.slotMask)
    let slot = level * 64 + digit
    timer.slot = slot
    timer.next = nil
    if let first = slots[slot]?.takeUnretainedValue() {
      let last = first.previous.unsafelyUnwrapped
      last.next = timer
      timer.previous = last
      first.previous = timer
    } else {
      slots[slot] = Unmanaged.passUnretained(timer)
      timer.previous = timer
      occupied[level] |= 1 << UInt64(digit)
    }
  }

  private mutating func unlink(_ timer: LoopTimer) {
    let slot = timer.slot
    let following = timer.next
    if slots[slot]?.toOpaque() == Unmanaged.passUnretained(timer).toOpaque() {
      slots[slot] = following.map { Unmanaged.passUnretained($0) }
      if let following {
        following.previous = timer.previous
      } else {
        occupied[slot / 64] &= ~(1 << UInt64(slot & 63))
      }
    } else {
      timer.previous?.next = following
      // The first timer of a slot knows the last one.
      (following ?? slots[slot]?.takeUnretainedValue())?.previous = timer.previous
    }
    timer.next = nil
    timer.previous = nil
    timer.slot = -1
  }
}
