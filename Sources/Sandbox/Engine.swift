// The engine of a process: the compiler, the pool of instances and the epoch clock.
internal import CWasmtime

/// wasmtime's engine with its pool of instances. One a process; may be used from every thread.
///
/// Making one costs 2.8 ms with 1,000 instances, most of it address space reserved for them.
public final class Engine: Sendable {
  public let configuration: EngineConfiguration
  nonisolated(unsafe) let pointer: OpaquePointer
  let epochs: EpochClock

  /// - Throws: `.badConfiguration` for what the library would abort the process for.
  public init(_ configuration: EngineConfiguration = EngineConfiguration()) throws(SandboxError) {
    try configuration.validate()
    guard let settings = wasm_config_new(), let pool = wasmtime_pooling_allocation_config_new() else {
      throw SandboxError(.badConfiguration, "wasmtime could not make a configuration; is memory short?")
    }
    Engine.fillSettings(settings, configuration)
    Engine.fillPool(pool, configuration)
    wasmtime_pooling_allocation_strategy_set(settings, pool)
    wasmtime_pooling_allocation_config_delete(pool)
    guard let engine = wasm_engine_new_with_config(settings) else {
      throw SandboxError(.badConfiguration, "wasmtime could not make an engine of \(configuration.instances) instances")
    }
    self.configuration = configuration
    self.pointer = engine
    self.epochs = EpochClock(engine: engine)
  }

  deinit {
    epochs.stop()
    wasm_engine_delete(pointer)
  }

  private static func fillSettings(_ settings: OpaquePointer, _ configuration: EngineConfiguration) {
    wasmtime_config_epoch_interruption_set(settings, true)
    wasmtime_config_memory_init_cow_set(settings, true)
    wasmtime_config_max_wasm_stack_set(settings, configuration.maxWasmStackBytes)
    wasmtime_config_async_stack_size_set(settings, configuration.asyncStackBytes)
    wasmtime_config_wasm_threads_set(settings, false)
    wasmtime_config_shared_memory_set(settings, false)
    wasmtime_config_wasm_gc_set(settings, false)
    wasmtime_config_wasm_function_references_set(settings, false)
    wasmtime_config_wasm_memory64_set(settings, false)
    wasmtime_config_wasm_multi_memory_set(settings, false)
    wasmtime_config_wasm_custom_page_sizes_set(settings, false)
    wasmtime_config_wasm_exceptions_set(settings, false)
    // A recorded call must replay to the same bytes on another machine.
    wasmtime_config_wasm_relaxed_simd_deterministic_set(settings, true)
    wasmtime_config_concurrency_support_set(settings, false)
    // Only native debuggers read it; registering it is a good part of the time a module takes to load.
    wasmtime_config_native_unwind_info_set(settings, false)
    wasmtime_config_parallel_compilation_set(settings, true)
    wasmtime_config_cranelift_opt_level_set(settings, UInt8(WASMTIME_OPT_SPEED))
  }

  private static func fillPool(_ pool: OpaquePointer, _ configuration: EngineConfiguration) {
    let instances = UInt32(configuration.instances)
    wasmtime_pooling_allocation_config_total_memories_set(pool, instances)
    wasmtime_pooling_allocation_config_total_tables_set(pool, instances)
    wasmtime_pooling_allocation_config_total_stacks_set(pool, instances)
    // Two a call: a JavaScript worker is an engine module and a data module.
    wasmtime_pooling_allocation_config_total_core_instances_set(pool, instances * 2)
    wasmtime_pooling_allocation_config_total_component_instances_set(pool, 1)
    wasmtime_pooling_allocation_config_total_gc_heaps_set(pool, 1)
    wasmtime_pooling_allocation_config_table_elements_set(pool, configuration.tableElements)
    wasmtime_pooling_allocation_config_max_memory_size_set(pool, configuration.maxMemoryBytes)
    wasmtime_pooling_allocation_config_max_unused_warm_slots_set(pool, instances)
    wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(
      pool, configuration.linearMemoryKeepResidentBytes)
    wasmtime_pooling_allocation_config_table_keep_resident_set(pool, configuration.tableKeepResidentBytes)
    // No effect while stacks are not zeroed, which is the library's default: a stack holds host frames and guest
    // registers, and no guest can read it.
    wasmtime_pooling_allocation_config_async_stack_keep_resident_set(pool, 0)
  }
}
