// What the node does for a running guest: the seam between the sandbox and key-value stores, sessions and upstreams.

/// Carries out the operations that the guest of one call starts. Made by whoever runs the call, for a worker that is
/// granted something; confined to the call's loop.
public protocol CallServices: AnyObject {
  /// Begins an operation. Called on the loop, on the guest's stack: it must not block or suspend, and it may end the
  /// operation before it returns.
  ///
  /// - Parameter request: a JSON head, a zero byte, and raw bytes (docs/abi.md); as the guest wrote it, so hostile.
  func start(_ capability: Capabilities, request: [UInt8], _ operation: GuestOperation)
}

/// One operation that a guest started, in the hands of the service that carries it out. Confined to the loop.
///
/// The ledger has its line already. What is done after the guest dropped the operation, or after the call ended, has no
/// effect; ``isLive`` says whether that has happened.
public struct GuestOperation {
  let call: Call
  let generation: UInt64
  let handle: Int32
  /// Its place in the ledger, which no other operation of the call has: a handle may be given out again.
  let record: Int

  public var isLive: Bool {
    guard call.pointee.generation == generation, let operations = call.pointee.operations else { return false }
    return operations.record(of: handle) == record
  }

  /// Says in the ledger what the operation does, and to what: `kv:notes`, `fetch:api`.
  public func describe(_ effect: HostOperation.Effect, target: String) {
    guard isLive else { return }
    call.ledger.describe(record, effect, target: target)
  }

  /// Says that bytes of it have left this process, so that nobody repeats it unasked.
  public func bytesWereSent() {
    guard isLive else { return }
    call.ledger.markSent(record)
  }

  /// What is to end when the guest drops the operation or the call ends; it says whether bytes have left this process.
  /// Called at most once, and not after the operation's own end.
  public func onCancel(_ cancel: @escaping () -> Bool) {
    guard isLive else { return }
    call.withOperations { $0.onCancel(handle, cancel) }
  }

  /// Called, any number of times, when the guest has read all there was of an answer that is still open.
  public func onDrained(_ drained: @escaping () -> Void) {
    guard isLive else { return }
    call.withOperations { $0.onDrained(handle, drained) }
  }

  /// Ends the operation with its whole answer.
  public func complete(
    _ answer: [UInt8], outcome: HostOperation.Outcome = .completed, wereBytesSent: Bool = false
  ) {
    guard isLive else { return }
    HostSleep.deliver(
      call, CallTape.Event(record: record, bytes: answer, ending: .whole, outcome: outcome, wereBytesSent: wereBytesSent),
      to: handle)
  }

  /// Gives the guest the next bytes of an answer that goes on. The first of them are its head.
  /// - Returns: how many bytes the guest has not read yet: a service stops at a bound of its own.
  @discardableResult
  public func append(_ bytes: [UInt8]) -> Int {
    guard isLive else { return 0 }
    HostSleep.deliver(call, CallTape.Event(record: record, bytes: bytes, ending: nil), to: handle)
    return call.withOperations { $0.unread(handle) }
  }

  /// The same with bytes that are gone when this returns.
  @discardableResult
  public func append(_ bytes: RawSpan) -> Int {
    append(bytes.withUnsafeBytes { [UInt8]($0) })
  }

  /// Ends an answer whose bytes were given by ``append(_:)``.
  public func finish() {
    guard isLive else { return }
    HostSleep.deliver(
      call, CallTape.Event(record: record, bytes: [], ending: .whole, outcome: .completed, wereBytesSent: true), to: handle)
  }

  /// Ends an answer that cannot be completed; the guest reads `why` after it was told so.
  public func breakOff(_ why: [UInt8], outcome: HostOperation.Outcome) {
    guard isLive else { return }
    HostSleep.deliver(
      call, CallTape.Event(record: record, bytes: why, ending: .broken, outcome: outcome, wereBytesSent: true), to: handle)
  }
}
