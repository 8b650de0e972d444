// Retries, their budget and the circuit breaker: the rules with a clock of their own, then against a server that fails.
import EventLoop
import Foundation
import Synchronization
import Testing

@testable import HTTPClient

/// Time that stands until it is moved.
private final class Clock: Sendable {
  private let milliseconds = Mutex<UInt64>(1_000_000)
  func advance(_ by: UInt64) { milliseconds.withLock { $0 += by } }
  var source: UpstreamHealth.Source {
    UpstreamHealth.Source(
      milliseconds: { self.milliseconds.withLock { $0 } }, secondsSince1970: { 1_000 }, random: { 0.5 })
  }
}

@Suite struct CircuitBreakerTests {
  private func run(_ breaker: inout CircuitBreaker, _ outcomes: [Bool?], now: UInt64) {
    for outcome in outcomes {
      #expect(breaker.admit(now: now) == nil)
      breaker.record(outcome, epoch: breaker.epoch, now: now)
    }
  }

  @Test func itOpensAtTheRatioAndNotBelowTheMinimum() {
    var few = CircuitBreaker()
    run(&few, Array(repeating: false, count: UpstreamLimits.breakerRequestsMin - 1), now: 0)
    #expect(few.state == .closed)
    run(&few, [false], now: 0)
    #expect(few.state == .open && few.openedTotal == 1)
    var half = CircuitBreaker()
    run(&half, (0..<200).map { $0 % 5 != 0 ? true : false }, now: 0)
    #expect(half.state == .closed)
    // Neither good nor bad counts for nothing.
    run(&half, Array(repeating: nil, count: 500), now: 0)
    #expect(half.state == .closed)
  }

  @Test func failuresLeaveTheWindow() {
    var breaker = CircuitBreaker()
    run(&breaker, Array(repeating: false, count: 19), now: 0)
    run(&breaker, [false], now: 10_000)
    #expect(breaker.state == .closed)
    run(&breaker, Array(repeating: false, count: 19), now: 19_000)
    #expect(breaker.state == .open)
  }

  @Test func itIsOpenThenProbesThenCloses() {
    var breaker = CircuitBreaker()
    run(&breaker, Array(repeating: false, count: 20), now: 0)
    #expect(breaker.admit(now: 0) == 5_000 && breaker.admit(now: 4_999) == 1)
    // Three probes at once, and no fourth.
    let probes = (0..<3).map { _ in breaker.admit(now: 5_000) }
    #expect(probes == [nil, nil, nil])
    #expect(breaker.state == .halfOpen && breaker.admit(now: 5_000) == 1_000)
    let epoch = breaker.epoch
    breaker.record(true, epoch: epoch, now: 5_000)
    breaker.record(nil, epoch: epoch, now: 5_000)
    #expect(breaker.admit(now: 5_001) == nil)
    breaker.record(true, epoch: epoch, now: 5_001)
    #expect(breaker.state == .halfOpen)
    breaker.record(true, epoch: epoch, now: 5_002)
    #expect(breaker.state == .closed)
    run(&breaker, [false, false], now: 5_003)
    #expect(breaker.state == .closed)
  }

  @Test func aFailedProbeOpensItForLonger() {
    var breaker = CircuitBreaker()
    run(&breaker, Array(repeating: false, count: 20), now: 0)
    var now: UInt64 = 0
    for wait: UInt64 in [5_000, 10_000, 20_000, 40_000, 60_000, 60_000] {
      #expect(breaker.admit(now: now) == wait)
      now += wait
      run(&breaker, [false], now: now)
      #expect(breaker.state == .open)
    }
    #expect(breaker.openedTotal == 7)
  }

  /// A request of the closed circuit that ends late says nothing of the probes.
  @Test func lateOutcomesOfAnotherEpochAreForgotten() {
    var breaker = CircuitBreaker()
    let early = breaker.epoch
    run(&breaker, Array(repeating: false, count: 20), now: 0)
    #expect(breaker.admit(now: 5_000) == nil)
    breaker.record(false, epoch: early, now: 5_000)
    #expect(breaker.state == .halfOpen)
  }

  @Test func theBudgetIsAPartOfTheRequestsAndAFloor() {
    var budget = RetryBudget()
    let first = (0..<11).map { _ in budget.take(now: 0) }
    #expect(first == Array(repeating: true, count: 10) + [false])
    var taken = 0
    for _ in 0..<1_000 {
      budget.addRequest(now: 0)
      if budget.take(now: 0) { taken += 1 }
    }
    #expect((195...200).contains(taken))
    let later = [budget.take(now: 1_000), budget.take(now: 2_100)]
    #expect(later == [false, true])
  }

  @Test func healthIsKeptByWorkerAndName() {
    let clock = Clock()
    let health = UpstreamHealth(source: clock.source)
    for _ in 0..<20 {
      guard case .granted(let epoch) = health.admit("a", "api", isFirst: true) else { return #expect(Bool(false)) }
      health.record("a", "api", false, epoch: epoch)
      health.count("a", "api", outcome: "reset")
    }
    #expect(health.admit("a", "api", isFirst: true) == .refused(retryAfterMilliseconds: 5_000))
    guard case .granted = health.admit("b", "api", isFirst: true) else { return #expect(Bool(false)) }
    #expect(
      health.snapshot.first
        == UpstreamHealth.Snapshot(
          worker: "a", upstream: "api", state: "open", openedTotal: 1, requests: ["reset": 20], retries: 0,
          budgetExhausted: 0))
    #expect(health.snapshot.count == 2)
    health.keep(workers: ["b"])
    #expect(health.snapshot.map(\.worker) == ["b"])
    #expect((0..<8).map { health.pause(beforeRetry: $0) } == [37, 75, 150, 300, 600, 1200, 1500, 1500])
  }

  @Test func loopsShareOneHealth() async {
    let health = UpstreamHealth()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<1_000 {
            guard case .granted(let epoch) = health.admit("a", "api", isFirst: true) else { return }
            health.record("a", "api", true, epoch: epoch)
            health.count("a", "api", outcome: "ok")
          }
        }
      }
    }
    #expect(health.snapshot.first?.requests == ["ok": 4_000])
  }

  @Test(
    arguments: [
      ("7", 7_000), ("0", 0), ("Thu, 01 Jan 1970 00:17:00 GMT", 20_000), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
      ("soon", nil), ("-1", nil), ("1.5", nil),
    ] as [(String, UInt64?)])
  func retryAfterIsSecondsOrADate(_ text: String, _ milliseconds: UInt64?) {
    _ = UpstreamPool.systemCertificates
    var head = ResponseHead()
    for line in ["HTTP/1.1 503 No\r\n", "Retry-After: \(text)\r\n", "\r\n"] {
      _ = Array(line.utf8).withUnsafeBytes { head.add($0) }
    }
    #expect(head.isComplete && head.retryAfterMilliseconds(secondsSince1970: 1_000) == milliseconds)
  }
}

@Suite(.timeLimit(.minutes(1))) struct RetryTests {
  @Test(arguments: [429, 502, 503, 504])
  func aPassingFailureIsTriedAgain(_ status: Int) async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let got = await harness.fetch(
        UpstreamRequest(url: "upstream://api/fail/\(status)/2/a"), try grant(server.url, retries: 2))
      #expect(got.text == "recovered" && got.status == 200 && got.head?.redirected == false)
      #expect(harness.health.snapshot.first?.retries == 2 && harness.health.snapshot.first?.requests == ["ok": 1])
      // One more failure than retries: the answer is the answer.
      let given = await harness.fetch(
        UpstreamRequest(url: "upstream://api/fail/\(status)/3/b"), try grant(server.url, retries: 2))
      #expect(given.status == status && given.text == "failed" && given.error == nil)
    }
  }

  @Test func onlyIdempotentMethodsAreTriedAgain() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let grants = try grant(server.url, retries: 2)
      for method in ["HEAD", "PUT", "DELETE", "OPTIONS"] {
        let got = await harness.fetch(
          UpstreamRequest(method: method, url: "upstream://api/fail/503/1/\(method)"), grants)
        #expect(got.status == 200, "\(method)")
      }
      for method in ["POST", "PATCH"] {
        let got = await harness.fetch(
          UpstreamRequest(method: method, url: "upstream://api/fail/503/1/\(method)", body: [1]), grants)
        #expect(got.status == 503, "\(method)")
        let dropped = await harness.fetch(
          UpstreamRequest(method: method, url: "upstream://api/drop/1/\(method)", body: [1]), grants)
        #expect(dropped.code == .reset, "\(method)")
      }
      for status in [400, 404, 500, 501] {
        let got = await harness.fetch(UpstreamRequest(url: "upstream://api/fail/\(status)/1/x"), grants)
        #expect(got.status == status)
      }
      let dropped = await harness.fetch(UpstreamRequest(url: "upstream://api/drop/1/get"), grants)
      #expect(dropped.text == "recovered")
    }
  }

  /// libcurl by itself would send anything again whose used connection dies.
  @Test(arguments: [[UInt8](), [1, 2, 3], [UInt8](repeating: 7, count: 100_000)])
  func aPostIsNeverSentTwice(_ body: [UInt8]) async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let grants = try grant(server.url, retries: 2)
      #expect(await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), grants).text == "hello")
      let got = await harness.fetch(
        UpstreamRequest(method: "POST", url: "upstream://api/silent-close", body: body), grants)
      #expect(got.code == .reset && got.wereBytesSent)
      let seen = await harness.fetch(UpstreamRequest(url: "upstream://api/count?of=/silent-close"), grants)
      #expect(seen.text == "1")
    }
  }

  @Test func retryAfterIsWaitedForWhereItFits() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let waited = await harness.fetch(
        UpstreamRequest(url: "upstream://api/fail/503/1/a?retry-after=1"), try grant(server.url, retries: 1))
      #expect(waited.text == "recovered" && waited.milliseconds >= 1_000)
      let long = await harness.fetch(
        UpstreamRequest(url: "upstream://api/fail/503/1/b?retry-after=5"), try grant(server.url, retries: 1),
        milliseconds: 3_000)
      #expect(long.status == 503 && long.milliseconds < 1_000)
      #expect(long.head?.headers.contains { $0.name == "Retry-After" && $0.value == "5" } == true)
      let never = await harness.fetch(
        UpstreamRequest(url: "upstream://api/fail/503/1/c?retry-after=99999999999999"),
        try grant(server.url, retries: 1))
      #expect(never.status == 503 && never.milliseconds < 1_000)
    }
  }

  @Test func aClosedPortIsTriedAgainAndTheBudgetEnds() async throws {
    let health = UpstreamHealth(source: Clock().source)
    try await withHarness(health: health) { harness in
      let grants = try grant("http://127.0.0.1:1", retries: 1)
      // The circuit opens after twenty tries: ten requests with their ten retries.
      for _ in 0..<10 {
        #expect(await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), grants).code == .connectFailed)
      }
      let snapshot = health.snapshot.first
      #expect(snapshot?.retries == 10 && snapshot?.state == "open" && snapshot?.openedTotal == 1)
      let refused = await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), grants)
      #expect(refused.code == .circuitOpen && refused.error?.retryAfterMilliseconds == 5_000 && !refused.wereBytesSent)
      #expect(refused.error?.message.contains("5000 ms") == true)
      #expect(health.snapshot.first?.requests == ["connect_failed": 10, "circuit_open": 1])
    }
  }

  @Test func anExhaustedBudgetEndsTheRetries() async throws {
    let server = try TestServer.hostile()
    let health = UpstreamHealth(source: Clock().source)
    try await withHarness(health: health) { harness in
      let grants = try grant(server.url, retries: 3)
      // 429 says nothing to the breaker.
      for number in 0..<6 {
        _ = await harness.fetch(UpstreamRequest(url: "upstream://api/fail/429/9/\(number)"), grants)
      }
      #expect(health.snapshot.first?.state == "closed")
      #expect(
        (10...11).contains(health.snapshot.first?.retries ?? 0) && (health.snapshot.first?.budgetExhausted ?? 0) >= 2)
    }
  }

  @Test func theCircuitHealsThroughProbes() async throws {
    let server = try TestServer.hostile()
    let clock = Clock()
    let health = UpstreamHealth(source: clock.source)
    try await withHarness(health: health) { harness in
      let grants = try grant(server.url)
      for _ in 0..<20 { _ = await harness.fetch(UpstreamRequest(url: "upstream://api/status/500"), grants) }
      #expect(await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), grants).code == .circuitOpen)
      clock.advance(5_000)
      // A probe that is cancelled makes room for the next.
      let _: Int = await harness.on { done in
        let exchange = harness.start(
          UpstreamRequest(url: "upstream://api/slow-head"), grants, budget: ByteBudget(bytes: 1 << 20)
        ) { _ in }
        harness.loop.execute {
          exchange.cancel()
          done(0)
        }
      }
      for _ in 0..<3 { #expect(await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), grants).text == "hello") }
      #expect(health.snapshot.first?.state == "closed" && health.snapshot.first?.openedTotal == 1)
    }
  }
}

@Suite struct SecretTests {
  @Test func aSecretNeverShowsItself() throws {
    let secret = Secret("sesame-1234")
    var dumped = ""
    dump(secret, to: &dumped)
    let upstream = try Upstream(name: "api", url: "https://x", headers: [.init("Authorization", secret)])
    var whole = ""
    dump(upstream, to: &whole)
    let grants = try UpstreamGrants(worker: "w", [upstream])
    let texts = [
      "\(secret)", String(reflecting: secret), String(describing: secret), dumped, whole, "\(upstream)",
      String(reflecting: upstream), "\(grants)",
      String(reflecting: grants), "\([secret])", "\(["k": secret])", "\(Optional(secret) as Any)",
      "\(Mirror(reflecting: secret).children.map { "\($0)" })",
    ]
    for text in texts { #expect(!text.contains("sesame"), "\(text)") }
    #expect(texts[0] == "<secret>")
  }
}
