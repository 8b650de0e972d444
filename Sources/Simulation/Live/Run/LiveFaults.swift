// The faults of a live run: signals, clocks, relays and servers, at the times of the timeline.

internal import EventLoop
internal import Glibc

/// Makes the faults of a timeline happen. Confined to the run's loop.
final class LiveFaults {
  private let timeline: FaultTimeline
  private var conditions: FaultConditions
  private let sites: [LiveSite]
  private let stores: [LiveProcess]
  private let dependencies: [DependencyServer]
  private let network: LiveNetwork
  private let processes: LiveProcesses
  private let alarms: Alarms
  private var isOver = false
  private var restarting = 0
  /// Steps that could not be done.
  private(set) var problems: [SimulationError] = []

  init(
    _ timeline: FaultTimeline, sites: [LiveSite], stores: [LiveProcess], dependencies: [DependencyServer],
    network: LiveNetwork, processes: LiveProcesses, alarms: Alarms
  ) {
    self.timeline = timeline
    conditions = FaultConditions(timeline)
    self.sites = sites
    self.stores = stores
    self.dependencies = dependencies
    self.network = network
    self.processes = processes
    self.alarms = alarms
  }

  /// Does each step at its time from `start` on, and returns after the last one, or when the run is over.
  func run(from start: UInt64) async {
    for step in timeline.steps {
      await alarms.sleep(until: start + UInt64(step.milliseconds) * 1_000_000)
      if isOver { return }
      conditions.apply(step)
      await enforce(timeline.entries[step.entry].target)
    }
  }

  /// Nothing strikes any more.
  func cancel() { isOver = true }

  /// Ends every fault that is still on, so that what is left can be asked for its state. Sites that are down stay so.
  func end() async {
    isOver = true
    conditions = FaultConditions(timeline)
    for entry in timeline.entries {
      if case .sites(let struck) = entry.target {
        for site in struck { sites[site].setPace(1) }
      } else {
        await enforce(entry.target)
      }
    }
  }

  private func enforce(_ target: FaultTimeline.Target) async {
    switch target {
    case .sites(let struck): for site in struck { await enforce(sites[site]) }
    case .pairs(let pairs): for pair in pairs { await network.setCut(pair, conditions.isCut(pair)) }
    case .store(let store): stores[store].send(conditions.isDown(store: store) ? SIGSTOP : SIGCONT)
    case .dependency(let dependency):
      dependencies[dependency].failingPercent = conditions.failingPercent(dependency: dependency)
    }
  }

  private func enforce(_ site: LiveSite) async {
    do throws(SimulationError) {
      try site.setClock(aheadMilliseconds: conditions.skewMilliseconds(site: site.site))
    } catch {
      problems.append(error)
    }
    let isKilled = conditions.isKilled(site: site.site)
    if isKilled, !site.isDown {
      site.isDown = true
      // First, so that nobody is accepted whom nobody will answer.
      await network.refuse(node: site.site)
      await site.process.kill()
    } else if !isKilled, site.isDown {
      // It takes longer than the next step may be away.
      alarms.loop.spawn { [box = Confined((self, site))] in
        let (faults, site) = box.value
        await faults.restart(site)
      }
    }
    site.setPace(conditions.isPaused(site: site.site) ? 0 : 1 / conditions.slowdown(site: site.site))
  }

  private func restart(_ site: LiveSite) async {
    guard !site.process.isRunning, !isOver else { return }
    do throws(SimulationError) {
      try await processes.restart(site.process, ready: NodeProgram.ready)
      // It may have been struck again meanwhile.
      guard !conditions.isKilled(site: site.site) else { return await site.process.kill() }
      site.restoredPace()
      try await network.accept(node: site.site)
      site.isDown = false
    } catch {
      // A run that is over ends its nodes, also those that are starting.
      if !isOver { problems.append(error) }
    }
  }
}
