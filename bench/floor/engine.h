// The engine of both C floors, with the product's settings (Sources/Sandbox/EngineConfiguration.swift), and small things both need.
#ifndef FLOOR_ENGINE_H
#define FLOOR_ENGINE_H

#include <CWasmtime.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint8_t *data;
  size_t size;
} bytes_t;

// The one function that the product has no use for: it grants every import by name.
wasmtime_error_t *wasmtime_linker_define_unknown_imports_as_traps(
    wasmtime_linker_t *linker, wasmtime_module_t *module);

// Prints the message and ends the process with status 1.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Ends the process if either is set, with wasmtime's own words.
void check(const char *doing, wasmtime_error_t *error, wasm_trap_t *trap);

// The whole file; ends the process if it cannot be read.
bytes_t read_file(const char *path);
void write_file(const char *path, bytes_t bytes);

// Monotonic nanoseconds.
uint64_t now_ns(void);

// An engine with the product's configuration, and a thread that ticks its epoch every millisecond.
wasm_engine_t *engine_new(void);
// Compiles, serializes and maps the module back, as the product's module store does.
wasmtime_module_t *module_load(wasm_engine_t *engine, bytes_t wasm);

#endif
