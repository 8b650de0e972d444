// One topology under one plan: everything that the shards of a run share and none of them changes.
internal import Manifests
internal import Placement

/// The stage of a run.
final class World: Sendable {
  let topology: Topology
  let planner: Planner
  let plan: Plan
  let tools: [ToolFacts]
  let faults: FaultSchedule
  let costs: VirtualCosts
  let shards: ShardMap
  let seed: UInt64
  let duration: UInt64
  let timeout: UInt64
  /// Calls of the sample begin before this.
  let sampleEnd: UInt64
  /// Of each population, the sites that its clients may be sent to, nearest first.
  let entries: [[Int]]
  /// Of each population, its calls a second.
  let rates: [Double]
  /// Of each population, the sums of the shares of the tools up to each.
  let mixes: [[Double]]
  /// Regions of callers, and of each population its own.
  let regions: [String]
  let regionOfPopulation: [Int]
  /// Workers whose tools have sessions, and of each tool its worker's; -1: none.
  let sessionGroups: [String]
  let sessionGroupOfTool: [Int]

  /// - parameter duration: nanoseconds in which calls arrive; less than the scenario's for a sample.
  init(
    _ loaded: LoadedScenario, topology: Topology, policy: PlacementPolicy, costs: VirtualCosts, faults: FaultSchedule,
    shards: ShardMap? = nil, entries: [[Int]], duration: UInt64
  ) throws(SimulationError) {
    let scenario = loaded.scenario
    self.topology = topology
    self.faults = faults
    self.costs = costs
    self.entries = entries
    self.duration = duration
    self.shards = shards ?? ShardMap(topology, entries: entries)
    seed = scenario.seed
    timeout = UInt64(scenario.timeoutMilliseconds) * 1_000_000
    sampleEnd = Self.sampleEnd(scenario)
    let planner = Planner(topology, policy: policy)
    self.planner = planner
    var tools: [ToolFacts] = []
    let names = topology.dependencies.map(\.name)
    do throws(PlacementError) {
      plan = try planner.plan(
        zip(scenario.tools, loaded.tools).map { tool, manifest in
          ToolProfile(manifest.tools[0], of: manifest, name: tool.name, dependencies: names)
        })
    } catch {
      throw SimulationError(.scenario, error.message)
    }
    for (index, tool) in scenario.tools.enumerated() {
      if let wanted = tool.dependency, !names.contains(wanted) {
        throw SimulationError(
          .scenario,
          "tool `\(tool.name)` calls the dependency `\(wanted)`, which the topology does not have; "
            + (names.isEmpty ? "it has none" : "it has \(names.joined(separator: ", "))"))
      }
      tools.append(ToolFacts(tool, loaded.tools[index], plan.tools[index], topology, costs))
    }
    self.tools = tools
    (rates, mixes) = try Self.load(scenario, topology, given: loaded.topology.populations.count)
    var regions: [String] = []
    regionOfPopulation = topology.populations.map { population in
      if let known = regions.firstIndex(of: population.region) { return known }
      regions.append(population.region)
      return regions.count - 1
    }
    self.regions = regions
    var groups: [String] = []
    sessionGroupOfTool = tools.map { tool in
      guard tool.hasSession else { return -1 }
      if let known = groups.firstIndex(of: tool.worker) { return known }
      groups.append(tool.worker)
      return groups.count - 1
    }
    sessionGroups = groups
  }

  /// When the calls that plans are compared by have begun, on average.
  static func sampleEnd(_ scenario: Scenario) -> UInt64 {
    let part = Double(scenario.compareCalls) / (scenario.callsPerSecond * Double(scenario.milliseconds) / 1_000)
    return UInt64(min(1, part) * Double(scenario.milliseconds) * 1e6)
  }

  /// Rates and mixes of the populations, of which the file gave the first so many.
  private static func load(
    _ scenario: Scenario, _ topology: Topology, given: Int
  ) throws(SimulationError) -> ([Double], [[Double]]) {
    let populations = topology.populations
    guard !populations.isEmpty else {
      throw SimulationError(.scenario, "the topology has no [[populations]], so nobody calls; add one")
    }
    var shares = populations.map(\.share)
    var mixes = [[Double]](repeating: mix(scenario, []), count: populations.count)
    for load in scenario.loads {
      guard let place = populations.firstIndex(where: { $0.name == load.population }) else {
        let names = populations.prefix(12).map(\.name).joined(separator: ", ")
        throw SimulationError(
          .scenario,
          "[[loads]] names the population `\(load.population)`, which is not in the topology; it has \(names)")
      }
      // What grew around a city goes with it.
      let group = populations.indices.filter {
        $0 == place || $0 >= given && populations[$0].name.hasPrefix(load.population + "-")
      }
      let before = group.reduce(0) { $0 + populations[$1].share }
      for index in group {
        mixes[index] = mix(scenario, load.tools)
        guard let share = load.share else { continue }
        shares[index] = before > 0 ? share * populations[index].share / before : share / Double(group.count)
      }
    }
    let sum = shares.reduce(0, +)
    guard sum > 0 else {
      throw SimulationError(.scenario, "all populations have a share of 0, so nobody calls; give one a share")
    }
    return (shares.map { $0 / sum * scenario.callsPerSecond }, mixes)
  }

  private static func mix(_ scenario: Scenario, _ only: [String]) -> [Double] {
    var sum = 0.0
    return scenario.tools.map { tool in
      if only.isEmpty || only.contains(tool.name) { sum += tool.share }
      return sum
    }
  }

  /// The sites that each population's clients may be sent to, nearest first: the nearest three, the nearest of each
  /// region and the nearest core, so that a region that dies takes nobody's last one. A plan of one tier has no other sites,
  /// as ``Planner/entry(of:for:)`` has it.
  static func entries(_ topology: Topology, policy: PlacementPolicy = .manifest) -> [[Int]] {
    topology.populations.indices.map { population in
      let nearest = topology.sites(nearestTo: population).filter { site in
        switch policy {
        case .manifest: true
        case .allEdge: !topology.sites[site].isCore
        case .allCore: topology.sites[site].isCore
        }
      }
      var regions: Set<String> = []
      var core: Int?
      var chosen: [Int] = []
      for (rank, site) in nearest.enumerated() {
        let isFirst = regions.insert(topology.sites[site].region).inserted
        let isFirstCore = core == nil && topology.sites[site].isCore
        if isFirstCore { core = site }
        if rank < 3 || isFirst || isFirstCore { chosen.append(site) }
      }
      return Array(chosen.prefix(PlacementLimits.routeSitesMax))
    }
  }

  func mayRead(_ tool: Int, at site: Int) -> Bool { tools[tool].plan.mayRead(at: site, in: topology) }

  /// The way's own delay, there and back, without jitter, bytes and loss, in nanoseconds.
  func linksNanoseconds(population: Int, entry: Int, ranAt: Int) -> UInt64 {
    var way = topology.path(fromPopulation: population, to: entry).milliseconds
    if ranAt >= 0, ranAt != entry { way += topology.path(from: entry, to: ranAt).milliseconds }
    return UInt64(2 * way * 1e6)
  }
}
