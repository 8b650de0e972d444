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
    static let denied: Int32 = -5
    static let requestTooLarge: Int32 = -6
    static let brokeOff: Int32 = -7
  }

  /// What `wait` is given for whichever ends first; every other negative number is an unknown handle.
  static let any: Int32 = -1

  private struct Entry {
    var record: Int
    var answer: [UInt8] = []
    var offset = 0
    /// More of the answer may come.
    var isOpen = true
    /// There is something to see that a `wait` has to wake for: bytes, or the end.
    var isReady = false
    var isReported = false
    /// It broke off; the answer's bytes are followed by why.
    var why: [UInt8]?
    var order = 0
    var answerBytes = 0
    /// Ends what is under way for it; called once, when the guest drops the handle or the call ends.
    var cancel: (() -> Bool)?
    /// Told when the guest has read all there was.
    var drained: (() -> Void)?
  }

  private let ledger: CallLedger
  private var entries: [Entry?] = []
  private var inFlight = 0
  private var arrivals = 0
  private var started = 0
  private var unreadBytes = 0

  private static let tooMuchUnread = Array(
    #"{"error":{"code":"too_large","message":"the call holds more answers than it may, unread; read or drop some first"}}"#
      .utf8)

  init(ledger: CallLedger) { self.ledger = ledger }

  /// Starts an operation and writes it into the ledger.
  /// - Returns: its handle, or nil when the guest holds too many.
  mutating func begin(
    _ effect: HostOperation.Effect, target: String, requestDigest: [UInt8] = [], requestBytes: Int = 0
  ) -> Int32? {
    let free = entries.indices.first { entries[$0] == nil }
    guard free != nil || entries.count < SandboxLimits.handlesMax, started < SandboxLimits.operationsMax else {
      return nil
    }
    started += 1
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

  /// The place in the ledger of the operation that has this handle now.
  func record(of handle: Int32) -> Int? { isKnown(handle) ? entries[Int(handle)]!.record : nil }

  /// The handle of an operation, by its place in the ledger; nil when it was dropped.
  func handle(of record: Int) -> Int32? { entries.indices.first { entries[$0]?.record == record }.map(Int32.init) }

  /// Says how to end what is under way for a handle.
  mutating func onCancel(_ handle: Int32, _ cancel: @escaping () -> Bool) {
    guard isKnown(handle), entries[Int(handle)]!.isOpen else { return }
    entries[Int(handle)]!.cancel = cancel
  }

  mutating func onDrained(_ handle: Int32, _ drained: @escaping () -> Void) {
    guard isKnown(handle), entries[Int(handle)]!.isOpen else { return }
    entries[Int(handle)]!.drained = drained
  }

  /// Bytes of an answer that the guest has not read.
  func unread(_ handle: Int32) -> Int {
    isKnown(handle) ? entries[Int(handle)]!.answer.count - entries[Int(handle)]!.offset : 0
  }

  /// Adds what came of an operation. Nothing happens when it was dropped meanwhile, or has ended.
  mutating func take(_ event: CallTape.Event, for handle: Int32) {
    guard isKnown(handle), entries[Int(handle)]!.isOpen else { return }
    guard unreadBytes + event.bytes.count <= SandboxLimits.unreadBytesMax else { return overflow(Int(handle)) }
    add(event, to: Int(handle))
  }

  private mutating func add(_ event: CallTape.Event, to index: Int) {
    unreadBytes += event.bytes.count
    if !entries[index]!.isReady {
      entries[index]!.isReady = true
      entries[index]!.order = arrivals
      arrivals += 1
      inFlight -= 1
    }
    if event.ending == .broken {
      entries[index]!.why = event.bytes
      unreadBytes -= event.bytes.count
    } else {
      entries[index]!.answerBytes += event.bytes.count
      if entries[index]!.answer.isEmpty {
        entries[index]!.answer = event.bytes
      } else {
        entries[index]!.answer += event.bytes
      }
    }
    guard event.ending != nil else { return }
    entries[index]!.isOpen = false
    entries[index]!.cancel = nil
    entries[index]!.drained = nil
    ledger.end(
      entries[index]!.record, event.outcome, at: atoll_monotonic_nanoseconds(),
      answerBytes: entries[index]!.answerBytes, wereBytesSent: event.wereBytesSent)
  }

  /// Ends an operation whose answer there is no room for. What was read of it stays read.
  private mutating func overflow(_ index: Int) {
    let cancel = entries[index]!.cancel
    let isWhole = entries[index]!.answerBytes == 0
    entries[index]!.cancel = nil
    unreadBytes -= entries[index]!.answer.count - entries[index]!.offset
    entries[index]!.answer = []
    entries[index]!.offset = 0
    // Said without another look at the bound: there are at most as many such answers as handles.
    add(
      CallTape.Event(
        record: entries[index]!.record, bytes: Self.tooMuchUnread, ending: isWhole ? .whole : .broken,
        outcome: .failed("too_large"), wereBytesSent: cancel?() ?? true), to: index)
  }

  /// What a `wait` finds: the handle it answers with, a code below 0, or nil when the guest has to sleep.
  mutating func poll(_ handle: Int32) -> Int32? {
    if handle != Self.any {
      guard isKnown(handle) else { return Code.unknownHandle }
      guard entries[Int(handle)]!.isReady else { return nil }
      entries[Int(handle)]!.isReported = true
      return handle
    }
    var first: (handle: Int, order: Int)?
    // By index: an entry that is taken out is retained member by member.
    for index in entries.indices {
      guard entries[index]?.isReady == true, entries[index]?.isReported == false else { continue }
      let order = entries[index]!.order
      if first == nil || order < first!.order { first = (index, order) }
    }
    if let first {
      entries[first.handle]!.isReported = true
      return Int32(first.handle)
    }
    return inFlight == 0 ? Code.nothingToWaitFor : nil
  }

  func size(_ handle: Int32) -> Int32 {
    guard isKnown(handle) else { return Code.unknownHandle }
    let unread = unread(handle)
    if unread > 0 { return Int32(clamping: unread) }
    if entries[Int(handle)]!.isOpen { return Code.inFlight }
    return entries[Int(handle)]!.why == nil ? 0 : Code.brokeOff
  }

  /// Copies the next bytes of an answer; 0 at its end.
  /// - Returns: the count or a code, and whom to tell that all there was is read.
  mutating func read(_ handle: Int32, into target: UnsafeMutableRawBufferPointer) -> (Int32, drained: (() -> Void)?) {
    guard isKnown(handle) else { return (Code.unknownHandle, nil) }
    let index = Int(handle)
    let offset = entries[index]!.offset
    let unread = entries[index]!.answer.count - offset
    guard unread > 0 else { return (ended(index), nil) }
    let count = min(target.count, unread)
    entries[index]!.answer.withUnsafeBytes { answer in
      target.copyMemory(from: UnsafeRawBufferPointer(rebasing: answer[offset..<(offset + count)]))
    }
    entries[index]!.offset += count
    unreadBytes -= count
    guard entries[index]!.isOpen, count == unread else { return (Int32(count), nil) }
    // A stream's room is used again.
    entries[index]!.answer.removeAll(keepingCapacity: true)
    entries[index]!.offset = 0
    return (Int32(count), entries[index]!.drained)
  }

  /// What `read` answers where no bytes are left.
  private mutating func ended(_ index: Int) -> Int32 {
    if entries[index]!.isOpen {
      // The next bytes, or the end, are news again.
      if entries[index]!.isReady {
        entries[index]!.isReady = false
        entries[index]!.isReported = false
        inFlight += 1
      }
      return Code.inFlight
    }
    guard let why = entries[index]!.why else { return 0 }
    entries[index]!.why = nil
    unreadBytes += why.count
    entries[index]!.answer = why
    entries[index]!.offset = 0
    return Code.brokeOff
  }

  /// Forgets a handle; what is under way for it is ended.
  mutating func drop(_ handle: Int32) {
    guard isKnown(handle) else { return }
    if !entries[Int(handle)]!.isReady { inFlight -= 1 }
    unreadBytes -= unread(handle)
    guard entries[Int(handle)]!.isOpen else {
      entries[Int(handle)] = nil
      return
    }
    let entry = entries[Int(handle)]!
    entries[Int(handle)] = nil
    let wereBytesSent = entry.cancel?() ?? false
    ledger.end(
      entry.record, .cancelled, at: atoll_monotonic_nanoseconds(), answerBytes: entry.answerBytes,
      wereBytesSent: wereBytesSent)
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
