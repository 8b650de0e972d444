// The life of one call, as Sources/Sandbox leads it: store, limiter, epoch, asynchronous instantiation and call.
#include "worker.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY_CAP_BYTES = 16 << 20, TABLE_ELEMENTS_CAP = 2000, ANSWER_BYTES_MAX = 1 << 20 };

// The slots wasmtime writes into while a future lives: they stay put for the whole run.
typedef struct {
  wasmtime_instance_t instance;
  wasmtime_memory_t memory;
  wasmtime_func_t function;
  wasmtime_val_t argument, result;
  wasm_trap_t *trap;
  wasmtime_error_t *error;
} cell_t;

struct worker {
  wasm_engine_t *engine;
  wasmtime_instance_pre_t *prepared;
  bytes_t request;
  bytes_t answer;
  cell_t cell;
};

// Where a region of the guest's memory stands for the host; ends the process if the guest's word is wrong.
static uint8_t *guest_bytes(worker_t *worker, wasmtime_context_t *context, uint64_t at, uint64_t size) {
  uint64_t limit = wasmtime_memory_data_size(context, &worker->cell.memory);
  if (at > limit || size > limit - at) fail("the guest pointed outside its memory");
  return wasmtime_memory_data(context, &worker->cell.memory) + at;
}

// atoll:io.request(ptr): the guest has made room, the host writes the request there.
static wasm_trap_t *give_request(void *environment, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count) {
  (void)count;
  worker_t *worker = environment;
  uint64_t at = (uint32_t)values[0].i32;
  memcpy(guest_bytes(worker, wasmtime_caller_context(caller), at, worker->request.size), worker->request.data,
         worker->request.size);
  return NULL;
}

// The type (i32) → ().
static wasm_functype_t *takes_pointer(void) {
  wasm_valtype_t *pointer = wasm_valtype_new(WASMTIME_KIND_I32);
  wasm_valtype_vec_t parameters, results = {0, NULL};
  wasm_valtype_vec_new(&parameters, 1, &pointer);
  return wasm_functype_new(&parameters, &results);
}

worker_t *worker_new(wasm_engine_t *engine, wasmtime_module_t *module) {
  worker_t *worker = calloc(1, sizeof *worker);
  if (!worker || !(worker->answer.data = malloc(ANSWER_BYTES_MAX))) fail("out of memory");
  worker->engine = engine;
  wasmtime_linker_t *linker = wasmtime_linker_new(engine);
  wasm_functype_t *type = takes_pointer();
  check("define atoll:io.request",
        wasmtime_linker_define_func_unchecked(
            linker, "atoll:io", 8, "request", 7, type, give_request, worker, NULL),
        NULL);
  wasm_functype_delete(type);
  // What the tool does not reach in this bench is a stub.
  check("define stubs", wasmtime_linker_define_unknown_imports_as_traps(linker, module), NULL);
  check("prepare", wasmtime_linker_instantiate_pre(linker, module, &worker->prepared), NULL);
  return worker;
}

// An epoch tick makes a running guest yield once: the poll is pending, and the next one goes on.
static void finish(wasmtime_call_future_t *future) {
  while (!wasmtime_call_future_poll(future)) {}
  wasmtime_call_future_delete(future);
}

static wasmtime_store_t *open_store(worker_t *worker) {
  wasmtime_store_t *store = wasmtime_store_new(worker->engine, NULL, NULL);
  wasmtime_store_limiter(store, MEMORY_CAP_BYTES, TABLE_ELEMENTS_CAP, 1, 1, 1);
  wasmtime_context_t *context = wasmtime_store_context(store);
  wasmtime_context_set_epoch_deadline(context, 1);
  wasmtime_context_epoch_deadline_async_yield_and_update(context, 1);
  return store;
}

static void instantiate(worker_t *worker, wasmtime_context_t *context) {
  cell_t *cell = &worker->cell;
  cell->trap = NULL;
  cell->error = NULL;
  finish(wasmtime_instance_pre_instantiate_async(worker->prepared, context, &cell->instance, &cell->trap, &cell->error));
  check("instantiate", cell->error, cell->trap);
}

static void find_exports(cell_t *cell, wasmtime_context_t *context) {
  wasmtime_extern_t found;
  if (!wasmtime_instance_export_get(context, &cell->instance, "memory", 6, &found) ||
      found.kind != WASMTIME_EXTERN_MEMORY)
    fail("the module exports no memory");
  cell->memory = found.of.memory;
  if (!wasmtime_instance_export_get(context, &cell->instance, "atoll_call", 10, &found) ||
      found.kind != WASMTIME_EXTERN_FUNC)
    fail("the module exports no atoll_call");
  cell->function = found.of.func;
}

static void run(worker_t *worker, wasmtime_context_t *context) {
  cell_t *cell = &worker->cell;
  cell->argument.kind = WASMTIME_KIND_I32;
  cell->argument.of.i32 = (int32_t)worker->request.size;
  finish(wasmtime_func_call_async(
      context, &cell->function, &cell->argument, 1, &cell->result, 1, &cell->trap, &cell->error));
  check("atoll_call", cell->error, cell->trap);
  uint64_t packed = (uint64_t)cell->result.of.i64;
  uint32_t at = (uint32_t)(packed >> 32), size = (uint32_t)packed;
  if (size > ANSWER_BYTES_MAX) fail("the answer is longer than the output cap");
  memcpy(worker->answer.data, guest_bytes(worker, context, at, size), size);
  worker->answer.size = size;
}

bytes_t worker_call(worker_t *worker, bytes_t request, phases_t *phases) {
  worker->request = request;
  uint64_t start = phases ? now_ns() : 0;
  wasmtime_store_t *store = open_store(worker);
  wasmtime_context_t *context = wasmtime_store_context(store);
  uint64_t opened = phases ? now_ns() : 0;
  instantiate(worker, context);
  uint64_t instantiated = phases ? now_ns() : 0;
  find_exports(&worker->cell, context);
  run(worker, context);
  uint64_t answered = phases ? now_ns() : 0;
  wasmtime_store_delete(store);
  if (phases) {
    uint64_t end = now_ns();
    *phases = (phases_t){opened - start, instantiated - opened, answered - instantiated, end - answered, end - start};
  }
  return worker->answer;
}

void answer_check(bytes_t answer, bytes_t expected) {
  if (answer.size != expected.size || memcmp(answer.data, expected.data, answer.size) != 0)
    fail("a call answered %.*s instead of %.*s", (int)answer.size, answer.data, (int)expected.size, expected.data);
}
