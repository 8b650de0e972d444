// Discrete events in virtual time, on several threads, with one outcome whatever their number.

internal import EventLoop
internal import Synchronization

/// A part of the model with a clock of its own. What it does depends on its own state and on the messages it got, and on
/// nothing else: so it does not matter which thread runs it, or when.
protocol EngineShard: AnyObject, Sendable {
  /// When its next event is, in nanoseconds; `.max` for none.
  var nextTime: UInt64 { get }
  /// Does all events before `horizon`. One thread at a time, not always the same.
  func run(before horizon: UInt64)
  /// Hands what it has for others over. Between two rounds, while no shard runs.
  func deliver(to shards: [Self])
}

/// Runs shards in rounds. In a round each shard runs up to its horizon (``Lookahead``) on whichever thread takes it; then
/// messages are handed over, and the next round is planned from what waits. A shard with nothing to do in a round is not
/// touched, and a round of one shard needs no second thread.
///
/// The number of shards is the model's and never that of the threads. Events carry unique keys, so that the order in
/// which messages are handed over decides nothing: the outcome is the same, byte for byte, on any number of threads.
final class Engine<Shard: EngineShard>: @unchecked Sendable {
  private let shards: [Shard]
  private let lookahead: Lookahead
  private let end: UInt64
  private let progressStep: UInt64
  private let progress: (UInt64) -> Void
  // Written between rounds by one thread, read during rounds by all.
  private var next: [UInt64]
  private var horizons: [UInt64]
  private var runnable: [Int] = []
  private var isOver = false
  private(set) var rounds: UInt64 = 0
  private var reported: UInt64 = 0
  private let taken = Atomic<Int>(0)

  /// Until nothing waits any more before `end`. `progress` gets the time up to which all is done, once for each
  /// `progressStep` that has passed, on any one thread.
  init(
    shards: [Shard], lookahead: Lookahead, end: UInt64, progressStep: UInt64 = .max,
    progress: @escaping (UInt64) -> Void = { _ in }
  ) {
    precondition(shards.count == lookahead.count, "each shard has its delays")
    self.shards = shards
    self.lookahead = lookahead
    self.end = end
    self.progressStep = progressStep
    self.progress = progress
    next = [UInt64](repeating: 0, count: shards.count)
    horizons = next
  }

  /// The whole run, on this thread.
  func run() {
    plan()
    while !isOver {
      for index in runnable { shards[index].run(before: horizons[index]) }
      plan()
    }
  }

  /// The whole run, on these loops, each of which must run. Returns when it is over.
  func run(on loops: [EventLoop]) async {
    plan()
    let gate = RoundGate(threads: loops.count)
    let workers = loops.map { loop in loop.spawn { await self.work(gate) } }
    for worker in workers { await worker.value }
  }

  private func work(_ gate: RoundGate) async {
    while !isOver {
      while true {
        let place = taken.wrappingAdd(1, ordering: .relaxed).oldValue
        guard place < runnable.count else { break }
        let index = runnable[place]
        shards[index].run(before: horizons[index])
      }
      await gate.pass { self.plan() }
    }
  }

  /// What comes next, once all messages are where they belong. A round of one shard is run here and now.
  private func plan() {
    while true {
      for shard in shards { shard.deliver(to: shards) }
      var earliest = UInt64.max
      for index in shards.indices {
        next[index] = shards[index].nextTime
        earliest = min(earliest, next[index])
      }
      rounds += 1
      report(earliest)
      taken.store(0, ordering: .relaxed)
      runnable.removeAll(keepingCapacity: true)
      guard earliest < end else {
        isOver = true
        return
      }
      lookahead.horizons(next: next, into: &horizons)
      for index in shards.indices {
        horizons[index] = min(horizons[index], end)
        if next[index] < horizons[index] { runnable.append(index) }
      }
      guard runnable.count == 1 else { return }
      shards[runnable[0]].run(before: horizons[runnable[0]])
    }
  }

  private func report(_ time: UInt64) {
    let time = min(time, end)
    guard time - reported >= progressStep else { return }
    reported = time
    progress(time)
  }
}
