// How long a verb took, for people.

import Glibc

enum Clock {
  /// Monotonic time in nanoseconds.
  static var now: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Milliseconds since 1970, the clock of files' times.
  static var realtimeMilliseconds: Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
  }

  static func milliseconds(since start: UInt64) -> Double { Double(now - start) / 1e6 }

  static func text(_ milliseconds: Double) -> String {
    milliseconds < 1_000
      ? "\(Int(milliseconds.rounded())) ms"
      : "\((milliseconds / 100).rounded() / 10) s"
  }
}
