// A program linked for one loop: what a call needs and nothing that it would have to look up.
internal import CWasmtime

/// A program with its imports resolved against one loop's host functions. Confined to that loop's thread.
public final class PreparedProgram: @unchecked Sendable {
  public let program: Program
  /// The worker, or the image of one in split form.
  let pointer: OpaquePointer
  /// What a program in split form is completed with: the shared engine, and its loop's linker.
  struct Split {
    let engine: OpaquePointer
    let linker: OpaquePointer
  }
  let split: Split?
  /// The entry's name as the library wants it; static memory.
  let entry: UnsafePointer<CChar>
  let entryCount: Int
  let isReactor: Bool
  let runsInitialize: Bool
  let memoryBytes: Int64
  let cpuNanoseconds: UInt64
  let wallNanoseconds: UInt64
  let outputBytes: Int
  let hostCalls: Int

  static let initializeName: StaticString = "_initialize"
  private static let reactorName: StaticString = "atoll_call"
  private static let commandName: StaticString = "_start"

  init(program: Program, taking pointer: OpaquePointer, split: Split?) {
    self.program = program
    self.pointer = pointer
    self.split = split
    isReactor = program.kind == .reactor
    let name = isReactor ? Self.reactorName : Self.commandName
    entry = Self.characters(name)
    entryCount = name.utf8CodeUnitCount
    runsInitialize = program.runsInitialize
    memoryBytes = Int64(program.limits.memoryBytes)
    cpuNanoseconds = UInt64(program.limits.cpuMilliseconds) * 1_000_000
    wallNanoseconds = UInt64(program.limits.wallMilliseconds) * 1_000_000
    outputBytes = program.limits.outputBytes
    hostCalls = program.limits.hostCalls
  }

  deinit { wasmtime_instance_pre_delete(pointer) }

  static func characters(_ name: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
