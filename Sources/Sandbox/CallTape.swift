// A recording of what a call was told by the outside: enough to run it again, with the outside off, to the same answer.

/// Everything that enters a guest and is not its request: what the clocks said, random bytes, and how each operation
/// went, in the order in which the guest could see it. Confined to the call's loop; hand it to another call only when
/// the first has ended.
///
/// Given to a call by `CallLedger.tape`, which costs it a copy of everything. A blank one records; one made by ``rewound()`` replays, and then no
/// clock, generator or service of the host is asked: a guest that asks for something else than it did ends with the
/// fault `host_error`, which says what differs.
public final class CallTape: @unchecked Sendable {
  /// What came to a guest of one of its operations.
  struct Event: Sendable, Equatable {
    enum Ending: Sendable, Equatable { case whole, broken }
    /// Which operation, by its place in the ledger.
    var record: Int
    var bytes: [UInt8]
    /// Nil: the answer goes on.
    var ending: Ending?
    var outcome = HostOperation.Outcome.running
    var wereBytesSent = false
    /// How many host calls the guest had made: it sees the event in none of them but the last, where it slept.
    var hostCalls = 0
  }

  /// An operation as the guest asked for it.
  struct Start: Sendable, Equatable {
    var target: String
    var digest: [UInt8]
  }

  /// What the guest was asked, and how it ended: with these a replay is compared.
  public internal(set) var request: [UInt8] = []
  public internal(set) var outcome: CallOutcome?

  private(set) var clock: [UInt64] = []
  private(set) var random: [[UInt8]] = []
  private(set) var starts: [Start] = []
  private(set) var events: [Event] = []
  let isReplaying: Bool
  private var clockAt = 0
  private var randomAt = 0
  private var startAt = 0
  private var eventAt = 0

  /// A blank tape, which records.
  public init() { isReplaying = false }

  private init(replaying tape: CallTape) {
    isReplaying = true
    request = tape.request
    clock = tape.clock
    random = tape.random
    starts = tape.starts
    events = tape.events
  }

  /// What was recorded, from its beginning, for another call.
  public func rewound() -> CallTape { CallTape(replaying: self) }

  /// Whether a replay has used everything that was recorded.
  public var isAtItsEnd: Bool {
    clockAt == clock.count && randomAt == random.count && startAt == starts.count && eventAt == events.count
  }

  /// How much was recorded.
  public var counts: (clock: Int, random: Int, operations: Int, events: Int) {
    (clock.count, random.count, starts.count, events.count)
  }

  // MARK: The point that everything passes

  func now(_ read: () -> UInt64) -> UInt64? {
    guard isReplaying else {
      clock.append(read())
      return clock.last
    }
    guard clockAt < clock.count else { return nil }
    clockAt += 1
    return clock[clockAt - 1]
  }

  func fill(_ target: UnsafeMutableRawBufferPointer, _ fill: (UnsafeMutableRawBufferPointer) -> Void) -> Bool {
    guard isReplaying else {
      fill(target)
      random.append(Array(target))
      return true
    }
    guard randomAt < random.count, random[randomAt].count == target.count else { return false }
    target.copyBytes(from: random[randomAt])
    randomAt += 1
    return true
  }

  /// Writes an operation's start, or holds it against what was recorded.
  /// - Returns: what differs, in words; nil where nothing does.
  func start(_ target: String, digest: [UInt8]) -> String? {
    let start = Start(target: target, digest: digest)
    guard isReplaying else {
      starts.append(start)
      return nil
    }
    guard startAt < starts.count else { return "it starts an operation (\(target)) more than was recorded" }
    defer { startAt += 1 }
    guard starts[startAt] == start else {
      return "operation \(startAt) asks \(target) for something else than was recorded (\(starts[startAt].target))"
    }
    return nil
  }

  func write(_ event: Event) {
    if !isReplaying { events.append(event) }
  }

  /// The next recorded event that a guest which has made so many host calls can see.
  func next(before hostCalls: Int) -> Event? {
    guard isReplaying, eventAt < events.count, events[eventAt].hostCalls < hostCalls,
      events[eventAt].record < startAt
    else { return nil }
    eventAt += 1
    return events[eventAt - 1]
  }
}
