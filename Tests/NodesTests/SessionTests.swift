// Sessions: whose a handle is, what is written when, and what two calls at once do to each other.
import KeyValue
import Sealing
import Testing

@testable import Nodes

@Suite struct SessionTests {
  private let sealer = Sealer(.minted(), purpose: "session")
  private let alice = Principal(name: "alice")

  private func begin(_ worker: String = "cart") -> Session {
    Session(beginning: worker, alice, timeToLive: 1_600, sealer: sealer)
  }

  private func opened(_ handle: String, _ worker: String = "cart", _ principal: Principal? = nil) -> Session? {
    Session(opening: handle, worker, principal ?? alice, timeToLive: 1_600, sealer: sealer)
  }

  @Test func aHandleOpensForItsWorkerAndPrincipalOnly() {
    let session = begin()
    #expect(opened(session.handle)?.key == session.key)
    #expect(opened(session.handle, "notes") == nil)
    #expect(opened(session.handle, "cart", Principal(name: "bob")) == nil)
    #expect(opened(session.handle, "cart", .anonymous) == nil)
    let other = Sealer(.minted(), purpose: "session")
    #expect(Session(opening: session.handle, "cart", alice, timeToLive: 1, sealer: other) == nil)
    #expect(opened("") == nil)
    #expect(opened(String(session.handle.dropLast())) == nil)
  }

  @Test func theStoresKeyNamesWorkerAndPrincipal() {
    let key = String(decoding: begin().key, as: UTF8.self)
    #expect(key.hasPrefix("cart/alice/"))
    #expect(key.utf8.count == "cart/alice/".utf8.count + 32)
    #expect(begin().key != begin().key)
    #expect(begin().load.problem() == nil)
  }

  @Test func aNewSessionIsWrittenEmptyUnlessTheGuestWrote() throws {
    let session = begin()
    #expect(session.knownAnswer() == Array(#"{"found":false}"#.utf8))
    #expect(
      session.renewal(now: 0)?.body
        == .put(key: session.key, value: [0], timeToLive: 1_600, condition: .absent))
    let write = try session.write([5], .none)
    #expect(write.body == .put(key: session.key, value: [1, 5], timeToLive: 1_600, condition: .none))
    session.written(3, [5])
    #expect(session.renewal(now: 0) == nil)
  }

  @Test func whatWasReadWhenTheCallBeganIsGivenOnce() {
    let session = begin()
    session.loaded(KeyValueEntry(value: [1, 7, 8], version: 9, expires: 5_000))
    #expect(session.knownAnswer() == Array(#"{"found":true,"version":"9"}"#.utf8) + [0, 7, 8])
    #expect(session.knownAnswer() == nil)
  }

  @Test func absentMeansNoDataYet() throws {
    let session = begin()
    #expect(try session.write([1], .absent).body == .put(key: session.key, value: [1, 1], timeToLive: 1_600, condition: .absent))
    session.loaded(KeyValueEntry(value: [0], version: 4, expires: nil))
    #expect(try session.write([1], .absent).body == .put(key: session.key, value: [1, 1], timeToLive: 1_600, condition: .version(4)))
    session.loaded(KeyValueEntry(value: [1, 2], version: 5, expires: nil))
    let problem = #expect(throws: OperationProblem.self) { try session.write([1], .absent) }
    #expect(problem?.code == "conflict")
  }

  @Test func aSessionIsRenewedWhenASixteenthOfItsTimeHasPassed() {
    let session = begin()
    session.loaded(KeyValueEntry(value: [1, 2], version: 4, expires: 10_000))
    #expect(session.renewal(now: 8_400) == nil)
    #expect(session.renewal(now: 8_499) == nil)
    #expect(
      session.renewal(now: 8_500)?.body
        == .put(key: session.key, value: [1, 2], timeToLive: 1_600, condition: .version(4)))
  }

  @Test func aSessionThatIsGoneDoesNotComeBack() throws {
    let session = try #require(opened(begin().handle))
    session.loaded(KeyValueEntry(value: [1, 2], version: 4, expires: 10_000))
    // Even a write without a condition names what it knows, so that it does not land on an ended session.
    #expect(try session.write([3], .none).body == .put(key: session.key, value: [1, 3], timeToLive: 1_600, condition: .version(4)))
    session.read(nil)
    #expect(session.hasEnded)
    #expect(session.renewal(now: 0) == nil)
    #expect(throws: OperationProblem.self) { try session.write([3], .none) }
  }

  @Test func anEndedSessionIsNeitherRenewedNorWritten() {
    let session = begin()
    #expect(session.end.body == .delete(key: session.key, condition: .none))
    session.ended()
    #expect(session.renewal(now: 0) == nil)
    let problem = #expect(throws: OperationProblem.self) { try session.write([1], .none) }
    #expect(problem?.code == "denied")
  }
}
