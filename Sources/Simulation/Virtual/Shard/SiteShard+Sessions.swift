// Sessions: the node's own code for them at sites, what clients keep of them, and whether the two agree.
internal import KeyValue
internal import Manifests
internal import Nodes
internal import Placement

extension SiteShard {
  // MARK: At a site

  /// Opens or begins the session of a call, as the node's stage does.
  func openSession(_ slot: UInt32) {
    let tool = Int(visits[slot].head.tool)
    let worker = tools[tool].worker
    let timeToLive = tools[tool].timeToLive
    guard let handle = visits[slot].handle else {
      var random = visits[slot].head.random
      let identifier = Self.bytes(random.next()) + Self.bytes(random.next())
      visits[slot].head.random = random
      let session = Session(
        beginning: worker, .anonymous, timeToLive: timeToLive, sealer: sealer, identifier: identifier)
      visits[slot].session = session
      visits[slot].handle = session.handle
      return compute(slot)
    }
    guard let session = Session(opening: handle, worker, .anonymous, timeToLive: timeToLive, sealer: sealer) else {
      return finish(slot, .sessionRefused)
    }
    visits[slot].session = session
    visits[slot].phase = .loading
    ask(slot, session.load, tools[tool].store)
  }

  static func bytes(_ bits: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64($0 * 8)) } }

  /// The guest adds its operation to what the session has: once, however often it is asked.
  func saveSession(_ slot: UInt32) {
    guard let session = visits[slot].session else { preconditionFailure("a session is saved that is not there") }
    let operation = visits[slot].head.operation
    var data = Self.data(of: session.record)
    if Self.operations(in: data).contains(operation) { return advance(slot) }
    for shift in [0, 8, 16, 24] { data.append(UInt8(truncatingIfNeeded: operation >> shift)) }
    do throws(OperationProblem) {
      let write = try session.write(data, .none)
      visits[slot].phase = .saving
      ask(slot, write, tools[Int(visits[slot].head.tool)].store)
    } catch {
      finish(slot, .conflict)
    }
  }

  /// Behind the guest.
  func renewSession(_ slot: UInt32) {
    guard let session = visits[slot].session else { preconditionFailure("a session is renewed that is not there") }
    let clock = UInt64(max(0, wallMilliseconds(Int(visits[slot].site))))
    guard let renewal = session.renewal(now: clock) else { return finish(slot, .ok) }
    visits[slot].phase = .renewing
    ask(slot, renewal, tools[Int(visits[slot].head.tool)].store)
  }

  func concludeSession(_ slot: UInt32, _ result: Result<KeyValueAnswer, KeyValueError>) {
    guard let session = visits[slot].session else { preconditionFailure("an operation without its session") }
    switch (visits[slot].phase, result) {
    case (.loading, .success(.entry(let entry?))):
      session.loaded(entry)
      compute(slot)
    case (.loading, .success): finish(slot, .sessionRefused)
    case (.saving, .success(.written(let version))):
      session.written(version, [])
      compute(slot)
    case (.renewing, .success): finish(slot, .ok)
    // An old one lives on for its time.
    case (.renewing, .failure) where !session.isNew: finish(slot, .ok)
    case (_, .failure(let error)): finish(slot, error.code == .unavailable ? .stateUnavailable : .conflict)
    default: preconditionFailure("a store answers what it was not asked")
    }
  }

  /// Behind the byte that says whether there is data.
  static func data(of record: KeyValueEntry?) -> [UInt8] { record.map { Array($0.value.dropFirst()) } ?? [] }

  static func operations(in data: [UInt8]) -> [UInt32] {
    var operations: [UInt32] = []
    operations.reserveCapacity(data.count / 4)
    var place = 0
    while place + 4 <= data.count {
      var operation: UInt32 = 0
      for byte in 0..<4 { operation |= UInt32(data[place + byte]) << UInt32(8 * byte) }
      operations.append(operation)
      place += 4
    }
    return operations
  }

  // MARK: At a client

  /// Gives a call a session: one that no other call uses now, or a new one.
  func enterSession(_ call: inout ClientCall, _ client: Int) {
    let tool = Int(call.head.tool)
    let group = tables.sessionGroupOfTool[tool]
    let idle = clients[client].idleSessions[group].count
    let begins = call.head.random.unit() * Double(tools[tool].sessionCalls) < 1 && idle < SessionNumbers.idleMax
    let slot: UInt32
    if idle > 0, !begins {
      let place = call.head.random.below(idle)
      slot = clients[client].idleSessions[group][place]
      clients[client].idleSessions[group].swapAt(place, idle - 1)
      clients[client].idleSessions[group].removeLast()
    } else {
      // As many on average as the tool's; one at least.
      let length = 1 + call.head.random.below(2 * tools[tool].sessionCalls - 1)
      slot =
        sessions.insert(
          ClientSession(
            group: group, store: tools[tool].store, timeToLive: tools[tool].timeToLive, callsLeft: length, lastUse: now)
        ).slot
    }
    sessions[slot].operations += 1
    call.head.operation = sessions[slot].operations
    call.session = slot
  }

  /// What a client learns of its session from a call that is over.
  func leaveSession(_ slot: UInt32, _ head: CallHead, _ outcome: Outcome, _ handle: String?) {
    let tool = Int(head.tool)
    sessions[slot].callsLeft -= 1
    if let handle {
      if sessions[slot].handle == nil { tally.sessions += 1 }
      sessions[slot].handle = handle
    }
    if outcome == .ok { sessions[slot].lastUse = now }
    if !tools[tool].isReadOnly {
      if outcome == .ok {
        sessions[slot].ledger.acknowledged.append(head.operation)
        tally.acknowledgedWrites += 1
      } else {
        sessions[slot].ledger.unknown.append(head.operation)
        tally.unknownWrites += 1
      }
    }
    // A session that never began is no session; one that is refused is over.
    guard sessions[slot].handle != nil, sessions[slot].callsLeft > 0, outcome != .sessionRefused else {
      return retire(slot)
    }
    let client = clientOf[Int(head.population)]
    clients[client].idleSessions[sessions[slot].group].append(slot)
  }

  /// A client goes: the auditor looks at what it leaves once nothing of it can be under way any more.
  private func retire(_ slot: UInt32) {
    let session = sessions[slot]
    sessions[slot].isLive = false
    sessions[slot].handle = nil
    sessions[slot].ledger = SessionLedger()
    sessions.remove(slot)
    guard let key = key(of: session) else { return }
    let site = tables.storeSites[session.store]
    let message = StoreMessage(
      body: .audit(key: key, ledger: session.ledger), store: Int32(session.store),
      ticket: Ticket(slot: 0, generation: 0),
      site: Int32(site), shard: UInt16(index), deadline: .max, random: SplitMix64(seed: 0))
    post(message, to: shardOfSite[site], at: now &+ 2 * tables.timeout &+ SessionNumbers.auditNanoseconds)
  }

  /// The key of a session in its store; nil where there is nothing to look at: it never began, or may have expired.
  private func key(of session: ClientSession) -> [UInt8]? {
    guard let handle = session.handle, now - session.lastUse < session.timeToLive * 1_000_000 / 2 else { return nil }
    return Session(
      opening: handle, world.sessionGroups[session.group], .anonymous, timeToLive: session.timeToLive, sealer: sealer)?
      .key
  }

  // MARK: The auditor

  /// Every acknowledged write is there exactly once, and nothing that nobody wrote.
  func audit(_ key: [UInt8], _ ledger: SessionLedger, store: Int, removes: Bool) {
    tally.auditedSessions += 1
    guard
      case .success(.entry(let entry)) = stores.look(
        KeyValueOperation(namespace: Session.namespace, .get(key: key)), store: store)
    else { preconditionFailure("a session is audited where its store is not") }
    let there = Self.operations(in: Self.data(of: entry))
    for operation in ledger.acknowledged where there.count(where: { $0 == operation }) != 1 { tally.lostWrites += 1 }
    for operation in there where !ledger.acknowledged.contains(operation) && !ledger.unknown.contains(operation) {
      tally.strayWrites += 1
    }
    guard removes else { return }
    _ = stores.look(KeyValueOperation(namespace: Session.namespace, .delete(key: key, condition: .none)), store: store)
  }

  /// Once the run is over: the sessions that clients still have, with the stores of all shards at hand.
  func auditRemaining(_ shards: [SiteShard]) {
    for slot in sessions.records.indices where sessions.records[slot].isLive {
      let session = sessions.records[slot]
      guard let key = key(of: session) else { continue }
      let site = tables.storeSites[session.store]
      shards[shardOfSite[site]].audit(key, session.ledger, store: session.store, removes: false)
    }
  }
}

enum SessionNumbers {
  /// Sessions that a population has open and does not use; past it no further one is begun.
  static let idleMax = 512
  /// After a client's last word, twice its time-out and this: then no write of its can be under way.
  static let auditNanoseconds: UInt64 = 1_000_000_000
}
