// Our own prototypes of the part of wasmtime 50.0.1's C API that the sandbox uses, and nothing else.
// The C API changes between majors: Tests/SandboxTests/PrototypeTests.swift compares every name, arity and
// record size here with the prototypes that come with the same wheel as the library.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CWasmtimeCells.h"

// MARK: Byte vectors. `size` first, then the bytes; whoever receives one as an out parameter owns it.

void wasm_byte_vec_delete(wasm_byte_vec_t *vector);

// MARK: Configuration. A wrong value aborts the process in wasm_engine_new_with_config: check before.

wasm_config_t *wasm_config_new(void);
void wasm_config_delete(wasm_config_t *config);
void wasmtime_config_epoch_interruption_set(wasm_config_t *config, bool enabled);
void wasmtime_config_max_wasm_stack_set(wasm_config_t *config, size_t bytes);
void wasmtime_config_async_stack_size_set(wasm_config_t *config, size_t bytes);
void wasmtime_config_wasm_threads_set(wasm_config_t *config, bool enabled);
void wasmtime_config_shared_memory_set(wasm_config_t *config, bool enabled);
void wasmtime_config_wasm_gc_set(wasm_config_t *config, bool enabled);
void wasmtime_config_wasm_function_references_set(wasm_config_t *config, bool enabled);
void wasmtime_config_wasm_memory64_set(wasm_config_t *config, bool enabled);
void wasmtime_config_wasm_multi_memory_set(wasm_config_t *config, bool enabled);
void wasmtime_config_wasm_exceptions_set(wasm_config_t *config, bool enabled);
void wasmtime_config_wasm_custom_page_sizes_set(wasm_config_t *config, bool enabled);
void wasmtime_config_wasm_relaxed_simd_deterministic_set(wasm_config_t *config, bool enabled);
void wasmtime_config_concurrency_support_set(wasm_config_t *config, bool enabled);
void wasmtime_config_memory_init_cow_set(wasm_config_t *config, bool enabled);
void wasmtime_config_native_unwind_info_set(wasm_config_t *config, bool enabled);
void wasmtime_config_parallel_compilation_set(wasm_config_t *config, bool enabled);
void wasmtime_config_cranelift_opt_level_set(wasm_config_t *config, uint8_t level);

enum { WASMTIME_OPT_NONE = 0, WASMTIME_OPT_SPEED = 1, WASMTIME_OPT_SPEED_AND_SIZE = 2 };

wasmtime_pooling_allocation_config_t *wasmtime_pooling_allocation_config_new(void);
void wasmtime_pooling_allocation_config_delete(wasmtime_pooling_allocation_config_t *pool);
void wasmtime_pooling_allocation_config_total_memories_set(wasmtime_pooling_allocation_config_t *pool, uint32_t count);
void wasmtime_pooling_allocation_config_total_tables_set(wasmtime_pooling_allocation_config_t *pool, uint32_t count);
void wasmtime_pooling_allocation_config_total_stacks_set(wasmtime_pooling_allocation_config_t *pool, uint32_t count);
void wasmtime_pooling_allocation_config_total_core_instances_set(
    wasmtime_pooling_allocation_config_t *pool, uint32_t count);
void wasmtime_pooling_allocation_config_total_component_instances_set(
    wasmtime_pooling_allocation_config_t *pool, uint32_t count);
void wasmtime_pooling_allocation_config_total_gc_heaps_set(wasmtime_pooling_allocation_config_t *pool, uint32_t count);
void wasmtime_pooling_allocation_config_table_elements_set(wasmtime_pooling_allocation_config_t *pool, size_t count);
void wasmtime_pooling_allocation_config_max_memory_size_set(wasmtime_pooling_allocation_config_t *pool, size_t bytes);
void wasmtime_pooling_allocation_config_max_unused_warm_slots_set(
    wasmtime_pooling_allocation_config_t *pool, uint32_t count);
void wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(
    wasmtime_pooling_allocation_config_t *pool, size_t bytes);
void wasmtime_pooling_allocation_config_table_keep_resident_set(
    wasmtime_pooling_allocation_config_t *pool, size_t bytes);
void wasmtime_pooling_allocation_config_async_stack_keep_resident_set(
    wasmtime_pooling_allocation_config_t *pool, size_t bytes);
void wasmtime_pooling_allocation_strategy_set(
    wasm_config_t *config, const wasmtime_pooling_allocation_config_t *pool);

// MARK: Engine. Takes the configuration; may be used from every thread.

wasm_engine_t *wasm_engine_new_with_config(wasm_config_t *config);
void wasm_engine_delete(wasm_engine_t *engine);
void wasmtime_engine_increment_epoch(wasm_engine_t *engine);

// MARK: Errors and traps. Both are owned by whoever receives them. `wasmtime_error_new` wants a C string.

void wasmtime_error_delete(wasmtime_error_t *error);
void wasmtime_error_message(const wasmtime_error_t *error, wasm_byte_vec_t *message);
void wasmtime_error_wasm_trace(const wasmtime_error_t *error, wasm_frame_vec_t *frames);
wasm_trap_t *wasmtime_trap_new(const char *message, size_t count);
bool wasmtime_trap_code(const wasm_trap_t *trap, uint8_t *code);
void wasm_trap_message(const wasm_trap_t *trap, wasm_byte_vec_t *message);
void wasm_trap_trace(const wasm_trap_t *trap, wasm_frame_vec_t *frames);
void wasm_trap_delete(wasm_trap_t *trap);
void wasm_frame_vec_delete(wasm_frame_vec_t *frames);
uint32_t wasm_frame_func_index(const wasm_frame_t *frame);
const wasm_byte_vec_t *wasmtime_frame_func_name(const wasm_frame_t *frame);

// MARK: Modules. Deserializing trusts the bytes: only what we wrote and whose digest was just checked.

wasmtime_error_t *wasmtime_wat2wasm(const char *text, size_t count, wasm_byte_vec_t *binary);
wasmtime_error_t *wasmtime_module_new(
    wasm_engine_t *engine, const uint8_t *binary, size_t count, wasmtime_module_t **module);
void wasmtime_module_delete(wasmtime_module_t *module);
wasmtime_error_t *wasmtime_module_serialize(const wasmtime_module_t *module, wasm_byte_vec_t *bytes);
wasmtime_error_t *wasmtime_module_deserialize_file(
    wasm_engine_t *engine, const char *path, wasmtime_module_t **module);

// MARK: Stores. One a call; `data` is whatever the caller likes; not for use from two threads at a time.

wasmtime_store_t *wasmtime_store_new(wasm_engine_t *engine, void *data, void (*finalizer)(void *));
wasmtime_context_t *wasmtime_store_context(wasmtime_store_t *store);
void wasmtime_store_limiter(
    wasmtime_store_t *store, int64_t memory_bytes, int64_t table_elements, int64_t instances, int64_t tables,
    int64_t memories);
void wasmtime_store_delete(wasmtime_store_t *store);
void wasmtime_context_set_epoch_deadline(wasmtime_context_t *context, uint64_t ticks_beyond_current);
// Returns nothing in 50.0.1, whatever the published header says: reading a result here crashes.
void wasmtime_context_epoch_deadline_async_yield_and_update(wasmtime_context_t *context, uint64_t delta);

// MARK: Linkers. Function types are owned by the caller; strings need no terminator.

wasm_valtype_t *wasm_valtype_new(uint8_t kind);
void wasm_valtype_vec_new(wasm_valtype_vec_t *vector, size_t count, wasm_valtype_t *const *types);
wasm_functype_t *wasm_functype_new(wasm_valtype_vec_t *parameters, wasm_valtype_vec_t *results);
void wasm_functype_delete(wasm_functype_t *type);

typedef wasm_trap_t *(*wasmtime_func_unchecked_callback_t)(
    void *environment, wasmtime_caller_t *caller, wasmtime_val_raw_t *arguments_and_results, size_t count);
typedef void (*wasmtime_func_async_callback_t)(
    void *environment, wasmtime_caller_t *caller, const wasmtime_val_t *arguments, size_t argument_count,
    wasmtime_val_t *results, size_t result_count, wasm_trap_t **trap, wasmtime_async_continuation_t *continuation);

wasmtime_linker_t *wasmtime_linker_new(wasm_engine_t *engine);
void wasmtime_linker_delete(wasmtime_linker_t *linker);
wasmtime_error_t *wasmtime_linker_define_func_unchecked(
    wasmtime_linker_t *linker, const char *module, size_t module_count, const char *name, size_t name_count,
    const wasm_functype_t *type, wasmtime_func_unchecked_callback_t callback, void *environment,
    void (*finalizer)(void *));
wasmtime_error_t *wasmtime_linker_define_async_func(
    wasmtime_linker_t *linker, const char *module, size_t module_count, const char *name, size_t name_count,
    const wasm_functype_t *type, wasmtime_func_async_callback_t callback, void *environment,
    void (*finalizer)(void *));
void wasmtime_linker_allow_shadowing(wasmtime_linker_t *linker, bool allowed);
wasmtime_error_t *wasmtime_linker_define(
    wasmtime_linker_t *linker, wasmtime_context_t *context, const char *module, size_t module_count, const char *name,
    size_t name_count, const wasmtime_extern_t *item);
wasmtime_error_t *wasmtime_linker_instantiate_pre(
    const wasmtime_linker_t *linker, const wasmtime_module_t *module, wasmtime_instance_pre_t **prepared);
void wasmtime_instance_pre_delete(wasmtime_instance_pre_t *prepared);

// MARK: Calls. Every pointer given to a call that answers a future stays put until the future is deleted.

wasmtime_call_future_t *wasmtime_instance_pre_instantiate_async(
    const wasmtime_instance_pre_t *prepared, wasmtime_context_t *context, wasmtime_instance_t *instance,
    wasm_trap_t **trap, wasmtime_error_t **error);
wasmtime_call_future_t *wasmtime_linker_instantiate_async(
    const wasmtime_linker_t *linker, wasmtime_context_t *context, const wasmtime_module_t *module,
    wasmtime_instance_t *instance, wasm_trap_t **trap, wasmtime_error_t **error);
wasmtime_call_future_t *wasmtime_func_call_async(
    wasmtime_context_t *context, const wasmtime_func_t *function, const wasmtime_val_t *arguments,
    size_t argument_count, wasmtime_val_t *results, size_t result_count, wasm_trap_t **trap,
    wasmtime_error_t **error);
bool wasmtime_call_future_poll(wasmtime_call_future_t *future);
void wasmtime_call_future_delete(wasmtime_call_future_t *future);

bool wasmtime_instance_export_get(
    wasmtime_context_t *context, const wasmtime_instance_t *instance, const char *name, size_t name_count,
    wasmtime_extern_t *item);
bool wasmtime_caller_export_get(
    wasmtime_caller_t *caller, const char *name, size_t name_count, wasmtime_extern_t *item);
wasmtime_context_t *wasmtime_caller_context(wasmtime_caller_t *caller);
uint8_t *wasmtime_memory_data(wasmtime_context_t *context, const wasmtime_memory_t *memory);
size_t wasmtime_memory_data_size(const wasmtime_context_t *context, const wasmtime_memory_t *memory);
void wasmtime_global_get(wasmtime_context_t *context, const wasmtime_global_t *global, wasmtime_val_t *value);
