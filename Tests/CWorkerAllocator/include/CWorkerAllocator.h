// The allocator of Swift workers over an arena of its own, for AtollWorkerTests.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Starts over with an empty heap in `pages` pages of 64 KiB, which may grow to `pages_max` (at most 512).
void arena_reset(size_t pages, size_t pages_max);
// Pages that the arena has now.
size_t arena_pages(void);
// Each answers NULL where the worker's function would have reported a failed allocation and trapped.
void *arena_malloc(size_t bytes);
void *arena_calloc(size_t count, size_t bytes);
void *arena_realloc(void *pointer, size_t bytes);
void *arena_aligned_alloc(size_t alignment, size_t bytes);
void arena_free(void *pointer);
