// The clock that times to live are counted by.
internal import EventLoop
internal import Glibc

/// Milliseconds since 1970. Adapters take one, so that the simulator and tests can give them theirs.
public typealias WallClock = @Sendable () -> UInt64

/// The machine's clock, wrong by what the simulator says where it says something (``ClockOffset``). Any thread; about
/// 25 ns.
public let machineWallClock: WallClock = {
  guard let offset = ClockOffset.current else { return machineMilliseconds }
  return { UInt64(max(0, Int64(machineMilliseconds()) + offset.nanoseconds / 1_000_000)) }
}()

@Sendable private func machineMilliseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return UInt64(time.tv_sec) &* 1_000 &+ UInt64(time.tv_nsec) / 1_000_000
}
