// The allocator as QuickJS sees it: freed blocks are zeroed while the module is evaluated, so that the image holds no
// garbage, and a failed allocation is told to the host.
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

static bool is_scrubbing;
bool is_memory_exhausted;

void memory_scrub(bool on) { is_scrubbing = on; }

static void *exhausted(void) {
  static const char text[] = "an allocation failed";
  if (!is_memory_exhausted) host_log(level_allocation_failed, text, sizeof text - 1);
  is_memory_exhausted = true;
  return NULL;
}

void memory_give_up(void) {
  if (is_memory_exhausted) __builtin_trap();
}

// The compiler knows that nobody may read a freed block: without the barrier it drops the memset.
static void zero(void *block, size_t count) {
  memset(block, 0, count);
  __asm__ volatile("" ::"r"(block) : "memory");
}

static void *allocate_zeroed(void *opaque, size_t count, size_t size) {
  (void)opaque;
  void *block = calloc(count, size);
  return block ? block : exhausted();
}

static void *allocate(void *opaque, size_t size) {
  (void)opaque;
  void *block = malloc(size);
  return block ? block : exhausted();
}

static void release(void *opaque, void *block) {
  (void)opaque;
  if (is_scrubbing && block) zero(block, malloc_usable_size(block));
  free(block);
}

static void *reallocate(void *opaque, void *block, size_t size) {
  if (!is_scrubbing || !block) {
    void *moved = realloc(block, size);
    return moved || size == 0 ? moved : exhausted();
  }
  size_t old = malloc_usable_size(block);
  if (size <= old && size > old / 2) return block;
  void *moved = allocate(opaque, size);
  if (!moved) return NULL;
  memcpy(moved, block, old < size ? old : size);
  release(opaque, block);
  return moved;
}

static size_t usable_size(const void *block) { return malloc_usable_size((void *)block); }

const JSMallocFunctions memory_functions = {allocate_zeroed, allocate, release, reallocate, usable_size};
