// Sources/AtollWorker/Runtime/allocator.c under other names, on a heap that a test can size and inspect.
#include "CWorkerAllocator.h"

#include <setjmp.h>
#include <stdlib.h>

#define malloc worker_malloc
#define calloc worker_calloc
#define realloc worker_realloc
#define aligned_alloc worker_aligned_alloc
#define posix_memalign worker_posix_memalign
#define free worker_free

enum { arena_pages_max = 512 };
static char arena[(arena_pages_max + 1) * 65536] __attribute__((aligned(65536)));
static size_t pages_now, pages_cap;
static jmp_buf failed;

static uintptr_t heap_start(void) { return (uintptr_t)arena + 3001; }
static uintptr_t memory_end(void) { return (uintptr_t)arena + pages_now * 65536; }
static int grow_memory(size_t pages) {
  if (pages > pages_cap - pages_now) return 0;
  pages_now += pages;
  return 1;
}
static _Noreturn void fail(size_t bytes) {
  (void)bytes;
  longjmp(failed, 1);
}

#include "../../Sources/AtollWorker/Runtime/allocator.c"

void arena_reset(size_t pages, size_t pages_max) {
  pages_now = pages;
  pages_cap = pages_max < arena_pages_max ? pages_max : arena_pages_max;
  top = end = 0;
  __builtin_memset(freed, 0, sizeof freed);
  __builtin_memset(arena, 0xA5, sizeof arena);
}

size_t arena_pages(void) { return pages_now; }

void *arena_malloc(size_t bytes) { return setjmp(failed) ? NULL : worker_malloc(bytes); }
void *arena_calloc(size_t count, size_t bytes) { return setjmp(failed) ? NULL : worker_calloc(count, bytes); }
void *arena_realloc(void *pointer, size_t bytes) { return setjmp(failed) ? NULL : worker_realloc(pointer, bytes); }
void *arena_aligned_alloc(size_t alignment, size_t bytes) {
  return setjmp(failed) ? NULL : worker_aligned_alloc(alignment, bytes);
}
void arena_free(void *pointer) { worker_free(pointer); }
