// What waits for a connection that never comes free: nothing of it is kept once nobody waits any more.
import EventLoop
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct LinkQueueTests {
  private static func oneConnection(waiting: Int) -> LinkLimits {
    var limits = LinkLimits()
    limits.connectionsPerTarget = 1
    limits.waitingPerTarget = waiting
    return limits
  }

  @Test func whatIsCancelledInTheQueueLeavesItWithItsBody() async throws {
    try await withLinks(limits: Self.oneConnection(waiting: 10), { _, _ in }) { bench in
      await bench.on { _ = $0.send($0.request()) }
      #expect(await bench.eventually { $0.server.requests == 1 })
      let body = String(repeating: "x", count: 10_000)
      let first = await bench.on { $0.send($0.request(body: body)) }
      let (most, kept) = await bench.on { bench in
        var most = 0
        var kept = 0
        for _ in 0..<5_000 {
          let reader = bench.send(bench.request(body: body))
          reader.exchange?.cancel()
          kept += reader.exchange?.request.body.count ?? 0
          most = max(most, bench.pool.queuedRequests)
        }
        return (most, kept)
      }
      #expect(most <= 64 + 2 * 2, "\(most) places are held by those that left")
      #expect(kept == 0)
      #expect(await bench.on { $0.pool.waitingRequests } == 1)
      // What waits on keeps its place and its body.
      #expect(await bench.on { _ in first.exchange?.request.body.count } == 10_000)
    }
  }

  @Test func whatIsLateInTheQueueLeavesItWithItsBody() async throws {
    try await withLinks(limits: Self.oneConnection(waiting: 400), { _, _ in }) { bench in
      await bench.on { _ = $0.send($0.request()) }
      #expect(await bench.eventually { $0.server.requests == 1 })
      let (patient, late) = await bench.on { bench in
        let patient = bench.send(bench.request(body: "patient"))
        return (patient, (0..<300).map { _ in bench.send(bench.request(body: "late", milliseconds: 20)) })
      }
      #expect(await bench.eventually { _ in late.allSatisfy { $0.ends == 1 } })
      #expect(late.allSatisfy { $0.error?.code == .timedOut && $0.error?.wasSent == false })
      let (queued, waiting, kept) = await bench.on { bench in
        (
          bench.pool.queuedRequests, bench.pool.waitingRequests,
          late.reduce(0) { $0 + ($1.exchange?.request.body.count ?? 0) }
        )
      }
      #expect(queued <= 66 && waiting == 1 && kept == 0)
      #expect(await bench.on { _ in patient.exchange?.request.body.count } == 7)
    }
  }
}
