// What goes wrong when: the faults of a scenario, their targets found in its topology. Pure; both modes follow it.
public import Manifests
public import Placement

/// Two sites, whichever way round.
public struct SitePair: Sendable, Hashable {
  public let low: Int
  public let high: Int

  public init(_ a: Int, _ b: Int) {
    low = min(a, b)
    high = max(a, b)
  }
}

/// The faults of a scenario on one axis of time, each with its beginning and its end.
///
/// What each kind does to its target:
/// - `kill`: the nodes of the sites end at once and lose what they were doing; afterwards they start again.
/// - `pause`: they stand still, with their connections open.
/// - `slow`: they compute `factor` times slower.
/// - `partition`: nothing passes between two places, that is between each site of one and each of the other; or between one
///   place and all sites outside it. What stands at a site (stores, dependencies) is cut off with it. Clients still reach
///   the sites: they are at none.
/// - `clock skew`: wall clocks of the nodes are off by `skew_ms`.
/// - `kv down`: a store does not answer, and its replicas do.
/// - `upstream errors`: of the calls to a dependency, `percent` are answered with status 500.
///
/// Of faults that overlap, kills, pauses and partitions last until the last of them ends; slowdowns multiply, skews add up,
/// and of failing dependencies the greater share holds.
public struct FaultTimeline: Sendable, Equatable {
  public enum Target: Sendable, Equatable {
    case sites([Int])
    case pairs([SitePair])
    case store(Int)
    case dependency(Int)
  }

  public struct Entry: Sendable, Equatable {
    public let fault: ScenarioFault
    public let target: Target
    /// From the start of the run.
    public var beginMilliseconds: Int { fault.atMilliseconds }
    /// Nil: it lasts to the end of the run.
    public var endMilliseconds: Int? { fault.forMilliseconds.map { fault.atMilliseconds + $0 } }
  }

  /// A fault begins or ends.
  public struct Step: Sendable, Equatable {
    public let milliseconds: Int
    /// Its place among the entries.
    public let entry: Int
    public let begins: Bool
  }

  /// In the scenario's order.
  public let entries: [Entry]
  /// By time; of those of one time, ends come first, then the scenario's order holds.
  public let steps: [Step]

  /// - throws: ``SimulationError`` `scenario` for a target that the topology does not have, or that the kind cannot strike.
  public init(_ faults: [ScenarioFault], in topology: Topology) throws(SimulationError) {
    var entries: [Entry] = []
    for (index, fault) in faults.enumerated() {
      entries.append(Entry(fault: fault, target: try Self.target(of: fault, index, in: topology)))
    }
    self.entries = entries
    var steps: [Step] = []
    for (index, entry) in entries.enumerated() {
      steps.append(Step(milliseconds: entry.beginMilliseconds, entry: index, begins: true))
      if let end = entry.endMilliseconds { steps.append(Step(milliseconds: end, entry: index, begins: false)) }
    }
    // A fault without a length begins before it ends.
    func rank(_ step: Step) -> Int { step.begins ? 1 : entries[step.entry].fault.forMilliseconds == 0 ? 2 : 0 }
    self.steps = steps.sorted { ($0.milliseconds, rank($0), $0.entry) < ($1.milliseconds, rank($1), $1.entry) }
  }

  // MARK: Targets

  private static func target(
    of fault: ScenarioFault, _ index: Int, in topology: Topology
  ) throws(SimulationError) -> Target {
    func refused(_ name: String, _ what: String, _ names: [String]) -> SimulationError {
      let meant = Spelling.nearest(to: name, among: names).map { "; did you mean `\($0)`?" }
      let there = names.isEmpty ? "; it has none" : "; it has \(names.prefix(12).joined(separator: ", "))"
      return SimulationError(
        .scenario,
        "faults[\(index)]: a `\(fault.kind.rawValue)` strikes \(what), and the topology has none called `\(name)`"
          + (meant ?? there))
    }
    func place(_ name: String) throws(SimulationError) -> [Int] {
      if let site = topology.site(named: name) { return [site] }
      let sites = topology.sites.indices.filter { topology.sites[$0].region == name }
      guard sites.isEmpty else { return sites }
      var names = topology.sites.map(\.name)
      for site in topology.sites where !names.contains(site.region) { names.append(site.region) }
      throw refused(name, "a site or a region", names)
    }
    switch fault.kind {
    case .kill, .pause, .slow, .clockSkew: return .sites(try place(fault.target))
    case .partition:
      let ends = fault.target.split(separator: " to ", maxSplits: 1).map(String.init)
      let first = try place(ends[0])
      let second = ends.count == 2 ? try place(ends[1]) : topology.sites.indices.filter { !first.contains($0) }
      var pairs: [SitePair] = []
      var known: Set<SitePair> = []
      for a in first {
        for b in second where a != b && known.insert(SitePair(a, b)).inserted { pairs.append(SitePair(a, b)) }
      }
      guard !pairs.isEmpty else {
        throw SimulationError(
          .scenario, "faults[\(index)]: there is nothing between `\(fault.target)` to part; name two places")
      }
      return .pairs(pairs)
    case .kvDown:
      guard let store = topology.stores.firstIndex(where: { $0.name == fault.target }) else {
        throw refused(fault.target, "a store", topology.stores.map(\.name))
      }
      return .store(store)
    case .upstreamErrors:
      guard let dependency = topology.dependency(named: fault.target) else {
        throw refused(fault.target, "a dependency", topology.dependencies.map(\.name))
      }
      return .dependency(dependency)
    }
  }
}

/// What is wrong at one moment of a timeline. A fold over the faults that are on: few, and asked at their steps only.
public struct FaultConditions: Sendable, Equatable {
  private let timeline: FaultTimeline
  private var active: [Int] = []

  public init(_ timeline: FaultTimeline) { self.timeline = timeline }

  public mutating func apply(_ step: FaultTimeline.Step) {
    if step.begins { active.append(step.entry) } else { active.removeAll { $0 == step.entry } }
  }

  public func isKilled(site: Int) -> Bool { !faults(.kill, site: site).isEmpty }
  public func isPaused(site: Int) -> Bool { !faults(.pause, site: site).isEmpty }

  /// How many times slower the site computes; 1 is its own speed.
  public func slowdown(site: Int) -> Double { faults(.slow, site: site).reduce(1) { $0 * $1.factor } }

  /// How far the site's wall clock is ahead.
  public func skewMilliseconds(site: Int) -> Int {
    faults(.clockSkew, site: site).reduce(0) { $0 + $1.skewMilliseconds }
  }

  public func isCut(_ pair: SitePair) -> Bool {
    active.contains { index in
      if case .pairs(let pairs) = timeline.entries[index].target { pairs.contains(pair) } else { false }
    }
  }

  public func isDown(store: Int) -> Bool { active.contains { timeline.entries[$0].target == .store(store) } }

  /// Of a hundred calls to the dependency, how many fail.
  public func failingPercent(dependency: Int) -> Double {
    active.filter { timeline.entries[$0].target == .dependency(dependency) }
      .reduce(0) { max($0, timeline.entries[$1].fault.percent) }
  }

  private func faults(_ kind: ScenarioFault.Kind, site: Int) -> [ScenarioFault] {
    active.compactMap { index in
      let entry = timeline.entries[index]
      guard entry.fault.kind == kind, case .sites(let sites) = entry.target, sites.contains(site) else { return nil }
      return entry.fault
    }
  }
}
