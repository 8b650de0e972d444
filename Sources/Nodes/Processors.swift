// How many loops a node runs when nobody says.

import Glibc

enum Processors {
  /// The processors this process may run on, which in a container are fewer than the machine has.
  static var count: Int {
    var set = cpu_set_t()
    guard unsafe sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 else { return 1 }
    let bits = unsafe withUnsafeBytes(of: set) { raw in
      unsafe raw.reduce(into: 0) { $0 += $1.nonzeroBitCount }
    }
    return max(1, bits)
  }
}
