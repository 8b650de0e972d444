// Timers and sleep, on the wheel alone and on a running loop.
@testable import EventLoop
import Testing

@Suite struct TimerWheelTests {
  /// A small generator, so that a failing case can be run again.
  struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) | (state << 31)
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64]) func agreesWithASortedListOverRandomOperations(seed: UInt64) throws {
    let loop = try EventLoop()
    var numbers = Numbers(state: seed)
    var now: UInt64 = 1_000_000 + numbers.next() % 1_000_000
    var wheel = TimerWheel(startingAt: now)
    var armed: [ObjectIdentifier: (timer: LoopTimer, tick: UInt64)] = [:]
    let spans: [UInt64] = [1, 63, 64, 65, 4096, 300_000, 1 << 25, 1 << 37, 1 << 62]
    for _ in 0..<1500 {
      switch numbers.next() % 4 {
      case 0, 1:
        let timer = LoopTimer(loop: loop) {}
        let tick = now + 1 + numbers.next() % spans.randomElement(using: &numbers)!
        wheel.insert(timer, at: tick, now: now)
        armed[ObjectIdentifier(timer)] = (timer, tick)
      case 2:
        guard numbers.next() % 2 == 0, let soonest = armed.values.min(by: { $0.tick < $1.tick }) else { continue }
        wheel.remove(soonest.timer)
        armed[ObjectIdentifier(soonest.timer)] = nil
      default:
        now += numbers.next() % spans[Int(numbers.next() % 7)]
        var last: UInt64 = 0
        while let timer = wheel.popExpired(now: now) {
          let known = armed.removeValue(forKey: ObjectIdentifier(timer))
          let tick = try #require(known).tick
          #expect(tick <= now)
          #expect(tick >= last)
          last = tick
        }
        #expect(armed.values.allSatisfy { $0.tick > now })
      }
      let (count, nextTick) = (wheel.count, wheel.nextTick())
      #expect(count == armed.count)
      // It may be looked at early, never late.
      if let soonest = armed.values.map(\.tick).min() {
        let next = try #require(nextTick)
        #expect(next <= soonest && next >= min(now, soonest))
      } else {
        #expect(nextTick == nil)
      }
    }
    while let timer = wheel.popAny() { armed[ObjectIdentifier(timer)] = nil }
    #expect(armed.isEmpty)
  }

  @Test func aTimerBeyondTheSpanOfTheWheelIsKept() throws {
    let loop = try EventLoop()
    var wheel = TimerWheel(startingAt: 12_345)
    let timer = LoopTimer(loop: loop) {}
    wheel.insert(timer, at: 1 << 41, now: 12_345)
    let early = wheel.popExpired(now: (1 << 41) - 1)
    #expect(early == nil)
    #expect(timer.isArmed)
    let late = wheel.popExpired(now: 1 << 41)
    #expect(late === timer)
    #expect(!timer.isArmed)
  }
}

@Suite struct LoopTimerTests {
  @Test(.timeLimit(.minutes(1))) func timersFireInTheOrderOfTheirTimes() async throws {
    try await onLoop { loop in
      var fired: [UInt64] = []
      let done = Moment()
      for delay in [30, 5, 70, 1, 12] as [UInt64] {
        loop.timer(afterMilliseconds: delay) {
          fired.append(delay)
          if delay == 70 { done.fire() }
        }
      }
      await done.wait()
      #expect(fired == [1, 5, 12, 30, 70])
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: [0, 1, 5, 20] as [UInt64])
  func aTimerIsNeverEarly(delay: UInt64) async throws {
    try await onLoop { loop in
      let done = Moment()
      let begin = loop.now
      var end: UInt64 = 0
      loop.timer(afterMilliseconds: delay) {
        end = loop.now
        done.fire()
      }
      await done.wait()
      #expect(end - begin >= delay * 1_000_000)
    }
  }

  @Test(.timeLimit(.minutes(1))) func aCancelledTimerDoesNotFireAndCannotBeArmedAgain() async throws {
    try await onLoop { loop in
      var fired = 0
      let timer = loop.timer(afterMilliseconds: 2) { fired += 1 }
      #expect(timer.isArmed)
      timer.cancel()
      timer.cancel()
      #expect(!timer.isArmed)
      timer.arm(afterMilliseconds: 1)
      #expect(!timer.isArmed)
      try await loop.sleep(milliseconds: 10)
      #expect(fired == 0)
    }
  }

  @Test(.timeLimit(.minutes(1))) func aDisarmedTimerCanBeArmedAgain() async throws {
    try await onLoop { loop in
      var fired = 0
      let done = Moment()
      let timer = loop.makeTimer {
        fired += 1
        done.fire()
      }
      #expect(!timer.isArmed)
      timer.arm(afterMilliseconds: 1)
      timer.disarm()
      try await loop.sleep(milliseconds: 5)
      #expect(fired == 0)
      timer.arm(afterMilliseconds: 60_000)
      timer.arm(afterMilliseconds: 1)
      await done.wait()
      #expect(fired == 1)
    }
  }

  @Test(.timeLimit(.minutes(1))) func aRepeatingTimerFiresUntilItIsCancelledFromItsOwnBody() async throws {
    try await onLoop { loop in
      var fired = 0
      let done = Moment()
      var timer: LoopTimer?
      timer = loop.timer(afterMilliseconds: 1, repeatMilliseconds: 1) {
        fired += 1
        if fired == 5 {
          timer?.cancel()
          done.fire()
        }
      }
      await done.wait()
      try await loop.sleep(milliseconds: 5)
      #expect(fired == 5)
    }
  }

  @Test(.timeLimit(.minutes(1))) func aBodyMayCancelATimerOfTheSameTick() async throws {
    try await onLoop { loop in
      var fired: [String] = []
      var timers: [LoopTimer] = []
      let first = loop.makeTimer {
        fired.append("first")
        timers[1].cancel()
      }
      let second = loop.makeTimer { fired.append("second") }
      timers = [first, second]
      let now = loop.now / 1_000_000
      loop.arm(first, at: now + 3, now: now)
      loop.arm(second, at: now + 3, now: now)
      try await loop.sleep(milliseconds: 10)
      #expect(fired == ["first"])
    }
  }

  @Test(.timeLimit(.minutes(1))) func aTimerThatArmsItselfAtZeroDoesNotHoldTheTurn() async throws {
    try await onLoop { loop in
      var turns: [UInt64] = []
      let done = Moment()
      var timer: LoopTimer?
      timer = loop.makeTimer {
        turns.append(loop.statistics.turns)
        if turns.count == 5 { done.fire() } else { timer?.arm(afterMilliseconds: 0) }
      }
      timer?.arm(afterMilliseconds: 0)
      await done.wait()
      // I/O is polled between every two of its rounds.
      #expect(Set(turns).count == 5)
      timer?.cancel()
      timer = nil
    }
  }

  @Test(.timeLimit(.minutes(1))) func tenThousandTimersAreArmedAndCancelledCheaply() async throws {
    try await onLoop { loop in
      let timers = (0..<10_000).map { _ in loop.makeTimer { Issue.record("a disarmed timer fired") } }
      for round in 0..<5 {
        for (index, timer) in timers.enumerated() { timer.arm(afterMilliseconds: UInt64(5_000 + index + round)) }
      }
      let armed = loop.wheel.count
      #expect(armed == 10_000)
      for timer in timers { timer.disarm() }
      let left = loop.wheel.count
      #expect(left == 0)
    }
  }
}

@Suite struct SleepTests {
  @Test(.timeLimit(.minutes(1))) func sleepersWakeInTheOrderOfTheirTimes() async throws {
    let woken = Shared<[UInt64]>([])
    try await onLoop { loop in
      await withTaskGroup { group in
        for delay in [40, 10, 25, 1] as [UInt64] {
          group.addTask {
            try? await loop.sleep(milliseconds: delay)
            #expect(loop.isOnLoop)
            woken.append(delay)
          }
        }
      }
    }
    #expect(woken.value == [1, 10, 25, 40])
  }

  @Test(.timeLimit(.minutes(1))) func aCancelledSleepEndsAtOnce() async throws {
    try await onLoop { loop in
      let ended = Shared(false)
      let task = loop.spawn {
        do {
          try await loop.sleep(milliseconds: 3_600_000)
          Issue.record("slept an hour")
        } catch {
          ended.update { $0 = true }
        }
      }
      await Task.yield()
      let armed = loop.wheel.count
      task.cancel()
      await task.value
      let left = loop.wheel.count
      #expect(armed == 1)
      #expect(ended.value)
      #expect(left == 0)
    }
  }

  @Test(.timeLimit(.minutes(1))) func aSleepCancelledByAnotherThreadEnds() async throws {
    let loop = try EventLoop()
    loop.start(name: "test")
    for _ in 0..<200 {
      let task = loop.spawn { try? await loop.sleep(milliseconds: 3_600_000) }
      task.cancel()
      await task.value
    }
    loop.stop()
    loop.join()
    #expect(loop.closedCleanly)
  }

  @Test(.timeLimit(.minutes(1))) func aTaskThatIsCancelledAlreadyDoesNotSleep() async throws {
    try await onLoop { loop in
      let task = loop.spawn {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
          loop.timer(afterMilliseconds: 1) { continuation.resume() }
        }
        await #expect(throws: CancellationError.self) { try await loop.sleep(milliseconds: 3_600_000) }
      }
      task.cancel()
      await task.value
    }
  }

  @Test(.timeLimit(.minutes(1))) func sleepFromAnotherThreadWorks() async throws {
    let loop = try EventLoop()
    loop.start(name: "test")
    let begin = loop.now
    try await loop.sleep(milliseconds: 5)
    #expect(loop.now - begin >= 5_000_000)
    loop.stop()
    loop.join()
  }

  @Test(.timeLimit(.minutes(1))) func theEndOfTheLoopCancelsSleepers() async throws {
    let loop = try EventLoop()
    loop.start(name: "test")
    let task = loop.spawn {
      await #expect(throws: CancellationError.self) { try await loop.sleep(milliseconds: 3_600_000) }
      // A second one does not even begin.
      await #expect(throws: CancellationError.self) { try await loop.sleep(milliseconds: 1) }
    }
    loop.execute { loop.stop() }
    loop.join()
    await task.value
    #expect(loop.closedCleanly)
  }
}
