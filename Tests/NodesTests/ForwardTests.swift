// What nodes tell each other of a call: sealed, for one request, for a few seconds, once.
import HTTPServer
import MCP
import Sandbox
import Sealing
import Testing

@testable import Nodes

@Suite struct ForwardTests {
  private let body = Array(#"{"jsonrpc":"2.0"}"#.utf8)
  private let now: UInt64 = 1_800_000_000_000

  private func forward(_ edit: (inout Forward) -> Void = { _ in }) throws -> Forward {
    var forward = Forward(
      principal: "ann", method: "POST", path: "/mcp", bodyDigest: SHA256.digest(of: body), passed: ["fra"],
      target: "iad",
      remainingMilliseconds: 900, topology: try TopologyFixture.topology().digest,
      worker: [UInt8](repeating: 7, count: 32), tool: "drop", issued: now, nonce: Forward.Nonce(high: 1, low: 2),
      epoch: 0)
    edit(&forward)
    return forward
  }

  private func judge(
    _ forward: Forward, by gate: ForwardGate, method: String = "POST", path: String = "/mcp", body: [UInt8]? = nil,
    at time: UInt64? = nil
  ) -> Result<Forward, ForwardRefusal> {
    // For the run that the gate's node is in, unless a test says otherwise.
    var told = forward
    if told.epoch == 0 { told.epoch = gate.topology.epoch }
    let sealed = Array(ForwardSeal(TopologyFixture.keys).sealed(told).utf8)
    return gate.judge(.one(sealed[...]), method: method, path: path, body: body ?? self.body, now: time ?? now).map {
      var taken = $0
      taken.epoch = forward.epoch
      return taken
    }
  }

  private func gate(_ site: String = "iad", _ rest: String = "", keys: KeyRing = TopologyFixture.keys) throws
    -> ForwardGate
  {
    ForwardGate(topology: try TopologyFixture.topology(site, rest, keys: keys))
  }

  @Test func whatIsSealedComesBackAsItWas() throws {
    let seal = ForwardSeal(TopologyFixture.keys)
    let forward = try forward { $0.passed = ["fra", "dub"] }
    let text = seal.sealed(forward)
    #expect(seal.opened(text.utf8) == forward)
    #expect(seal.sealed(forward) != text, "a seal has a nonce of its own")
    #expect(ForwardSeal(.minted()).opened(text.utf8) == nil)
    for index in stride(from: 0, to: text.utf8.count, by: 7) {
      var bytes = Array(text.utf8)
      bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(seal.opened(bytes) == nil, "byte \(index) was changed")
    }
    #expect(seal.opened("".utf8) == nil)
    // Keys of another purpose, such as those of sessions, open nothing.
    let other = Sealer(TopologyFixture.keys, purpose: "session").seal([1, 2, 3], audience: [])
    #expect(seal.opened(other.utf8) == nil)
  }

  @Test func aShortOrLongSealIsNothing() throws {
    // Sealed with the right keys and purpose, and still not a forward.
    let sealer = Sealer(TopologyFixture.keys, purpose: "forward")
    for plain in [[], [1], [UInt8](repeating: 1, count: 128), [1] + [UInt8](repeating: 0, count: 200)] as [[UInt8]] {
      #expect(ForwardSeal(TopologyFixture.keys).opened(sealer.seal(plain, audience: []).utf8) == nil)
    }
  }

  @Test func aForwardIsGoodForItsRequestOnly() throws {
    let gate = try gate()
    let good = try forward()
    #expect(throws: ForwardRefusal.altered) { try judge(good, by: gate, method: "GET").get() }
    #expect(throws: ForwardRefusal.altered) { try judge(good, by: gate, path: "/mcp/hello").get() }
    #expect(throws: ForwardRefusal.altered) { try judge(good, by: gate, body: body + [0x20]).get() }
    #expect(throws: ForwardRefusal.altered) { try judge(good, by: self.gate("dub")).get() }
    #expect(throws: ForwardRefusal.sealed) { try judge(good, by: self.gate(keys: .minted())).get() }
    #expect(try judge(good, by: gate).get() == good, "none of these used its nonce up")
    #expect(throws: ForwardRefusal.replayed) { try judge(good, by: gate).get() }
  }

  @Test func twoCopiesOrNoneOfOursAreRefused() throws {
    let gate = try gate()
    let sealed = Array(gate.topology.seal.sealed(try forward()).utf8)[...]
    #expect(throws: ForwardRefusal.sealed) {
      try gate.judge(.several([sealed, sealed]), method: "POST", path: "/mcp", body: body, now: now).get()
    }
    #expect(throws: ForwardRefusal.sealed) {
      try gate.judge(.one(Array("forged".utf8)[...]), method: "POST", path: "/mcp", body: body, now: now).get()
    }
  }

  @Test func clocksMayDifferByALittle() throws {
    let gate = try gate()
    func at(_ issued: UInt64, _ low: UInt64) throws -> Result<Forward, ForwardRefusal> {
      judge(try forward { ($0.issued, $0.nonce.low) = (issued, low) }, by: gate)
    }
    #expect(throws: Never.self) { try at(now + ForwardBounds.skewMilliseconds, 11).get() }
    #expect(throws: ForwardRefusal.stale) { try at(now + ForwardBounds.skewMilliseconds + 1, 12).get() }
    #expect(throws: Never.self) { try at(now - ForwardBounds.lifeMilliseconds, 13).get() }
    #expect(throws: ForwardRefusal.stale) { try at(now - ForwardBounds.lifeMilliseconds - 1, 14).get() }
    #expect(throws: ForwardRefusal.stale) { try at(.max, 15).get() }
    #expect(throws: ForwardRefusal.stale) { try at(0, 16).get() }
  }

  /// Who starts anew has forgotten which nonces it took: a copy of what the run before had is good for nobody, and no clock
  /// has to be right for that.
  @Test func aForwardIsForOneRunOfItsTarget() throws {
    let (before, after) = (try gate(), try gate())
    #expect(before.topology.epoch != after.topology.epoch && after.topology.epoch != 0)
    let taken = try forward { $0.epoch = before.topology.epoch }
    #expect(throws: Never.self) { try judge(taken, by: before).get() }
    #expect(throws: ForwardRefusal.epochDiffers) { try judge(taken, by: after).get() }
    let unheard = Array(ForwardSeal(TopologyFixture.keys).sealed(try forward { $0.nonce.low = 3 }).utf8)
    #expect(throws: ForwardRefusal.epochUnknown) {
      try after.judge(.one(unheard[...]), method: "POST", path: "/mcp", body: body, now: now).get()
    }
    // Refused or not, its nonce is used up; the sender makes another.
    #expect(throws: ForwardRefusal.replayed) { try judge(taken, by: after).get() }
    #expect(throws: Never.self) { try judge(forward { $0.nonce.low = 4 }, by: after).get() }
    // Only who can seal is told.
    #expect(
      ForwardRefusal.epochDiffers.unserved(epoch: 7).fields.contains { $0.name == "Atoll-Epoch" && $0.value == "7" })
    #expect(ForwardRefusal.epochUnknown.unserved(epoch: 7).fields.contains { $0.name == "Atoll-Epoch" })
    #expect(ForwardRefusal.sealed.unserved(epoch: 7).fields.allSatisfy { $0.name != "Atoll-Epoch" })
    #expect(Epoch.said("7") == 7 && Epoch.said("0") == nil && Epoch.said("-1") == nil && Epoch.said("7 ") == nil)
    #expect(Epoch.said("18446744073709551616") == nil && Epoch.said("") == nil)
  }

  @Test func loopsAndLongWaysAreRefused() throws {
    let gate = try gate()
    #expect(throws: ForwardRefusal.loop) { try judge(forward { $0.passed = ["iad", "fra"] }, by: gate).get() }
    #expect(throws: ForwardRefusal.loop) {
      try judge(forward { ($0.passed, $0.nonce.low) = (["a", "b", "c"], 3) }, by: gate).get()
    }
    #expect(throws: Never.self) { try judge(forward { ($0.passed, $0.nonce.low) = (["a", "b"], 4) }, by: gate).get() }
  }

  @Test func anotherTopologyIsToldSo() throws {
    let gate = try gate("iad", "[[dependencies]]\nname = \"db\"\nsite = \"iad\"")
    #expect(throws: ForwardRefusal.topologyDiffers) { try judge(forward(), by: gate).get() }
    // An address is no difference.
    let moved = try TopologyFixture.topology("iad") { "http://127.0.0.1:\($0 == "fra" ? 1 : 2)" }
    #expect(moved.digest == (try TopologyFixture.topology().digest))
  }

  @Test func whatIsToldSaysNoMoreThanItMust() {
    let words = Set(
      [ForwardRefusal.sealed, .altered, .stale, .replayed].map { "\($0.unserved.message) \($0.status) \($0.word)" })
    #expect(words.count == 1)
    #expect(ForwardRefusal.versionDiffers.unserved.data == #"{"refused":"version_differs"}"#)
  }
}

@Suite struct ReplayCacheTests {
  private func nonce(_ number: UInt64) -> Forward.Nonce { Forward.Nonce(high: 0, low: number) }

  @Test func aNonceIsGoodOnceForAsLongAsItsForwardIs() {
    let cache = ReplayCache(capacity: 10)
    #expect(cache.take(nonce(1), issued: 1_000, now: 1_000) == .fresh)
    #expect(cache.take(nonce(1), issued: 1_000, now: 1_000 + ForwardBounds.lifeMilliseconds) == .seen)
    #expect(cache.count == 1)
    // Forgotten once its forward is stale: and then what was issued no later is not taken any more.
    let later = 1_001 + ForwardBounds.lifeMilliseconds
    #expect(cache.take(nonce(2), issued: later, now: later) == .fresh)
    #expect(cache.count == 1)
    #expect(cache.take(nonce(1), issued: 1_000, now: 1_000) == .seen, "the clock was set back")
    #expect(cache.take(nonce(3), issued: 1_000, now: 1_000) == .seen)
    #expect(cache.take(nonce(3), issued: 1_001, now: 1_001) == .fresh)
  }

  @Test func aFullCacheTakesNothing() {
    let cache = ReplayCache(capacity: 3)
    for number in 1...3 { #expect(cache.take(nonce(UInt64(number)), issued: 5, now: 5) == .fresh) }
    #expect(cache.take(nonce(4), issued: 5, now: 5) == .full)
    #expect(cache.take(nonce(2), issued: 5, now: 5) == .seen)
    #expect(cache.take(nonce(4), issued: 5_500, now: 5_006) == .fresh, "there is room again")
    #expect(cache.count == 1)
  }

  @Test func manyNoncesLeaveNothingBehind() {
    let cache = ReplayCache(capacity: 6_000)
    for number in 1...50_000 as ClosedRange<UInt64> {
      #expect(cache.take(nonce(number), issued: number, now: number) == .fresh)
    }
    #expect(cache.count <= Int(ForwardBounds.lifeMilliseconds) + 1)
  }
}
