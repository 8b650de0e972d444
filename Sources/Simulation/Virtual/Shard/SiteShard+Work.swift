// A guest's life at a site: an instance, a processor, operations, an answer.
internal import Manifests
internal import Placement

extension SiteShard {
  // MARK: Instances

  /// A call wants to run here: now, or when an instance is free.
  func admit(_ slot: UInt32) {
    let site = Int(visits[slot].site)
    visits[slot].phase = .waiting
    if sites[site].live < sites[site].capacity {
      sites[site].live += 1
      return begin(slot)
    }
    guard sites[site].queued < NodeNumbers.queueDepth else {
      tally.refused[site] += 1
      return finish(slot, .overloaded)
    }
    sites[site].queued += 1
    append(slot, to: \.waiting, of: site)
    push(at: now &+ NodeNumbers.queueNanoseconds, Kind.queueEnd, visit: slot)
  }

  /// A call that has waited for an instance as long as it may. One that has got it since has another phase.
  func giveUpWaiting(_ slot: UInt32) {
    guard visits[slot].phase == .waiting, !visits[slot].holdsInstance else { return }
    let site = Int(visits[slot].site)
    // Those behind it came later: it is the first.
    guard sites[site].waiting.head == slot else { return }
    _ = takeFirst(of: \.waiting, site)
    sites[site].queued -= 1
    tally.refused[site] += 1
    finish(slot, .overloaded)
  }

  /// An instance is free: for the call that waits longest, or back.
  func leave(_ site: Int) {
    guard let slot = takeFirst(of: \.waiting, site) else {
      sites[site].live -= 1
      return
    }
    sites[site].queued -= 1
    // As an event of its own: a guest that ends at once gives its instance to the next, and so on.
    push(at: now, Kind.begin, visit: slot)
  }

  private func append(_ slot: UInt32, to list: WritableKeyPath<SiteState, VisitList>, of site: Int) {
    visits[slot].next = VisitList.none
    if sites[site][keyPath: list].isEmpty {
      sites[site][keyPath: list] = VisitList(head: slot, tail: slot)
    } else {
      visits[sites[site][keyPath: list].tail].next = slot
      sites[site][keyPath: list].tail = slot
    }
  }

  private func takeFirst(of list: WritableKeyPath<SiteState, VisitList>, _ site: Int) -> UInt32? {
    let head = sites[site][keyPath: list].head
    guard head != VisitList.none else { return nil }
    sites[site][keyPath: list].head = visits[head].next
    if visits[head].next == VisitList.none { sites[site][keyPath: list].tail = VisitList.none }
    return head
  }

  // MARK: The guest

  /// The guest starts: its work is drawn, and its session loaded before anything else.
  func begin(_ slot: UInt32) {
    let site = Int(visits[slot].site)
    let tool = Int(visits[slot].head.tool)
    visits[slot].holdsInstance = true
    visits[slot].wallEnd = min(now &+ tools[tool].wallNanoseconds, visits[slot].head.deadline)
    tally.ran[site] += 1
    if !tables.mayRead(tool, at: site) {
      tally.violations += 1
      if visits[slot].head.start < tally.sampleEnd { tally.sampleViolations += 1 }
    }
    let reads = count(tools[tool].reads, slot)
    let writes = count(tools[tool].writes, slot)
    var dependencies = 0
    for dependency in tools[tool].dependencies { dependencies += count(dependency.calls, slot) }
    visits[slot].readsLeft = UInt16(reads)
    visits[slot].writesLeft = UInt16(writes)
    visits[slot].dependenciesLeft = UInt16(dependencies)
    visits[slot].savesSession = tools[tool].hasSession && !tools[tool].isReadOnly
    let stretches = reads + writes + dependencies + (visits[slot].savesSession ? 1 : 0) + 1
    let work = tools[tool].service.draw(&visits[slot].head.random)
    visits[slot].stretch = work / UInt64(stretches)
    if tools[tool].hasSession { return openSession(slot) }
    compute(slot)
  }

  /// How often, where it is so often on average.
  private func count(_ mean: Double, _ slot: UInt32) -> Int {
    let whole = mean.rounded(.down)
    guard mean > whole else { return Int(whole) }
    return Int(whole) + (visits[slot].head.random.unit() < mean - whole ? 1 : 0)
  }

  /// What comes after a stretch of work: the next operation, or the answer.
  func advance(_ slot: UInt32) {
    if now >= visits[slot].wallEnd { return finish(slot, .wallLimit) }
    if visits[slot].readsLeft > 0 {
      visits[slot].readsLeft -= 1
      return readState(slot)
    }
    if visits[slot].dependenciesLeft > 0 { return callDependency(slot) }
    if visits[slot].writesLeft > 0 {
      visits[slot].writesLeft -= 1
      return writeState(slot)
    }
    if visits[slot].savesSession {
      visits[slot].savesSession = false
      return saveSession(slot)
    }
    if visits[slot].session != nil { return renewSession(slot) }
    finish(slot, .ok)
  }

  // MARK: Processors

  /// One stretch of work, when a processor is free.
  func compute(_ slot: UInt32) {
    visits[slot].phase = .computing
    visits[slot].work = visits[slot].stretch
    let site = Int(visits[slot].site)
    if sites[site].busy < sites[site].processors {
      sites[site].busy += 1
      beginSlice(slot)
    } else {
      append(slot, to: \.ready, of: site)
    }
  }

  /// Work up to the end of a slice, after which others get their turn.
  private func beginSlice(_ slot: UInt32) {
    let site = Int(visits[slot].site)
    let speed = sites[site].speed / faults.slowness(site, at: now)
    let most = UInt64(Double(NodeNumbers.sliceNanoseconds) * speed)
    let work = min(visits[slot].work, max(1, most))
    visits[slot].slice = work
    push(at: now &+ UInt64(Double(work) / speed), Kind.slice, visit: slot)
  }

  func endSlice(_ slot: UInt32) {
    let site = Int(visits[slot].site)
    visits[slot].work -= visits[slot].slice
    if visits[slot].work > 0, now < visits[slot].wallEnd {
      if sites[site].ready.isEmpty { return beginSlice(slot) }
      append(slot, to: \.ready, of: site)
      if let next = takeFirst(of: \.ready, site) { beginSlice(next) }
      return
    }
    if let next = takeFirst(of: \.ready, site) { beginSlice(next) } else { sites[site].busy -= 1 }
    advance(slot)
  }

  // MARK: Dependencies

  private func callDependency(_ slot: UInt32) {
    let site = Int(visits[slot].site)
    let tool = Int(visits[slot].head.tool)
    visits[slot].dependenciesLeft -= 1
    visits[slot].phase = .depending
    // Which of several: by how many are left, so that all get their calls in their order.
    var left = Double(visits[slot].dependenciesLeft)
    var chosen = tools[tool].dependencies[0].place
    for dependency in tools[tool].dependencies.reversed() {
      chosen = dependency.place
      left -= dependency.calls
      if left < 0 { break }
    }
    let place = tables.dependencySites[chosen]
    var random = visits[slot].head.random
    let there = links.arrival(
      from: site, to: place, bytes: NodeNumbers.smallBytes, at: now, using: &random)
    let served = there &+ tables.dependencyNanoseconds[chosen]
    // Both directions are alike, and what stands there has no node: the way back is as long as the way there.
    let back = served &+ (there - now)
    let fails = random.unit() < faults.failingShare(of: chosen, at: there)
    visits[slot].head.random = random
    var end = back
    var failed = fails
    if let cut = faults.cutEnd(site, place, at: now) {
      end = cut < .max ? cut &+ NodeNumbers.resendNanoseconds &+ (back - now) : .max
    }
    if end > visits[slot].wallEnd {
      end = max(now, visits[slot].wallEnd)
      failed = true
    }
    push(at: end, failed ? Kind.dependencyFailed : Kind.dependency, visit: slot)
  }

  func finishDependency(_ slot: UInt32, failed: Bool) {
    if failed { return finish(slot, now >= visits[slot].wallEnd ? .wallLimit : .upstreamError) }
    compute(slot)
  }
}
