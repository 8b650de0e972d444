// What operations tell of a store.
import KeyValue
import Testing

@testable import Nodes

@Suite struct StoreHealthTests {
  private let done = Result<KeyValueAnswer, KeyValueError>.success(.deleted(true))
  private let silent = Result<KeyValueAnswer, KeyValueError>.failure(KeyValueError(.unavailable, "too late"))
  private let busy = Result<KeyValueAnswer, KeyValueError>.failure(KeyValueError(.busy, "too much waits"))

  @Test func oneTimeOutLeavesItAloneButForOneProbe() {
    var health = StoreHealth()
    health.begin()
    #expect(health.isWell && health.judge(done, isTest: true) == nil)
    #expect(health.judge(silent, isTest: true) == .failed("too late"))
    #expect(!health.isWell && health.letsThrough)
    health.begin()
    #expect(!health.letsThrough)
    #expect(health.judge(silent, isTest: false) == nil && health.letsThrough)
    health.begin()
    #expect(health.judge(done, isTest: false) == .recovered && health.isWell)
  }

  @Test func whatSaysNothingOfTheStoreChangesNothing() {
    var health = StoreHealth()
    #expect(health.judge(silent, isTest: false) == nil && health.isWell)
    #expect(health.judge(busy, isTest: true) == nil && health.isWell)
    _ = health.judge(silent, isTest: true)
    health.begin()
    // A probe that found no place to wait in is tried again.
    #expect(health.judge(busy, isTest: true) == nil && health.letsThrough && !health.isWell)
  }

  @Test func aCallAtItsEndIsNoTest() {
    let get = KeyValueOperation(namespace: "n", .get(key: [1]))
    #expect(StoreHealth.isTest(get, deadline: 150, now: 100, timeout: 100))
    #expect(!StoreHealth.isTest(get, deadline: 149, now: 100, timeout: 100))
    let list = KeyValueOperation(namespace: "n", .list(prefix: [], cursor: nil, limit: 1))
    #expect(!StoreHealth.isTest(list, deadline: 1_000, now: 100, timeout: 100))
  }
}
