// The model of a link: delay, jitter, bandwidth, loss, order.
import Simulation
import Testing

@Suite struct LinkModelTests {
  private let second: UInt64 = 1_000_000_000

  private func milliseconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e6 }

  @Test func withoutJitterLossAndBandwidthAPieceTakesTheOneWayDelay() {
    var model = LinkModel(LinkShape(oneWayMilliseconds: 20))
    var generator = SplitMix64(seed: 1)
    for bytes in [0, 1, 1460, 10_000_000] {
      #expect(model.arrival(of: bytes, at: second, using: &generator) == second + 20_000_000)
    }
    #expect(generator == SplitMix64(seed: 1), "nothing is random, so nothing is drawn")
    #expect(model.freeAt == 0 && model.lostPieces == 0)
  }

  @Test func aPieceQueuesBehindThoseThatWereSentBefore() {
    // 8 Mbit/s: a kilobyte takes a millisecond.
    var model = LinkModel(LinkShape(oneWayMilliseconds: 5, bitsPerSecond: 8e6))
    var generator = SplitMix64(seed: 1)
    #expect(model.arrival(of: 1000, at: second, using: &generator) == second + 6_000_000)
    #expect(model.arrival(of: 2000, at: second, using: &generator) == second + 8_000_000)
    // The queue has run empty by then.
    #expect(model.arrival(of: 1000, at: 2 * second, using: &generator) == 2 * second + 6_000_000)
  }

  @Test func jitterIsExponential() {
    var model = LinkModel(LinkShape(oneWayMilliseconds: 10, jitterMilliseconds: 4))
    var generator = SplitMix64(seed: 7)
    let late = (0..<20_000).map { _ in milliseconds(model.arrival(of: 100, at: 0, using: &generator)) - 10 }
    #expect(late.allSatisfy { $0 >= 0 })
    let mean = late.reduce(0, +) / Double(late.count)
    #expect(abs(mean - 4) < 0.12)
    // The shares above one, two and three means are 1/e, 1/e² and 1/e³.
    for (means, share) in [(1.0, 0.3679), (2, 0.1353), (3, 0.0498)] {
      let above = Double(late.count { $0 > means * 4 }) / Double(late.count)
      #expect(abs(above - share) < 0.015)
    }
  }

  @Test func jitterDoesNotReorderAConnection() {
    var model = LinkModel(LinkShape(oneWayMilliseconds: 10, jitterMilliseconds: 50))
    var generator = SplitMix64(seed: 3)
    var last: UInt64 = 0
    for number in 0..<1000 {
      let arrival = model.arrival(of: 100, at: UInt64(number) * 100_000, behind: last, using: &generator)
      #expect(arrival >= last)
      last = arrival
    }
  }

  /// A segment in a hundred is lost; each of those costs at least 200 ms, and one in a hundred of them 600 ms.
  @Test func aLostSegmentCostsARetransmission() {
    var model = LinkModel(LinkShape(oneWayMilliseconds: 10, loss: 0.01))
    var generator = SplitMix64(seed: 11)
    let pieces = 200_000
    let delays = (0..<pieces).map { _ in milliseconds(model.arrival(of: 500, at: 0, using: &generator)) }
    #expect(Set(delays).isSubset(of: [10, 210, 610, 1410, 3010]))
    let lost = delays.count { $0 > 10 }
    #expect(UInt64(lost) == model.lostPieces)
    // Four standard deviations round the mean.
    #expect(abs(lost - pieces / 100) < 180)
    let twice = delays.count { $0 > 210 }
    #expect((3...45).contains(twice))
  }

  @Test func aLongPieceLosesMoreOften() {
    var model = LinkModel(LinkShape(loss: 0.01))
    var generator = SplitMix64(seed: 5)
    let pieces = 20_000
    for _ in 0..<pieces { _ = model.arrival(of: 1460 * 20, at: 0, using: &generator) }
    // 1 − 0.99²⁰ = 18.2 %.
    #expect(abs(Double(model.lostPieces) / Double(pieces) - 0.182) < 0.011)
  }

  @Test func theRetransmissionTimeFollowsTheRoundTripOfALongLink() {
    var model = LinkModel(LinkShape(oneWayMilliseconds: 100, loss: 0.999_999))
    var generator = SplitMix64(seed: 2)
    // 2 · 200 ms, doubled six times: 127 times the first wait.
    #expect(model.arrival(of: 1, at: 0, using: &generator) == (100 + 400 * 127) * 1_000_000)
    model.delayFactor = 3
    #expect(model.arrival(of: 1, at: 0, using: &generator) == (300 + 1200 * 127) * 1_000_000)
  }

  @Test func whatIsBehindALossWaitsWithIt() {
    var model = LinkModel(LinkShape(oneWayMilliseconds: 1, loss: 0.2))
    var generator = SplitMix64(seed: 9)
    var last: UInt64 = 0
    var waited = 0
    for number in 0..<100 {
      let now = UInt64(number) * 1_000_000
      let arrival = model.arrival(of: 10, at: now, behind: last, using: &generator)
      if arrival == last { waited += 1 }
      last = arrival
    }
    #expect(waited > 50)
  }

  @Test func aConnectionCostsARoundTrip() {
    var there = LinkModel(LinkShape(oneWayMilliseconds: 15))
    var back = LinkModel(LinkShape(oneWayMilliseconds: 25))
    var generator = SplitMix64(seed: 1)
    #expect(LinkModel.handshake(over: &there, back: &back, at: second, using: &generator) == second + 40_000_000)
  }

  /// A handshake holds up nobody who sends meanwhile.
  @Test func aConnectionTakesNoBandwidth() {
    var there = LinkModel(LinkShape(oneWayMilliseconds: 15, bitsPerSecond: 8e6))
    var back = LinkModel(LinkShape(oneWayMilliseconds: 15, bitsPerSecond: 8e6))
    var generator = SplitMix64(seed: 1)
    _ = LinkModel.handshake(over: &there, back: &back, at: second, using: &generator)
    #expect(there.freeAt == 0 && back.freeAt == 0)
    #expect(back.arrival(of: 1000, at: second, using: &generator) == second + 16_000_000)
  }

  @Test func sameSeedSameTimesAndAnotherSeedOthers() {
    func times(_ seed: UInt64) -> [UInt64] {
      var model = LinkModel(LinkShape(oneWayMilliseconds: 10, jitterMilliseconds: 5, loss: 0.05, bitsPerSecond: 1e8))
      var generator = SplitMix64(seed: seed, stream: 4)
      return (0..<1000).map { model.arrival(of: 100 + $0, at: UInt64($0) * 50_000, using: &generator) }
    }
    #expect(times(1) == times(1))
    #expect(times(1) != times(2))
  }

  /// The published test vector of SplitMix64 for the seed 1234567.
  @Test func theGeneratorIsSplitMix64() {
    var generator = SplitMix64(seed: 1_234_567)
    let words = (0..<3).map { _ in generator.next() }
    #expect(words == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    #expect((0..<1000).allSatisfy { _ in (0..<1).contains(generator.unit()) })
  }
}
