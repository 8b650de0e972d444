// The clock that times to live are counted by.
internal import Glibc

/// Milliseconds since 1970. Adapters take one, so that the simulator and tests can give them theirs.
public typealias WallClock = @Sendable () -> UInt64

/// The machine's clock. Any thread; about 25 ns.
public let machineWallClock: WallClock = {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return UInt64(time.tv_sec) &* 1_000 &+ UInt64(time.tv_nsec) / 1_000_000
}
