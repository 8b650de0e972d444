// What a module's memory and globals hold after `_initialize`: the raw material of a snapshot.

/// The state of an instance after its `_initialize`.
public struct InitializedState: Sendable {
  /// All of the memory, in whole pages.
  public var memory: [UInt8]
  /// Bits of the exported mutable globals whose names begin with `InitializedState.globalPrefix`, by full name.
  public var globals: [String: UInt64]
  /// What the code could do to tables and passive segments, which a snapshot of memory and globals would lose.
  public var tableUse: WasmShape.TableUse

  /// Bundles exports each mutable global under this prefix and its index, runs this, and drops the exports again.
  public static let globalPrefix = "atoll:global:"
}

/// Runs `_initialize` once, in an engine of its own that is thrown away, and reads what it left behind.
///
/// It runs under the memory and processor caps of `limits`, and may call only host functions whose answer is always
/// the same: what the clock or a random generator said would be the same for every call ever after.
///
/// Blocks its thread for the time of compiling and running: call it on the thread pool.
/// - Throws: `.initializationFailed` where `_initialize` traps, runs into a cap or calls the host, naming the import;
///   whatever `ModuleStore.load` throws for a module that cannot be loaded.
public func initializedState(
  of wasm: [UInt8], limits: CallLimits = CallLimits(cpuMilliseconds: 5000)
) throws(SandboxError) -> InitializedState {
  var configuration = EngineConfiguration(instances: 1)
  configuration.maxMemoryBytes = max(configuration.maxMemoryBytes, limits.memoryBytes / 65536 * 65536)
  let engine = try Engine(configuration)
  let module = try ModuleStore(engine: engine, cacheDirectory: nil).load(wasm).0
  guard module.shape.exportedFunction("_initialize") == WasmShape.FunctionType([], []) else {
    throw SandboxError(.missingExport, "the module exports no function `_initialize` without parameters and results")
  }
  let run = try BuildRun([module], limits: limits)
  defer { run.end() }
  try step("its instantiation", limits) { () throws(BuildRun.Failure) in try run.instantiate(module) }
  try step("`_initialize`", limits) { () throws(BuildRun.Failure) in _ = try run.call("_initialize", results: 0) }
  guard let memory = run.memory() else {
    throw SandboxError(.missingExport, "the module exports no memory named `memory`")
  }
  var globals: [String: UInt64] = [:]
  for export in module.shape.exports where export.name.hasPrefix(InitializedState.globalPrefix) {
    if let bits = run.global(export.name) { globals[export.name] = bits }
  }
  return InitializedState(memory: memory, globals: globals, tableUse: try module.shape.tableUse(in: wasm))
}

private func step(
  _ what: String, _ limits: CallLimits, _ body: () throws(BuildRun.Failure) -> Void
) throws(SandboxError) {
  do throws(BuildRun.Failure) { try body() } catch {
    switch error {
    case .outOfTime:
      throw SandboxError(
        .initializationFailed,
        "\(what) used more than \(limits.cpuMilliseconds) ms of processor time; do less at start")
    case .outOfMemory:
      throw SandboxError(.initializationFailed, "\(what) ran out of memory; raise `limits.memory` in atoll.toml")
    case .refused(let name):
      throw SandboxError(
        .initializationFailed,
        "\(what) failed: \(name) was called; nothing that the host answers may be kept for every call ever after")
    case .trapped(let message, let backtrace):
      let place = backtrace.first.map { " in \($0)" } ?? ""
      throw SandboxError(.initializationFailed, "\(what) failed\(place): \(message)")
    }
  }
}
