// The sandbox of one loop: host functions linked once, cells recycled, and the way of a call from start to answer.
public import EventLoop
internal import CWasmtime

/// Runs calls on one loop. One a loop; confined to its thread; any number of calls at once.
///
/// A call that never sleeps and ends within its first millisecond runs from start to answer without suspending its
/// task: about 3 µs around the guest's own work.
public final class LoopSandbox: @unchecked Sendable {
  public let engine: Engine
  public let loop: EventLoop
  let clock: HostClock
  let random: HostRandom
  private let linker: OpaquePointer
  /// Host functions and, for the length of one step, the memory of the call whose engine is being instantiated.
  /// Made with the first program in split form.
  @exclusivity(unchecked) private var splitLinker: OpaquePointer?
  /// The call whose guest runs; host functions have this place as their environment.
  let current: UnsafeMutablePointer<Call>
  let epochSlot: UnsafeMutablePointer<atoll_epoch_slot_t>
  let epochSleeper: UnsafeMutablePointer<atoll_epoch_sleeper_t>
  // Confined to the loop's thread, and never changed while it is read further up the stack: the run-time exclusivity
  // check would only cost.
  @exclusivity(unchecked) private var idle: [Call] = []
  /// As many as ever ran at once, so at most the engine's instances. None is freed before the sandbox: a cancellation
  /// or timer that comes late still looks at its cell's generation.
  @exclusivity(unchecked) private var all: [Call] = []
  /// The thread's processor clock at a moment of the monotonic one, at most a millisecond old when a poll starts.
  @exclusivity(unchecked) private var baseline: (monotonic: UInt64, processor: UInt64) = (0, 0)
  /// Calls that were started and have not ended.
  @exclusivity(unchecked) public private(set) var liveCalls = 0

  /// - Parameters: `clock` and `random` are where guests get theirs from; the limits always follow real time.
  public init(
    engine: Engine, loop: EventLoop, clock: HostClock = .system, random: HostRandom = .system
  ) throws(SandboxError) {
    let current = UnsafeMutablePointer<Call>.allocate(capacity: 1)
    let linker: OpaquePointer
    do throws(SandboxError) {
      linker = try Linking.linkerOfHostFunctions(over: engine, environment: UnsafeMutableRawPointer(current))
    } catch {
      current.deallocate()
      throw error
    }
    self.engine = engine
    self.loop = loop
    self.clock = clock
    self.random = random
    self.linker = linker
    self.current = current
    epochSlot = engine.epochs.claim()
    epochSleeper = engine.epochs.sleeper
  }

  deinit {
    for call in all {
      atoll_end(call.slots)
      call.slots.deallocate()
      call.deinitialize(count: 1)
      call.deallocate()
    }
    engine.epochs.release(epochSlot)
    wasmtime_linker_delete(linker)
    if let splitLinker { wasmtime_linker_delete(splitLinker) }
    current.deallocate()
  }

  /// Links a program for this loop. Once a program and loop; tens of microseconds.
  /// - Throws: `.compilationFailed` where the library refuses what `Program` let pass.
  public func prepare(_ program: Program) throws(SandboxError) -> PreparedProgram {
    precondition(program.module.engine === engine, "a program belongs to the engine that its module was loaded with")
    var pointer: OpaquePointer?
    if let error = wasmtime_linker_instantiate_pre(linker, program.module.pointer, &pointer) {
      throw .taking(error, .compilationFailed, "worker `\(program.name)` cannot be linked")
    }
    guard let pointer else { throw SandboxError(.compilationFailed, "worker `\(program.name)` cannot be linked") }
    var split: PreparedProgram.Split?
    if let engine = program.engine {
      do throws(SandboxError) {
        split = PreparedProgram.Split(engine: engine.pointer, linker: try linkerForSplitPrograms())
      } catch {
        wasmtime_instance_pre_delete(pointer)
        throw error
      }
    }
    return PreparedProgram(program: program, taking: pointer, split: split)
  }

  private func linkerForSplitPrograms() throws(SandboxError) -> OpaquePointer {
    if let splitLinker { return splitLinker }
    let made = try Linking.linkerOfHostFunctions(over: engine, environment: UnsafeMutableRawPointer(current))
    // `env.memory` is another at every instantiation.
    wasmtime_linker_allow_shadowing(made, true)
    splitLinker = made
    return made
  }

  /// Runs one call in an instance of its own. Call it from a task that prefers this loop; cancelling the task ends
  /// the call at its next yield, with the fault `cancelled`.
  ///
  /// Never throws: whatever a guest does becomes the outcome. The ledger's `use` is filled in before this returns.
  ///
  /// - Parameters:
  ///   - services: carries out what the worker is granted; nil for one that is granted nothing.
  ///   - nanoseconds: what the caller has left, where that may be less than `limits.wall_ms`.
  public func call(
    _ prepared: PreparedProgram, request: [UInt8], ledger: CallLedger, services: (any CallServices)? = nil,
    within nanoseconds: UInt64 = .max
  ) async -> CallOutcome {
    assert(loop.isOnLoop, "a call belongs to its loop's thread: start it from loop.spawn")
    let call = take(prepared, request, ledger)
    if let services { call.pointee.services = services }
    call.pointee.wallNanoseconds = min(prepared.wallNanoseconds, nanoseconds)
    makeStore(call, prepared)
    atoll_begin_instantiate(call.slots, prepared.pointer)
    let outcome =
      advance(call, from: call.pointee.start) ? finish(call, prepared) : await drive(call, prepared)
    if let tape = ledger.tape {
      tape.request = request
      tape.outcome = outcome
    }
    return outcome
  }

  /// Milliseconds since 1970 by the clock that guests are told.
  public var wallMilliseconds: UInt64 { clock.realtime() / 1_000_000 }

  /// Ends every call that sleeps or waits for its turn, with the fault `cancelled`: for a node that stops.
  public func cancelAll() {
    for call in all where call.pointee.prepared != nil { interrupt(call, call.pointee.generation, .cancelled) }
  }

  // MARK: Cells

  func take(_ prepared: PreparedProgram, _ request: [UInt8], _ ledger: CallLedger) -> Call {
    liveCalls += 1
    let call: Call
    if let idle = idle.popLast() {
      call = idle
    } else {
      call = .allocate(capacity: 1)
      call.initialize(to: CallCell(sandbox: self))
      all.append(call)
    }
    call.pointee.prepared = .passUnretained(prepared)
    call.pointee.ledger = .passUnretained(ledger)
    call.pointee.request = request
    call.pointee.hostCallsMax = prepared.hostCalls
    call.pointee.wallNanoseconds = prepared.wallNanoseconds
    call.pointee.start = atoll_monotonic_nanoseconds()
    return call
  }

  /// Deletes future and store, and makes the cell ready for another call.
  func give(_ call: Call) {
    liveCalls -= 1
    if call.pointee.operations != nil {
      call.pointee.operations!.dropAll()
      call.pointee.operations = nil
    }
    atoll_end(call.slots)
    call.pointee.wallTimer?.disarm()
    call.pointee.generation &+= 1
    call.pointee.prepared = nil
    call.pointee.ledger = nil
    if call.pointee.services != nil { call.pointee.services = nil }
    call.pointee.request = []
    call.pointee.phase = .instantiating
    call.pointee.hasMemory = false
    call.pointee.ranOutOfMemory = false
    call.pointee.hostCalls = 0
    call.pointee.logBytes = 0
    call.pointee.logLines = 0
    call.pointee.requestOffset = 0
    call.pointee.cpu = 0
    call.pointee.isAsleep = false
    call.pointee.isAwake = false
    call.pointee.sleepHandle = -1
    call.pointee.sleepResult = nil
    call.pointee.interrupt = nil
    call.pointee.exitStatus = nil
    if call.pointee.fault != nil { call.pointee.fault = nil }
    if !call.pointee.output.isEmpty { call.pointee.output = [] }
    if !call.pointee.stderrLine.isEmpty { call.pointee.stderrLine = LastLine() }
    if !call.pointee.stdoutLine.isEmpty { call.pointee.stdoutLine = LastLine() }
    idle.append(call)
  }

  // MARK: Steps

  /// Makes the store, with the limits that the library keeps itself.
  @inline(__always)
  func makeStore(_ call: Call, _ prepared: PreparedProgram) {
    let slots = call.slots
    let store = wasmtime_store_new(engine.pointer, nil, nil)
    slots.pointee.store = store
    slots.pointee.context = wasmtime_store_context(store)
    slots.pointee.trap = nil
    slots.pointee.error = nil
    wasmtime_store_limiter(store, prepared.memoryBytes, -1, 2, 1, 1)
    wasmtime_context_set_epoch_deadline(slots.pointee.context, 1)
    wasmtime_context_epoch_deadline_async_yield_and_update(slots.pointee.context, 1)
  }

  /// Polls until the guest has ended (true) or has yielded or gone to sleep (false), and charges it.
  func advance(_ call: Call, from start: UInt64) -> Bool {
    if start &- baseline.monotonic > SandboxLimits.baselineAgeNanosecondsMax { refreshBaseline(at: start) }
    current.pointee = call
    atoll_epoch_enter(epochSlot, epochSleeper, start)
    let isDone = pollAll(call)
    atoll_epoch_leave(epochSlot, start)
    let end = atoll_monotonic_nanoseconds()
    call.pointee.end = end
    var used = end &- start
    if !isDone || used > SandboxLimits.longPollNanoseconds {
      // The clock of the wall counts what other processes took from this thread: the thread's own does not.
      used = min(used, processorTime(at: end))
    }
    call.pointee.cpu &+= used
    return isDone
  }

  private func pollAll(_ call: Call) -> Bool {
    let slots = call.slots
    while true {
      guard wasmtime_call_future_poll(slots.pointee.future) else { return false }
      wasmtime_call_future_delete(slots.pointee.future)
      slots.pointee.future = nil
      if slots.pointee.trap != nil || slots.pointee.error != nil { return true }
      guard beginNext(call, call.prepared) else { return true }
    }
  }

  /// Begins what comes after the part that has ended; false after the last one.
  @inline(__always)
  func beginNext(_ call: Call, _ prepared: PreparedProgram) -> Bool {
    let slots = call.slots
    switch call.pointee.phase {
    case .instantiating where prepared.split != nil:
      call.pointee.phase = .linking
      return beginEngine(call, prepared)
    case .instantiating where prepared.runsInitialize:
      call.pointee.phase = .initializing
      let name = PreparedProgram.initializeName
      guard atoll_find_entry(slots, PreparedProgram.characters(name), name.utf8CodeUnitCount) else { return false }
      atoll_begin_entry(slots, 0, 0)
    case .instantiating, .linking, .initializing:
      call.pointee.phase = .running
      guard atoll_find_entry(slots, prepared.entry, prepared.entryCount) else { return false }
      slots.pointee.argument.kind = UInt8(WASMTIME_KIND_I32)
      slots.pointee.argument.of.i32 = Int32(truncatingIfNeeded: call.pointee.request.count)
      atoll_begin_entry(slots, prepared.isReactor ? 1 : 0, prepared.isReactor ? 1 : 0)
    case .measuring where prepared.split != nil && !call.pointee.hasMemory:
      return beginEngine(call, prepared)
    case .measuring, .running:
      return false
    }
    return true
  }

  /// The second half of a split program's instantiation. An engine has no start section (`Program` checks it), so its
  /// first poll, which the caller makes next, is ready: no other call comes between the definition and its use.
  private func beginEngine(_ call: Call, _ prepared: PreparedProgram) -> Bool {
    let split = prepared.split.unsafelyUnwrapped
    call.pointee.hasMemory = atoll_begin_engine(call.slots, split.linker, split.engine)
    return call.pointee.hasMemory
  }

  private func refreshBaseline(at time: UInt64) {
    baseline = (time, atoll_thread_cpu_nanoseconds())
  }

  /// Processor time of this thread since the baseline, which is then set anew.
  private func processorTime(at time: UInt64) -> UInt64 {
    let before = baseline.processor
    refreshBaseline(at: time)
    return baseline.processor &- before
  }
}
