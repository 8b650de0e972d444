// The records that cross wasmtime's C API, and the cell of a call: the slots that must not move while a call
// future lives. Handing out their addresses is C's job, since Swift may move a temporary.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wasm_config_t wasm_config_t;
typedef struct wasm_engine_t wasm_engine_t;
typedef struct wasm_functype_t wasm_functype_t;
typedef struct wasm_valtype_t wasm_valtype_t;
typedef struct wasm_trap_t wasm_trap_t;
typedef struct wasm_frame_t wasm_frame_t;
typedef struct wasmtime_error wasmtime_error_t;
typedef struct wasmtime_module wasmtime_module_t;
typedef struct wasmtime_store wasmtime_store_t;
typedef struct wasmtime_context wasmtime_context_t;
typedef struct wasmtime_linker wasmtime_linker_t;
typedef struct wasmtime_instance_pre wasmtime_instance_pre_t;
typedef struct wasmtime_call_future wasmtime_call_future_t;
typedef struct wasmtime_caller wasmtime_caller_t;
typedef struct wasmtime_pooling_allocation_config wasmtime_pooling_allocation_config_t;

typedef struct { size_t size; uint8_t *data; } wasm_byte_vec_t;
typedef struct { size_t size; wasm_frame_t **data; } wasm_frame_vec_t;
typedef struct { size_t size; wasm_valtype_t **data; } wasm_valtype_vec_t;

// Handles into a store. The private words are the library's; the wrong store's handle aborts the process.
typedef struct { uint64_t store_id; size_t private_word; } wasmtime_instance_t;
typedef struct { uint64_t store_id; void *private_word; } wasmtime_func_t;
typedef struct { struct { uint64_t store_id; uint32_t private_1; } head; uint32_t private_2; } wasmtime_memory_t;
typedef struct { uint64_t store_id; uint32_t private_1, private_2, private_3; } wasmtime_global_t;

enum { WASMTIME_KIND_I32 = 0, WASMTIME_KIND_I64 = 1, WASMTIME_KIND_F32 = 2, WASMTIME_KIND_F64 = 3 };
typedef union {
  int32_t i32;
  int64_t i64;
  uint32_t f32_bits;
  uint64_t f64_bits;
  wasmtime_func_t funcref;
  uint64_t words[3];
} wasmtime_valunion_t;
typedef struct { uint8_t kind; wasmtime_valunion_t of; } wasmtime_val_t;
typedef union { int32_t i32; int64_t i64; uint64_t words[2]; } wasmtime_val_raw_t;

enum { WASMTIME_EXTERN_FUNC = 0, WASMTIME_EXTERN_GLOBAL = 1, WASMTIME_EXTERN_TABLE = 2, WASMTIME_EXTERN_MEMORY = 3 };
typedef union {
  wasmtime_func_t func;
  wasmtime_global_t global;
  wasmtime_memory_t memory;
  uint64_t words[3];
} wasmtime_extern_union_t;
typedef struct { uint8_t kind; wasmtime_extern_union_t of; } wasmtime_extern_t;

// What an asynchronous host function fills: `callback` is asked at each poll whether the answer is there.
typedef struct {
  bool (*callback)(void *environment);
  void *environment;
  void (*finalizer)(void *);
} wasmtime_async_continuation_t;

_Static_assert(sizeof(wasmtime_val_t) == 32 && sizeof(wasmtime_extern_t) == 32, "shape of wasmtime 50.0.1");
_Static_assert(sizeof(wasmtime_val_raw_t) == 16 && sizeof(wasmtime_memory_t) == 24, "shape of wasmtime 50.0.1");
_Static_assert(sizeof(wasmtime_global_t) == 24 && sizeof(wasmtime_func_t) == 16, "shape of wasmtime 50.0.1");

// Everything that one call lends to wasmtime. Lives on the heap, is recycled, and never moves.
typedef struct {
  wasmtime_store_t *store;
  wasmtime_context_t *context;
  wasmtime_call_future_t *future;
  wasm_trap_t *trap;
  wasmtime_error_t *error;
  wasmtime_instance_t instance;
  wasmtime_extern_t entry;
  wasmtime_extern_t memory;
  wasmtime_val_t argument;
  wasmtime_val_t result;
} atoll_slots_t;
