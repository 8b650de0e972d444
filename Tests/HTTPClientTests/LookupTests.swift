// Lookups of names: how many one worker may hold, who is next, and what a circuit breaker hears of waiting.
import EventLoop
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct LookupTests {
  private final class Owner: TransferOwner {
    func transferBegan(_ transfer: Transfer) {}
    func transferHead(_ head: ResponseHead) -> Transfer.Body { .stop }
    func transferBytes(_ bytes: UnsafeRawBufferPointer) {}
    func transferEnded(_ end: Transfer.End) {}
  }

  private static func grants(_ worker: String, _ url: String, whole: UInt64 = 40_000) throws -> UpstreamGrants {
    var timeouts = Upstream.Timeouts()
    timeouts.whole = whole
    return try UpstreamGrants(worker: worker, [Upstream(name: "api", url: url, timeouts: timeouts, retries: 0)])
  }

  /// A transfer that nothing runs.
  private static func transfer(_ worker: String, _ host: String, _ pool: UpstreamPool) throws -> Transfer {
    let request = try UpstreamRequest(url: "upstream://api/").admitted(by: grants(worker, "http://\(host)"))
    return Transfer(request, budget: ByteBudget(bytes: 1), owner: Owner(), pool: pool)
  }

  private static let half = UpstreamLimits.lookupsOfWorkerMax

  @Test func oneWorkerHoldsHalfOfTheLookupsAtMost() async throws {
    try await withHarness { harness in
      let lookups = Lookups()
      func make(_ worker: String, _ host: String) throws -> Transfer {
        try Self.transfer(worker, host, harness.client.pool)
      }
      let greedy = try (0..<Self.half + 3).map { try make("a", "a\($0).example") }
      #expect(greedy.filter { lookups.mayGo($0, now: 0) }.count == Self.half && lookups.underWay == Self.half)
      // Others go, even for a name that the greedy one waits for.
      let others = try [make("b", "a\(Self.half).example")] + (1..<Self.half).map { try make("b", "b\($0).example") }
      #expect(others.filter { lookups.mayGo($0, now: 0) }.count == Self.half)
      #expect(lookups.underWay == UpstreamLimits.lookupsMax)
      // All are taken: who has the fewest is next, though others came before.
      let (late, second) = (try make("c", "c0.example"), try make("c", "c1.example"))
      #expect(!lookups.mayGo(late, now: 0) && !lookups.mayGo(second, now: 0))
      let first = lookups.found(greedy[0], now: 0)
      #expect(first.count == 1 && first.first === late && lookups.mayGo(late, now: 0))
      #expect(lookups.ended(late, isLookupFailure: true).next.first === second && lookups.mayGo(second, now: 0))
      // Then the greedy one, in the order in which it asked; the name that b looked up lets a's waiting one go.
      let found = lookups.found(others[0], now: 0)
      #expect(
        found.map { ObjectIdentifier($0) } == [greedy[Self.half], greedy[Self.half + 1]].map { ObjectIdentifier($0) })
      #expect(found.allSatisfy { lookups.mayGo($0, now: 1) })
      #expect(lookups.underWay == UpstreamLimits.lookupsMax && !lookups.isWaiting(greedy[Self.half + 1]))
      #expect(lookups.isWaiting(greedy[Self.half + 2]))
      // What was cancelled is not next.
      _ = lookups.ended(greedy[Self.half + 2], isLookupFailure: false)
      #expect(lookups.found(others[1], now: 0).isEmpty)
      // Everything comes back.
      for transfer in greedy + others + [second] { _ = lookups.ended(transfer, isLookupFailure: true) }
      #expect(lookups.underWay == 0)
      let again = try (0..<Self.half + 1).map { try make("a", "again\($0).example") }
      #expect(again.map { lookups.mayGo($0, now: 0) } == Array(repeating: true, count: Self.half) + [false])
    }
  }

  @Test func aRequestThatOnlyWaitedForALookupSaysNothingToTheBreaker() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      // Lookups of this worker that do not come back.
      let stuck = Confined(
        try (0..<Self.half).map { try Self.transfer("test", "stuck\($0).example", harness.client.pool) })
      let went: Int = await harness.on { done in
        done(stuck.value.filter { harness.client.pool.lookups.mayGo($0, now: harness.loop.now) }.count)
      }
      #expect(went == Self.half)
      let grants = try Self.grants("test", "http://localhost:\(server.port)", whole: 100)
      let requests = Array(
        repeating: (UpstreamRequest(url: "upstream://api/ok"), grants), count: UpstreamLimits.breakerRequestsMin * 2)
      let all = await harness.fetchAll(requests)
      #expect(all.allSatisfy { $0.code == .timeout && !$0.wereBytesSent })
      let health = harness.health.snapshot.first
      #expect(health?.state == "closed" && health?.openedTotal == 0)
      #expect(health?.requests == ["timeout": UInt64(requests.count)])
      // Another worker's lookup goes ahead; then the name is known to this one as well.
      let other = try Self.grants("other", "http://localhost:\(server.port)")
      #expect(await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), other).text == "hello")
      #expect(await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), grants).text == "hello")
      #expect(await harness.statistics().transfers == 0)
    }
  }

  /// The other side: where the upstream was asked, its silence counts.
  @Test func aRequestThatWasSentAndNotAnsweredCounts() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let grants = try Self.grants("test", server.url, whole: 300)
      let all = await harness.fetchAll(
        Array(
          repeating: (UpstreamRequest(url: "upstream://api/slow-head"), grants),
          count: UpstreamLimits.breakerRequestsMin))
      #expect(all.allSatisfy { $0.code == .timeout })
      #expect(harness.health.snapshot.first?.state == "open")
    }
  }
}
