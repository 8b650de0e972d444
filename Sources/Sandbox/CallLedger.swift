// What happened in a call: written by the stages and the sandbox, read by log, metrics, tests and, later, audit.

/// One host operation: something that a guest started and the host did.
public struct HostOperation: Sendable, Equatable {
  /// What the operation can do to the world outside.
  public enum Effect: String, Sendable {
    /// It only reads: it may be repeated.
    case read
    /// It writes, and says whether it did.
    case write
    /// Nobody can say what it does, or repeating it does it again.
    case unsafe
  }
  public enum Outcome: Sendable, Equatable {
    case running
    case completed
    case failed(String)
    /// The guest dropped it, or the call ended first.
    case cancelled
  }

  public var effect: Effect
  /// What it went to: `timer`, `kv:forecasts`, `fetch:api`.
  public var target: String
  /// sha256 of the request's bytes; empty where there are none.
  public var requestDigest: [UInt8]
  public var requestBytes: Int
  public var answerBytes = 0
  /// Monotonic nanoseconds.
  public var startNanoseconds: UInt64
  public var endNanoseconds: UInt64 = 0
  /// Whether any byte left this process: decides whether a failure may be repeated.
  public var wereBytesSent = false
  public var outcome = Outcome.running
  /// Its place in the order of completion, from 0.
  public var completionOrder: Int?
}

/// A line that a guest logged.
public struct GuestLogLine: Sendable, Equatable {
  /// As swift-log orders them.
  public enum Level: Int32, Sendable { case trace, debug, info, notice, warning, error, critical }
  public enum Source: Sendable { case log, stdout, stderr }
  public var level: Level
  public var source: Source
  public var text: String

  public init(level: Level, source: Source, text: String) {
    self.level = level
    self.source = source
    self.text = text
  }
}

/// The record of one call. Confined to the call's task, which prefers one loop; allocates nothing until something
/// is written into it.
public final class CallLedger: @unchecked Sendable {
  /// What of its limits the call used.
  public struct Use: Sendable, Equatable {
    /// Processor time in the guest, instantiation included.
    public var cpuNanoseconds: UInt64 = 0
    /// From the request in hand to the end of the guest.
    public var wallNanoseconds: UInt64 = 0
    /// The memory at its end, which is its largest: memory never shrinks.
    public var memoryBytes = 0
    public var outputBytes = 0
    public var hostCalls = 0
    public var logBytes = 0
  }
  /// One step of the way of a call, in monotonic nanoseconds.
  public struct Stage: Sendable {
    public var name: StaticString
    public var startNanoseconds: UInt64
    public var endNanoseconds: UInt64
  }

  public internal(set) var use = Use()
  public private(set) var operations: [HostOperation] = []
  public private(set) var stages: [Stage] = []
  /// Functions on the guest's stack when it trapped, innermost first; for the log, never for the caller.
  public internal(set) var backtrace: [String] = []
  /// Where it ran: the site's name and the loop's.
  public var place: (site: String, loop: String)?
  /// Gets each line that the guest logs. Called on the loop, on the guest's stack: short, and never suspending.
  public var logSink: ((GuestLogLine) -> Void)?
  /// Records what the outside tells the guest, or replays it; nil for calls of which nobody wants to know.
  public var tape: CallTape?
  /// Gets each progress report, as the guest's bytes. Called as `logSink` is.
  public var progressSink: (([UInt8]) -> Void)?
  private var completions = 0

  public init() {}

  public func add(stage name: StaticString, from start: UInt64, to end: UInt64) {
    stages.append(Stage(name: name, startNanoseconds: start, endNanoseconds: end))
  }

  /// Writes the start of an operation; its place here is its name for the rest of its life.
  func begin(_ operation: HostOperation) -> Int {
    operations.append(operation)
    return operations.count - 1
  }

  func describe(_ index: Int, _ effect: HostOperation.Effect, target: String) {
    operations[index].effect = effect
    operations[index].target = target
  }

  func markSent(_ index: Int) { operations[index].wereBytesSent = true }

  func end(_ index: Int, _ outcome: HostOperation.Outcome, at time: UInt64, answerBytes: Int, wereBytesSent: Bool) {
    guard operations[index].outcome == .running else { return }
    operations[index].outcome = outcome
    operations[index].endNanoseconds = time
    operations[index].answerBytes = answerBytes
    if wereBytesSent { operations[index].wereBytesSent = true }
    if outcome != .cancelled {
      operations[index].completionOrder = completions
      completions += 1
    }
  }
}
