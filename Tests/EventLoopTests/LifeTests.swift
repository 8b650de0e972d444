// Starting and stopping, signals, the thread pool.
@testable import EventLoop
import Glibc
import Testing

@Suite struct EventLoopLifeTests {
  @Test(.timeLimit(.minutes(1))) func aLoopIsStoppedByAnotherThread() throws {
    let loop = try EventLoop()
    loop.start(name: "a name that is longer than fifteen bytes")
    loop.stop()
    loop.stop()
    loop.join()
    #expect(loop.closedCleanly)
    loop.stop()
  }

  @Test(.timeLimit(.minutes(1))) func aLoopThatIsStoppedBeforeItRunsReturnsAtOnce() throws {
    let loop = try EventLoop()
    let ran = Shared(false)
    loop.execute { ran.update { $0 = true } }
    loop.stop()
    loop.run()
    #expect(ran.value)
    #expect(loop.closedCleanly)
    #expect(EventLoop.current == nil)
  }

  @Test(.timeLimit(.minutes(1))) func aLoopRunsOnTheCallersThread() throws {
    let loop = try EventLoop()
    var seen = false
    loop.timer(afterMilliseconds: 1) {
      seen = EventLoop.current === loop
      loop.stop()
    }
    loop.run()
    #expect(seen)
    #expect(loop.closedCleanly)
  }

  @Test func aLoopThatNeverRanGivesEverythingBack() throws {
    weak var dropped: EventLoop?
    let ran = Shared(false)
    do {
      let loop = try EventLoop()
      dropped = loop
      loop.timer(afterMilliseconds: 1_000) { Issue.record("fired without running") }
      loop.execute { ran.update { $0 = true } }
    }
    // Its end asserts that libuv found nothing open.
    #expect(dropped == nil)
    #expect(ran.value)
  }

  @Test(.timeLimit(.minutes(1))) func aLoopThatEndedIsReleased() throws {
    weak var last: EventLoop?
    for _ in 0..<20 {
      let loop = try EventLoop()
      last = loop
      loop.start(name: "test")
      loop.stop()
      loop.join()
    }
    #expect(last == nil)
  }

  @Test(.timeLimit(.minutes(1))) func tasksThatTheEndCancelsRunToTheirEnd() async throws {
    let loop = try EventLoop()
    loop.start(name: "test")
    let steps = Shared<[String]>([])
    let begun = loop.spawn {
      loop.spawn {
        try? await loop.sleep(milliseconds: 3_600_000)
        steps.append("woken")
        await Task.yield()
        steps.append("yielded")
        await loop.nextReadyTurn()
        steps.append("ready")
      }
    }
    await begun.value
    loop.stop()
    loop.join()
    #expect(steps.value == ["woken", "yielded", "ready"])
    #expect(loop.closedCleanly)
  }

  @Test(.timeLimit(.minutes(1))) func aResumeAfterTheEndOfTheLoopDoesNoHarm() async throws {
    let late = Shared<UnsafeContinuation<Void, Never>?>(nil)
    weak var ended: EventLoop?
    do {
      let loop = try EventLoop()
      ended = loop
      loop.start(name: "test")
      await loop.spawn {
        loop.spawn {
          await withUnsafeContinuation { continuation in late.update { $0 = continuation } }
          Issue.record("ran after the end of its loop")
        }
      }.value
      loop.stop()
      loop.join()
    }
    // The task that waits keeps the loop in memory.
    #expect(ended != nil)
    late.value?.resume()
  }

  @Test(.timeLimit(.minutes(1))) func tasksThatNeverRestDoNotHoldTheEnd() async throws {
    let loop = try EventLoop()
    loop.start(name: "test")
    await loop.spawn {
      loop.spawn { while true { await Task.yield() } }
      loop.spawn { while true { await loop.nextReadyTurn() } }
    }.value
    loop.stop()
    loop.join()
    #expect(loop.closedCleanly)
  }

  @Test(.timeLimit(.minutes(1))) func theClockGoesForward() async throws {
    try await onLoop { loop in
      let first = loop.now
      try await loop.sleep(milliseconds: 3)
      #expect(loop.now >= first + 3_000_000)
      #expect(loop.loopTime <= loop.now)
      #expect(loop.now - loop.loopTime < 1_000_000_000)
    }
  }

  @Test func anErrorPrintsItsMessageAndCode() {
    let error = LoopError(uv: -EADDRINUSE, "127.0.0.1:80")
    #expect(error.code == .addressInUse)
    #expect(error.description == "127.0.0.1:80: address already in use (EADDRINUSE)")
  }
}

@Suite(.serialized) struct SignalTests {
  @Test(.timeLimit(.minutes(1)), arguments: [SIGHUP, SIGTERM, SIGINT])
  func aSignalArrivesOnTheLoop(number: Int32) async throws {
    try await onLoop { loop in
      let arrived = Moment()
      var count = 0
      let watch = try loop.onSignal(number) {
        #expect(loop.isOnLoop)
        count += 1
        arrived.fire()
      }
      kill(getpid(), number)
      await arrived.wait()
      #expect(count == 1)
      watch.cancel()
      watch.cancel()
    }
  }

  @Test(.timeLimit(.minutes(1))) func everyWatchOfASignalIsTold() async throws {
    let loops = try EventLoops(count: 2)
    loops.start()
    let told = Shared(0)
    for loop in loops.loops {
      await loop.spawn {
        do { try loop.onSignal(SIGUSR2) { told.update { $0 += 1 } } } catch { Issue.record(error) }
      }.value
    }
    kill(getpid(), SIGUSR2)
    while told.value < 2 { usleep(1000) }
    #expect(told.value == 2)
    loops.stop()
    loops.join()
    #expect(loops.loops.allSatisfy { $0.closedCleanly })
  }

  @Test(.timeLimit(.minutes(1))) func aSignalThatCannotBeCaughtIsRefused() async throws {
    try await onLoop { loop in
      let error = #expect(throws: LoopError.self) { try loop.onSignal(SIGKILL) {} }
      #expect(error?.code == .invalid)
      #expect(error?.message.contains("SIGKILL") == true)
    }
  }
}

@Suite struct WorkTests {
  struct Refusal: Error, Equatable { let number: Int }

  @Test(.timeLimit(.minutes(1))) func workRunsElsewhereAndComesBack() async throws {
    try await onLoop { loop in
      let answer = try await loop.work { () -> Int in
        #expect(!loop.isOnLoop)
        #expect(EventLoop.current == nil)
        return 42
      }
      #expect(answer == 42)
      #expect(loop.isOnLoop)
    }
  }

  @Test(.timeLimit(.minutes(1))) func whatWorkThrowsArrives() async throws {
    try await onLoop { loop in
      let error = await #expect(throws: Refusal.self) { try await loop.work { throw Refusal(number: 7) } }
      #expect(error == Refusal(number: 7))
    }
  }

  @Test(.timeLimit(.minutes(1))) func theLoopGoesOnWhileWorkBlocks() async throws {
    try await onLoop { loop in
      let turns = Shared(0)
      async let blocked = try loop.work { usleep(30_000) }
      for _ in 0..<5 {
        try await loop.sleep(milliseconds: 1)
        turns.update { $0 += 1 }
      }
      #expect(turns.value == 5)
      #expect(try await blocked == 0)
    }
  }

  @Test(.timeLimit(.minutes(1))) func workCanBeAskedForOnAnotherThread() async throws {
    let loop = try EventLoop()
    loop.start(name: "test")
    let answer = try await loop.work { "done" }
    #expect(answer == "done")
    loop.stop()
    loop.join()
  }

  @Test(.timeLimit(.minutes(1))) func theEndOfTheLoopWaitsForWork() async throws {
    let loop = try EventLoop()
    loop.start(name: "test")
    let done = Shared(false)
    await loop.spawn {
      loop.spawn {
        _ = try? await loop.work { usleep(30_000) }
        done.update { $0 = true }
      }
    }.value
    loop.stop()
    loop.join()
    #expect(done.value)
    #expect(loop.closedCleanly)
  }
}
