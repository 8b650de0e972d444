// The floor of a cold start: the life of a fresh instance in C, with the product's module, request and settings.
//
//   lifecycle WASM REQUEST CALLS [EXPECTED]
//
// Calls the worker CALLS times after a tenth as many to warm up, checks every answer (against EXPECTED, or
// where there is none against the first) and prints one JSON object. A figure runs from the request's bytes in
// hand to the store deleted. The driver alternates short rounds of this with rounds of the product.
#include "samples.h"
#include "worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS_MAX = 10000000 };

static bytes_t copy(bytes_t bytes) {
  bytes_t copied = {malloc(bytes.size + 1), bytes.size};
  if (!copied.data) fail("out of memory");
  memcpy(copied.data, bytes.data, bytes.size);
  return copied;
}

int main(int count, char **arguments) {
  if (count < 4) fail("usage: lifecycle WASM REQUEST CALLS [EXPECTED]");
  bytes_t wasm = read_file(arguments[1]), request = read_file(arguments[2]);
  size_t calls = strtoul(arguments[3], NULL, 10);
  if (calls == 0 || calls > CALLS_MAX) fail("CALLS must be from 1 to %d", CALLS_MAX);

  wasm_engine_t *engine = engine_new();
  worker_t *worker = worker_new(engine, module_load(engine, wasm));
  bytes_t first = worker_call(worker, request, NULL);
  bytes_t expected = count > 4 ? read_file(arguments[4]) : copy(first);
  for (size_t i = 0; i < calls / 10; i++) answer_check(worker_call(worker, request, NULL), expected);

  uint64_t *total = samples_new(calls), *store = samples_new(calls), *instantiate = samples_new(calls);
  uint64_t *call = samples_new(calls), *drop = samples_new(calls);
  for (size_t i = 0; i < calls; i++) {
    phases_t phases;
    answer_check(worker_call(worker, request, &phases), expected);
    total[i] = phases.total;
    store[i] = phases.store;
    instantiate[i] = phases.instantiate;
    call[i] = phases.call;
    drop[i] = phases.drop;
  }

  printf("{\"calls\":%zu,", calls);
  print_quantiles("fresh_call_us", total, calls, ",\"phases_us\":{");
  print_quantiles("store", store, calls, ",");
  print_quantiles("instantiate", instantiate, calls, ",");
  print_quantiles("call", call, calls, ",");
  print_quantiles("delete", drop, calls, "},\"answer\":");
  print_quoted(expected);
  puts("}");
  return 0;
}
