// One call with a clock between its phases, for `atoll bench cold-start`. The normal path does not know of it.
internal import CWasmtime

/// Where the time of one fresh call went, in nanoseconds.
public struct CallPhases: Sendable, Equatable {
  public var store: UInt64 = 0
  public var instantiate: UInt64 = 0
  /// `_initialize` (where it was kept), entry and answer.
  public var call: UInt64 = 0
  public var delete: UInt64 = 0
  /// From the request in hand to the store deleted, with one clock read at each end.
  public var total: UInt64 { store + instantiate + call + delete }
}

extension LoopSandbox {
  /// Runs one call that does not sleep, to its end and without a pause for others, and says where its time went.
  ///
  /// The four clock reads that this adds cost about 0.1 µs in all; time `call` itself for the figure without them.
  public func measuredCall(
    _ prepared: PreparedProgram, request: [UInt8], ledger: CallLedger = CallLedger(),
    services: (any CallServices)? = nil
  ) -> (outcome: CallOutcome, phases: CallPhases) {
    var phases = CallPhases()
    let call = take(prepared, request, ledger)
    if let services { call.pointee.services = services }
    let opened = atoll_monotonic_nanoseconds()
    makeStore(call, prepared)
    let made = atoll_monotonic_nanoseconds()
    atoll_begin_instantiate(call.slots, prepared.pointer)
    call.pointee.phase = .measuring
    var isDone = advanceToEnd(call, prepared, from: made)
    let instantiated = atoll_monotonic_nanoseconds()
    call.pointee.phase = .instantiating
    if isDone, call.slots.pointee.trap == nil, call.slots.pointee.error == nil {
      if prepared.split != nil { call.pointee.phase = .linking }
      isDone = beginNext(call, prepared) && advanceToEnd(call, prepared, from: instantiated)
    }
    let outcome: CallOutcome
    let called: UInt64
    if isDone {
      outcome = read(call, prepared)
      called = atoll_monotonic_nanoseconds()
    } else {
      outcome = .fault(Fault(.host, "a measured call may not sleep, and must end within its `limits.cpu_ms`"))
      called = atoll_monotonic_nanoseconds()
    }
    give(call)
    phases.store = made - opened
    phases.instantiate = instantiated - made
    phases.call = called - instantiated
    phases.delete = atoll_monotonic_nanoseconds() - called
    return (outcome, phases)
  }

  /// Polls again where the epoch came in between: the machine may hold any call up.
  private func advanceToEnd(_ call: Call, _ prepared: PreparedProgram, from start: UInt64) -> Bool {
    var isDone = advance(call, from: start)
    while !isDone, !call.pointee.isAsleep, call.pointee.cpu <= prepared.cpuNanoseconds {
      isDone = advance(call, from: atoll_monotonic_nanoseconds())
    }
    return isDone
  }
}
