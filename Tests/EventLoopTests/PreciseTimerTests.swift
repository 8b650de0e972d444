// Timers with the kernel's resolution.
@testable import EventLoop
import Testing

@Suite struct PreciseTimerTests {
  @Test(.timeLimit(.minutes(1))) func firesWithinAFractionOfAMillisecondAndNeverEarly() async throws {
    let late: [UInt64] = try await onLoop { loop in
      var late: [UInt64] = []
      var (deadline, moment) = (UInt64(0), Moment())
      let timer = try PreciseTimer(loop: loop) {
        let now = loop.now
        #expect(now >= deadline)
        late.append(now - deadline)
        moment.fire()
      }
      for round in 0..<200 {
        moment = Moment()
        deadline = loop.now + UInt64(100_000 + round * 7_919)
        timer.arm(at: deadline)
        #expect(timer.deadline == deadline)
        await moment.wait()
        #expect(timer.deadline == nil)
      }
      timer.close()
      return late.sorted()
    }
    #expect(late[100] < 500_000, "late by \(late[100]) ns at the median")
  }

  @Test(.timeLimit(.minutes(1))) func onlyTheLastArmingCounts() async throws {
    let fired: Int = try await onLoop { loop in
      var fired = 0
      let timer = try PreciseTimer(loop: loop) { fired += 1 }
      timer.arm(at: loop.now + 1_000_000)
      timer.arm(at: loop.now + 3_000_000)
      timer.arm(at: loop.now + 2_000_000)
      try await loop.sleep(milliseconds: 10)
      #expect(fired == 1)
      timer.arm(at: loop.now + 1_000_000)
      timer.disarm()
      #expect(timer.deadline == nil)
      try await loop.sleep(milliseconds: 5)
      timer.close()
      timer.arm(at: loop.now)
      try await loop.sleep(milliseconds: 5)
      return fired
    }
    #expect(fired == 1)
  }

  @Test(.timeLimit(.minutes(1))) func aTimeThatHasPassedFiresInALaterTurn() async throws {
    try await onLoop { loop in
      let moment = Moment()
      var hasFired = false
      let timer = try PreciseTimer(loop: loop) {
        hasFired = true
        moment.fire()
      }
      timer.arm(at: 0)
      #expect(!hasFired)
      await moment.wait()
      timer.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func itMayArmAndCloseItselfAsItFires() async throws {
    let rounds: Int = try await onLoop { loop in
      var (rounds, timer, moment) = (0, PreciseTimer?.none, Moment())
      timer = try PreciseTimer(loop: loop) {
        rounds += 1
        if rounds < 3 { timer?.arm(at: loop.now + 200_000) } else { timer?.close() }
        if rounds == 3 { moment.fire() }
      }
      timer?.arm(at: loop.now + 200_000)
      await moment.wait()
      timer = nil
      return rounds
    }
    #expect(rounds == 3)
  }

  /// The object holds the descriptor: it is closed with the object.
  @Test(.timeLimit(.minutes(1))) func oneThatIsLeftOpenGoesWithTheLoop() async throws {
    let left = Left()
    try await onLoop { loop in
      let timer = try PreciseTimer(loop: loop) {}
      timer.arm(at: loop.now + 60_000_000_000)
      left.timer = timer
    }
    #expect(left.timer == nil)
  }
}

private final class Left: @unchecked Sendable {
  weak var timer: PreciseTimer?
}
