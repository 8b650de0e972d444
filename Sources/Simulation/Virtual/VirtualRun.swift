// Virtual mode: a scenario played on a virtual clock and network.
internal import EventLoop
internal import Manifests
internal import Placement
internal import Sealing

/// Plays a scenario in virtual time. The same scenario and seed give the same report, byte for byte, on any number of
/// threads.
///
///     let report = try await VirtualRun(LoadedScenario.load("scenarios/world.toml")).report(threads: 2)
public struct VirtualRun: Sendable {
  /// How far a run is.
  public struct Progress: Sendable, Equatable {
    public enum Stage: String, Sendable { case planning, playing, comparing, counting }
    public var stage: Stage
    /// Of the stage's virtual time, in seconds.
    public var seconds: Double
    public var totalSeconds: Double
  }

  private let loaded: LoadedScenario
  private let costs: VirtualCosts
  /// For tests: of so many writes of a session's state one is acknowledged and not done.
  private let dropsWrite: Int?

  public init(_ loaded: LoadedScenario, costs: VirtualCosts = VirtualCosts()) {
    self.init(loaded, costs: costs, dropsWrite: nil)
  }

  init(_ loaded: LoadedScenario, costs: VirtualCosts = VirtualCosts(), dropsWrite: Int?) {
    self.loaded = loaded
    self.costs = costs
    self.dropsWrite = dropsWrite
  }

  /// Plays it on so many threads. `progress` is called on any of them, about a hundred times a stage.
  ///
  /// - throws: ``SimulationError`` `scenario` where scenario, topology and manifests do not go together; `network` where no
  ///   threads can be had.
  public func report(
    threads: Int, progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async throws(SimulationError) -> SimulationReport {
    precondition(threads > 0, "a run needs a thread")
    let crew = try Crew(threads: threads)
    let result: Result<SimulationReport, SimulationError>
    do throws(SimulationError) { result = .success(try await play(on: crew, progress)) } catch {
      result = .failure(error)
    }
    crew.leave()
    return try result.get()
  }

  private func play(
    on crew: Crew, _ progress: @escaping @Sendable (Progress) -> Void
  ) async throws(SimulationError) -> SimulationReport {
    let scenario = loaded.scenario
    let seconds = Double(scenario.milliseconds) / 1_000
    progress(Progress(stage: .planning, seconds: 0, totalSeconds: seconds))
    let file = scenario.generatedSites.map { loaded.topology.grown(to: $0, seed: scenario.seed) } ?? loaded.topology
    let topology: Topology
    do throws(PlacementError) { topology = try Topology(file) } catch {
      throw SimulationError(.scenario, error.message)
    }
    let timeline = try FaultTimeline(scenario.faults, in: topology)
    let faults = FaultSchedule(timeline, sites: topology.sites.count)
    let entries = World.entries(topology)
    let world = try World(
      loaded, topology: topology, policy: .manifest, costs: costs, faults: faults, entries: entries,
      duration: UInt64(scenario.milliseconds) * 1_000_000)
    let main = await Play(world, dropsWrite: dropsWrite).run(on: crew) { time in
      progress(Progress(stage: .playing, seconds: Double(time) / 1e9, totalSeconds: seconds))
    }
    var variants: [(PlacementPolicy, Tally)] = [(.manifest, main.tally)]
    if world.sampleEnd > 0 {
      for policy in [PlacementPolicy.allEdge, .allCore] {
        let other = try World(
          loaded, topology: topology, policy: policy, costs: costs, faults: faults, shards: world.shards,
          entries: World.entries(topology, policy: policy), duration: world.sampleEnd)
        let played = await Play(other, dropsWrite: nil).run(on: crew) { time in
          progress(
            Progress(stage: .comparing, seconds: Double(time) / 1e9, totalSeconds: Double(world.sampleEnd) / 1e9))
        }
        variants.append((policy, played.tally))
      }
    }
    progress(Progress(stage: .counting, seconds: seconds, totalSeconds: seconds))
    return VirtualReport(scenario: scenario, world: world, outcome: main, variants: variants).report
  }
}

/// The threads of a run: this one, or loops of their own.
struct Crew {
  private let loops: EventLoops?

  init(threads: Int) throws(SimulationError) {
    guard threads > 1 else {
      loops = nil
      return
    }
    do throws(LoopError) { loops = try EventLoops(count: threads) } catch {
      throw SimulationError(.network, "\(error)")
    }
    loops?.start()
  }

  func run<Shard: EngineShard>(_ engine: Engine<Shard>) async {
    if let loops { await engine.run(on: loops.loops) } else { engine.run() }
  }

  func leave() {
    loops?.stop()
    loops?.join()
  }
}

/// One world, played from its first call to its last answer.
struct Play {
  /// What is left when it is over.
  struct Outcome {
    var tally: Tally
    /// Calls that nobody has an answer or an error for.
    var open: Int
    var rounds: UInt64
  }

  private let world: World
  private let shards: [SiteShard]
  private let end: UInt64

  init(_ world: World, dropsWrite: Int?) {
    self.world = world
    // By then everything has run out of time: calls, what is asked again for them, probes.
    let end = world.duration &+ 4 * world.timeout &+ 60_000_000_000
    self.end = end
    let keys = KeyRing.minted()
    shards = (0..<world.shards.count).map {
      SiteShard(world, index: $0, keys: keys, end: end, dropsWrite: dropsWrite)
    }
  }

  func run(on crew: Crew, progress: @escaping (UInt64) -> Void) async -> Outcome {
    let engine = Engine(
      shards: shards, lookahead: world.shards.lookahead, end: end, progressStep: max(1, world.duration / 100),
      progress: { if $0 <= world.duration { progress($0) } })
    await crew.run(engine)
    for shard in shards { shard.auditRemaining(shards) }
    for shard in shards {
      shard.stores.settle()
      shard.tally.replicaReads = shard.stores.replicaReads
      shard.tally.staleReads = shard.stores.staleReads
    }
    var tally = shards[0].tally
    for shard in shards.dropFirst() { tally.merge(shard.tally) }
    return Outcome(tally: tally, open: shards.reduce(0) { $0 + $1.calls.count }, rounds: engine.rounds)
  }
}
