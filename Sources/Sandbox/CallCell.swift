// The state of one call, in a heap cell that is recycled and never moves.
internal import CWasmtime
internal import EventLoop

/// Everything about one running call. Host functions reach it through the loop's `current` slot, so it is only ever
/// touched by pointer: no class access is open while a guest runs, and no address in it changes.
struct CallCell {
  /// `linking` is the engine's instantiation over the image's memory, for a program in split form; `measuring` is an
  /// instantiation after which the probe wants to look at the clock.
  enum Phase { case instantiating, linking, measuring, initializing, running }
  /// Why a suspended guest is not to be resumed.
  enum Interrupt { case wallLimit, cancelled }

  let slots: UnsafeMutablePointer<atoll_slots_t>
  /// Counts the calls that lived here, so that a late timer or cancellation does not hit a later one.
  var generation: UInt64 = 0
  /// None while `_initialize` is run for a snapshot, when nothing that asks for it may be called.
  private unowned(unsafe) let owner: LoopSandbox?
  @inline(__always) var sandbox: LoopSandbox { owner.unsafelyUnwrapped }
  var prepared: Unmanaged<PreparedProgram>?
  var ledger: Unmanaged<CallLedger>?
  /// What the node does for this guest; nil where nothing is granted.
  var services: (any CallServices)?
  var request: [UInt8] = []
  /// A command's standard output.
  var output: [UInt8] = []
  var fault: Fault?
  var exitStatus: Int32?
  var phase = Phase.instantiating
  var hasMemory = false
  var ranOutOfMemory = false
  var hostCalls = 0
  var hostCallsMax = 0
  var logBytes = 0
  var logLines = 0
  var requestOffset = 0
  var start: UInt64 = 0
  var end: UInt64 = 0
  var cpu: UInt64 = 0
  /// The program's `wall_ms`, or what its caller had left.
  var wallNanoseconds: UInt64 = 0

  // Sleeping: `atoll:io.wait` and `poll_oneoff`.
  var isAsleep = false
  var isAwake = false
  /// What the guest waits for: a handle, or −1 for any.
  var awaited: Int32 = 0
  /// The timer of a `poll_oneoff`, forgotten as soon as it has rung.
  var sleepHandle: Int32 = -1
  /// Where the answer of the sleeping function goes; nil when it is written already.
  var sleepResult: UnsafeMutablePointer<wasmtime_val_t>?
  var interrupt: Interrupt?
  var continuation: UnsafeContinuation<Void, Never>?
  var operations: OperationTable?
  /// One a cell, made at its first sleep and armed again by later calls.
  var wallTimer: LoopTimer?
  var stderrLine = LastLine()
  var stdoutLine = LastLine()

  init(sandbox: LoopSandbox?) {
    owner = sandbox
    slots = .allocate(capacity: 1)
    slots.initialize(to: atoll_slots_t())
  }
}

/// The line that a guest is writing, and the last one that it ended. Allocates nothing until it is used.
struct LastLine {
  private(set) var current: [UInt8] = []
  private(set) var last: [UInt8] = []

  /// Takes bytes as they come; hands each complete line out, cut at `SandboxLimits.logLineBytesMax`.
  mutating func take(_ bytes: UnsafeRawBufferPointer, _ line: ([UInt8]) -> Void) {
    for byte in bytes {
      if byte != 0x0A {
        if current.count < SandboxLimits.logLineBytesMax { current.append(byte) }
        continue
      }
      finish(line)
    }
  }

  /// Ends the line that has no newline yet.
  mutating func finish(_ line: ([UInt8]) -> Void) {
    if current.last == 0x0D { current.removeLast() }
    guard !current.isEmpty else { return }
    // Swapped, not copied: a flood of lines allocates nothing.
    swap(&last, &current)
    current.removeAll(keepingCapacity: true)
    line(last)
  }

  var isEmpty: Bool { current.isEmpty && last.isEmpty }
  /// Whether a line was begun and has not ended.
  var isOpen: Bool { !current.isEmpty }
  var text: String { String(decoding: last.prefix(SandboxLimits.lastLineBytesMax), as: UTF8.self) }
}

typealias Call = UnsafeMutablePointer<CallCell>

extension UnsafeMutablePointer where Pointee == CallCell {
  @inline(__always) var slots: UnsafeMutablePointer<atoll_slots_t> { pointee.slots }

  /// The program, alive as long as the call: whoever started the call holds it.
  @inline(__always) var prepared: PreparedProgram { pointee.prepared.unsafelyUnwrapped._withUnsafeGuaranteedRef { $0 } }
  @inline(__always) var ledger: CallLedger { pointee.ledger.unsafelyUnwrapped._withUnsafeGuaranteedRef { $0 } }

  /// Ends the guest with a fault: the trap to return from a host function.
  func stop(_ kind: Fault.Kind, _ message: String) -> OpaquePointer? {
    if pointee.fault == nil { pointee.fault = Fault(kind, message) }
    return Self.trap(message)
  }

  /// Ends the guest for a mistake of its own.
  func trap(_ message: String) -> OpaquePointer? { stop(.trap, message) }

  static func trap(_ message: String) -> OpaquePointer? {
    var message = message
    return message.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) { wasmtime_trap_new($0.baseAddress, $0.count) }
    }
  }

  /// The guest's bytes at `pointer`, or nil where they do not lie within its memory as large as it is now.
  /// The base is asked for each time: memory may grow between two host functions.
  @inline(__always)
  func memory(_ caller: OpaquePointer?, _ pointer: Int32, _ count: Int) -> UnsafeMutableRawBufferPointer? {
    if !pointee.hasMemory {
      guard atoll_find_memory_of_caller(slots, caller) else { return nil }
      pointee.hasMemory = true
    }
    let start = Int(UInt32(bitPattern: pointer))
    // Both are below 2^33: no overflow in 64 bits.
    guard count >= 0, start + count <= atoll_memory_bytes(slots) else { return nil }
    return UnsafeMutableRawBufferPointer(start: atoll_memory_base(slots).unsafelyUnwrapped + start, count: count)
  }

  /// The same for a length that the guest gave.
  @inline(__always)
  func memory(_ caller: OpaquePointer?, _ pointer: Int32, guestCount: Int32) -> UnsafeMutableRawBufferPointer? {
    memory(caller, pointer, Int(UInt32(bitPattern: guestCount)))
  }

  /// Counts one host call; the trap where it is one too many.
  @inline(__always)
  func count() -> OpaquePointer? {
    pointee.hostCalls += 1
    if pointee.hostCalls <= pointee.hostCallsMax { return nil }
    return tooManyHostCalls()
  }

  @inline(never)
  private func tooManyHostCalls() -> OpaquePointer? {
    stop(
      .hostCallLimit,
      """
      the worker called the host more than \(pointee.hostCallsMax) times; raise `limits.host_calls` in atoll.toml, \
      or call less often
      """
    )
  }

  /// The operations of this call; made with its ledger when the first one starts.
  func withOperations<Result>(_ body: (inout OperationTable) -> Result) -> Result {
    if pointee.operations == nil { pointee.operations = OperationTable(ledger: ledger) }
    return body(&pointee.operations!)
  }

  /// Lends one of the lines out: what it logs touches the rest of the cell, so it is not changed in place.
  func withLine(_ path: WritableKeyPath<CallCell, LastLine>, _ body: (inout LastLine) -> Void) {
    var line = LastLine()
    swap(&line, &pointee[keyPath: path])
    body(&line)
    swap(&line, &pointee[keyPath: path])
  }

  /// Passes a line to the log, within the call's allowance. A line costs its bytes and a fixed sum: each is a write of
  /// the node's, however short it is.
  func log(_ level: GuestLogLine.Level, _ source: GuestLogLine.Source, _ bytes: some Collection<UInt8>) {
    let allowance =
      SandboxLimits.logBytesMax - pointee.logBytes - (pointee.logLines + 1) * SandboxLimits.logLineCostBytes
    pointee.logBytes += bytes.count
    pointee.logLines += 1
    guard let sink = ledger.logSink, allowance > 0 else { return }
    let cut = bytes.prefix(Swift.min(allowance, SandboxLimits.logLineBytesMax))
    sink(GuestLogLine(level: level, source: source, text: String(decoding: cut, as: UTF8.self)))
  }
}
