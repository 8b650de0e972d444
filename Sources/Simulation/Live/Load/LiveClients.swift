// The clients of one population: which site they call, and what they have learnt of the others.

import EventLoop
import HTTPClient
import Placement

/// How a population reaches one site.
struct Access: Sendable, Equatable {
  var site: Int
  var target: LinkTarget
}

/// The clients of one population. They enter at the nearest site that answers, as clients do that are led there by the
/// network; what they know of sites is what nodes know of each other (`SiteHealth`). Confined to the load's loop.
final class LiveClients {
  let population: Int
  /// Sites that they can reach, nearest first.
  let accesses: [Access]
  var arrivals: Arrivals
  private var health: [Int: SiteHealth] = [:]
  /// Where a tool is asked for since a site that may not have its arguments said so.
  private var directed: [Int: [Int]] = [:]
  private var sessions: [String: OpenSessions] = [:]
  private let seed: UInt64
  /// Calls that were planned, for their operations' names.
  private var count = 0

  init(population: Int, accesses: [Access], arrivals: Arrivals, seed: UInt64) {
    precondition(!accesses.isEmpty, "clients reach a site")
    self.population = population
    self.accesses = accesses
    self.arrivals = arrivals
    self.seed = seed
    for access in accesses { health[access.site] = SiteHealth() }
  }

  func target(of site: Int) -> LinkTarget? { accesses.first { $0.site == site }?.target }

  // MARK: Where to

  /// The sites that a call of this tool is offered to, best first.
  func route(tool: Int) -> [Int] { directed[tool] ?? accesses.map(\.site) }

  /// The tool is to be asked for at these sites only.
  ///
  /// - returns: false where the clients reach none of them.
  func direct(tool: Int, to sites: [Int]) -> Bool {
    let reached = accesses.map(\.site).filter(sites.contains)
    guard !reached.isEmpty else { return false }
    directed[tool] = reached
    return true
  }

  func isUp(_ site: Int) -> Bool { health[site]?.isUp ?? false }

  func answered(_ site: Int, isProbe: Bool, now: UInt64) {
    _ = health[site]?.answered(isProbe: isProbe, now: now)
  }

  func failed(_ site: Int, now: UInt64) { _ = health[site]?.failed(now: now) }

  /// Sites that have to be asked whether they are back.
  var down: [Int] { accesses.map(\.site).filter { !isUp($0) } }

  // MARK: Sessions and operations

  static let operationPrefix = "sim-"

  /// A name that no other operation of the run has.
  func operation() -> String {
    count += 1
    return "\(Self.operationPrefix)\(population)-\(count)"
  }

  func turn(_ tool: LiveTool) -> OpenSessions.Turn {
    var open =
      sessions[tool.worker]
      ?? OpenSessions(
        count: LiveLimits.openSessions, callsPerSession: tool.callsPerSession, seed: seed,
        stream: UInt64(sessions.count))
    defer { sessions[tool.worker] = open }
    return open.begin()
  }

  func answered(_ turn: OpenSessions.Turn, _ tool: LiveTool, handle: String?) {
    sessions[tool.worker]?.answered(turn, handle: handle)
  }

  func leave(_ turn: OpenSessions.Turn, _ tool: LiveTool) { sessions[tool.worker]?.leave(turn) }
}
