// The engine of virtual mode: order, horizons, threads, and what idling costs.
import EventLoop
import Testing

@testable import Simulation

@Suite(.timeLimit(.minutes(2))) struct VirtualEngineTests {
  @Test func eventsComeInTheOrderOfTimeThenOfMaking() {
    var random = RandomStream(seed: 7, purpose: 1)
    var queue = EventQueue()
    var expected: [Event] = []
    for order in 0..<20_000 {
      let event = Event(time: UInt64(random.below(500)), order: UInt64(order), slot: 0, kind: 0)
      queue.push(event)
      expected.append(event)
    }
    expected.sort { $0.precedes($1) }
    var popped: [Event] = []
    while queue.nextTime != .max { popped.append(queue.pop()) }
    #expect(popped.map(\.order) == expected.map(\.order) && popped.map(\.time) == expected.map(\.time))
  }

  /// Pushes and pops in turn, against a sorted array.
  @Test func aQueueInUseStaysInOrder() {
    var random = RandomStream(seed: 8, purpose: 1)
    var queue = EventQueue()
    var waiting: [Event] = []
    for order in 0..<5_000 {
      if random.below(3) > 0 || waiting.isEmpty {
        let event = Event(time: UInt64(random.below(1_000)), order: UInt64(order), slot: 0, kind: 0)
        queue.push(event)
        waiting.insert(event, at: waiting.firstIndex { event.precedes($0) } ?? waiting.count)
      } else {
        #expect(queue.pop().order == waiting.removeFirst().order)
      }
      #expect(queue.nextTime == waiting.first?.time ?? .max && queue.count == waiting.count)
    }
  }

  @Test func aTicketOfAnOldRecordIsKnown() {
    var slab = Slab<Int>()
    let first = slab.insert(1)
    slab.remove(first.slot)
    let second = slab.insert(2)
    #expect(second.slot == first.slot && slab[second.slot] == 2 && slab.count == 1)
    #expect(!slab.holds(first) && slab.holds(second))
  }

  /// The first numbers of the authors' own program (prng.di.unimi.it/xoshiro256starstar.c) from the state 1, 2, 3, 4.
  @Test func theGeneratorIsXoshiro() {
    var stream = RandomStream(state: (1, 2, 3, 4))
    #expect((0..<4).map { _ in stream.next() } == [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240])
  }

  @Test func streamsOfOneSeedDiffer() {
    var streams = [
      RandomStream(seed: 1, purpose: 1), RandomStream(seed: 1, purpose: 2), RandomStream(seed: 2, purpose: 1),
      RandomStream(seed: 1, purpose: 1, index: 1),
    ]
    let firsts = streams.indices.map { streams[$0].next() }
    #expect(Set(firsts).count == firsts.count)
    var stream = RandomStream(seed: 3, purpose: 1)
    let mean = (0..<200_000).reduce(0.0) { sum, _ in sum + Double(stream.exponential(mean: 1_000)) } / 200_000
    #expect(abs(mean - 1_000) < 10)
  }

  @Test func horizonsFollowTheShortestWay() {
    // 0 → 1 takes 10, 1 → 2 takes 5, 2 → 0 takes 20; 0 → 2 only by 1.
    let lookahead = Lookahead(count: 3) { from, to in
      switch (from, to) {
      case (0, 1): 10
      case (1, 2): 5
      case (2, 0): 20
      default: nil
      }
    }
    #expect(lookahead[0, 2] == 15 && lookahead[0, 0] == 35 && lookahead[1, 0] == 25)
    var horizons: [UInt64] = [0, 0, 0]
    lookahead.horizons(next: [100, 1_000, .max], into: &horizons)
    // Shard 0 is bounded by its own echo, shard 1 by shard 0, shard 2 by shard 0 over shard 1.
    #expect(horizons == [135, 110, 115])
  }

  @Test func theOutcomeIsTheSameOnAnyNumberOfThreads() async throws {
    let alone = TokenShard.ring(of: 5, tokens: 40)
    alone.engine.run()
    let outcome = alone.shards.map(\.trace)
    #expect(Set(outcome).count == 5 && alone.shards.reduce(0) { $0 + $1.handled } > 100_000)
    for threads in 1...3 {
      let loops = try EventLoops(count: threads)
      loops.start()
      let ring = TokenShard.ring(of: 5, tokens: 40)
      await ring.engine.run(on: loops.loops)
      loops.stop()
      loops.join()
      #expect(ring.shards.map(\.trace) == outcome, "\(threads) threads")
    }
  }

  @Test func anIdleEngineEnds() async throws {
    let empty = TokenShard.ring(of: 3, tokens: 0)
    empty.engine.run()
    #expect(empty.engine.rounds == 1)
    let loops = try EventLoops(count: 2)
    loops.start()
    await TokenShard.ring(of: 3, tokens: 0).engine.run(on: loops.loops)
    loops.stop()
    loops.join()
  }

  /// Rounds follow events, not the clock: an hour in which little happens is a few rounds.
  @Test func timeInWhichNothingHappensCostsNothing() {
    let ring = TokenShard.ring(of: 3, tokens: 1, pause: 60_000_000_000, end: 3_600_000_000_000)
    ring.engine.run()
    #expect(ring.shards.reduce(0) { $0 + $1.handled } > 50)
    #expect(ring.engine.rounds < 400)
  }

  @Test func progressIsSaidAboutAHundredTimes() {
    var times: [UInt64] = []
    let ring = TokenShard.ring(of: 2, tokens: 10) { times.append($0) }
    ring.engine.run()
    #expect((50...101).contains(times.count) && times == times.sorted())
  }
}

/// Hands tokens on after a random pause, to itself or to its neighbour, and keeps a hash of all it saw.
private final class TokenShard: EngineShard, @unchecked Sendable {
  private static let hop: UInt64 = 1_000
  private let index: Int
  private let count: Int
  private let pause: UInt64
  private var queue = EventQueue()
  private var outgoing: [Event] = []
  private var made: UInt64 = 0
  private var random: RandomStream
  private(set) var trace: UInt64 = 0
  private(set) var handled = 0

  init(index: Int, count: Int, tokens: Int, pause: UInt64) {
    self.index = index
    self.count = count
    self.pause = pause
    random = RandomStream(seed: 1, purpose: 1, index: UInt64(index))
    for token in 0..<tokens { queue.push(event(at: UInt64(token), UInt32(token))) }
  }

  /// Tokens lie in the first shard.
  static func ring(
    of count: Int, tokens: Int, pause: UInt64 = 500, end: UInt64 = 2_000_000,
    progress: @escaping (UInt64) -> Void = { _ in }
  ) -> (engine: Engine<TokenShard>, shards: [TokenShard]) {
    let shards = (0..<count).map { TokenShard(index: $0, count: count, tokens: $0 == 0 ? tokens : 0, pause: pause) }
    let lookahead = Lookahead(count: count) { from, to in (from + 1) % count == to ? hop : nil }
    return (Engine(shards: shards, lookahead: lookahead, end: end, progressStep: end / 100, progress: progress), shards)
  }

  private func event(at time: UInt64, _ token: UInt32) -> Event {
    made += 1
    return Event(time: time, order: UInt64(index) << 56 | made, slot: token, kind: 0)
  }

  var nextTime: UInt64 { queue.nextTime }

  func run(before horizon: UInt64) {
    while queue.nextTime < horizon {
      let event = queue.pop()
      handled += 1
      trace = Hash.of(trace, Hash.of(event.time, UInt64(event.slot)))
      let later = event.time + UInt64(random.below(Int(pause))) + 1
      if random.below(4) > 0 {
        queue.push(self.event(at: later, event.slot))
      } else {
        outgoing.append(self.event(at: later + Self.hop, event.slot))
      }
    }
  }

  func deliver(to shards: [TokenShard]) {
    // Backwards: the order of handing over decides nothing.
    for event in outgoing.reversed() { shards[(index + 1) % count].queue.push(event) }
    outgoing.removeAll(keepingCapacity: true)
  }
}
