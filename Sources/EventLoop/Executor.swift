// The queue behind both executors, and what one turn of the loop does with it.
internal import CUV
internal import Synchronization

extension EventLoop {
  /// One thing to run, with the executors it was enqueued for. A body that another thread hands in is `@Sendable`;
  /// the others never leave the loop.
  enum Entry: @unchecked Sendable {
    /// For the serial executor: a job of an actor that lives on the loop.
    case isolated(UnownedJob)
    /// For the task executor: a job of a task that prefers the loop, outside any actor.
    case preferring(UnownedJob)
    /// A plain closure from ``EventLoop/execute(_:)``.
    case body(() -> Void)
  }

  @inline(__always)
  func push(_ entry: consuming Entry) {
    if isOnLoop {
      jobs.append(entry)
    } else {
      pushForeign(entry)
    }
  }

  /// The mutex guards an array append; the first entry of a batch wakes the loop.
  @inline(never)
  private func pushForeign(_ entry: Entry) {
    let needsWake = inbox.withLock { inbox in
      inbox.entries.append(entry)
      inboxFlag.store(true, ordering: .releasing)
      defer { inbox.wakePending = true }
      return !inbox.wakePending
    }
    if needsWake { wake() }
  }

  /// Moves what other threads handed in behind the jobs that wait.
  func takeInbox() {
    guard inboxFlag.load(ordering: .acquiring) else { return }
    // The two arrays trade places, so their storage is kept and a batch does not allocate.
    inbox.withLock { inbox in
      swap(&taken, &inbox.entries)
      inbox.wakePending = false
      inboxFlag.store(false, ordering: .releasing)
      isStopping = inbox.isStopping
    }
    statistics.foreignJobs &+= UInt64(taken.count)
    for entry in taken { jobs.append(entry) }
    taken.removeAll(keepingCapacity: taken.count <= LoopLimits.retainedInboxJobs)
  }

  /// The check phase: libuv has just run the I/O callbacks.
  func afterPoll() {
    statistics.turns &+= 1
    takeInbox()
    turnDeadline = 0
    // Whoever waits since an earlier turn has waited long enough.
    if jobsDue == 0 { releaseCohort() }
    if hasJobs { runJobs() }
    if !phaseEnds.isEmpty { endPhase() }
    if isStopping { uv_stop(uv) }
  }

  /// The prepare phase: libuv polls I/O next.
  func beforePoll() {
    takeInbox()
    if hasJobs { runJobs() }
    if !readyGuests.isEmpty { runOneGuest() }
    if !phaseEnds.isEmpty { endPhase() }
    if isStopping { uv_stop(uv) }
    turnDeadline = 0
    let isBusy = hasJobs || !readyGuests.isEmpty
    if isBusy != idleIsActive {
      idleIsActive = isBusy
      // An active idle handle makes libuv poll with a zero timeout.
      if isBusy { uv_idle_start(idleHandle) { _ in } } else { uv_idle_stop(idleHandle) }
    }
  }

  /// Runs `body` once, when the jobs that run now have come to an end: before the loop polls I/O again, and before it takes
  /// what other threads have handed in since. For what may be shared by jobs that follow each other and by nobody after
  /// them, as the view that several reads have of a store. On the loop.
  public func atEndOfPhase(_ body: @escaping () -> Void) {
    assertConfined()
    phaseEnds.append(body)
  }

  @inline(never)
  private func endPhase() {
    let bodies = phaseEnds
    phaseEnds.removeAll(keepingCapacity: true)
    for body in bodies { body() }
  }

  /// Runs the jobs that wait, those that they enqueue, and the cohorts that they form, until the time of this turn is
  /// used up.
  ///
  /// The bound is time because a count says nothing: eight jobs of a millisecond that come back at once would keep
  /// the loop from I/O for as long as they like.
  func runJobs() {
    guard hasTimeLeft() else { return }
    let serial = asUnownedSerialExecutor()
    let preferred = preference.asUnownedTaskExecutor()
    repeat {
      if jobs.isEmpty || cohort.count >= LoopLimits.cohortTasks && jobsDue == 0 { releaseCohort() }
      if releasing > 0 {
        runOneOfCohort(serial, preferred)
      } else if let entry = jobs.popFirst() {
        if jobsDue > 0 { jobsDue -= 1 }
        run(entry, serial, preferred)
      } else {
        return
      }
    } while uv_hrtime() < turnDeadline
    if hasJobs { statistics.fullTurns &+= 1 }
  }

  /// Is there anything to run but guests of the ready ring?
  @inline(__always)
  var hasJobs: Bool { !jobs.isEmpty || !cohort.isEmpty }

  /// Does this phase of the turn still have time? The first to ask starts its clock.
  @inline(__always)
  func hasTimeLeft() -> Bool {
    let now = uv_hrtime()
    if turnDeadline == 0 { turnDeadline = now &+ LoopLimits.turnNanoseconds }
    return now < turnDeadline
  }

  /// Resumes a task and runs the job that this enqueued at once, ahead of the others.
  func resume(
    _ task: UnsafeContinuation<Void, Never>, _ serial: UnownedSerialExecutor, _ preferred: UnownedTaskExecutor
  ) {
    let before = jobs.count
    task.resume()
    guard jobs.count > before, let entry = jobs.popLast() else { return }
    run(entry, serial, preferred)
  }

  /// The runtime enqueues a job again when it continues under other executors than it was run under, so each one is
  /// run under exactly those that it goes on with: code outside actors under the preference alone (with the serial
  /// executor too it would be enqueued three times a suspension), an actor's code under both, since the tasks of this
  /// house all prefer the loop. Measured: 0.3 µs and one job a suspension; no job a call from one
  /// actor of the loop to another.
  @inline(__always)
  func run(_ entry: consuming Entry, _ serial: UnownedSerialExecutor, _ preferred: UnownedTaskExecutor) {
    statistics.jobs &+= 1
    switch entry {
    case .preferring(let job): job.runSynchronously(on: preferred)
    case .isolated(let job): job.runSynchronously(isolatedTo: serial, taskExecutor: preferred)
    case .body(let body): body()
    }
  }
}
