// Admission: the ceiling, the bounded queue, the deadline, cancellation.

import EventLoop
import Testing

@testable import Nodes

@Suite(.timeLimit(.minutes(1))) struct AdmissionTests {
  /// Runs a body on a loop of its own and gives back what it returned.
  static func onLoop<T: Sendable>(_ body: @escaping @Sendable (EventLoop) async -> T) async throws -> T {
    let loop = try EventLoop()
    loop.start(name: "test")
    defer {
      loop.stop()
      loop.join()
    }
    return await withCheckedContinuation { continuation in
      loop.spawn { continuation.resume(returning: await body(loop)) }
    }
  }

  @Test func callsUpToTheCeilingEnterAndTheQueueTakesTheNext() async throws {
    let order = try await Self.onLoop { loop in
      let admission = Admission(loop: loop, ceiling: 2, queueDepth: 1, queueMilliseconds: 5_000)
      var seen: [String] = []
      seen.append("\(await admission.enter())")
      seen.append("\(await admission.enter())")
      let waiting = loop.spawn { _ = await admission.enter() }
      while admission.queued == 0 { await Task.yield() }
      seen.append("queued \(admission.queued)")
      seen.append("\(await admission.enter())")  // the queue is full: refused at once
      admission.leave()
      await waiting.value
      seen.append("live \(admission.live) queued \(admission.queued)")
      admission.leave()
      admission.leave()
      seen.append("live \(admission.live)")
      return seen
    }
    #expect(order == ["entered", "entered", "queued 1", "refused", "live 2 queued 0", "live 0"])
  }

  @Test func aCallThatWaitsPastItsDeadlineIsRefused() async throws {
    let (verdict, queued) = try await Self.onLoop { loop in
      let admission = Admission(loop: loop, ceiling: 1, queueDepth: 8, queueMilliseconds: 20)
      _ = await admission.enter()
      let verdict = await admission.enter()
      return (verdict, admission.queued)
    }
    #expect(verdict == .refused)
    #expect(queued == 0)
  }

  @Test func aCancelledCallLeavesTheQueueAndTakesNoInstance() async throws {
    let state = try await Self.onLoop { loop in
      let admission = Admission(loop: loop, ceiling: 1, queueDepth: 8, queueMilliseconds: 5_000)
      _ = await admission.enter()
      let waiting = loop.spawn { _ = await admission.enter() }
      while admission.queued == 0 { await Task.yield() }
      waiting.cancel()
      await waiting.value
      admission.leave()
      return [admission.live, admission.queued]
    }
    #expect(state == [0, 0])
  }

  @Test func theLongestWaitingEntersFirst() async throws {
    let order = try await Self.onLoop { loop in
      let admission = Admission(loop: loop, ceiling: 1, queueDepth: 8, queueMilliseconds: 5_000)
      let order = Order()
      _ = await admission.enter()
      let tasks = (0..<3).map { number in
        loop.spawn {
          _ = await admission.enter()
          order.numbers.append(number)
          admission.leave()
        }
      }
      while admission.queued < 3 { await Task.yield() }
      admission.leave()
      for task in tasks { await task.value }
      return order.numbers
    }
    #expect(order == [0, 1, 2])
  }

  /// Confined to the test's loop.
  final class Order: @unchecked Sendable { var numbers: [Int] = [] }
}
