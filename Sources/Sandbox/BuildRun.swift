// A guest that runs for a build: one instance, polled to its end on this thread, with next to no host.
internal import CWasmtime

/// What a build runs of a guest. Constant host functions answer; every other import traps with its own name, since what
/// the clock or a random generator said would be the same for every call ever after.
///
/// Confined to the thread that made it, which it blocks. `end()` must be called.
final class BuildRun {
  /// Why a step did not end well.
  enum Failure: Error {
    case outOfTime
    /// An allocation that the guest reports as failed.
    case outOfMemory
    /// The import that was called, `module.name`.
    case refused(String)
    case trapped(message: String, backtrace: [String])
  }

  let engine: Engine
  private let limits: CallLimits
  private let linker: OpaquePointer
  private let call: Call
  /// What host functions have as their environment: the place of the running call.
  private let current: UnsafeMutablePointer<Call>
  private var slots: UnsafeMutablePointer<atoll_slots_t> { call.slots }
  private let arguments: UnsafeMutablePointer<wasmtime_val_t>
  private static let argumentsMax = 2
  /// What the refusing host functions point at.
  private var refusals: [UnsafeMutablePointer<Refusal>] = []
  private var prepared: OpaquePointer?
  private var processorNanoseconds: UInt64 = 0

  /// Whether the guest said that an allocation failed (`atoll:log`, level 16).
  var ranOutOfMemory: Bool { call.pointee.ranOutOfMemory }

  /// - Parameter modules: whose imports are linked.
  init(_ modules: [Module], limits: CallLimits) throws(SandboxError) {
    engine = modules[0].engine
    self.limits = limits
    linker = try Linking.linker(over: engine)
    call = .allocate(capacity: 1)
    call.initialize(to: CallCell(sandbox: nil))
    call.pointee.hostCallsMax = .max
    current = .allocate(capacity: 1)
    current.initialize(to: call)
    arguments = .allocate(capacity: Self.argumentsMax)
    arguments.initialize(repeating: wasmtime_val_t(), count: Self.argumentsMax)
    do throws(SandboxError) {
      for module in modules { try link(module) }
    } catch {
      end()
      throw error
    }
  }

  func end() {
    // The future first: it still looks at `prepared`.
    atoll_end(slots)
    if let trap = slots.pointee.trap { wasm_trap_delete(trap) }
    if let error = slots.pointee.error { wasmtime_error_delete(error) }
    slots.deallocate()
    if let prepared { wasmtime_instance_pre_delete(prepared) }
    call.deinitialize(count: 1)
    call.deallocate()
    current.deallocate()
    arguments.deallocate()
    wasmtime_linker_delete(linker)
    for refusal in refusals {
      refusal.deinitialize(count: 1)
      refusal.deallocate()
    }
    refusals = []
  }

  private func link(_ module: Module) throws(SandboxError) {
    var defined = Set<String>()
    for entry in module.shape.imports where entry.kind != .memory {
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
      let refusal = UnsafeMutablePointer<Refusal>.allocate(capacity: 1)
      refusal.initialize(to: Refusal(name: "\(entry.module).\(entry.name)", call: call))
      refusals.append(refusal)
      try defineRefusal(entry, type, environment: UnsafeMutableRawPointer(refusal))
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

  // MARK: Steps

  /// Makes the store and instantiates a module whose imports are functions only.
  func instantiate(_ module: Module) throws(Failure) {
    if let error = wasmtime_linker_instantiate_pre(linker, module.pointer, &prepared) {
      throw .trapped(message: wasmtimeMessage(taking: error), backtrace: [])
    }
    let store = wasmtime_store_new(engine.pointer, nil, nil)
    slots.pointee.store = store
    slots.pointee.context = wasmtime_store_context(store)
    wasmtime_store_limiter(store, Int64(limits.memoryBytes), -1, 2, 1, 1)
    wasmtime_context_set_epoch_deadline(slots.pointee.context, 1)
    wasmtime_context_epoch_deadline_async_yield_and_update(slots.pointee.context, 1)
    atoll_begin_instantiate(slots, prepared)
    try poll()
  }

  /// Instantiates an engine over the memory of the image that was instantiated before.
  func instantiate(engine: Module) throws(Failure) {
    guard atoll_begin_engine(slots, linker, engine.pointer) else {
      if let failed = Sandbox.Failure(taking: slots) { throw .trapped(message: failed.message, backtrace: []) }
      throw .trapped(message: "the image shows no memory", backtrace: [])
    }
    call.pointee.hasMemory = true
    try poll()
  }

  /// Calls an exported function that takes i32s and answers one number or nothing; nil where there is none of that name.
  func call(_ name: String, _ values: Int32..., results: Int = 1) throws(Failure) -> UInt64? {
    precondition(values.count <= Self.argumentsMax)
    for (index, value) in values.enumerated() {
      arguments[index].kind = UInt8(WASMTIME_KIND_I32)
      arguments[index].of.i32 = value
    }
    guard
      name.utf8.withContiguousStorageIfAvailable({ bytes in
        bytes.withMemoryRebound(to: CChar.self) { atoll_find_entry(slots, $0.baseAddress, $0.count) }
      }) == true
    else { return nil }
    atoll_begin_call(slots, arguments, values.count, results)
    try poll()
    let result = slots.pointee.result
    guard results > 0 else { return 0 }
    return Int(result.kind) == WASMTIME_KIND_I32 ? UInt64(result.of.f32_bits) : result.of.f64_bits
  }

  /// Polls to the end; each pending poll is a millisecond used.
  private func poll() throws(Failure) {
    let clock = engine.epochs
    let word = clock.claim()
    defer { clock.release(word) }
    let before = atoll_thread_cpu_nanoseconds()
    defer { processorNanoseconds += atoll_thread_cpu_nanoseconds() - before }
    while true {
      let now = atoll_monotonic_nanoseconds()
      atoll_epoch_enter(word, clock.sleeper, now)
      let isDone = wasmtime_call_future_poll(slots.pointee.future)
      atoll_epoch_leave(word, now)
      if isDone { break }
      let used = processorNanoseconds + atoll_thread_cpu_nanoseconds() - before
      if used / 1_000_000 >= UInt64(limits.cpuMilliseconds) { throw .outOfTime }
    }
    wasmtime_call_future_delete(slots.pointee.future)
    slots.pointee.future = nil
    guard let failed = Sandbox.Failure(taking: slots) else { return }
    if let refusal = refusals.first(where: { $0.pointee.wasCalled }) { throw .refused(refusal.pointee.name) }
    throw .trapped(message: failed.message, backtrace: failed.backtrace)
  }

  // MARK: What is left

  /// All of the memory, in whole pages; nil where the module exports none.
  func memory() -> [UInt8]? {
    guard call.pointee.hasMemory || atoll_find_memory(slots), let base = atoll_memory_base(slots) else { return nil }
    return [UInt8](UnsafeBufferPointer(start: base, count: atoll_memory_bytes(slots)))
  }

  var memoryBytes: Int { call.pointee.hasMemory ? atoll_memory_bytes(slots) : 0 }

  /// Writes into the memory; false where the bytes do not lie within it.
  func write(_ bytes: [UInt8], at start: Int) -> Bool {
    guard start <= memoryBytes, bytes.count <= memoryBytes - start, let base = atoll_memory_base(slots) else {
      return false
    }
    UnsafeMutableRawBufferPointer(start: base + start, count: bytes.count).copyBytes(from: bytes)
    return true
  }

  /// A part of the memory; nil where it does not lie within it.
  func read(_ start: Int, _ count: Int) -> [UInt8]? {
    guard start <= memoryBytes, count <= memoryBytes - start, let base = atoll_memory_base(slots) else { return nil }
    return [UInt8](UnsafeBufferPointer(start: base + start, count: count))
  }

  /// The bits of an exported global that is a number.
  func global(_ name: String) -> UInt64? {
    var item = wasmtime_extern_t()
    guard
      wasmtime_instance_export_get(
        slots.pointee.context, &slots.pointee.instance, name, name.utf8.count, &item),
      Int(item.kind) == WASMTIME_EXTERN_GLOBAL
    else { return nil }
    var value = wasmtime_val_t()
    wasmtime_global_get(slots.pointee.context, &item.of.global, &value)
    let isNarrow = Int(value.kind) == WASMTIME_KIND_I32 || Int(value.kind) == WASMTIME_KIND_F32
    return isNarrow ? UInt64(value.of.f32_bits) : value.of.f64_bits
  }
}

/// An import that may not be called.
private struct Refusal {
  let name: String
  let call: Call
  var wasCalled = false
}

/// What every import that may not be called does. That an allocation failed may be said at any time.
private let refuse: wasmtime_func_unchecked_callback_t = { environment, _, values, _ in
  let refusal = environment!.assumingMemoryBound(to: Refusal.self)
  if refusal.pointee.name == "atoll:log.write", let values, values[0].i32 == HostBasics.outOfMemoryLevel {
    refusal.pointee.call.pointee.ranOutOfMemory = true
    return nil
  }
  refusal.pointee.wasCalled = true
  return Call.trap(
    "\(refusal.pointee.name) was called; nothing that the host answers may be kept for every call ever after")
}
