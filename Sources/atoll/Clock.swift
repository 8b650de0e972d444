// How long a verb took, for people.

import Glibc

enum Clock {
  /// Monotonic time in nanoseconds.
  static var now: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  static func milliseconds(since start: UInt64) -> Double { Double(now - start) / 1e6 }

  static func text(_ milliseconds: Double) -> String {
    milliseconds < 1_000
      ? "\(Int(milliseconds.rounded())) ms"
      : "\((milliseconds / 100).rounded() / 10) s"
  }
}
