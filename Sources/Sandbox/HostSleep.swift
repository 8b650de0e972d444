// How guests sleep and wake.
internal import CWasmtime
internal import EventLoop

enum HostSleep {
  /// Asked by wasmtime at each poll.
  static let isOver: @convention(c) (UnsafeMutableRawPointer?) -> Bool = { environment in
    let call = environment.unsafelyUnwrapped.assumingMemoryBound(to: CallCell.self)
    guard call.pointee.isAwake else { return false }
    call.pointee.isAwake = false
    call.pointee.isAsleep = false
    if call.pointee.sleepHandle >= 0 {
      let handle = call.pointee.sleepHandle
      call.pointee.sleepHandle = -1
      call.withOperations { $0.drop(handle) }
    }
    return true
  }

  /// Puts the guest to sleep until `wake` finds what it awaits. `result` stays valid until it is awake.
  /// - Returns: the trap that ends a guest which waits for what its recording does not have.
  static func begin(
    _ call: Call, awaiting handle: Int32, result: UnsafeMutablePointer<wasmtime_val_t>?
  ) -> OpaquePointer? {
    call.pointee.isAsleep = true
    call.pointee.isAwake = false
    call.pointee.awaited = handle
    call.pointee.sleepResult = result
    guard let tape = call.ledger.tape, tape.isReplaying else { return nil }
    // What came while it slept: in this host call, not before it.
    while let event = tape.next(before: call.pointee.hostCalls + 1) { replay(call, event) }
    guard !call.pointee.isAwake else { return nil }
    call.pointee.isAwake = true
    return call.stop(.host, "the call does not follow its recording: it waits for something that never came")
  }

  /// Lets the guest see what came before this host call. Only a replay has to be told: the host's own services deliver
  /// by themselves.
  @inline(__always)
  static func catchUp(_ call: Call) {
    guard let tape = call.ledger.tape, tape.isReplaying else { return }
    while let event = tape.next(before: call.pointee.hostCalls) { replay(call, event) }
  }

  private static func replay(_ call: Call, _ event: CallTape.Event) {
    guard let handle = call.withOperations({ $0.handle(of: event.record) }) else { return }
    call.withOperations { $0.take(event, for: handle) }
    wake(call)
  }

  /// Starts a timer of the loop as an operation of the call.
  static func startTimer(_ call: Call, milliseconds: UInt64) -> Begun {
    let begun = call.begin(.read, target: "timer")
    guard case .started(let operation) = begun else { return begun }
    // 49 days are as good as for ever: no wall limit is longer.
    let milliseconds = Swift.min(milliseconds, UInt64(UInt32.max))
    let timer = call.pointee.sandbox.loop.timer(afterMilliseconds: milliseconds) { operation.complete([]) }
    operation.onCancel {
      timer.cancel()
      return false
    }
    return begun
  }

  /// Gives the guest what came of an operation, and wakes it when it sleeps for this. On the loop.
  static func deliver(_ call: Call, _ event: CallTape.Event, to handle: Int32) {
    if let tape = call.ledger.tape {
      var event = event
      event.hostCalls = call.pointee.hostCalls
      tape.write(event)
    }
    call.withOperations { $0.take(event, for: handle) }
    wake(call)
  }

  private static func wake(_ call: Call) {
    guard call.pointee.isAsleep, !call.pointee.isAwake else { return }
    guard let found = call.withOperations({ $0.poll(call.pointee.awaited) }) else { return }
    call.pointee.sleepResult?.pointee.of.i32 = found
    call.pointee.isAwake = true
    resume(call)
  }

  /// Lets the call's task go on, where it is suspended.
  static func resume(_ call: Call) {
    guard let continuation = call.pointee.continuation else { return }
    call.pointee.continuation = nil
    continuation.resume()
  }
}

/// What became of the start of an operation.
enum Begun {
  /// The host carries it out.
  case started(GuestOperation)
  /// The recording has what comes of it.
  case replayed(handle: Int32)
  /// The guest holds as many handles as it may.
  case tooMany
  /// The guest asks for something else than was recorded.
  case differs(trap: OpaquePointer?)

  /// The handle that the guest gets, or the code in its place.
  var handle: Int32 {
    switch self {
    case .started(let operation): operation.handle
    case .replayed(let handle): handle
    case .tooMany, .differs: OperationTable.Code.tooManyHandles
    }
  }

  var trap: OpaquePointer? { if case .differs(let trap) = self { trap } else { nil } }
}

extension UnsafeMutablePointer where Pointee == CallCell {
  /// Starts an operation: writes it into the ledger, and onto the tape where there is one.
  func begin(
    _ effect: HostOperation.Effect, target: String, requestDigest: [UInt8] = [], requestBytes: Int = 0
  ) -> Begun {
    HostSleep.catchUp(self)
    let handle = withOperations {
      $0.begin(effect, target: target, requestDigest: requestDigest, requestBytes: requestBytes)
    }
    guard let handle, let record = withOperations({ $0.record(of: handle) }) else { return .tooMany }
    if let tape = ledger.tape {
      if let difference = tape.start(target, digest: requestDigest) {
        return .differs(trap: stop(.host, "the call does not follow its recording: \(difference)"))
      }
      if tape.isReplaying { return .replayed(handle: handle) }
    }
    return .started(GuestOperation(call: self, generation: pointee.generation, handle: handle, record: record))
  }

  // MARK: Clocks and randomness

  /// What a clock says, 0 realtime and 1 monotonic; the trap is set where a recording has nothing to say.
  func time(_ clock: Int32) -> UInt64 {
    let source = clock == 0 ? pointee.sandbox.clock.realtime : pointee.sandbox.clock.monotonic
    guard let tape = ledger.tape else { return source() }
    guard let time = tape.now(source) else {
      differs("it looks at a clock more often than was recorded")
      return 0
    }
    return time
  }

  func fillRandom(_ target: UnsafeMutableRawBufferPointer) {
    guard let tape = ledger.tape else { return pointee.sandbox.random.fill(target) }
    if !tape.fill(target, pointee.sandbox.random.fill) { differs("it asks for other random bytes than were recorded") }
  }

  /// The guest goes on to its next host call, and ends there.
  private func differs(_ how: String) {
    if pointee.fault == nil { pointee.fault = Fault(.host, "the call does not follow its recording: \(how)") }
    pointee.hostCallsMax = 0
  }
}
