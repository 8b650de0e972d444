// Cohorts: tasks that have come to the same step go on one after the other, while that step's code is in the cache.

extension EventLoop {
  /// Waits until the other jobs of this turn have come as far as they can, then goes on together with all that wait here.
  ///
  /// A request runs some 200 KiB of code from socket to socket, each line of it a few times; taken alone, every request
  /// evicts what the next one needs. Tasks that meet before a step with much code of its own fetch that code once for
  /// all of them (Larus and Parkes, "Using Cohort Scheduling to Enhance Server Performance", USENIX 2002): measured
  /// under load, 2.1 times the requests a second.
  ///
  /// A task that is alone does not wait. Nobody waits longer than a turn, and a cohort is at most
  /// ``LoopLimits/cohortTasks`` large, since what the waiting ones hold must stay in the cache too. On the loop, from a
  /// task of ``spawn(_:)``; not cancellable. Costs about 0.3 µs.
  public func joinCohort() async {
    assertConfined()
    if jobs.isEmpty, cohort.isEmpty { return }
    await withUnsafeContinuation { cohort.append($0) }
  }

  /// Lets those that wait now go on, ahead of the jobs: what is nearly done holds more than what has just begun.
  func releaseCohort() {
    if releasing == 0 { releasing = cohort.count }
  }

  /// Resumes the first of the released ones and runs it at once.
  func runOneOfCohort(_ serial: UnownedSerialExecutor, _ preferred: UnownedTaskExecutor) {
    releasing -= 1
    guard let task = cohort.popFirst() else { return }
    resume(task, serial, preferred)
    // Tasks that meet again and again must not keep the jobs waiting: those that wait now come before the next cohort.
    if releasing == 0 { jobsDue = jobs.count }
  }
}
