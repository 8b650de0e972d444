// One worker of ABI version 1 in C: a fresh instance for each call, nothing kept between them.
#ifndef FLOOR_WORKER_H
#define FLOOR_WORKER_H

#include "engine.h"

typedef struct worker worker_t;

// Where one call's time went, in nanoseconds.
typedef struct {
  uint64_t store, instantiate, call, drop, total;
} phases_t;

worker_t *worker_new(wasm_engine_t *engine, wasmtime_module_t *module);

// A JavaScript worker: the engine's code, shared, over the memory of an image. Where there is a source, the image is the
// engine's first one, and each call evaluates the source before it answers.
worker_t *javascript_new(wasm_engine_t *engine, wasmtime_module_t *code, wasmtime_module_t *image, bytes_t source);

// Boots an instance, hands it the request, copies its answer out and deletes the store.
// The answer is valid until the next call. `phases` may be NULL: then only the call itself costs time.
bytes_t worker_call(worker_t *worker, bytes_t request, phases_t *phases);

// The same, and the instance stays for ever.
void worker_keep(worker_t *worker, bytes_t request);

// Ends the process unless the answer is the expected one.
void answer_check(bytes_t answer, bytes_t expected);

#endif
