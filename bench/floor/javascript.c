// The floor of a JavaScript call: engine and image in C, with the product's modules, request and settings.
//
//   javascript fresh ENGINE REQUEST CALLS IMAGE…    a fresh call each, of the images in turn
//   javascript started ENGINE REQUEST CALLS SOURCE  QuickJS started in each call, which evaluates the source
//   javascript live ENGINE REQUEST COUNT IMAGE      resident memory of so many instances after their call
//
// ENGINE is the module that Scripts/bootstrap links, with its data; it is split here as the product does. Every answer is
// checked against the image's first. Prints one JSON object.
#include "samples.h"
#include "worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS_MAX = 10000000, IMAGES_MAX = 1000, SECTION_IMPORTS = 2, SECTION_DATA = 11, HEADER_BYTES = 8 };

// --- The engine, split -----------------------------------------------------------------------------------

static uint64_t leb128(const uint8_t **at) {
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    uint8_t byte = *(*at)++;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

static void append(bytes_t *bytes, const void *more, size_t count) {
  bytes->data = realloc(bytes->data, bytes->size + count);
  if (!bytes->data) fail("out of memory");
  memcpy(bytes->data + bytes->size, more, count);
  bytes->size += count;
}

// The limits of the memory that the engine imports, as the section of imports writes them: flags 0 and a minimum.
static bytes_t memory_limits(const uint8_t *at) {
  for (uint64_t count = leb128(&at); count > 0; count--) {
    for (int names = 0; names < 2; names++) {
      uint64_t length = leb128(&at);
      at += length;
    }
    uint8_t kind = *at++;
    if (kind == 0) leb128(&at);
    else if (kind == 2 && *at == 0) {
      const uint8_t *end = at + 1;
      leb128(&end);
      return (bytes_t){(uint8_t *)at, (size_t)(end - at)};
    } else fail("the engine imports something else than functions and one memory without a maximum");
  }
  fail("the engine imports no memory");
}

// The engine without its data, and the image that holds them: memory, its export, and the data as they are.
static void split(bytes_t engine, bytes_t *code, bytes_t *first) {
  static const uint8_t export[] = "\x07\x0a\x01\x06memory\x02";
  bytes_t limits = {NULL, 0};
  append(code, engine.data, HEADER_BYTES);
  append(first, engine.data, HEADER_BYTES);
  for (const uint8_t *at = engine.data + HEADER_BYTES, *end = engine.data + engine.size; at < end;) {
    const uint8_t *start = at++;
    uint64_t size = leb128(&at);
    if (*start == SECTION_IMPORTS) limits = memory_limits(at);
    at += size;
    if (*start != SECTION_DATA) {
      append(code, start, (size_t)(at - start));
      continue;
    }
    append(first, (uint8_t[]){5, (uint8_t)(limits.size + 1), 1}, 3);
    append(first, limits.data, limits.size);
    append(first, export, sizeof export);
    append(first, start, (size_t)(at - start));
  }
}

// --- Measuring -----------------------------------------------------------------------------------------------

static bytes_t copy(bytes_t bytes) {
  bytes_t copied = {NULL, 0};
  append(&copied, bytes.data, bytes.size);
  return copied;
}

static void measure(worker_t **workers, size_t count, bytes_t request, size_t calls) {
  bytes_t expected[IMAGES_MAX];
  for (size_t i = 0; i < count; i++) expected[i] = copy(worker_call(workers[i], request, NULL));
  for (size_t i = 0; i < calls / 10; i++) answer_check(worker_call(workers[i % count], request, NULL), expected[i % count]);
  uint64_t *total = samples_new(calls), *store = samples_new(calls), *instantiate = samples_new(calls);
  uint64_t *call = samples_new(calls), *drop = samples_new(calls);
  for (size_t i = 0; i < calls; i++) {
    phases_t phases;
    answer_check(worker_call(workers[i % count], request, &phases), expected[i % count]);
    total[i] = phases.total;
    store[i] = phases.store;
    instantiate[i] = phases.instantiate;
    call[i] = phases.call;
    drop[i] = phases.drop;
  }
  printf("{\"calls\":%zu,\"workers\":%zu,", calls, count);
  print_quantiles("fresh_call_us", total, calls, ",\"phases_us\":{");
  print_quantiles("store", store, calls, ",");
  print_quantiles("instantiate", instantiate, calls, ",");
  print_quantiles("call", call, calls, ",");
  print_quantiles("delete", drop, calls, "},\"answer\":");
  print_quoted(expected[0]);
  puts("}");
}

static long resident_kib(void) {
  char line[256];
  long kib = 0;
  FILE *file = fopen("/proc/self/smaps_rollup", "r");
  if (!file) fail("cannot read this process's memory");
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "Private_Dirty: %ld kB", &kib) == 1) break;
  fclose(file);
  return kib;
}

static void measure_live(worker_t *worker, bytes_t request, size_t count) {
  long before = resident_kib();
  for (size_t i = 0; i < count; i++) worker_keep(worker, request);
  long after = resident_kib();
  printf("{\"live\":%zu,\"private_kib_each\":%.1f}\n", count, (double)(after - before) / (double)count);
}

int main(int count, char **arguments) {
  if (count < 6) fail("usage: javascript fresh|started|live ENGINE REQUEST CALLS IMAGE…|SOURCE");
  const char *mode = arguments[1];
  bytes_t request = read_file(arguments[3]), code = {NULL, 0}, first = {NULL, 0}, none = {NULL, 0};
  size_t calls = strtoul(arguments[4], NULL, 10), images = (size_t)count - 5;
  if (calls == 0 || calls > CALLS_MAX) fail("CALLS must be from 1 to %d", CALLS_MAX);
  if (images > IMAGES_MAX) fail("at most %d images", IMAGES_MAX);
  split(read_file(arguments[2]), &code, &first);

  wasm_engine_t *engine = engine_new();
  wasmtime_module_t *shared = module_load(engine, code);
  worker_t *workers[IMAGES_MAX];
  bool is_started = strcmp(mode, "started") == 0;
  if (is_started) {
    workers[0] = javascript_new(engine, shared, module_load(engine, first), read_file(arguments[5]));
    images = 1;
  } else {
    for (size_t i = 0; i < images; i++)
      workers[i] = javascript_new(engine, shared, module_load(engine, read_file(arguments[5 + i])), none);
  }
  if (strcmp(mode, "live") == 0) measure_live(workers[0], request, calls);
  else if (is_started || strcmp(mode, "fresh") == 0) measure(workers, images, request, calls);
  else fail("%s is none of fresh, started and live", mode);
  return 0;
}
