// Where tasks and actors run, and what that costs in foreign enqueues.
@testable import EventLoop
import Glibc
import Testing

@Suite struct ExecutorTests {
  /// Hands a continuation to a thread of its own, which resumes it.
  private func resumeElsewhere() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      Task.detached { continuation.resume() }
    }
  }

  @Test(.timeLimit(.minutes(1))) func aTaskComesBackToTheLoopAfterAForeignResume() async throws {
    try await onLoop { loop in
      #expect(loop.isOnLoop)
      await resumeElsewhere()
      #expect(loop.isOnLoop)
      #expect(EventLoop.current === loop)
      await Task.yield()
      #expect(loop.isOnLoop)
    }
    #expect(EventLoop.current == nil)
  }

  @Test(.timeLimit(.minutes(1))) func aResumeOnTheLoopIsNeverAForeignEnqueue() async throws {
    try await onLoop { loop in
      let before = loop.statistics
      for _ in 0..<1000 {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
          loop.later { continuation.resume() }
        }
      }
      #expect(loop.statistics.foreignJobs == before.foreignJobs)
      #expect(loop.statistics.jobs == before.jobs + 2000)
    }
  }

  @Test(.timeLimit(.minutes(1))) func spawnOnTheLoopBeginsAfterItReturnsAndStaysOnTheLoop() async throws {
    let steps = Shared<[String]>([])
    try await onLoop { loop in
      let task = loop.spawn {
        steps.append("begun on loop: \(loop.isOnLoop)")
        await Task.yield()
        steps.append("resumed on loop: \(loop.isOnLoop)")
        async let child: Void = { steps.append("child on loop: \(loop.isOnLoop)") }()
        await child
      }
      steps.append("spawn returned")
      await task.value
    }
    #expect(steps.value == ["spawn returned", "begun on loop: true", "resumed on loop: true", "child on loop: true"])
  }

  @Test(.timeLimit(.minutes(1))) func spawnFromACallbackBeginsBehindIt() async throws {
    let steps = Shared<[String]>([])
    try await onLoop { loop in
      let done = Moment()
      loop.timer(afterMilliseconds: 1) {
        loop.spawn {
          steps.append("begun")
          try? await loop.sleep(milliseconds: 1)
          steps.append("slept on loop: \(loop.isOnLoop)")
          done.fire()
        }
        steps.append("callback returns")
      }
      await done.wait()
    }
    #expect(steps.value == ["callback returns", "begun", "slept on loop: true"])
  }

  @Test(.timeLimit(.minutes(1))) func spawnFromAnotherThreadRunsOnTheLoop() async throws {
    let loop = try EventLoop()
    loop.start(name: "test")
    let seen = Shared(false)
    await loop.spawn { seen.update { $0 = loop.isOnLoop } }.value
    #expect(seen.value)
    loop.stop()
    loop.join()
  }

  actor Counter {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    var count = 0
    var wasOnLoop = true
    init(_ loop: EventLoop) { self.loop = loop }
    func bump(_ other: Counter, times: Int) async {
      for _ in 0..<times { await other.bump() }
    }
    func bump() {
      count += 1
      wasOnLoop = wasOnLoop && loop.isOnLoop
    }
  }

  @Test(.timeLimit(.minutes(1))) func actorsOfOneLoopCallEachOtherWithoutAnEnqueue() async throws {
    try await onLoop { loop in
      let counter = Counter(loop)
      let before = loop.statistics
      await Counter(loop).bump(counter, times: 1000)
      #expect(loop.statistics.jobs - before.jobs <= 4)
      #expect(loop.statistics.foreignJobs == before.foreignJobs)
      #expect(await counter.count == 1000)
      #expect(await counter.wasOnLoop)
    }
  }

  @Test(.timeLimit(.minutes(1))) func anActorIsReachedFromACallbackByAssumingIsolation() async throws {
    try await onLoop { loop in
      let counter = Counter(loop)
      let done = Moment()
      loop.timer(afterMilliseconds: 1) {
        counter.assumeIsolated { $0.bump() }
        done.fire()
      }
      await done.wait()
      #expect(await counter.count == 1)
    }
  }

  @Test(.timeLimit(.minutes(1))) func aSpawnedTaskMayCallAnActorBeforeItFirstSuspends() async throws {
    try await onLoop { loop in
      let counter = Counter(loop)
      let foreign = loop.statistics.foreignJobs
      await loop.spawn {
        await counter.bump()
        #expect(loop.isOnLoop)
      }.value
      #expect(await counter.count == 1)
      #expect(await counter.wasOnLoop)
      #expect(loop.statistics.foreignJobs == foreign)
    }
  }

  @Test(.timeLimit(.minutes(1))) func bodiesFromManyThreadsAllRunInTheOrderOfEachThread() async throws {
    try await onLoop { loop in
      let seen = Shared<[[Int]]>(Array(repeating: [], count: 4))
      await withTaskGroup { group in
        for producer in 0..<4 {
          group.addTask(executorPreference: globalConcurrentExecutor) {
            for number in 0..<500 { loop.execute { seen.update { $0[producer].append(number) } } }
          }
        }
      }
      // The producers may have ended before this task waited for them, with their bodies still on the way.
      for _ in 0..<1000 where seen.value.contains(where: { $0.count < 500 }) { try await loop.sleep(milliseconds: 1) }
      let counts = seen.value.map(\.count)
      #expect(counts == [500, 500, 500, 500])
      let inOrder = seen.value.allSatisfy { $0 == $0.sorted() }
      #expect(inOrder)
    }
  }

  @Test(.timeLimit(.minutes(1))) func executeNeverRunsTheBodyBeforeItReturns() async throws {
    let steps = Shared<[String]>([])
    try await onLoop { loop in
      loop.execute { steps.append("body") }
      steps.append("returned")
      await Task.yield()
    }
    #expect(steps.value == ["returned", "body"])
  }

  @Test(.timeLimit(.minutes(1))) func aBatchOfForeignBodiesWakesTheLoopOnce() async throws {
    let loop = try EventLoop()
    for _ in 0..<100 { loop.execute {} }
    loop.start(name: "test")
    let statistics = Shared(LoopStatistics())
    await loop.spawn { statistics.update { $0 = loop.statistics } }.value
    // The hundred, and perhaps one more for the task.
    #expect(statistics.value.wakeups <= 2)
    #expect(statistics.value.foreignJobs == 101)
    loop.stop()
    loop.join()
    #expect(loop.closedCleanly)
  }

  @Test func aLoopRecommendsAtLeastOneLoop() {
    #expect(EventLoop.recommendedCount >= 1)
  }
}
