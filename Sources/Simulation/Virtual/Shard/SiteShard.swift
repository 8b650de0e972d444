// One shard of the model: its sites, their stores, its clients, and the order in which things happen to them.
internal import KeyValue
internal import Manifests
internal import Nodes
internal import Placement
internal import Sealing

/// A part of the world. Confined to the thread that runs it.
final class SiteShard: EngineShard, @unchecked Sendable {
  /// What an event is; the upper 24 bits of its kind are its visit's generation.
  enum Kind {
    static let arrival: UInt32 = 0
    static let message: UInt32 = 1
    static let storeMessage: UInt32 = 2
    static let slice: UInt32 = 3
    static let queueEnd: UInt32 = 4
    static let dependency: UInt32 = 5
    static let dependencyFailed: UInt32 = 6
    static let fault: UInt32 = 7
    static let probe: UInt32 = 8
    static let begin: UInt32 = 9
  }

  let world: World
  let index: Int
  let siteCount: Int
  let faults: FaultSchedule
  /// Its own copy: what threads share they count references of.
  let tools: [ToolFacts]
  let clock: ShardClock
  let sealer: Sealer
  let tables: Tables
  var shardOfSite: [Int] { tables.shardOfSite }

  var queue = EventQueue()
  var now: UInt64 = 0
  private var made: UInt64 = 0
  var messages = Slab<Message>()
  var storeMessages = Slab<StoreMessage>()
  var visits = Slab<Visit>()
  var calls = Slab<ClientCall>()
  var sessions = Slab<ClientSession>()
  var probes = Slab<Probe>()
  private var outgoing: [[Posted<Message>]]
  private var outgoingToStores: [[Posted<StoreMessage>]]

  var sites: [SiteState]
  /// Store by store of each site: of its primary, and of its copies.
  var storeHealth: [StoreHealth]
  var clients: [ClientState] = []
  /// By population its place in `clients`; -1: another shard's.
  var clientOf: [Int]
  var links: Links
  /// Tool by tool of each site, once it is asked for.
  var routes: [[Int]?]
  /// Store by store of each site, the copy that its reads go to; `min`: not asked for yet.
  var readPlaces: [Int32]
  var stores: StoreRoom
  var tally: Tally

  /// Something for another shard, and when it is there.
  private struct Posted<Content> {
    var time: UInt64
    var order: UInt64
    var content: Content
  }

  init(_ world: World, index: Int, keys: KeyRing, end: UInt64, dropsWrite: Int?) {
    self.world = world
    self.index = index
    siteCount = world.topology.sites.count
    faults = world.faults
    tools = world.tools.map { $0 }
    tables = Tables(world)
    clock = ShardClock()
    sealer = Sealer(keys, purpose: "session")
    outgoing = [[Posted<Message>]](repeating: [], count: world.shards.count)
    outgoingToStores = [[Posted<StoreMessage>]](repeating: [], count: world.shards.count)
    sites = world.topology.sites.map { site in
      SiteState(speed: site.speed, capacity: Int32(site.capacity), processors: Int32(site.processors))
    }
    let storeCount = world.topology.stores.count
    storeHealth = [StoreHealth](repeating: StoreHealth(), count: 2 * siteCount * storeCount)
    clientOf = [Int](repeating: -1, count: world.topology.populations.count)
    links = Links(world.topology)
    routes = [[Int]?](repeating: nil, count: siteCount * world.tools.count)
    readPlaces = [Int32](repeating: .min, count: siteCount * storeCount)
    stores = StoreRoom(world, shard: index, clock: clock, dropsWrite: dropsWrite)
    tally = Tally(
      tools: world.tools.count, regions: world.regions.count, sites: siteCount,
      populations: world.topology.populations.count, duration: world.duration, tail: world.timeout,
      sampleEnd: world.sampleEnd)
    settleClients()
    for (index, fault) in faults.faults.enumerated() where fault.start < end {
      push(at: fault.start, Kind.fault, UInt32(index))
    }
  }

  // MARK: EngineShard

  var nextTime: UInt64 { queue.nextTime }

  func run(before horizon: UInt64) {
    while queue.nextTime < horizon {
      let event = queue.pop()
      now = event.time
      clock.now = event.time
      tally.events += 1
      happen(event)
    }
  }

  func deliver(to shards: [SiteShard]) {
    for shard in outgoing.indices {
      if !outgoing[shard].isEmpty {
        for posted in outgoing[shard] {
          let slot = shards[shard].messages.insert(posted.content).slot
          shards[shard].queue.push(Event(time: posted.time, order: posted.order, slot: slot, kind: Kind.message))
        }
        outgoing[shard].removeAll(keepingCapacity: true)
      }
      if !outgoingToStores[shard].isEmpty {
        for posted in outgoingToStores[shard] {
          let slot = shards[shard].storeMessages.insert(posted.content).slot
          shards[shard].queue.push(Event(time: posted.time, order: posted.order, slot: slot, kind: Kind.storeMessage))
        }
        outgoingToStores[shard].removeAll(keepingCapacity: true)
      }
    }
    guard !stores.published.isEmpty else { return }
    for shard in shards { shard.stores.take(stores.published) }
    stores.published.removeAll(keepingCapacity: true)
  }

  // MARK: Making events

  private func order() -> UInt64 {
    made &+= 1
    return UInt64(index) << 56 | made
  }

  func push(at time: UInt64, _ kind: UInt32, _ slot: UInt32) {
    queue.push(Event(time: time, order: order(), slot: slot, kind: kind))
  }

  /// For a visit that may be gone by then.
  func push(at time: UInt64, _ kind: UInt32, visit slot: UInt32) {
    push(at: time, kind | visits.ticket(slot).generation << 8, slot)
  }

  /// The soonest that something from here can be in a shard.
  func soonest(in shard: Int) -> UInt64 {
    shard == index ? now : now &+ world.shards.lookahead[index, shard]
  }

  func post(_ message: Message, to shard: Int, at time: UInt64) {
    assert(time >= soonest(in: shard), "a message would come before its time")
    if shard == index { return push(at: time, Kind.message, messages.insert(message).slot) }
    outgoing[shard].append(Posted(time: time, order: order(), content: message))
  }

  func post(_ message: StoreMessage, to shard: Int, at time: UInt64) {
    assert(time >= soonest(in: shard), "a message would come before its time")
    if shard == index { return push(at: time, Kind.storeMessage, storeMessages.insert(message).slot) }
    outgoingToStores[shard].append(Posted(time: time, order: order(), content: message))
  }

  private func happen(_ event: Event) {
    let kind = event.kind & 0xFF
    let slot = event.slot
    switch kind {
    case Kind.arrival: arrive(Int(slot))
    case Kind.message:
      let message = messages[slot]
      messages[slot].handle = nil
      messages.remove(slot)
      receive(message)
    case Kind.storeMessage:
      let message = storeMessages[slot]
      storeMessages[slot].body = .answer(.success(.deleted(false)))
      storeMessages.remove(slot)
      receive(message)
    case Kind.fault: begin(fault: Int(slot))
    case Kind.probe: endProbe(slot)
    default:
      // Of a visit, which may be gone.
      guard visits.ticket(slot).generation & 0xFF_FFFF == event.kind >> 8 else { return }
      if let end = faults.pauseEnd(Int(visits[slot].site), at: now) {
        if end < .max { push(at: end, kind, visit: slot) }
        return
      }
      switch kind {
      case Kind.slice: endSlice(slot)
      case Kind.queueEnd: giveUpWaiting(slot)
      case Kind.dependency: finishDependency(slot, failed: false)
      case Kind.dependencyFailed: finishDependency(slot, failed: true)
      case Kind.begin: begin(slot)
      default: preconditionFailure("an event of no kind")
      }
    }
  }
}

/// A shard's clock, as its stores read it.
final class ShardClock: @unchecked Sendable {
  /// Virtual nanoseconds. Confined to the thread that runs the shard.
  var now: UInt64 = 0

  /// Milliseconds since 1970 at the start of a run: some day.
  static let epochMilliseconds: UInt64 = 1_800_000_000_000

  var milliseconds: UInt64 { Self.epochMilliseconds &+ now / 1_000_000 }
}
