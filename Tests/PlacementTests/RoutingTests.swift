// Which site next, and whether a site is up: the decisions that a node and the simulator share.
import Testing

@testable import Placement

@Suite struct RouteWalkTests {
  @Test func itTakesTheBestSiteThatIsUp() {
    var walk = RouteWalk([4, 2, 7], isRepeatable: true)
    #expect(walk.next { $0 != 4 } == 2)
    walk.failed(mayHaveBegun: false)
    #expect(walk.next { $0 != 4 } == 7)
    walk.failed(mayHaveBegun: false)
    // The only one that is left is down.
    #expect(walk.next { $0 != 4 } == nil)
    #expect(walk.end == .noSite && walk.attempts == 2)
  }

  @Test func whereNoneIsUpTheBestIsTriedAllTheSame() {
    var walk = RouteWalk([4, 2], isRepeatable: true)
    #expect(walk.next { _ in false } == 4)
    walk.failed(mayHaveBegun: false)
    #expect(walk.next { _ in false } == nil)
    #expect(walk.end == .noSite)
  }

  @Test func aCallThatMayHaveRunIsNotRunAgain() {
    var walk = RouteWalk([4, 2], isRepeatable: false)
    #expect(walk.next { _ in true } == 4)
    walk.failed(mayHaveBegun: true)
    #expect(walk.end == .mayHaveRun)
    #expect(walk.next { _ in true } == nil && walk.end == .mayHaveRun)
  }

  @Test func aCallThatWasNotBegunGoesOnEvenWhereItMayNotBeRepeated() {
    var walk = RouteWalk([4, 2], isRepeatable: false)
    #expect(walk.next { _ in true } == 4)
    walk.failed(mayHaveBegun: false)
    #expect(walk.end == nil && walk.next { _ in true } == 2)
  }

  @Test func aRepeatableCallGoesOnAfterItMayHaveRun() {
    var walk = RouteWalk([4, 2], isRepeatable: true)
    #expect(walk.next { _ in true } == 4)
    walk.failed(mayHaveBegun: true)
    #expect(walk.next { _ in true } == 2)
  }

  @Test func noSiteIsTriedTwiceAndNoMoreThanThree() {
    var walk = RouteWalk([1, 2, 3, 4, 5], isRepeatable: true)
    var tried: [Int] = []
    while let site = walk.next(isUp: { _ in true }) {
      tried.append(site)
      walk.failed(mayHaveBegun: true)
    }
    #expect(tried == [1, 2, 3] && RouteRules.attemptsMax == 3)
    #expect(walk.end == .noSite)
  }

  @Test func anEmptyRouteEndsAtOnce() {
    var walk = RouteWalk([], isRepeatable: true)
    #expect(walk.next { _ in true } == nil && walk.end == .noSite)
  }
}

@Suite struct SiteHealthTests {
  @Test func itIsUpUntilItHasFailedThreeTimesInARow() {
    var health = SiteHealth()
    let before = [health.failed(now: 1), health.failed(now: 2)]
    #expect(before == [false, false] && health.isUp)
    // One answer in between, and counting begins anew.
    health.answered(isProbe: false, now: 3)
    let again = [health.failed(now: 4), health.failed(now: 5), health.failed(now: 6)]
    #expect(again == [false, false, true])
    #expect(!health.isUp && health.changed == 6)
  }

  @Test func itComesBackByTwoProbesInARow() {
    var health = down()
    let first = health.answered(isProbe: true, now: 10)
    #expect(!first && !health.isUp)
    health.failed(now: 11)
    let second = health.answered(isProbe: true, now: 12)
    #expect(!second && !health.isUp, "a failure between the two begins anew")
    let third = health.answered(isProbe: true, now: 13)
    #expect(third && health.isUp && health.changed == 13)
  }

  @Test func aLateAnswerOfACallBringsNothingBack() {
    var health = down()
    for now in 10..<20 as Range<UInt64> { health.answered(isProbe: false, now: now) }
    #expect(!health.isUp && health.changed == 3)
  }

  @Test func afterItCameBackItTakesThreeFailuresAgain() {
    var health = down()
    health.answered(isProbe: true, now: 10)
    health.answered(isProbe: true, now: 11)
    health.failed(now: 12)
    health.failed(now: 13)
    #expect(health.isUp)
    health.failed(now: 14)
    #expect(!health.isUp)
  }

  @Test func whatIsDownAlreadyDoesNotChangeByAFailure() {
    var health = down()
    let changes = (0..<5).map { health.failed(now: 20 + $0) }
    #expect(changes.allSatisfy { !$0 } && health.changed == 3)
  }

  private func down() -> SiteHealth {
    var health = SiteHealth()
    for now in 1...3 as ClosedRange<UInt64> { health.failed(now: now) }
    return health
  }
}
