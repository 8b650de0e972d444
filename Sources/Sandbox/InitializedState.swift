// What a module's memory and globals hold after `_initialize`: the raw material of a snapshot.
internal import CWasmtime

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
  let run = try InitializeRun(module: module, limits: limits)
  defer { run.end() }
  try run.run()
  return InitializedState(
    memory: try run.memory(), globals: run.globals(), tableUse: try module.shape.tableUse(in: wasm))
}

/// One instance, polled to its end on this thread.
private final class InitializeRun {
  private let module: Module
  private let limits: CallLimits
  private let linker: OpaquePointer
  private let call: Call
  /// What host functions have as their environment: the place of the running call.
  private let current: UnsafeMutablePointer<Call>
  private var slots: UnsafeMutablePointer<atoll_slots_t> { call.slots }
  /// Names that the refusing host functions point at.
  private var refusals: [UnsafeMutablePointer<String>] = []

  init(module: Module, limits: CallLimits) throws(SandboxError) {
    guard module.shape.exportedFunction("_initialize") == WasmShape.FunctionType([], []) else {
      throw SandboxError(.missingExport, "the module exports no function `_initialize` without parameters and results")
    }
    guard let linker = wasmtime_linker_new(module.engine.pointer) else {
      throw SandboxError(.initializationFailed, "wasmtime could not make a linker; is memory short?")
    }
    self.module = module
    self.limits = limits
    self.linker = linker
    call = .allocate(capacity: 1)
    call.initialize(to: CallCell(sandbox: nil))
    call.pointee.hostCallsMax = .max
    current = .allocate(capacity: 1)
    current.initialize(to: call)
    do throws(SandboxError) { try link() } catch {
      end()
      throw error
    }
  }

  func end() {
    atoll_end(slots)
    slots.deallocate()
    call.deinitialize(count: 1)
    call.deallocate()
    current.deallocate()
    wasmtime_linker_delete(linker)
    for name in refusals {
      name.deinitialize(count: 1)
      name.deallocate()
    }
    refusals = []
  }

  /// Constant functions answer; every other import traps with its own name.
  private func link() throws(SandboxError) {
    var defined = Set<String>()
    for entry in module.shape.imports {
      guard entry.kind == .function, let type = entry.function else {
        throw SandboxError(
          .importDenied, "the module imports the \(entry.kind) \(entry.module).\(entry.name); only functions are linked"
        )
      }
      guard defined.insert("\(entry.module)\u{0}\(entry.name)").inserted else { continue }
      let function = HostFunction.all.first { $0.module == entry.module && $0.name == entry.name }
      if let function, function.isConstant, function.type == type {
        try Linking.define(function, in: linker, environment: UnsafeMutableRawPointer(current))
        continue
      }
      let name = UnsafeMutablePointer<String>.allocate(capacity: 1)
      name.initialize(to: "\(entry.module).\(entry.name)")
      refusals.append(name)
      try defineRefusal(entry, type, environment: UnsafeMutableRawPointer(name))
    }
  }

  private func defineRefusal(
    _ entry: WasmShape.Import, _ type: WasmShape.FunctionType, environment: UnsafeMutableRawPointer?
  ) throws(SandboxError) {
    let type = Linking.functionType(type)
    defer { wasm_functype_delete(type) }
    if let error = wasmtime_linker_define_func_unchecked(
      linker, entry.module, entry.module.utf8.count, entry.name, entry.name.utf8.count, type, refuse, environment, nil)
    {
      throw .taking(error, .initializationFailed, "import \(entry.module).\(entry.name) cannot be defined")
    }
  }

  func run() throws(SandboxError) {
    var prepared: OpaquePointer?
    if let error = wasmtime_linker_instantiate_pre(linker, module.pointer, &prepared) {
      throw .taking(error, .compilationFailed, "the module cannot be linked")
    }
    defer {
      // A start function that ran into its cap leaves a future, which still looks at `prepared`.
      if let future = slots.pointee.future {
        wasmtime_call_future_delete(future)
        slots.pointee.future = nil
      }
      wasmtime_instance_pre_delete(prepared)
    }
    let store = wasmtime_store_new(module.engine.pointer, nil, nil)
    slots.pointee.store = store
    slots.pointee.context = wasmtime_store_context(store)
    wasmtime_store_limiter(store, Int64(limits.memoryBytes), -1, 2, 1, 1)
    wasmtime_context_set_epoch_deadline(slots.pointee.context, 1)
    wasmtime_context_epoch_deadline_async_yield_and_update(slots.pointee.context, 1)
    atoll_begin_instantiate(slots, prepared)
    try poll("its instantiation")
    let name = PreparedProgram.initializeName
    guard atoll_find_entry(slots, PreparedProgram.characters(name), name.utf8CodeUnitCount) else {
      throw SandboxError(.missingExport, "the instance has no function `_initialize`")
    }
    atoll_begin_entry(slots, 0, 0)
    try poll("`_initialize`")
  }

  /// Polls to the end; each pending poll is a millisecond used.
  private func poll(_ what: String) throws(SandboxError) {
    let clock = module.engine.epochs
    let word = clock.claim()
    defer { clock.release(word) }
    let before = atoll_thread_cpu_nanoseconds()
    while true {
      let now = atoll_monotonic_nanoseconds()
      atoll_epoch_enter(word, clock.sleeper, now)
      let isDone = wasmtime_call_future_poll(slots.pointee.future)
      atoll_epoch_leave(word, now)
      if isDone { break }
      if (atoll_thread_cpu_nanoseconds() - before) / 1_000_000 >= UInt64(limits.cpuMilliseconds) {
        throw SandboxError(
          .initializationFailed,
          "\(what) used more than \(limits.cpuMilliseconds) ms of processor time; do less at start")
      }
    }
    wasmtime_call_future_delete(slots.pointee.future)
    slots.pointee.future = nil
    if let failure = Failure(taking: slots) {
      let place = failure.backtrace.first.map { " in \($0)" } ?? ""
      throw SandboxError(.initializationFailed, "\(what) failed\(place): \(failure.message)")
    }
  }

  func memory() throws(SandboxError) -> [UInt8] {
    guard atoll_find_memory(slots), let base = atoll_memory_base(slots) else {
      throw SandboxError(.missingExport, "the module exports no memory named `memory`")
    }
    return [UInt8](UnsafeBufferPointer(start: base, count: atoll_memory_bytes(slots)))
  }

  func globals() -> [String: UInt64] {
    var values: [String: UInt64] = [:]
    for export in module.shape.exports
    where export.kind == .global && export.name.hasPrefix(InitializedState.globalPrefix) {
      var item = wasmtime_extern_t()
      guard
        wasmtime_instance_export_get(
          slots.pointee.context, &slots.pointee.instance, export.name, export.name.utf8.count, &item),
        Int(item.kind) == WASMTIME_EXTERN_GLOBAL
      else { continue }
      var value = wasmtime_val_t()
      wasmtime_global_get(slots.pointee.context, &item.of.global, &value)
      let isNarrow = Int(value.kind) == WASMTIME_KIND_I32 || Int(value.kind) == WASMTIME_KIND_F32
      values[export.name] = isNarrow ? UInt64(value.of.f32_bits) : value.of.f64_bits
    }
    return values
  }
}

/// What every import that may not be called does; its environment is its name.
private let refuse: wasmtime_func_unchecked_callback_t = { environment, _, _, _ in
  let name = environment!.assumingMemoryBound(to: String.self).pointee
  return Call.trap("\(name) was called; nothing that the host answers may be kept for every call ever after")
}
