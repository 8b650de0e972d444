// The way of a call that did not end at once: it yields, sleeps, is ended by a limit or by whoever made it.
internal import EventLoop
internal import CWasmtime

extension LoopSandbox {
  /// Goes on with a call whose guest yielded or sleeps, until it has ended.
  func drive(_ call: Call, _ prepared: PreparedProgram) async -> CallOutcome {
    let generation = call.pointee.generation
    while true {
      if let fault = breach(call, prepared) { return stop(call, fault) }
      if call.pointee.isAsleep, !call.pointee.isAwake {
        armWallTimer(call)
        await sleep(call, generation)
      } else if !call.pointee.isAsleep {
        await loop.nextReadyTurn()
      }
      // Others had the loop meanwhile: what they took counts before this guest runs again.
      let now = atoll_monotonic_nanoseconds()
      call.pointee.end = now
      if Task.isCancelled { return stop(call, CallFaults.cancelled) }
      switch call.pointee.interrupt {
      case .wallLimit: return stop(call, CallFaults.wall(of: call.pointee.wallNanoseconds, prepared))
      case .cancelled: return stop(call, CallFaults.cancelled)
      case nil: break
      }
      if let fault = breach(call, prepared) { return stop(call, fault) }
      if advance(call, from: now) { return finish(call, prepared) }
    }
  }

  /// The limit that the call is over, if any.
  private func breach(_ call: Call, _ prepared: PreparedProgram) -> Fault? {
    if call.pointee.cpu > prepared.cpuNanoseconds {
      return CallFaults.cpu(used: call.pointee.cpu, limit: prepared.program.limits.cpuMilliseconds)
    }
    if call.pointee.end &- call.pointee.start > call.pointee.wallNanoseconds {
      return CallFaults.wall(of: call.pointee.wallNanoseconds, prepared)
    }
    return nil
  }

  /// Waits until an operation wakes the guest, the wall limit comes, or the task is cancelled.
  private func sleep(_ call: Call, _ generation: UInt64) async {
    // Pointers do not cross to other threads by themselves; this one is only followed on the loop.
    nonisolated(unsafe) let call = call
    await withTaskCancellationHandler {
      await withUnsafeContinuation { call.pointee.continuation = $0 }
    } onCancel: {
      loop.execute { self.interrupt(call, generation, .cancelled) }
    }
  }

  /// Has a sleeping call look at why it should end. On the loop; nothing happens when it has ended already.
  func interrupt(_ call: Call, _ generation: UInt64, _ reason: CallCell.Interrupt) {
    guard call.pointee.generation == generation, call.pointee.interrupt == nil else { return }
    call.pointee.interrupt = reason
    HostSleep.resume(call)
  }

  /// One timer covers all the sleeps of a call; a call that never sleeps never arms it.
  private func armWallTimer(_ call: Call) {
    if call.pointee.wallTimer == nil {
      call.pointee.wallTimer = loop.makeTimer { [unowned self] in
        interrupt(call, call.pointee.generation, .wallLimit)
      }
    }
    guard let timer = call.pointee.wallTimer, !timer.isArmed else { return }
    let used = atoll_monotonic_nanoseconds() &- call.pointee.start
    let left = used < call.pointee.wallNanoseconds ? call.pointee.wallNanoseconds - used : 0
    timer.arm(afterMilliseconds: (left + 999_999) / 1_000_000)
  }

  /// Ends a guest that has not ended: deletes its future, then its store.
  private func stop(_ call: Call, _ fault: Fault) -> CallOutcome {
    endLines(call)
    settle(call, memoryBytes: memoryBytes(call))
    give(call)
    return .fault(fault)
  }

  /// The memory's size, where the guest has shown one. Only while no guest of this call runs.
  private func memoryBytes(_ call: Call) -> Int {
    call.pointee.hasMemory ? atoll_memory_bytes(call.slots) : 0
  }

  /// Writes what was used into the ledger.
  @inline(__always)
  private func settle(_ call: Call, memoryBytes: Int) {
    let ledger = call.ledger
    ledger.use = CallLedger.Use(
      cpuNanoseconds: call.pointee.cpu, wallNanoseconds: call.pointee.end &- call.pointee.start,
      memoryBytes: memoryBytes, outputBytes: call.pointee.output.count, hostCalls: call.pointee.hostCalls,
      logBytes: call.pointee.logBytes)
  }

  // MARK: The end

  /// Reads how a guest ended, and gives its cell back.
  func finish(_ call: Call, _ prepared: PreparedProgram) -> CallOutcome {
    let outcome = read(call, prepared)
    give(call)
    return outcome
  }

  /// Reads how a guest ended, and writes what it used into the ledger.
  func read(_ call: Call, _ prepared: PreparedProgram) -> CallOutcome {
    let slots = call.slots
    guard slots.pointee.trap == nil, slots.pointee.error == nil, call.pointee.phase == .running,
      call.pointee.fault == nil,
      call.pointee.cpu <= prepared.cpuNanoseconds,
      call.pointee.end &- call.pointee.start <= call.pointee.wallNanoseconds
    else { return readFailure(call, prepared) }
    if !call.pointee.hasMemory { call.pointee.hasMemory = atoll_find_memory(slots) }
    let outcome = prepared.isReactor ? reactorAnswer(call, prepared) : commandAnswer(call)
    if call.pointee.stderrLine.isOpen || call.pointee.stdoutLine.isOpen { endLines(call) }
    settle(call, memoryBytes: memoryBytes(call))
    if case .answered(let answer) = outcome { call.ledger.use.outputBytes = answer.count }
    return outcome
  }

  private func reactorAnswer(_ call: Call, _ prepared: PreparedProgram) -> CallOutcome {
    let result = UInt64(bitPattern: call.slots.pointee.result.of.i64)
    let start = Int(result >> 32)
    let count = Int(result & 0xFFFF_FFFF)
    guard count <= prepared.outputBytes else { return .fault(CallFaults.output(limit: prepared.outputBytes)) }
    guard start + count <= memoryBytes(call), let base = atoll_memory_base(call.slots) else {
      return .fault(
        Fault(
          .trap, "the worker returned an answer of \(count) bytes at \(start), which does not lie within its memory"))
    }
    return .answered([UInt8](UnsafeBufferPointer(start: base + start, count: count)))
  }

  private func commandAnswer(_ call: Call) -> CallOutcome {
    .answered(call.pointee.output)
  }

  /// A trap, an exit, a host's fault, or a limit that was passed in the last poll.
  @inline(never)
  private func readFailure(_ call: Call, _ prepared: PreparedProgram) -> CallOutcome {
    let slots = call.slots
    let failure = Failure(taking: slots)
    if call.pointee.phase != .instantiating, !call.pointee.hasMemory {
      call.pointee.hasMemory = atoll_find_memory(slots)
    }
    let used = memoryBytes(call)
    endLines(call)
    let outcome = outcomeOfFailure(call, prepared, failure, memoryBytes: used)
    if let failure { call.ledger.backtrace = failure.backtrace }
    settle(call, memoryBytes: used)
    if case .answered(let answer) = outcome { call.ledger.use.outputBytes = answer.count }
    return outcome
  }

  private func outcomeOfFailure(
    _ call: Call, _ prepared: PreparedProgram, _ failure: Failure?, memoryBytes used: Int
  ) -> CallOutcome {
    if let fault = call.pointee.fault, fault.kind != .trap { return .fault(fault) }
    if let fault = breach(call, prepared) { return .fault(fault) }
    let limit = prepared.program.limits.memoryBytes
    let left = limit - used
    let isOutOfMemory =
      call.pointee.ranOutOfMemory
      || (left < max(limit / 10, SandboxLimits.memoryNearlyFullBytes) && failure?.isNeverForWantOfMemory != true)
    if let status = call.pointee.exitStatus {
      if status == 0 {
        // Only a command that runs answers by leaving: a reactor has to return, and a start function answers nothing.
        if !prepared.isReactor, call.pointee.phase == .running { return .answered(call.pointee.output) }
        return .fault(Fault(.trap, "the worker left with exit code 0 before it answered"))
      }
      if isOutOfMemory { return .fault(CallFaults.memory(used: used, limit: limit, "exit code \(status)")) }
      return .exited(status: status, stderrLastLine: call.pointee.stderrLine.text)
    }
    guard let failure else {
      return .fault(Fault(.host, "the entry of worker `\(prepared.program.name)` was not found in its instance"))
    }
    if call.pointee.phase == .instantiating || call.pointee.phase == .linking, failure.code == nil,
      failure.backtrace.isEmpty
    {
      return .fault(Self.instantiationFault(failure.message))
    }
    let words = call.pointee.fault?.message ?? failure.message
    if isOutOfMemory { return .fault(CallFaults.memory(used: used, limit: limit, words)) }
    return .fault(Fault(.trap, "the worker trapped: \(words)"))
  }

  private static func instantiationFault(_ message: String) -> Fault {
    if message.contains("maximum concurrent") {
      return Fault(.overloaded, "every instance of this node is in use; try again, or raise `instances` in node.toml")
    }
    return Fault(.host, "an instance could not be made: \(message)")
  }

  /// Lines without a newline are lines too.
  private func endLines(_ call: Call) {
    call.withLine(\.stderrLine) { $0.finish { call.log(.info, .stderr, $0) } }
    call.withLine(\.stdoutLine) { $0.finish { call.log(.info, .stdout, $0) } }
  }
}
