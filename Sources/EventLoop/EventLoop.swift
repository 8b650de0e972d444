// One libuv loop that owns one thread and is a Swift executor: its life, its clock, its identity.
internal import CUV
internal import Glibc
internal import Synchronization

/// A libuv loop that owns one thread and runs Swift jobs on it.
///
/// The loop is one `SerialExecutor` (for actors that live on it) and one ``Preference``, a `TaskExecutor` over the
/// same queue (for tasks). A task that prefers the loop comes back to it after every suspension without a system call;
/// one that does not goes through the global pool each time, which costs ten times as much. ``spawn(_:)`` makes such
/// tasks and is the only way the house makes them.
///
/// One turn of the loop: the jobs that wait run for at most ``LoopLimits/turnNanoseconds``, then **one** guest of the
/// ready ring, then I/O is polled, with a zero timeout while jobs or guests still wait. Jobs run in libuv's `prepare`
/// phase (before it polls) and in its `check` phase (after the I/O callbacks), so what a read callback resumes runs in
/// the same turn without a system call. Tasks that reach the same step of their work in one turn can take it one after
/// the other, while its code is in the processor's cache: ``joinCohort()``.
///
/// Creating a loop sets SIGPIPE to be ignored in the whole process: a write to a socket whose peer is gone must be an
/// error of that socket and not the end of the process.
///
/// Members that say "on the loop" may be called on the loop's thread, or before the loop runs by the thread that
/// made it. ``execute(_:)``, ``spawn(_:)``, ``sleep(milliseconds:)``, ``work(_:)`` and ``stop()`` are for any thread.
/// A loop runs once. An actor that names it as its executor must hold it.
public final class EventLoop: SerialExecutor, @unchecked Sendable {
  let uv: UnsafeMutablePointer<uv_loop_t>
  private let prepareHandle: UnsafeMutablePointer<uv_prepare_t>
  private let checkHandle: UnsafeMutablePointer<uv_check_t>
  let idleHandle: UnsafeMutablePointer<uv_idle_t>
  private let wakeHandle: UnsafeMutablePointer<uv_poll_t>
  let timerHandle: UnsafeMutablePointer<uv_timer_t>
  /// Written by any thread to wake the loop. Open as long as the object is, so that a late write hits nothing else.
  let wakeDescriptor: Int32

  /// What other threads hand in.
  struct Inbox: ~Copyable {
    var entries: [Entry] = []
    var wakePending = false
    var isStopping = false
  }
  let inbox = Mutex(Inbox())
  /// True when the inbox may hold something: the loop looks at this, not at the mutex, twice a turn.
  let inboxFlag = Atomic<Bool>(false)
  private let hasStarted = Atomic<Bool>(false)

  // Confined to the loop's thread from here on. Nothing reads one of these while it is being changed further up the
  // stack, so the run-time exclusivity check, paid on every enqueue, is left out.
  @exclusivity(unchecked) var jobs = Ring<Entry>()
  @exclusivity(unchecked) var readyGuests = Ring<ReadyGuest>()
  /// Tasks that wait for each other, and how many of the first ones may go on; see ``joinCohort()``.
  @exclusivity(unchecked) var cohort = Ring<UnsafeContinuation<Void, Never>>()
  @exclusivity(unchecked) var releasing = 0
  /// Jobs that must run before the next cohort is released.
  @exclusivity(unchecked) var jobsDue = 0
  @exclusivity(unchecked) var taken: [Entry] = []
  /// What is to run once the jobs of this phase have run.
  @exclusivity(unchecked) var phaseEnds: [() -> Void] = []
  /// When the jobs of this turn have to make room for I/O; 0 until some of them run.
  @exclusivity(unchecked) var turnDeadline: UInt64 = 0
  @exclusivity(unchecked) var idleIsActive = false
  @exclusivity(unchecked) var isStopping = false
  @exclusivity(unchecked) var isTearingDown = false
  @exclusivity(unchecked) var wheel: TimerWheel
  /// The tick at which libuv's timer is set to fire; `.max` when it is not set.
  @exclusivity(unchecked) var timerSetFor = UInt64.max
  /// What the loop did so far. Read it on the loop.
  @exclusivity(unchecked) public internal(set) var statistics = LoopStatistics()
  /// Read into by every connection of this loop; its bytes are valid inside one `onBytes` only.
  let readSlab: UnsafeMutableRawBufferPointer
  /// Did `uv_loop_close` find every handle and request gone? Meaningful once ``run()`` has returned.
  public internal(set) var closedCleanly = false

  private let preferenceStorage = PreferenceStorage()
  private var thread: uv_thread_t = 0

  /// A loop that does not run yet.
  ///
  /// - throws: ``LoopError`` when the process has no descriptor left (`EMFILE`) or no memory.
  public init() throws(LoopError) {
    cuv_ignore_sigpipe()
    let uv = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
    let status = uv_loop_init(uv)
    guard status == 0 else {
      uv.deallocate()
      throw LoopError(uv: status, "no event loop could be made (raise `ulimit -n`, or run fewer loops)")
    }
    let descriptor = cuv_eventfd()
    guard descriptor >= 0 else {
      uv_loop_close(uv)
      uv.deallocate()
      throw LoopError(uv: descriptor, "no eventfd could be made for a loop (raise `ulimit -n`, or run fewer loops)")
    }
    self.uv = uv
    wakeDescriptor = descriptor
    prepareHandle = .makeHandle()
    checkHandle = .makeHandle()
    idleHandle = .makeHandle()
    wakeHandle = .makeHandle()
    timerHandle = .makeHandle()
    readSlab = .allocate(byteCount: LoopLimits.readSlabBytes, alignment: 64)
    wheel = TimerWheel(startingAt: uv_hrtime() / 1_000_000)
    preferenceStorage.preference = Preference(self)
    startHandles()
  }

  private func startHandles() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    uv_prepare_init(uv, prepareHandle)
    uv_check_init(uv, checkHandle)
    uv_idle_init(uv, idleHandle)
    uv_timer_init(uv, timerHandle)
    uv_poll_init(uv, wakeHandle, wakeDescriptor)
    for handle in ownHandles { handle.pointee.data = context }
    uv_prepare_start(prepareHandle) { borrow($0!.pointee.data, as: EventLoop.self).beforePoll() }
    uv_check_start(checkHandle) { borrow($0!.pointee.data, as: EventLoop.self).afterPoll() }
    // The callback only empties the eventfd: the check phase of the same turn runs the jobs.
    uv_poll_start(wakeHandle, Int32(UV_READABLE.rawValue)) { handle, _, _ in
      let loop = borrow(handle!.pointee.data, as: EventLoop.self)
      var count: UInt64 = 0
      _ = Glibc.read(loop.wakeDescriptor, &count, 8)
      loop.statistics.wakeups &+= 1
    }
    // The wake handle keeps the loop alive until `stop`; the others must not count.
    for handle in ownHandles where handle != wakeHandle.handle { uv_unref(handle) }
  }

  /// The handles that are the loop itself and close last.
  var ownHandles: [UnsafeMutablePointer<uv_handle_t>] {
    [prepareHandle.handle, checkHandle.handle, idleHandle.handle, timerHandle.handle, wakeHandle.handle]
  }

  deinit {
    if !hasStarted.load(ordering: .relaxed) { tearDown() }
    uv.deallocate()
    readSlab.deallocate()
    Glibc.close(wakeDescriptor)
  }

  // MARK: Life

  /// Runs the loop on a thread of its own until ``stop()``.
  ///
  /// - parameter name: the thread's name in `top` and `gdb`; the kernel keeps 15 bytes of it.
  public func start(name: String) {
    let launch = Unmanaged.passRetained(Launch(loop: self, name: name)).toOpaque()
    let status = uv_thread_create(
      &thread,
      { context in
        let launch = Unmanaged<Launch>.fromOpaque(context!).takeRetainedValue()
        cuv_name_thread(launch.name)
        launch.loop.run()
      }, launch)
    precondition(status == 0, "no thread could be made for loop \(name): \(String(cString: uv_strerror(status)))")
  }

  /// Runs the loop on this thread until ``stop()``; then closes every handle that is still open and returns.
  ///
  /// Do not call it on the main thread of a program that awaits main-actor work there: nobody would drain that queue.
  public func run() {
    let first = hasStarted.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
    precondition(first, "a loop runs once: make a new one")
    let outer = cuv_current_loop()
    cuv_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
    uv_run(uv, UV_RUN_DEFAULT)
    tearDown()
    cuv_set_current_loop(outer)
    outliveTasks()
  }

  /// The runtime keeps the preference of a task that has not ended, and a late resume would go through it to this
  /// loop: as long as there is such a task, the loop stays in memory, where an enqueue does no harm.
  private func outliveTasks() {
    guard !isKnownUniquelyReferenced(&preferenceStorage.preference) else { return }
    preferenceStorage.preference?.keptLoop = self
    preferenceStorage.preference = Preference(self)
  }

  /// Ends the loop: sleepers are cancelled, every handle is closed, then ``run()`` returns. Any thread; idempotent.
  ///
  /// Open connections are closed without ceremony. Drain the listeners first to stop gracefully.
  public func stop() {
    let needsWake = inbox.withLock { inbox in
      inbox.isStopping = true
      inboxFlag.store(true, ordering: .releasing)
      defer { inbox.wakePending = true }
      return !inbox.wakePending
    }
    if needsWake { wake() }
  }

  /// Waits for the thread of ``start(name:)`` to end. Once, from another thread.
  public func join() {
    precondition(!isOnLoop, "a loop cannot wait for itself")
    uv_thread_join(&thread)
  }

  /// One write per batch of foreign jobs; the counter of an eventfd cannot fill up from ones.
  func wake() {
    var one: UInt64 = 1
    _ = Glibc.write(wakeDescriptor, &one, 8)
  }

  // MARK: Identity and time

  /// The loop that runs on this thread.
  public static var current: EventLoop? {
    guard let loop = cuv_current_loop() else { return nil }
    return Unmanaged<EventLoop>.fromOpaque(loop).takeUnretainedValue()
  }

  /// Is this the loop's thread? Costs one thread-local read.
  @inline(__always)
  public var isOnLoop: Bool { cuv_current_loop() == Unmanaged.passUnretained(self).toOpaque() }

  /// In debug builds, ends the process unless loop-confined state may be touched here. Free in release builds.
  @inline(__always)
  func assertConfined() {
    assert(isOnLoop || !hasStarted.load(ordering: .relaxed), "this belongs to the loop's thread: use loop.execute")
  }

  /// Monotonic nanoseconds, read from the clock: about 25 ns.
  public var now: UInt64 { uv_hrtime() }

  /// Monotonic nanoseconds when this turn began, in whole milliseconds. Free. On the loop.
  public var loopTime: UInt64 { uv_now(uv) &* 1_000_000 }

  /// How many loops use this machine well: the cores that this process may run on.
  public static var recommendedCount: Int { Int(uv_available_parallelism()) }

  // MARK: SerialExecutor

  public func enqueue(_ job: consuming ExecutorJob) { push(.isolated(UnownedJob(job))) }
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
  public func checkIsolated() { precondition(isOnLoop, "this belongs to the loop's thread: use loop.execute") }
  public func isIsolatingCurrentContext() -> Bool? { isOnLoop }

  /// The loop as tasks prefer it: pass it where `executorPreference:` is asked for. ``spawn(_:)`` does.
  public var preference: Preference { preferenceStorage.preference.unsafelyUnwrapped }

  /// The same loop seen as a task executor.
  ///
  /// It is a second object so that the queue can tell a job of a task from a job of an actor: they run under different
  /// executors, as `run` in `Executor.swift` explains.
  public final class Preference: TaskExecutor, @unchecked Sendable {
    // The loop owns this object, runs while its thread holds it, and then stays as long as `outliveTasks` says.
    private unowned(unsafe) let loop: EventLoop
    fileprivate var keptLoop: EventLoop?
    init(_ loop: EventLoop) { self.loop = loop }
    public func enqueue(_ job: consuming ExecutorJob) { loop.push(.preferring(UnownedJob(job))) }
    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
  }

  /// Lets `init` finish before the object that points back is made.
  private final class PreferenceStorage { var preference: Preference? }

  private final class Launch {
    let loop: EventLoop
    let name: String
    init(loop: EventLoop, name: String) {
      self.loop = loop
      self.name = name
    }
  }
}

/// Counters of one loop, for `/metrics` and for tests.
public struct LoopStatistics: Sendable, Equatable {
  /// Times that I/O was polled.
  public internal(set) var turns: UInt64 = 0
  /// Jobs and bodies that ran.
  public internal(set) var jobs: UInt64 = 0
  /// Of those, how many another thread handed in.
  public internal(set) var foreignJobs: UInt64 = 0
  /// Times that another thread had to wake the loop.
  public internal(set) var wakeups: UInt64 = 0
  /// Guests resumed from the ready ring.
  public internal(set) var readyTurns: UInt64 = 0
  /// Turns that ended with jobs left over because their time was used up.
  public internal(set) var fullTurns: UInt64 = 0
}
