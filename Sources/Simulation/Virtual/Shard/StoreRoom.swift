// The stores that stand at a shard's sites: primaries, copies that lag, and the auditor of sessions.
internal import KeyValue
internal import Manifests
internal import Nodes
internal import Placement

/// A key-value store: the real one of the house, on the shard's clock. Its records are divided over several tables, since
/// a table's writes take time with its size.
struct VirtualStore {
  private let tables: [MemoryBackend]

  init(clock: ShardClock, tables count: Int) {
    let wall: WallClock = { clock.milliseconds }
    tables = (0..<count).map { _ in MemoryBackend(clock: wall) }
  }

  func perform(_ operation: KeyValueOperation) -> Result<KeyValueAnswer, KeyValueError> {
    if let problem = operation.problem() { return .failure(problem) }
    guard tables.count > 1 else { return tables[0].perform(operation) }
    switch operation.body {
    case .get(let key), .put(let key, _, _, _), .delete(let key, _):
      return tables[Int(Hash.of(bytes: key) % UInt64(tables.count))].perform(operation)
    case .list: preconditionFailure("nobody lists in a simulation")
    }
  }

  var recordCount: Int { tables.reduce(0) { $0 + $1.recordCount } }
}

/// A write that copies are to see.
struct Publication {
  var store: Int
  var time: UInt64
  var operation: KeyValueOperation
}

/// A copy of a store that is behind by its lag.
struct Mirror {
  let store: Int
  let replica: Int
  let lag: UInt64
  private let copy: VirtualStore
  /// In the order of their times.
  private var pending: [Publication] = []
  private var firstPending = 0
  /// What was read, until it can be told whether it was stale: when the copy is as the primary was then.
  private var readings: [(due: UInt64, operation: KeyValueOperation, value: [UInt8]?)] = []
  private var firstReading = 0
  private(set) var reads: UInt64 = 0
  private(set) var stale: UInt64 = 0

  init(store: Int, replica: Int, lag: UInt64, clock: ShardClock) {
    self.store = store
    self.replica = replica
    self.lag = lag
    copy = VirtualStore(clock: clock, tables: 1)
  }

  mutating func take(_ publication: Publication) { pending.append(publication) }

  mutating func read(_ operation: KeyValueOperation, at now: UInt64) -> Result<KeyValueAnswer, KeyValueError> {
    catchUp(to: now)
    let result = copy.perform(operation)
    guard case .success(.entry(let entry)) = result else { return result }
    reads += 1
    readings.append((now &+ lag, operation, entry?.value))
    return result
  }

  /// Applies what has come by a time, and judges what was read as long ago as the lag.
  mutating func catchUp(to now: UInt64) {
    while true {
      let write = firstPending < pending.count ? pending[firstPending].time &+ lag : .max
      let reading = firstReading < readings.count ? readings[firstReading].due : .max
      guard min(write, reading) <= now else { break }
      if write <= reading {
        _ = copy.perform(pending[firstPending].operation)
        firstPending += 1
      } else {
        judge(readings[firstReading])
        firstReading += 1
      }
    }
    if firstPending > 1_024 {
      pending.removeFirst(firstPending)
      firstPending = 0
    }
    if firstReading > 1_024 {
      readings.removeFirst(firstReading)
      firstReading = 0
    }
  }

  private mutating func judge(_ reading: (due: UInt64, operation: KeyValueOperation, value: [UInt8]?)) {
    if case .success(.entry(let entry)) = copy.perform(reading.operation), entry?.value != reading.value { stale += 1 }
  }
}

/// All of it.
struct StoreRoom {
  /// Tables of a primary.
  private static let tables = 256
  /// Keys of a worker's namespace that calls ask for.
  static let keys = 1_024

  private var primaries: [VirtualStore?]
  private var mirrors: [Mirror] = []
  /// Writes since the last round, for whoever has copies.
  var published: [Publication] = []
  private let hasReplicas: [Bool]
  let keyNames: [[UInt8]]
  /// By tool.
  let namespaces: [String]
  /// For tests: of so many session writes one is acknowledged and not done.
  private let dropsWrite: Int?
  private var sessionWrites = 0

  init(_ world: World, shard: Int, clock: ShardClock, dropsWrite: Int?) {
    let topology = world.topology
    primaries = topology.stores.map { store in
      world.shards.ofSite[store.site] == shard ? VirtualStore(clock: clock, tables: Self.tables) : nil
    }
    for (index, store) in topology.stores.enumerated() {
      for (place, replica) in store.replicas.enumerated() where world.shards.ofSite[replica.site] == shard {
        // Nothing is copied sooner than it can get here.
        let home = world.shards.ofSite[store.site]
        let least = home == shard ? 0 : world.shards.lookahead[home, shard]
        let lag = max(UInt64(replica.lagMilliseconds * 1e6), least)
        mirrors.append(Mirror(store: index, replica: place, lag: lag, clock: clock))
      }
    }
    hasReplicas = topology.stores.map { !$0.replicas.isEmpty }
    keyNames = (0..<Self.keys).map { Array("key-\($0)".utf8) }
    namespaces = world.tools.map(\.namespace)
    self.dropsWrite = dropsWrite
  }

  mutating func take(_ publications: [Publication]) {
    guard !mirrors.isEmpty else { return }
    for publication in publications {
      for mirror in mirrors.indices where mirrors[mirror].store == publication.store {
        mirrors[mirror].take(publication)
      }
    }
  }

  mutating func perform(
    _ operation: KeyValueOperation, store: Int, replica: Int, at now: UInt64
  ) -> Result<KeyValueAnswer, KeyValueError> {
    if replica >= 0 {
      guard let place = mirrors.firstIndex(where: { $0.store == store && $0.replica == replica }) else {
        preconditionFailure("a copy is asked for where it is not")
      }
      return mirrors[place].read(operation, at: now)
    }
    guard let primary = primaries[store] else { preconditionFailure("a store is asked for where it is not") }
    let isSession = operation.namespace == Session.namespace
    if let dropsWrite, isSession, case .put(_, _, _, .version(let version)) = operation.body {
      sessionWrites += 1
      if sessionWrites % dropsWrite == 0 { return .success(.written(version: version + 1)) }
    }
    let result = primary.perform(operation)
    if hasReplicas[store], !isSession, case .success(.written) = result {
      published.append(Publication(store: store, time: now, operation: operation))
    }
    return result
  }

  /// What is there of a session, past all faults.
  func look(_ operation: KeyValueOperation, store: Int) -> Result<KeyValueAnswer, KeyValueError>? {
    primaries[store]?.perform(operation)
  }

  /// At the end: all copies are as their stores.
  mutating func settle() {
    for mirror in mirrors.indices { mirrors[mirror].catchUp(to: .max - 1) }
  }

  var replicaReads: UInt64 { mirrors.reduce(0) { $0 + $1.reads } }
  var staleReads: UInt64 { mirrors.reduce(0) { $0 + $1.stale } }
}
