// What wasi-libc would import: the linker prefers these definitions, so that the engine imports no WASI. QuickJS needs
// only the clock; the rest belongs to a stdio that nobody uses.
#include <stdint.h>

#include "engine.h"

#define WASI(name) __imported_wasi_snapshot_preview1_##name
enum { bad_descriptor = 8 };

int32_t WASI(clock_time_get)(int32_t clock, int64_t precision, int32_t into) {
  (void)precision;
  // A context reads it for a seed of its own, which ours replaces; the author's code cannot come here while evaluating.
  *(int64_t *)(uintptr_t)into = is_evaluating ? 0 : host_now(clock == 0 ? clock_real : clock_monotonic);
  return 0;
}

int32_t WASI(fd_write)(int32_t file, int32_t vectors, int32_t count, int32_t into) {
  (void)file, (void)vectors, (void)count, (void)into;
  return bad_descriptor;
}
int32_t WASI(fd_close)(int32_t file) { return (void)file, bad_descriptor; }
int32_t WASI(fd_seek)(int32_t file, int64_t offset, int32_t whence, int32_t into) {
  (void)file, (void)offset, (void)whence, (void)into;
  return bad_descriptor;
}
int32_t WASI(fd_fdstat_get)(int32_t file, int32_t into) { return (void)file, (void)into, bad_descriptor; }
_Noreturn void WASI(proc_exit)(int32_t code) {
  (void)code;
  __builtin_trap();
}
