// Who goes on when, where tasks of one turn meet.
@testable import EventLoop
import Testing

@Suite struct CohortTests {
  /// Starts tasks in one turn; each notes that it came, meets the others, and notes that it went on.
  private func meet(_ count: Int, on loop: EventLoop) async -> [String] {
    let steps = Shared<[String]>([])
    let done = Moment()
    for number in 0..<count {
      loop.spawn {
        steps.append("come")
        await loop.joinCohort()
        steps.append("go \(number)")
        if number == count - 1 { done.fire() }
      }
    }
    await done.wait()
    return steps.value
  }

  @Test(.timeLimit(.minutes(1))) func allComeBeforeTheFirstGoesOnAndTheyGoInTheirOrder() async throws {
    let steps = try await onLoop { loop in await self.meet(20, on: loop) }
    #expect(steps == Array(repeating: "come", count: 20) + (0..<20).map { "go \($0)" })
  }

  @Test(.timeLimit(.minutes(1))) func aCohortGoesOnWhenItIsFull() async throws {
    let most = LoopLimits.cohortTasks
    let steps = try await onLoop { loop in await self.meet(most + 1, on: loop) }
    #expect(steps.count { $0 == "come" } == most + 1)
    // The last one comes when the others have gone. A machine that is busy cuts the turn, and so the cohort, short.
    let before = steps.prefix { $0 == "come" }.count
    #expect(before <= most)
    #expect(steps.suffix(2) == ["come", "go \(most)"] || before < most)
  }

  @Test(.timeLimit(.minutes(1))) func whoIsAloneGoesOnAtOnce() async throws {
    try await onLoop { loop in
      let jobs = loop.statistics.jobs
      for _ in 0..<1000 { await loop.joinCohort() }
      #expect(loop.statistics.jobs == jobs)
    }
  }

  @Test(.timeLimit(.minutes(1))) func nobodyWaitsForATaskThatNeverRests() async throws {
    try await onLoop { loop in
      let restless = loop.spawn { while !Task.isCancelled { await Task.yield() } }
      await Task.yield()
      let turns = loop.statistics.turns
      await loop.joinCohort()
      #expect(loop.statistics.turns - turns <= 2)
      restless.cancel()
      await restless.value
    }
  }

  @Test(.timeLimit(.minutes(1))) func aCohortLeavesRoomForInputAfterAMillisecond() async throws {
    try await onLoop { loop in
      let done = Moment()
      let before = loop.statistics
      for number in 0..<20 {
        loop.spawn {
          await loop.joinCohort()
          burn(loop, microseconds: 400)
          if number == 19 { done.fire() }
        }
      }
      await done.wait()
      #expect(loop.statistics.fullTurns - before.fullTurns >= 5)
    }
  }

  @Test(.timeLimit(.minutes(1))) func jobsComeBetweenTwoCohorts() async throws {
    try await onLoop { loop in
      let rounds = Shared(0)
      var members: [Task<Void, Never>] = []
      for _ in 0..<LoopLimits.cohortTasks * 2 {
        members.append(
          loop.spawn {
            for _ in 0..<200 {
              await loop.joinCohort()
              rounds.update { $0 += 1 }
            }
          })
      }
      await Task.yield()
      // A job that is handed in now waits for the cohorts of a round, not for all two hundred.
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        loop.later { continuation.resume() }
      }
      #expect(rounds.value < LoopLimits.cohortTasks * 2 * 20)
      for member in members { await member.value }
    }
  }

  @Test(.timeLimit(.minutes(1))) func theEndOfALoopReleasesWhoWaits() async throws {
    let gone = Shared(0)
    let loop = try EventLoop()
    loop.start(name: "test")
    await loop.spawn {
      for _ in 0..<3 {
        loop.spawn {
          await loop.joinCohort()
          await loop.joinCohort()
          gone.update { $0 += 1 }
        }
      }
      loop.stop()
    }.value
    loop.join()
    #expect(gone.value == 3)
    #expect(loop.closedCleanly)
  }
}
