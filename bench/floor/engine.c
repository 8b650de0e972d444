// The engine of both C floors. Every setting here has its twin in Sources/Sandbox: change both or neither.
#define _GNU_SOURCE
#include "engine.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
  LIVE_INSTANCES = 1000,
  MEMORY_BYTES_MAX = 64 << 20,
  MEMORY_KEPT_BYTES = 704 << 10,
  TABLE_KEPT_BYTES = 16 << 10,
  WASM_STACK_BYTES = 1 << 20,
  ASYNC_STACK_BYTES = 2 << 20,
  TABLE_ELEMENTS = 2000,
  EPOCH_TICK_NS = 1000000,
};

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("floor: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

void check(const char *doing, wasmtime_error_t *error, wasm_trap_t *trap) {
  wasm_byte_vec_t message = {0, NULL};
  if (error) wasmtime_error_message(error, &message);
  else if (trap) wasm_trap_message(trap, &message);
  else return;
  fail("%s: %.*s", doing, (int)message.size, message.data);
}

bytes_t read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) fail("cannot open %s: %s", path, strerror(errno));
  long size = ftell(file);
  rewind(file);
  bytes_t bytes = {malloc(size > 0 ? (size_t)size : 1), (size_t)size};
  if (size < 0 || !bytes.data || fread(bytes.data, 1, bytes.size, file) != bytes.size)
    fail("cannot read %s: %s", path, strerror(errno));
  fclose(file);
  return bytes;
}

void write_file(const char *path, bytes_t bytes) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes.data, 1, bytes.size, file) != bytes.size || fclose(file) != 0)
    fail("cannot write %s: %s", path, strerror(errno));
}

uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void *tick(void *engine) {
  const struct timespec pause = {0, EPOCH_TICK_NS};
  for (;;) {
    nanosleep(&pause, NULL);
    wasmtime_engine_increment_epoch(engine);
  }
  return NULL;
}

static wasmtime_pooling_allocation_config_t *pool_new(void) {
  wasmtime_pooling_allocation_config_t *pool = wasmtime_pooling_allocation_config_new();
  wasmtime_pooling_allocation_config_total_memories_set(pool, LIVE_INSTANCES);
  wasmtime_pooling_allocation_config_total_tables_set(pool, LIVE_INSTANCES);
  wasmtime_pooling_allocation_config_total_stacks_set(pool, LIVE_INSTANCES);
  wasmtime_pooling_allocation_config_total_core_instances_set(pool, LIVE_INSTANCES * 2);
  wasmtime_pooling_allocation_config_total_component_instances_set(pool, 1);
  wasmtime_pooling_allocation_config_total_gc_heaps_set(pool, 1);
  wasmtime_pooling_allocation_config_table_elements_set(pool, TABLE_ELEMENTS);
  wasmtime_pooling_allocation_config_max_memory_size_set(pool, MEMORY_BYTES_MAX);
  wasmtime_pooling_allocation_config_max_unused_warm_slots_set(pool, LIVE_INSTANCES);
  wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(pool, MEMORY_KEPT_BYTES);
  wasmtime_pooling_allocation_config_table_keep_resident_set(pool, TABLE_KEPT_BYTES);
  wasmtime_pooling_allocation_config_async_stack_keep_resident_set(pool, 0);
  return pool;
}

wasm_engine_t *engine_new(void) {
  wasm_config_t *config = wasm_config_new();
  wasmtime_config_epoch_interruption_set(config, true);
  wasmtime_config_memory_init_cow_set(config, true);
  wasmtime_config_max_wasm_stack_set(config, WASM_STACK_BYTES);
  wasmtime_config_async_stack_size_set(config, ASYNC_STACK_BYTES);
  wasmtime_config_wasm_threads_set(config, false);
  wasmtime_config_shared_memory_set(config, false);
  wasmtime_config_wasm_gc_set(config, false);
  wasmtime_config_wasm_function_references_set(config, false);
  wasmtime_config_wasm_memory64_set(config, false);
  wasmtime_config_wasm_multi_memory_set(config, false);
  wasmtime_config_wasm_custom_page_sizes_set(config, false);
  wasmtime_config_wasm_relaxed_simd_deterministic_set(config, true);
  wasmtime_config_concurrency_support_set(config, false);
  wasmtime_config_native_unwind_info_set(config, false);
  wasmtime_config_parallel_compilation_set(config, true);
  wasmtime_config_cranelift_opt_level_set(config, WASMTIME_OPT_SPEED);
  wasmtime_pooling_allocation_config_t *pool = pool_new();
  wasmtime_pooling_allocation_strategy_set(config, pool);
  wasmtime_pooling_allocation_config_delete(pool);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  if (!engine) fail("wasmtime refused the engine's configuration");
  pthread_t ticker;
  if (pthread_create(&ticker, NULL, tick, engine) != 0) fail("cannot start the epoch thread");
  return engine;
}

wasmtime_module_t *module_load(wasm_engine_t *engine, bytes_t wasm) {
  wasmtime_module_t *compiled, *mapped;
  check("compile", wasmtime_module_new(engine, wasm.data, wasm.size, &compiled), NULL);
  wasm_byte_vec_t serialized;
  check("serialize", wasmtime_module_serialize(compiled, &serialized), NULL);
  wasmtime_module_delete(compiled);

  // As the product does: the file is mapped through an open descriptor, so nobody can change it underneath.
  char path[32];
  int descriptor = memfd_create("module", MFD_CLOEXEC);
  if (descriptor < 0) fail("cannot make a memory file: %s", strerror(errno));
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  write_file(path, (bytes_t){serialized.data, serialized.size});
  wasm_byte_vec_delete(&serialized);
  check("map", wasmtime_module_deserialize_file(engine, path, &mapped), NULL);
  close(descriptor);
  return mapped;
}
