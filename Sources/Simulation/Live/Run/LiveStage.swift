// A scenario made ready for live mode: what is played, by which workers, under which plan.

internal import Manifests
internal import Nodes
internal import Placement

/// What a live run plays. Everything that a scenario can get wrong is said here, before a process starts.
struct LiveStage: Sendable {
  let scenario: Scenario
  let topology: Topology
  let timeline: FaultTimeline
  /// The plan and the mix, as virtual mode has them: the nodes plan the same by themselves.
  let world: World
  /// In the order of the mix.
  let tools: [LiveTool]
  /// Folders of the workers, each once.
  let workers: [String]
  /// Names of the secrets that their upstreams ask for.
  let secrets: [String]

  /// - parameter folder: the scenario's, with its slash; empty for the current one.
  init(_ loaded: LoadedScenario, folder: String) throws(SimulationError) {
    let scenario = loaded.scenario
    self.scenario = scenario
    guard scenario.generatedSites == nil else {
      throw SimulationError(
        .scenario, "[generate] makes sites for virtual mode, and a live run has a process for each; use --virtual")
    }
    guard loaded.topology.sites.count <= LiveLimits.sites else {
      throw SimulationError(
        .scenario,
        "the topology has \(loaded.topology.sites.count) sites, and a live run starts a process for each, at most "
          + "\(LiveLimits.sites); use --virtual")
    }
    do throws(PlacementError) { topology = try Topology(loaded.topology) } catch {
      throw SimulationError(.scenario, error.message)
    }
    timeline = try FaultTimeline(scenario.faults, in: topology)
    var tools: [LiveTool] = []
    var manifests: [Manifest] = []
    var workers: [String] = []
    for (tool, planned) in zip(scenario.tools, loaded.tools) {
      guard let worker = tool.worker else {
        throw SimulationError(
          .scenario,
          "tool `\(tool.name)` has no `worker`, so that no node can run it; name its folder, or use --virtual")
      }
      let path = worker.hasPrefix("/") ? worker : folder + worker
      if !workers.contains(path) { workers.append(path) }
      let manifest = try Self.manifest(of: tool, planned, in: path)
      manifests.append(manifest)
      let schema = manifest.tools[0].input.bytes
      tools.append(
        try LiveTool(
          manifest.tools[0], worker: manifest.name,
          arguments: tool.arguments.map { Array($0.utf8) } ?? SampleArguments.make(from: schema), schema: schema,
          callsPerSession: tool.sessionCalls))
    }
    self.tools = tools
    self.workers = workers
    secrets = Set(manifests.flatMap(\.upstreams).flatMap(\.headers).flatMap(\.value.secrets)).sorted()
    world = try World(
      LoadedScenario(scenario: scenario, topology: loaded.topology, tools: manifests), topology: topology,
      policy: .manifest, costs: VirtualCosts(), faults: FaultSchedule(timeline, sites: topology.sites.count),
      entries: World.entries(topology), duration: UInt64(scenario.milliseconds) * 1_000_000)
  }

  /// The tool as its nodes know it. They read the worker's own manifest, and what the scenario would change in it they
  /// would not follow.
  private static func manifest(
    of tool: ScenarioTool, _ planned: Manifest, in folder: String
  ) throws(SimulationError) -> Manifest {
    var own: Manifest
    do throws(ManifestError) { own = try Manifest.load(folder: folder) } catch {
      throw SimulationError(.scenario, "\(error)")
    }
    own.tools = own.tools.filter { $0.name == tool.name }
    guard let there = own.tools.first, let wanted = planned.tools.first else {
      throw SimulationError(.scenario, "worker `\(own.name)` has no tool `\(tool.name)`")
    }
    let differences = [
      ("read_only", there.readOnly != wanted.readOnly), ("idempotent", there.idempotent != wanted.idempotent),
      ("session", there.session != wanted.session), ("tier", own.placement.tier != planned.placement.tier),
      ("jurisdictions", own.placement.jurisdictions != planned.placement.jurisdictions),
      ("near", own.placement.near != planned.placement.near),
      ("latency_budget_ms", own.placement.latencyBudgetMilliseconds != planned.placement.latencyBudgetMilliseconds),
      ("dependency", own.upstreams.map(\.name) != planned.upstreams.map(\.name)),
    ]
    if let (key, _) = differences.first(where: \.1) {
      throw SimulationError(
        .scenario,
        "tool `\(tool.name)`: the scenario's `\(key)` is not what \(folder)/atoll.toml says, which is what nodes follow; "
          + "write it there and leave it out here, or use --virtual")
    }
    return own
  }
}
