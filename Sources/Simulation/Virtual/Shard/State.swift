// What a shard remembers of its sites, visits and clients.
internal import KeyValue
internal import Nodes
internal import Placement

/// Numbers of the simulated nodes that a node takes from its configuration: their defaults.
enum NodeNumbers {
  static let queueDepth = 1_000
  static let queueNanoseconds: UInt64 = 1_000_000_000
  static let storeNanoseconds: UInt64 = 1_000_000_000
  /// What an answer of another node may take beyond the tool's own time and the way.
  static let forwardGraceNanoseconds: UInt64 = 250_000_000
  /// How long a forward is good, and how far the clock that made it may be ahead, in milliseconds.
  static let forwardLifeMilliseconds: Int64 = 5_000
  static let forwardSkewMilliseconds: Int64 = 2_000
  /// A guest computes this long before others get their turn.
  static let sliceNanoseconds: UInt64 = 1_000_000
  /// Of an answer without content, and of what goes to a store and back beside key and value.
  static let smallBytes = 256
  /// After a partition is over: until TCP sends again what it had sent in vain.
  static let resendNanoseconds: UInt64 = 200_000_000
}

/// A list of visits through their `next`.
struct VisitList: BitwiseCopyable {
  static let none = UInt32.max
  var head = none
  var tail = none
  var isEmpty: Bool { head == Self.none }
}

/// One site's node.
struct SiteState {
  let speed: Double
  let capacity: Int32
  let processors: Int32
  /// Instances that live, and processors that compute.
  var live: Int32 = 0
  var busy: Int32 = 0
  var queued: Int32 = 0
  /// For an instance, and for a processor.
  var waiting = VisitList()
  var ready = VisitList()
  /// What it knows of other sites; empty as long as it knows nothing but good.
  var health = HealthBook()
}

/// What somebody knows of the sites it sends to. Sites that it has nothing to say of are up.
struct HealthBook {
  struct Entry {
    var site: Int
    var health = SiteHealth()
    var isProbed = false
  }

  var entries: [Entry] = []
  var isEmpty: Bool { entries.isEmpty }

  func isUp(_ site: Int) -> Bool {
    for entry in entries where entry.site == site { return entry.health.isUp }
    return true
  }

  func place(of site: Int) -> Int? { entries.firstIndex { $0.site == site } }

  mutating func answered(_ site: Int, now: UInt64) {
    if let place = place(of: site) { entries[place].health.answered(isProbe: false, now: now) }
  }

  /// - returns: whether it must be probed from now on.
  mutating func failed(_ site: Int, now: UInt64) -> Bool {
    let place =
      place(of: site)
      ?? {
        entries.append(Entry(site: site)); return entries.count - 1
      }()
    entries[place].health.failed(now: now)
    defer { entries[place].isProbed = true }
    return !entries[place].isProbed
  }
}

/// A call at a site: one that runs there, or one that was forwarded and is waited for.
struct Visit {
  enum Phase: UInt8, BitwiseCopyable {
    case waiting, computing, loading, reading, depending, writing, saving, renewing, forwarding
  }

  var head: CallHead
  var origin: Origin
  var site: UInt32
  var phase = Phase.waiting
  var isLive = true
  /// Whether its guest has begun, and so holds an instance.
  var holdsInstance = false
  var next = VisitList.none
  /// Work that is left of this stretch, at speed 1, and how much of it is being done.
  var work: UInt64 = 0
  var slice: UInt64 = 0
  /// Work of one stretch: between two operations.
  var stretch: UInt64 = 0
  var readsLeft: UInt16 = 0
  var dependenciesLeft: UInt16 = 0
  var writesLeft: UInt16 = 0
  var savesSession = false
  var wallEnd: UInt64 = 0
  /// The way's own delay so far.
  var links: UInt64
  /// Where a forwarded call went, and where it ran.
  var target: Int32 = -1
  var handle: String?
  var session: Session?
  var walk: RouteWalk?
}

/// A client's call.
struct ClientCall {
  var head: CallHead
  var entry: Int32 = -1
  var redirects: UInt8 = 0
  /// In the shard's sessions.
  var session: UInt32?
  var walk: RouteWalk?
}

/// A session, as its client has it.
struct ClientSession {
  var handle: String?
  var group: Int
  var store: Int
  var timeToLive: UInt64
  var ledger = SessionLedger()
  var operations: UInt32 = 0
  var callsLeft: Int
  var lastUse: UInt64
  var isLive = true
}

/// The clients of one population.
struct ClientState {
  let population: Int
  var arrivals: RandomStream
  /// Of its calls' own streams.
  let seed: UInt64
  var calls: UInt64 = 0
  /// Nanoseconds between two calls; 0: there are none.
  let meanGap: Double
  /// Sums of the shares of the tools up to each.
  let mix: [Double]
  /// The sites nearest to it.
  let entries: [Int]
  /// Tools that it has been sent elsewhere for.
  var redirected: [Bool]
  /// Of such a tool, the sites it may ask.
  var redirects: [[Int]]
  var health = HealthBook()
  /// By group, those that no call is using.
  var idleSessions: [[UInt32]]
}

/// Somebody who asks a site again and again whether it is there.
struct Probe: BitwiseCopyable {
  /// A site, or a population behind all sites.
  var node: UInt32
  var site: UInt32
  var started: UInt64
  var succeeds: Bool
}
