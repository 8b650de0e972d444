// Evaluating a worker's source once, at build, in an engine that brings a language: the raw material of an image.

/// What an evaluation left, or why it came to no end of its own.
public struct Evaluation: Sendable {
  public enum Ending: Sendable, Equatable {
    /// The engine's own report, JSON: also of an error that the source threw.
    case reported([UInt8])
    /// More processor time than `limits.cpu_ms`.
    case outOfTime
    /// An allocation failed under `limits.memory`.
    case outOfMemory
    /// It called the import of this name, `module.name`.
    case refused(String)
    case trapped(String)
  }
  public var ending: Ending
  /// All of the memory, in whole pages; empty where nothing was reported.
  public var memory: [UInt8] = []
  /// The engine's stack pointer: the memory below it is dead.
  public var stackPointer = 0

  /// Evaluates `source` in a fresh instance of an engine, under the memory and processor caps of `limits`. Host
  /// functions are refused: what they answer would be the same for every call ever after.
  ///
  /// The engine exports `atoll_javascript_allocate (i32) -> i32`, `atoll_javascript_evaluate (i32, i32) -> i64` and
  /// `__stack_pointer`. Costs what the source does, and 0.1 ms. Blocks its thread.
  /// - Parameter image: the engine's memory as it was linked.
  /// - Throws: `SandboxError` for modules that do not fit each other.
  public static func run(
    _ source: [UInt8], image: Module, engine: Module, limits: CallLimits
  ) throws(SandboxError) -> Evaluation {
    let least = image.shape.memories.first.map { Int(clamping: $0.minimum) * SandboxLimits.pageBytes } ?? 0
    guard least <= limits.memoryBytes else { return Evaluation(ending: .outOfMemory) }
    let run = try BuildRun([image, engine], limits: limits)
    defer { run.end() }
    do throws(BuildRun.Failure) { return Evaluation(try evaluate(source, image, engine, run)) } catch {
      if run.ranOutOfMemory { return Evaluation(ending: .outOfMemory) }
      switch error {
      case .outOfTime: return Evaluation(ending: .outOfTime)
      case .outOfMemory: return Evaluation(ending: .outOfMemory)
      case .refused(let name): return Evaluation(ending: .refused(name))
      case .trapped(let message, _):
        let isFull = limits.memoryBytes - run.memoryBytes < SandboxLimits.memoryNearlyFullBytes
        return Evaluation(ending: isFull ? .outOfMemory : .trapped(message))
      }
    }
  }

  private init(ending: Ending) { self.ending = ending }

  private init(_ done: (report: [UInt8], memory: [UInt8], stackPointer: Int)) {
    ending = .reported(done.report)
    memory = done.memory
    stackPointer = done.stackPointer
  }

  private static func evaluate(
    _ source: [UInt8], _ image: Module, _ engine: Module, _ run: BuildRun
  ) throws(BuildRun.Failure) -> (report: [UInt8], memory: [UInt8], stackPointer: Int) {
    try run.instantiate(image)
    try run.instantiate(engine: engine)
    guard let place = try run.call("atoll_javascript_allocate", Int32(truncatingIfNeeded: source.count)) else {
      throw .trapped(message: "the engine exports no `atoll_javascript_allocate`", backtrace: [])
    }
    guard place != 0 else { throw .outOfMemory }
    guard run.write(source, at: Int(place)) else {
      throw .trapped(message: "the engine gave room for the source outside of its memory", backtrace: [])
    }
    guard
      let answer = try run.call(
        "atoll_javascript_evaluate", Int32(truncatingIfNeeded: Int(place)), Int32(truncatingIfNeeded: source.count))
    else { throw .trapped(message: "the engine exports no `atoll_javascript_evaluate`", backtrace: []) }
    guard let report = run.read(Int(answer >> 32), Int(answer & 0xFFFF_FFFF)), let memory = run.memory(),
      let pointer = run.global("__stack_pointer"), pointer <= UInt64(memory.count)
    else { throw .trapped(message: "the engine's report does not lie within its memory", backtrace: []) }
    return (report, memory, Int(pointer))
  }
}
