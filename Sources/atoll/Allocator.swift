// The allocator's settings of a node, which the C library reads only as a process starts.

import Glibc

enum Allocator {
  /// Calls that go on as a cohort free as many blocks of one size as there are calls; of these, glibc keeps seven for the
  /// next and works through its lists for the others.
  private static let settings = "glibc.malloc.tcache_count=512"

  /// Starts this program anew, as the same process, with room for a cohort; once. A `GLIBC_TUNABLES` that is set already
  /// is the operator's and stays. Where the program cannot be started anew it goes on: it is only slower.
  static func makeRoomForCohorts() {
    guard unsafe getenv("GLIBC_TUNABLES") == nil, unsafe setenv("GLIBC_TUNABLES", settings, 0) == 0 else { return }
    _ = unsafe execv("/proc/self/exe", CommandLine.unsafeArgv)
  }
}
