// Faults as they strike, and the probes by which sites and clients learn of them.
internal import Manifests
internal import Nodes
internal import Placement

extension SiteShard {
  func begin(fault index: Int) {
    let fault = faults.faults[index]
    let struck = fault.struckSites
    var isStruck = [Bool](repeating: false, count: siteCount)
    for site in struck { isStruck[site] = true }
    switch fault.kind {
    case .kill: kill(isStruck)
    case .pause: pause(isStruck)
    default: break
    }
    guard fault.kind == .kill || fault.kind == .pause || fault.kind == .partition else { return }
    // Who sends calls to a site that is struck has been probing it all along; that shows from now on.
    for site in sites.indices where shardOfSite[site] == self.index {
      for target in reserves(of: site) where isStruck[target] || isStruck[site] && fault.kind == .partition {
        watch(node: site, target)
      }
    }
    for client in clients.indices {
      for target in clients[client].entries where isStruck[target] {
        watch(node: siteCount + clients[client].population, target)
      }
    }
  }

  /// Sites that a site may send calls to.
  private func reserves(of site: Int) -> [Int] {
    var targets: [Int] = []
    for tool in tools.indices {
      for target in route(tool, site).prefix(RouteRules.attemptsMax + 1)
      where target != site && !targets.contains(target) {
        targets.append(target)
      }
    }
    return targets
  }

  /// Nodes end: whoever waits for them sees connections break.
  private func kill(_ isStruck: [Bool]) {
    for slot in visits.records.indices {
      let visit = visits.records[slot]
      guard visit.isLive, isStruck[Int(visit.site)] else { continue }
      var random = visit.head.random
      let node = Int(visit.origin.node)
      let arrives = links.arrival(
        from: Int(visit.site), to: node, bytes: NodeNumbers.smallBytes, at: now, using: &random)
      fail(visit.origin, visit.head, site: Int(visit.site), at: arrives, .reset)
      drop(UInt32(slot))
    }
    for site in isStruck.indices where isStruck[site] {
      sites[site].live = 0
      sites[site].busy = 0
      sites[site].queued = 0
      sites[site].waiting = VisitList()
      sites[site].ready = VisitList()
      let stores = 2 * tables.storeCount
      for place in (site * stores)..<((site + 1) * stores) { storeHealth[place] = StoreHealth() }
    }
  }

  /// Nodes stand still: whoever waits for them longer than it may gives up at its time.
  private func pause(_ isStruck: [Bool]) {
    for slot in visits.records.indices {
      let visit = visits.records[slot]
      guard visit.isLive, isStruck[Int(visit.site)],
        faults.pauseEnd(Int(visit.site), at: now) ?? 0 > visit.head.deadline
      else { continue }
      fail(visit.origin, visit.head, site: Int(visit.site), at: visit.head.deadline, .lost)
    }
  }

  // MARK: Probes

  private func watch(node: Int, _ site: Int) {
    let isNew: Bool
    if node < siteCount {
      isNew = sites[node].health.watch(site)
    } else {
      isNew = clients[clientOf[node - siteCount]].health.watch(site)
    }
    if isNew { probe(node: node, site) }
  }

  /// Begins to ask whether a site is there, somewhere in the time between two probes.
  func probe(node: Int, _ site: Int) {
    let between = HealthRules.probeMilliseconds * 1_000_000
    let phase = Hash.of(Hash.of(world.seed, Purpose.probes), UInt64(node) << 32 | UInt64(site)) % between
    beginProbe(node: node, site, at: now &+ phase)
  }

  /// What the probe will find is known: faults are. Only its end is an event.
  private func beginProbe(node: Int, _ site: Int, at start: UInt64) {
    let way = links.base(from: node, to: site)
    let patience = HealthRules.probeTimeoutMilliseconds * 1_000_000 &+ 2 * way
    var answered = start &+ 2 * way
    if node < siteCount, let end = faults.cutEnd(node, site, at: start) {
      answered = end < .max ? end &+ NodeNumbers.resendNanoseconds &+ 2 * way : .max
    }
    // A site that goes on answers what came while it stood still.
    if answered < .max, let end = faults.pauseEnd(site, at: answered - way) {
      answered = end < .max ? end &+ way : .max
    }
    let isDead = answered < .max && faults.isDead(site, at: answered - way)
    let isLate = answered > start &+ patience
    let end = isLate ? start &+ patience : answered
    let slot = probes.insert(
      Probe(node: UInt32(node), site: UInt32(site), started: start, succeeds: !isLate && !isDead)
    ).slot
    tally.probes += 1
    push(at: end, Kind.probe, slot)
  }

  func endProbe(_ slot: UInt32) {
    let probe = probes[slot]
    probes.remove(slot)
    let (node, site) = (Int(probe.node), Int(probe.site))
    let goesOn: Bool
    if node < siteCount {
      goesOn = sites[node].health.probed(site, succeeds: probe.succeeds, isStruck: isStruck(node, site), now: now)
    } else {
      let client = clientOf[node - siteCount]
      goesOn = clients[client].health.probed(
        site, succeeds: probe.succeeds, isStruck: faults.isStruck(site, at: now), now: now)
    }
    guard goesOn, now < tables.duration &+ tables.timeout else { return }
    beginProbe(node: node, site, at: max(now, probe.started &+ HealthRules.probeMilliseconds * 1_000_000))
  }

  private func isStruck(_ node: Int, _ site: Int) -> Bool {
    faults.isStruck(site, at: now) || faults.cutEnd(node, site, at: now) != nil
  }
}

extension HealthBook {
  /// - returns: whether it was not watched.
  mutating func watch(_ site: Int) -> Bool {
    let place =
      place(of: site)
      ?? {
        entries.append(Entry(site: site)); return entries.count - 1
      }()
    defer { entries[place].isProbed = true }
    return !entries[place].isProbed
  }

  /// What a probe found. A site that is well again, and whose fault is over, is forgotten: of such there is nothing to say.
  ///
  /// - returns: whether to go on probing.
  mutating func probed(_ site: Int, succeeds: Bool, isStruck: Bool, now: UInt64) -> Bool {
    guard let place = place(of: site) else { return false }
    if succeeds {
      entries[place].health.answered(isProbe: true, now: now)
      guard entries[place].health.isUp, !isStruck else { return true }
      entries.remove(at: place)
      return false
    }
    entries[place].health.failed(now: now)
    return true
  }
}
