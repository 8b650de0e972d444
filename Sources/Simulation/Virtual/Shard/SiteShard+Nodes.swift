// Nodes: what comes in, where it runs, and who gets the answer.
internal import Manifests
internal import Nodes
internal import Placement

extension SiteShard {
  /// A request or an answer has arrived.
  func receive(_ message: Message) {
    if message.kind == .answer {
      if message.origin.isClient { return hear(message) }
      guard visits.holds(message.origin.ticket) else { return }
      if let end = faults.pauseEnd(Int(visits[message.origin.ticket.slot].site), at: now) {
        if end < .max { post(message, to: index, at: end) }
        return
      }
      return take(answer: message)
    }
    let site = Int(message.site)
    // It died while the request was under way.
    if faults.isDead(site, at: now) { return reply(to: message, from: site, .refused) }
    if let end = faults.pauseEnd(site, at: now) {
      if end > message.head.deadline {
        fail(message.origin, message.head, site: site, at: message.head.deadline, .lost)
      }
      if end < .max { post(message, to: index, at: end) }
      return
    }
    let tool = Int(message.head.tool)
    if message.kind == .forward {
      if message.origin.node == UInt32(site) { tally.loops += 1 }
      let clock = wallMilliseconds(site)
      guard message.issued <= clock + NodeNumbers.forwardSkewMilliseconds,
        clock <= message.issued + NodeNumbers.forwardLifeMilliseconds
      else { return reply(to: message, from: site, .forwardRefused) }
      return admit(visits.insert(Visit(message)).slot)
    }
    if tables.isManifest, !tables.mayRead(tool, at: site) {
      tally.refused[site] += 1
      return reply(to: message, from: site, .misdirected)
    }
    let route = route(tool, site)
    if sites[site].health.isEmpty {
      if route.first == site { return admit(visits.insert(Visit(message)).slot) }
      if let target = route.first { return forward(visits.insert(Visit(message)).slot, to: target) }
      return reply(to: message, from: site, .noSite)
    }
    let slot = visits.insert(Visit(message)).slot
    visits[slot].walk = RouteWalk(route, isRepeatable: tools[tool].isRepeatable)
    walkOn(slot)
  }

  /// A node's wall clock, in milliseconds.
  func wallMilliseconds(_ site: Int) -> Int64 { Int64(clock.milliseconds) + faults.skew(site, at: now) }

  func route(_ tool: Int, _ site: Int) -> [Int] {
    let place = site * tools.count + tool
    if let known = routes[place] { return known }
    let route = world.planner.route(tools[tool].plan, from: site)
    routes[place] = route
    return route
  }

  /// The next site on a call's way, which may be this one.
  private func walkOn(_ slot: UInt32) {
    let site = Int(visits[slot].site)
    guard let target = visits[slot].walk?.next(isUp: { $0 == site || sites[site].health.isUp($0) }) else {
      return finish(slot, visits[slot].walk?.end == .mayHaveRun ? .mayHaveRun : .noSite)
    }
    if target == site { admit(slot) } else { forward(slot, to: target) }
  }

  // MARK: Forwarding

  private func forward(_ slot: UInt32, to target: Int) {
    let site = Int(visits[slot].site)
    let tool = Int(visits[slot].head.tool)
    visits[slot].phase = .forwarding
    visits[slot].target = Int32(target)
    tally.forwarded[site] += 1
    let departs = now &+ tables.forwardCost.draw(&visits[slot].head.random) / 2
    let arrives = links.arrival(
      from: site, to: target, bytes: tools[tool].requestBytes, at: departs, using: &visits[slot].head.random)
    let way = links.base(from: site, to: target)
    let gives = min(
      visits[slot].head.deadline,
      departs &+ tools[tool].wallNanoseconds &+ 2 * way &+ NodeNumbers.forwardGraceNanoseconds)
    let origin = Origin(ticket: visits.ticket(slot), node: UInt32(site), shard: UInt16(index), isClient: false)
    var head = visits[slot].head
    head.deadline = gives
    var message = Message(kind: .forward, site: Int32(target), head: head, origin: origin)
    message.links = visits[slot].links &+ way
    message.issued = wallMilliseconds(site)
    message.handle = visits[slot].handle
    if let end = faults.cutEnd(site, target, at: departs) {
      // The connection is there, so the bytes are sent, and sent again when something passes.
      let later = end < .max ? end &+ NodeNumbers.resendNanoseconds &+ (arrives - departs) : .max
      if later > gives { return fail(origin, head, site: site, at: gives, .lost) }
      return post(message, to: shardOfSite[target], at: later)
    }
    if faults.isDead(target, at: arrives) {
      message.kind = .answer
      message.outcome = .refused
      return post(message, to: index, at: arrives &+ (arrives - departs))
    }
    post(message, to: shardOfSite[target], at: arrives)
  }

  /// The answer of a site that a call was forwarded to, or that there is none.
  private func take(answer: Message) {
    let slot = answer.origin.ticket.slot
    let site = Int(visits[slot].site)
    let target = Int(visits[slot].target)
    visits[slot].head.random = answer.head.random
    if answer.outcome.isAnswer {
      sites[site].health.answered(target, now: now)
      if answer.outcome != .forwardRefused {
        visits[slot].links = answer.links
        visits[slot].handle = answer.handle
        visits[slot].target = answer.ranAt
        return finish(slot, answer.outcome)
      }
    } else if sites[site].health.failed(target, now: now) {
      probe(node: site, target)
    }
    if visits[slot].walk == nil {
      var walk = RouteWalk(
        route(Int(visits[slot].head.tool), site), isRepeatable: tools[Int(visits[slot].head.tool)].isRepeatable)
      _ = walk.next { _ in true }
      visits[slot].walk = walk
    }
    let certainlyNot = answer.outcome == .refused || answer.outcome == .forwardRefused
    visits[slot].walk?.failed(mayHaveBegun: !certainlyNot)
    walkOn(slot)
  }

  // MARK: Answers

  /// Ends a visit with an answer to whoever asked.
  func finish(_ slot: UInt32, _ outcome: Outcome) {
    let site = Int(visits[slot].site)
    var message = Message(
      kind: .answer, outcome: outcome, site: Int32(site), head: visits[slot].head, origin: visits[slot].origin)
    message.links = visits[slot].links
    let wasForwarded = visits[slot].phase == .forwarding
    message.ranAt = wasForwarded ? visits[slot].target : Int32(site)
    message.handle = outcome == .ok ? visits[slot].handle : nil
    if wasForwarded || visits[slot].origin.isClient {
      var cost = tables.requestCost.draw(&message.head.random)
      if wasForwarded { cost = cost &+ tables.forwardCost.draw(&message.head.random) / 2 }
      answer(message, from: site, at: now &+ cost)
    } else {
      answer(message, from: site, at: now)
    }
    let held = visits[slot].holdsInstance
    drop(slot)
    if held { leave(site) }
  }

  func drop(_ slot: UInt32) {
    visits[slot].isLive = false
    visits[slot].handle = nil
    visits[slot].session = nil
    visits[slot].walk = nil
    visits.remove(slot)
  }

  /// To a request that becomes no visit.
  private func reply(to message: Message, from site: Int, _ outcome: Outcome) {
    var message = message
    message.kind = .answer
    message.outcome = outcome
    message.handle = nil
    message.ranAt = -1
    answer(message, from: site, at: now)
  }

  private func answer(_ message: Message, from site: Int, at departs: UInt64) {
    var message = message
    let node = Int(message.origin.node)
    let bytes = message.outcome.isOfTool ? tools[Int(message.head.tool)].answerBytes : NodeNumbers.smallBytes
    var arrives = links.arrival(from: site, to: node, bytes: bytes, at: departs, using: &message.head.random)
    message.links &+= links.base(from: site, to: node)
    if !message.origin.isClient, let end = faults.cutEnd(site, node, at: departs) {
      let later = end < .max ? end &+ NodeNumbers.resendNanoseconds &+ (arrives - departs) : .max
      if later > message.head.deadline {
        return fail(message.origin, message.head, site: site, at: message.head.deadline, .lost)
      }
      arrives = later
    }
    post(message, to: Int(message.origin.shard), at: arrives)
  }

  /// Lets whoever waits for a site know that nothing will come: at the time when it would have given up by itself.
  func fail(_ origin: Origin, _ head: CallHead, site: Int, at time: UInt64, _ outcome: Outcome) {
    var message = Message(kind: .answer, outcome: outcome, site: Int32(site), head: head, origin: origin)
    message.links = 0
    let shard = Int(origin.shard)
    post(message, to: shard, at: max(time, soonest(in: shard)))
  }
}

extension Visit {
  /// At the site that a message is for.
  init(_ message: Message) {
    self.init(head: message.head, origin: message.origin, site: UInt32(message.site), links: message.links)
    handle = message.handle
  }
}
