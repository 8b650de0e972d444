// Whether a site answers: learnt from calls and from probes, with hysteresis, so that one lost packet moves nothing.

/// What one node knows of one other site. A value with no clock and no network of its own: a node feeds it from its loop,
/// the simulator from virtual time.
public struct SiteHealth: Sendable, Equatable {
  public enum State: String, Sendable { case up, down }

  public private(set) var state = State.up
  /// Of probes and calls alike, since the last of the other kind.
  private var failures = 0
  private var successes = 0
  /// When it changed last, in nanoseconds of whoever feeds it.
  public private(set) var changed: UInt64 = 0

  public init() {}

  public var isUp: Bool { state == .up }

  /// A call or a probe was answered, with whatever status.
  ///
  /// A site that was down comes back only by probes: the calls that are still under way there say nothing of its future.
  /// - returns: whether the state changed.
  @discardableResult
  public mutating func answered(isProbe: Bool, now: UInt64) -> Bool {
    failures = 0
    guard state == .down, isProbe else { return false }
    successes += 1
    guard successes >= HealthRules.probesUntilUp else { return false }
    state = .up
    successes = 0
    changed = now
    return true
  }

  /// A call or a probe got no answer: no connection, none in time, or one that broke off.
  /// - returns: whether the state changed.
  @discardableResult
  public mutating func failed(now: UInt64) -> Bool {
    successes = 0
    guard state == .up else { return false }
    failures += 1
    guard failures >= HealthRules.failuresUntilDown else { return false }
    state = .down
    failures = 0
    changed = now
    return true
  }
}

/// The numbers of `SiteHealth`.
public enum HealthRules {
  /// Failures one after the other that take a site out.
  public static let failuresUntilDown = 3
  /// Probes one after the other that bring it back.
  public static let probesUntilUp = 2
  /// Milliseconds between probes of one site.
  public static let probeMilliseconds: UInt64 = 500
  /// Milliseconds that a probe may take beyond the way's own round trip.
  public static let probeTimeoutMilliseconds: UInt64 = 1_000
}
