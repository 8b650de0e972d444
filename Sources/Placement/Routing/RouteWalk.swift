// One call on its way along its route: which site next, and whether another may be tried at all.

/// Walks a call along the sites that may run it. A value: the same code decides in a node and in the simulator.
///
///     var walk = RouteWalk(route, isRepeatable: tool.isIdempotent || tool.isReadOnly)
///     while let site = walk.next(isUp: health.isUp) { … walk.failed(mayHaveBegun: …) … }
public struct RouteWalk: Sendable {
  /// Why a walk has ended without an answer.
  public enum End: String, Sendable {
    /// The call may have been done, and must not be done twice.
    case mayHaveRun = "may_have_run"
    /// No further site is left that may run it.
    case noSite = "no_site"
  }

  private let route: [Int]
  private let isRepeatable: Bool
  private var tried: [Int] = []
  public private(set) var end: End?

  /// - parameter isRepeatable: whether a call that may have run elsewhere may run again: it is idempotent or reads only.
  public init(_ route: [Int], isRepeatable: Bool) {
    self.route = route
    self.isRepeatable = isRepeatable
  }

  /// Sites that were tried, in that order.
  public var attempts: Int { tried.count }

  /// The next site to try: the best of those that are up; where none is, the best that was not tried, since what is known
  /// of it may be old. Nil: the walk is over.
  public mutating func next(isUp: (Int) -> Bool) -> Int? {
    guard end == nil else { return nil }
    guard tried.count < RouteRules.attemptsMax else {
      end = .noSite
      return nil
    }
    let left = route.filter { !tried.contains($0) }
    guard let site = left.first(where: isUp) ?? (tried.isEmpty ? left.first : nil) else {
      end = .noSite
      return nil
    }
    tried.append(site)
    return site
  }

  /// The site that `next` gave did not answer. `mayHaveBegun` is false only where certainly no byte of the call got there.
  public mutating func failed(mayHaveBegun: Bool) {
    if mayHaveBegun && !isRepeatable { end = .mayHaveRun }
  }
}

public enum RouteRules {
  /// Sites that one call is offered to.
  public static let attemptsMax = 3
}
