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

// Boots an instance, hands it the request, copies its answer out and deletes the store.
// The answer is valid until the next call. `phases` may be NULL: then only the call itself costs time.
bytes_t worker_call(worker_t *worker, bytes_t request, phases_t *phases);

// Ends the process unless the answer is the expected one.
void answer_check(bytes_t answer, bytes_t expected);

#endif
