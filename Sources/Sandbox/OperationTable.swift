// The host operations of one call, by handle. It cannot be made without the call's ledger, and there is no other way
// for a host function to hand the guest something to wait for.
internal import CWasmtime

/// Handles of a call: small integers, at most `SandboxLimits.handlesMax` live ones. Confined to the loop.
struct OperationTable {
  /// Answers of the handle functions below 0; listed in docs/abi.md.
  enum Code {
    static let unknownHandle: Int32 = -1
    static let nothingToWaitFor: Int32 = -2
    static let inFlight: Int32 = -3
    static let tooManyHandles: Int32 = -4
  }

  /// What `wait` is given for whichever ends first; every other negative number is an unknown handle.
  static let any: Int32 = -1

  private struct Entry {
    var record: Int
    var answer: [UInt8] = []
    var offset = 0
    var isComplete = false
    var isReported = false
    var order = 0
    /// Ends what is under way for it; called once, when the guest drops the handle or the call ends.
    var cancel: (() -> Void)?
  }

  private let ledger: CallLedger
  private var entries: [Entry?] = []
  private var inFlight = 0
  private var completions = 0

  init(ledger: CallLedger) { self.ledger = ledger }

  /// Starts an operation and writes it into the ledger.
  /// - Returns: its handle, or nil when the guest holds too many.
  mutating func begin(
    _ effect: HostOperation.Effect, target: String, requestDigest: [UInt8] = [], requestBytes: Int = 0
  ) -> Int32? {
    let free = entries.firstIndex { $0 == nil }
    guard free != nil || entries.count < SandboxLimits.handlesMax else { return nil }
    let record = ledger.begin(
      HostOperation(
        effect: effect, target: target, requestDigest: requestDigest, requestBytes: requestBytes,
        startNanoseconds: atoll_monotonic_nanoseconds()))
    inFlight += 1
    if let free {
      entries[free] = Entry(record: record)
      return Int32(free)
    }
    entries.append(Entry(record: record))
    return Int32(entries.count - 1)
  }

  /// Says how to end what is under way for a handle.
  mutating func onCancel(_ handle: Int32, _ cancel: @escaping () -> Void) {
    guard isKnown(handle) else { return }
    entries[Int(handle)]!.cancel = cancel
  }

  /// Writes the end of an operation. Nothing happens when it was dropped meanwhile.
  mutating func complete(
    _ handle: Int32, answer: [UInt8] = [], outcome: HostOperation.Outcome = .completed, wereBytesSent: Bool = false
  ) {
    guard isKnown(handle), !entries[Int(handle)]!.isComplete else { return }
    entries[Int(handle)]!.isComplete = true
    entries[Int(handle)]!.answer = answer
    entries[Int(handle)]!.cancel = nil
    entries[Int(handle)]!.order = completions
    completions += 1
    inFlight -= 1
    ledger.end(
      entries[Int(handle)]!.record, outcome, at: atoll_monotonic_nanoseconds(), answerBytes: answer.count,
      wereBytesSent: wereBytesSent)
  }

  /// What a `wait` finds: the handle it answers with, a code below 0, or nil when the guest has to sleep.
  mutating func poll(_ handle: Int32) -> Int32? {
    if handle != Self.any {
      guard isKnown(handle) else { return Code.unknownHandle }
      guard entries[Int(handle)]!.isComplete else { return nil }
      entries[Int(handle)]!.isReported = true
      return handle
    }
    var first: (handle: Int, order: Int)?
    for (index, entry) in entries.enumerated() {
      guard let entry, entry.isComplete, !entry.isReported else { continue }
      if first == nil || entry.order < first!.order { first = (index, entry.order) }
    }
    if let first {
      entries[first.handle]!.isReported = true
      return Int32(first.handle)
    }
    return inFlight == 0 ? Code.nothingToWaitFor : nil
  }

  func size(_ handle: Int32) -> Int32 {
    guard isKnown(handle) else { return Code.unknownHandle }
    let entry = entries[Int(handle)]!
    return entry.isComplete ? Int32(clamping: entry.answer.count - entry.offset) : Code.inFlight
  }

  /// Copies the next bytes of an answer; 0 at its end.
  mutating func read(_ handle: Int32, into target: UnsafeMutableRawBufferPointer) -> Int32 {
    guard isKnown(handle) else { return Code.unknownHandle }
    guard entries[Int(handle)]!.isComplete else { return Code.inFlight }
    let offset = entries[Int(handle)]!.offset
    let count = min(target.count, entries[Int(handle)]!.answer.count - offset)
    entries[Int(handle)]!.answer.withUnsafeBytes { answer in
      target.copyMemory(from: UnsafeRawBufferPointer(rebasing: answer[offset..<(offset + count)]))
    }
    entries[Int(handle)]!.offset += count
    return Int32(count)
  }

  /// Forgets a handle; what is under way for it is ended.
  mutating func drop(_ handle: Int32) {
    guard isKnown(handle) else { return }
    let entry = entries[Int(handle)]!
    entries[Int(handle)] = nil
    guard !entry.isComplete else { return }
    inFlight -= 1
    ledger.end(entry.record, .cancelled, at: atoll_monotonic_nanoseconds(), answerBytes: 0, wereBytesSent: false)
    entry.cancel?()
  }

  /// Ends everything; for the end of the call.
  mutating func dropAll() {
    for handle in entries.indices { drop(Int32(handle)) }
    entries.removeAll()
  }

  private func isKnown(_ handle: Int32) -> Bool {
    handle >= 0 && Int(handle) < entries.count && entries[Int(handle)] != nil
  }
}
