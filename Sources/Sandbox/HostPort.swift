// Where time and randomness come from. Every source of either passes through here, so that a call can be recorded
// and replayed, and a simulation can run guests in virtual time.
internal import CWasmtime
internal import EventLoop
internal import Glibc

/// What time it is, for guests. The accounting of limits does not ask it: that is the machine's own time.
public struct HostClock: Sendable {
  /// Nanoseconds since 1970.
  public var realtime: @Sendable () -> UInt64
  /// Nanoseconds since some fixed point.
  public var monotonic: @Sendable () -> UInt64

  public init(realtime: @escaping @Sendable () -> UInt64, monotonic: @escaping @Sendable () -> UInt64) {
    self.realtime = realtime
    self.monotonic = monotonic
  }

  /// The machine's clocks; the wall clock wrong by what the simulator says where it says something (``ClockOffset``).
  public static let system: HostClock = {
    var clock = HostClock(
      realtime: { atoll_realtime_nanoseconds() }, monotonic: { atoll_monotonic_nanoseconds() })
    if let offset = ClockOffset.current {
      clock.realtime = { UInt64(max(0, Int64(atoll_realtime_nanoseconds()) + offset.nanoseconds)) }
    }
    return clock
  }()
}

/// Random bytes, for guests.
public struct HostRandom: Sendable {
  /// Fills the buffer. Called on the loop, on the guest's stack: short, and never suspending.
  public var fill: @Sendable (UnsafeMutableRawBufferPointer) -> Void

  public init(fill: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void) { self.fill = fill }

  /// The kernel's generator, read 4 KiB at a time: a system call costs more than the rest of a host function.
  public static var system: HostRandom {
    let reserve = RandomReserve()
    return HostRandom { reserve.fill($0) }
  }
}

/// Kernel randomness in stock. Each byte is given out once and wiped. Confined to its loop's thread.
private final class RandomReserve: @unchecked Sendable {
  private static let capacity = 4096
  private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
  private var left = 0

  deinit {
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    bytes.deallocate()
  }

  func fill(_ target: UnsafeMutableRawBufferPointer) {
    guard target.count <= Self.capacity / 4 else { return Self.read(target) }
    if left < target.count {
      Self.read(bytes)
      left = bytes.count
    }
    let source = UnsafeMutableRawBufferPointer(rebasing: bytes[(left - target.count)..<left])
    target.copyMemory(from: UnsafeRawBufferPointer(source))
    source.initializeMemory(as: UInt8.self, repeating: 0)
    left -= target.count
  }

  private static func read(_ target: UnsafeMutableRawBufferPointer) {
    var offset = 0
    while offset < target.count {
      let count = atoll_random(target.baseAddress! + offset, target.count - offset)
      precondition(count > 0 || errno == EINTR, "getrandom failed: errno \(errno)")
      offset += max(0, count)
    }
  }
}
