// State: what guests ask of stores, what stores do, and what comes back.
internal import KeyValue
internal import Manifests
internal import Nodes
internal import Placement

extension SiteShard {
  private static let timedOut = KeyValueError(.unavailable, "the key-value store did not answer in time")

  // MARK: What guests ask

  func readState(_ slot: UInt32) {
    let tool = Int(visits[slot].head.tool)
    visits[slot].phase = .reading
    let store = tools[tool].store
    let operation = KeyValueOperation(namespace: stores.namespaces[tool], .get(key: key(slot)))
    guard store >= 0, tools[tool].readsReplicas else { return ask(slot, operation, store) }
    let site = Int(visits[slot].site)
    let nearest = readPlace(store, site)
    ask(slot, operation, store, replica: nearest)
  }

  func writeState(_ slot: UInt32) {
    let tool = Int(visits[slot].head.tool)
    visits[slot].phase = .writing
    let value = Self.bytes(visits[slot].head.random.next())
    let operation = KeyValueOperation(
      namespace: stores.namespaces[tool], .put(key: key(slot), value: value, timeToLive: nil, condition: .none))
    ask(slot, operation, tools[tool].store)
  }

  /// Some keys are asked for more often than others: the densest hundredth has a tenth of the calls.
  private func key(_ slot: UInt32) -> [UInt8] {
    let draw = visits[slot].head.random.unit()
    return stores.keyNames[Int(draw * draw * Double(StoreRoom.keys))]
  }

  /// The place among the store's copies of the one that is nearest to a site; -1: the primary is.
  private func readPlace(_ store: Int, _ site: Int) -> Int {
    let place = site * tables.storeCount + store
    if readPlaces[place] > Int32.min { return Int(readPlaces[place]) }
    let nearest = world.planner.model.readSite(store: store, from: site)
    let found = nearest == tables.storeSites[store] ? -1 : tables.replicaSites[store].firstIndex(of: nearest) ?? -1
    readPlaces[place] = Int32(found)
    return found
  }

  /// One operation of a guest or its host, as the node's way to its store does it.
  func ask(_ slot: UInt32, _ operation: KeyValueOperation, _ store: Int, replica: Int = -1) {
    guard store >= 0 else { return finish(slot, .stateUnavailable) }
    let site = Int(visits[slot].site)
    let health = healthPlace(site, store, replica)
    guard storeHealth[health].letsThrough else { return conclude(slot, .failure(StoreHealth.leftAlone)) }
    let deadline = min(now &+ NodeNumbers.storeNanoseconds, visits[slot].wallEnd)
    let isTest = StoreHealth.isTest(
      operation, deadline: visits[slot].wallEnd, now: now, timeout: NodeNumbers.storeNanoseconds)
    storeHealth[health].begin()
    let target = tables.site(ofStore: store, replica: replica)
    let arrives = links.arrival(
      from: site, to: target, bytes: NodeNumbers.smallBytes, at: now, using: &visits[slot].head.random)
    let served = arrives &+ tables.storeCost.draw(&visits[slot].head.random)
    var message = StoreMessage(
      body: .perform(operation), store: Int32(store), replica: Int32(replica), ticket: visits.ticket(slot),
      site: Int32(site), shard: UInt16(index), deadline: deadline, isTest: isTest,
      random: SplitMix64(seed: visits[slot].head.random.next()))
    if faults.cutEnd(site, target, at: now) != nil || replica < 0 && faults.isStoreDown(store, at: served) {
      message.body = .answer(.failure(Self.timedOut))
      return post(message, to: index, at: max(now, deadline))
    }
    post(message, to: shardOfSite[target], at: served)
  }

  /// A node's ways to a store and to the copy beside it are two.
  private func healthPlace(_ site: Int, _ store: Int, _ replica: Int) -> Int {
    2 * (site * tables.storeCount + store) + (replica < 0 ? 0 : 1)
  }

  // MARK: What stores do

  func receive(_ message: StoreMessage) {
    switch message.body {
    case .perform(let operation):
      let store = Int(message.store)
      let result = stores.perform(operation, store: store, replica: Int(message.replica), at: now)
      let source = tables.site(ofStore: store, replica: Int(message.replica))
      var reply = message
      reply.body = .answer(result)
      let site = Int(message.site)
      let bytes = NodeNumbers.smallBytes
      var arrives = links.arrival(from: source, to: site, bytes: bytes, at: now, using: &reply.random)
      if faults.cutEnd(source, site, at: now) != nil || arrives > message.deadline {
        // It was done, and nobody hears of it.
        reply.body = .answer(.failure(Self.timedOut))
        arrives = max(message.deadline, soonest(in: Int(message.shard)))
      }
      post(reply, to: Int(message.shard), at: arrives)
    case .answer(let result):
      let health = healthPlace(Int(message.site), Int(message.store), Int(message.replica))
      _ = storeHealth[health].judge(result, isTest: message.isTest)
      guard visits.holds(message.ticket) else { return }
      let site = Int(visits[message.ticket.slot].site)
      if let end = faults.pauseEnd(site, at: now) {
        if end < .max { post(message, to: index, at: end) }
        return
      }
      conclude(message.ticket.slot, result)
    case .audit(let key, let ledger): audit(key, ledger, store: Int(message.store), removes: true)
    }
  }

  /// What an operation has come to, for the guest that waits for it.
  private func conclude(_ slot: UInt32, _ result: Result<KeyValueAnswer, KeyValueError>) {
    switch visits[slot].phase {
    case .loading, .saving, .renewing: return concludeSession(slot, result)
    default: break
    }
    if case .failure(let error) = result {
      return finish(slot, error.code == .unavailable ? .stateUnavailable : .conflict)
    }
    compute(slot)
  }
}
