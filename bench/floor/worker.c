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
  wasmtime_val_t result;
  wasm_trap_t *trap;
  wasmtime_error_t *error;
} cell_t;

struct worker {
  wasm_engine_t *engine;
  wasmtime_linker_t *linker;
  wasmtime_instance_pre_t *prepared;
  // A JavaScript worker's: `prepared` is its image then, and the engine runs over the image's memory.
  wasmtime_module_t *code;
  bytes_t source;  // evaluated in each call, where there is any
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

static worker_t *allocate(wasm_engine_t *engine) {
  worker_t *worker = calloc(1, sizeof *worker);
  if (!worker || !(worker->answer.data = malloc(ANSWER_BYTES_MAX))) fail("out of memory");
  worker->engine = engine;
  return worker;
}

static void link_host(worker_t *worker, wasmtime_module_t *module) {
  worker->linker = wasmtime_linker_new(worker->engine);
  wasm_functype_t *type = takes_pointer();
  check("define atoll:io.request",
        wasmtime_linker_define_func_unchecked(
            worker->linker, "atoll:io", 8, "request", 7, type, give_request, worker, NULL),
        NULL);
  wasm_functype_delete(type);
  // What the tool does not reach in this bench is a stub.
  if (module)
    check("define stubs", wasmtime_linker_define_unknown_imports_as_traps(worker->linker, module), NULL);
}

worker_t *worker_new(wasm_engine_t *engine, wasmtime_module_t *module) {
  worker_t *worker = allocate(engine);
  link_host(worker, module);
  check("prepare", wasmtime_linker_instantiate_pre(worker->linker, module, &worker->prepared), NULL);
  return worker;
}

// The host functions of the engine that the calls do not reach.
static wasm_trap_t *refuse(void *environment, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count) {
  (void)caller, (void)values, (void)count;
  fail("the worker called %s, which this bench does not have", (const char *)environment);
}

static void define_refusal(worker_t *worker, const char *module, const char *name, size_t parameters, int result) {
  wasm_valtype_t *types[4];
  wasm_valtype_vec_t takes, gives = {0, NULL};
  for (size_t i = 0; i < parameters; i++) types[i] = wasm_valtype_new(WASMTIME_KIND_I32);
  wasm_valtype_vec_new(&takes, parameters, types);
  wasm_valtype_t *given = result < 0 ? NULL : wasm_valtype_new((uint8_t)result);
  if (given) wasm_valtype_vec_new(&gives, 1, &given);
  wasm_functype_t *type = wasm_functype_new(&takes, &gives);
  check("define a refusal",
        wasmtime_linker_define_func_unchecked(worker->linker, module, strlen(module), name, strlen(name), type, refuse,
                                              (void *)name, NULL),
        NULL);
  wasm_functype_delete(type);
}

worker_t *javascript_new(wasm_engine_t *engine, wasmtime_module_t *code, wasmtime_module_t *image, bytes_t source) {
  worker_t *worker = allocate(engine);
  worker->code = code;
  worker->source = source;
  link_host(worker, NULL);
  define_refusal(worker, "atoll:io", "wait", 1, WASMTIME_KIND_I32);
  define_refusal(worker, "atoll:io", "drop", 1, -1);
  define_refusal(worker, "atoll:io", "timer", 1, WASMTIME_KIND_I32);
  define_refusal(worker, "atoll:clock", "now", 1, WASMTIME_KIND_I64);
  define_refusal(worker, "atoll:random", "fill", 2, -1);
  define_refusal(worker, "atoll:log", "write", 3, -1);
  define_refusal(worker, "atoll:io", "read", 3, WASMTIME_KIND_I32);
  define_refusal(worker, "atoll:kv", "start", 2, WASMTIME_KIND_I32);
  define_refusal(worker, "atoll:session", "start", 2, WASMTIME_KIND_I32);
  define_refusal(worker, "atoll:fetch", "start", 2, WASMTIME_KIND_I32);
  // Each call puts its own memory where the last one's was.
  wasmtime_linker_allow_shadowing(worker->linker, true);
  check("prepare", wasmtime_linker_instantiate_pre(worker->linker, image, &worker->prepared), NULL);
  return worker;
}

// An epoch tick makes a running guest yield once: the poll is pending, and the next one goes on.
static void finish(wasmtime_call_future_t *future) {
  while (!wasmtime_call_future_poll(future)) {}
  wasmtime_call_future_delete(future);
}

static wasmtime_store_t *open_store(worker_t *worker) {
  wasmtime_store_t *store = wasmtime_store_new(worker->engine, NULL, NULL);
  wasmtime_store_limiter(store, MEMORY_CAP_BYTES, TABLE_ELEMENTS_CAP, worker->code ? 2 : 1, 1, 1);
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

static wasmtime_extern_t find(cell_t *cell, wasmtime_context_t *context, const char *name, uint8_t kind) {
  wasmtime_extern_t found;
  if (!wasmtime_instance_export_get(context, &cell->instance, name, strlen(name), &found) || found.kind != kind)
    fail("the module does not export %s", name);
  return found;
}

static int64_t enter(cell_t *cell, wasmtime_context_t *context, const char *name, size_t count, const int32_t *values) {
  wasmtime_val_t arguments[2];
  for (size_t i = 0; i < count; i++) arguments[i] = (wasmtime_val_t){.kind = WASMTIME_KIND_I32, .of.i32 = values[i]};
  cell->function = find(cell, context, name, WASMTIME_EXTERN_FUNC).of.func;
  finish(wasmtime_func_call_async(
      context, &cell->function, arguments, count, &cell->result, 1, &cell->trap, &cell->error));
  check(name, cell->error, cell->trap);
  return cell->result.kind == WASMTIME_KIND_I32 ? cell->result.of.i32 : cell->result.of.i64;
}

// The second half of a JavaScript worker: the engine over the memory of the image.
static void instantiate_code(worker_t *worker, wasmtime_context_t *context) {
  cell_t *cell = &worker->cell;
  wasmtime_extern_t memory = {.kind = WASMTIME_EXTERN_MEMORY, .of.memory = cell->memory};
  check("define env.memory", wasmtime_linker_define(worker->linker, context, "env", 3, "memory", 6, &memory), NULL);
  finish(wasmtime_linker_instantiate_async(
      worker->linker, context, worker->code, &cell->instance, &cell->trap, &cell->error));
  check("instantiate the engine", cell->error, cell->trap);
}

static void evaluate(worker_t *worker, wasmtime_context_t *context) {
  int32_t size = (int32_t)worker->source.size;
  int32_t at = (int32_t)enter(&worker->cell, context, "atoll_javascript_allocate", 1, &size);
  memcpy(guest_bytes(worker, context, (uint32_t)at, worker->source.size), worker->source.data, worker->source.size);
  enter(&worker->cell, context, "atoll_javascript_evaluate", 2, (int32_t[]){at, size});
}

static void run(worker_t *worker, wasmtime_context_t *context) {
  int32_t count = (int32_t)worker->request.size;
  uint64_t packed = (uint64_t)enter(&worker->cell, context, "atoll_call", 1, &count);
  uint32_t at = (uint32_t)(packed >> 32), size = (uint32_t)packed;
  if (size > ANSWER_BYTES_MAX) fail("the answer is longer than the output cap");
  memcpy(worker->answer.data, guest_bytes(worker, context, at, size), size);
  worker->answer.size = size;
}

void worker_keep(worker_t *worker, bytes_t request) {
  worker->request = request;
  wasmtime_context_t *context = wasmtime_store_context(open_store(worker));
  instantiate(worker, context);
  worker->cell.memory = find(&worker->cell, context, "memory", WASMTIME_EXTERN_MEMORY).of.memory;
  if (worker->code) instantiate_code(worker, context);
  run(worker, context);
}

bytes_t worker_call(worker_t *worker, bytes_t request, phases_t *phases) {
  worker->request = request;
  uint64_t start = phases ? now_ns() : 0;
  wasmtime_store_t *store = open_store(worker);
  wasmtime_context_t *context = wasmtime_store_context(store);
  uint64_t opened = phases ? now_ns() : 0;
  instantiate(worker, context);
  worker->cell.memory = find(&worker->cell, context, "memory", WASMTIME_EXTERN_MEMORY).of.memory;
  if (worker->code) instantiate_code(worker, context);
  uint64_t instantiated = phases ? now_ns() : 0;
  if (worker->source.size > 0) evaluate(worker, context);
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
