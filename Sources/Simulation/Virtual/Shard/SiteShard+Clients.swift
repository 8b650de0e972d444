// Clients: who calls when, where they knock, and what they make of the answers.
internal import Manifests
internal import Nodes
internal import Placement

extension SiteShard {
  /// Sets up the populations of this shard, with their first calls.
  func settleClients() {
    for population in world.topology.populations.indices where world.shards.ofPopulation[population] == index {
      let rate = world.rates[population]
      guard rate > 0, world.mixes[population].last ?? 0 > 0 else { continue }
      var client = ClientState(
        population: population,
        arrivals: RandomStream(seed: world.seed, purpose: Purpose.arrivals, index: UInt64(population)),
        seed: Hash.of(Hash.of(world.seed, Purpose.calls), UInt64(population)), meanGap: 1e9 / rate,
        mix: world.mixes[population].map { $0 }, entries: world.entries[population].map { $0 },
        redirected: [Bool](repeating: false, count: tools.count), redirects: [[Int]](repeating: [], count: tools.count),
        idleSessions: [[UInt32]](repeating: [], count: world.sessionGroups.count))
      let first = client.arrivals.exponential(mean: client.meanGap)
      clientOf[population] = clients.count
      clients.append(client)
      if first < tables.duration { push(at: first, Kind.arrival, UInt32(clients.count - 1)) }
    }
  }

  /// A client of a population calls a tool; the next one will at its own time, whatever becomes of this.
  func arrive(_ client: Int) {
    let next = now &+ clients[client].arrivals.exponential(mean: clients[client].meanGap)
    if next < tables.duration { push(at: next, Kind.arrival, UInt32(client)) }
    let population = clients[client].population
    let draw = clients[client].arrivals.unit()
    let tool = Self.pick(clients[client].mix, draw)
    clients[client].calls += 1
    let head = CallHead(
      start: now, deadline: now &+ tables.timeout,
      random: SplitMix64(seed: Hash.of(clients[client].seed, clients[client].calls)), population: UInt32(population),
      operation: 0, tool: UInt16(tool))
    tally.began += 1
    tally.populations[population] += 1
    var call = ClientCall(head: head)
    if tools[tool].hasSession { enterSession(&call, client) }
    knock(calls.insert(call).slot)
  }

  private static func pick(_ sums: [Double], _ draw: Double) -> Int {
    let place = draw * sums[sums.count - 1]
    for index in sums.indices where place < sums[index] { return index }
    return sums.count - 1
  }

  /// Sites that a population asks for a tool, nearest first: those it was told of, once it was.
  private func entries(_ client: Int, _ tool: Int) -> [Int] {
    clients[client].redirected[tool]
      ? clients[client].redirects[tool] : clients[client].entries
  }

  /// Sends a call to the best site that is left.
  func knock(_ slot: UInt32) {
    let head = calls[slot].head
    let (population, tool) = (Int(head.population), Int(head.tool))
    let client = clientOf[population]
    let site: Int
    if calls[slot].walk == nil, clients[client].health.isEmpty {
      site = entries(client, tool)[0]
    } else {
      if calls[slot].walk == nil {
        calls[slot].walk = RouteWalk(entries(client, tool), isRepeatable: tools[tool].isRepeatable)
      }
      guard let next = calls[slot].walk?.next(isUp: { clients[client].health.isUp($0) }) else {
        return conclude(slot, calls[slot].walk?.end == .mayHaveRun ? .mayHaveRun : .noSite, ranAt: -1, links: 0)
      }
      site = next
    }
    calls[slot].entry = Int32(site)
    let node = siteCount + population
    let bytes = tools[tool].requestBytes
    let arrives = links.arrival(
      from: node, to: site, bytes: bytes, at: now, using: &calls[slot].head.random)
    let origin = Origin(ticket: calls.ticket(slot), node: UInt32(node), shard: UInt16(index), isClient: true)
    var message = Message(kind: .request, site: Int32(site), head: calls[slot].head, origin: origin)
    if faults.isDead(site, at: arrives) {
      // Nobody listens there: the machine says so.
      message.kind = .answer
      message.outcome = .refused
      return post(message, to: index, at: arrives &+ (arrives - now))
    }
    message.links = links.base(from: node, to: site)
    message.handle = calls[slot].session.flatMap { sessions[$0].handle }
    post(message, to: shardOfSite[site], at: arrives)
  }

  /// What a site answered, or that it did not.
  func hear(_ message: Message) {
    let slot = message.origin.ticket.slot
    guard calls.holds(message.origin.ticket) else { return }
    let (population, tool) = (Int(message.head.population), Int(message.head.tool))
    let client = clientOf[population]
    let entry = Int(calls[slot].entry)
    calls[slot].head.random = message.head.random
    if now >= calls[slot].head.deadline { return conclude(slot, .timeout, ranAt: -1, links: 0) }
    if message.outcome.isAnswer {
      clients[client].health.answered(entry, now: now)
    } else {
      if calls[slot].walk == nil {
        // The first site of a walk is what was asked without one.
        var walk = RouteWalk(entries(client, tool), isRepeatable: tools[tool].isRepeatable)
        _ = walk.next { _ in true }
        calls[slot].walk = walk
      }
      calls[slot].walk?.failed(mayHaveBegun: message.outcome != .refused)
      if clients[client].health.failed(entry, now: now) { probe(node: siteCount + population, entry) }
      if calls[slot].walk?.end != nil { return conclude(slot, message.outcome, ranAt: -1, links: 0) }
      return knock(slot)
    }
    if message.outcome == .misdirected, calls[slot].redirects == 0 {
      calls[slot].redirects = 1
      calls[slot].walk = nil
      if !clients[client].redirected[tool] {
        // The answer names the sites that may be asked.
        clients[client].redirected[tool] = true
        let allowed = world.topology.sites(nearestTo: population).filter { world.mayRead(tool, at: $0) }
        clients[client].redirects[tool] = Array(allowed.prefix(PlacementLimits.routeSitesMax))
      }
      if !clients[client].redirects[tool].isEmpty { return knock(slot) }
    }
    conclude(slot, message.outcome, ranAt: Int(message.ranAt), links: message.links, handle: message.handle)
  }

  /// A call is over for its client.
  private func conclude(_ slot: UInt32, _ outcome: Outcome, ranAt: Int, links: UInt64, handle: String? = nil) {
    let head = calls[slot].head
    let end = min(now, head.deadline)
    let outcome = outcome == .lost ? .timeout : outcome
    let region = tables.regionOfPopulation[Int(head.population)]
    tally.record(tool: Int(head.tool), region: region, outcome: outcome, start: head.start, end: end, links: links)
    if let session = calls[slot].session { leaveSession(session, head, outcome, handle) }
    calls[slot].walk = nil
    calls.remove(slot)
  }
}
