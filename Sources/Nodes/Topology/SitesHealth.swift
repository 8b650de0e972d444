// What all loops of a node know of the other sites: one `SiteHealth` each, fed by calls and by probes.

import Placement
import Synchronization

/// The health of a topology's sites. Thread-safe: a lock of some 20 ns, taken by calls that are forwarded.
final class SitesHealth: Sendable {
  private let sites: Mutex<[SiteHealth]>

  init(count: Int) { sites = Mutex(Array(repeating: SiteHealth(), count: count)) }

  func isUp(_ site: Int) -> Bool { sites.withLock { $0[site].isUp } }

  /// - returns: whether the site's state changed.
  func answered(_ site: Int, isProbe: Bool, now: UInt64) -> Bool {
    sites.withLock { $0[site].answered(isProbe: isProbe, now: now) }
  }

  /// - returns: whether the site's state changed.
  func failed(_ site: Int, now: UInt64) -> Bool { sites.withLock { $0[site].failed(now: now) } }
}
