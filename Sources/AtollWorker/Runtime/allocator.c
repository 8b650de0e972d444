// Memory of a Swift worker: a bump allocator with free lists, in place of the C library's.
//
// An instance lives for one call, so that most memory is never given back; what is, is kept in lists by size. Each
// block has four bytes before it that hold its class. There is no other book-keeping, and no page is touched before
// it is used.

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

__attribute__((import_module("atoll:log"), import_name("write"))) void atoll_log_write(int level, const char *text,
                                                                                      size_t count);

extern char __heap_base;

enum {
  page_bytes = 65536,
  small_step_bytes = 16,
  small_classes = 32,                  // multiples of 16 up to 512 bytes
  small_bytes_max = small_step_bytes * small_classes,
  steps_a_doubling = 4,                // above: 640, 768, 896, 1024, 1280, …
  large_classes = 22 * steps_a_doubling,
  classes = small_classes + large_classes,
  grow_bytes_max = 1 << 20,
  level_allocation_failed = 255        // docs/abi.md: the host then calls the fault `memory_limit`
};

typedef struct block {
  struct block *next;
} block;

static uintptr_t top;                  // first free byte; 0 before the first allocation
static uintptr_t end;                  // of the memory that the instance has
static block *freed[classes];

// "allocation of 65536 bytes failed", then a trap: a null pointer would be a valid address in a worker.
static _Noreturn void fail(size_t bytes) {
  static const char before[] = "allocation of ", after[] = " bytes failed";
  char digits[10], text[sizeof before + sizeof digits + sizeof after];
  size_t count = 0, length = sizeof before - 1;
  do digits[count++] = (char)('0' + bytes % 10);
  while ((bytes /= 10) > 0);
  __builtin_memcpy(text, before, length);
  while (count > 0) text[length++] = digits[--count];
  __builtin_memcpy(text + length, after, sizeof after - 1);
  atoll_log_write(level_allocation_failed, text, length + sizeof after - 1);
  __builtin_trap();
}

// The class whose blocks hold `bytes`, and how much they hold.
static inline unsigned class_of(size_t bytes, size_t *room) {
  if (bytes <= small_bytes_max) {
    unsigned class = bytes == 0 ? 0 : (unsigned)(bytes - 1) / small_step_bytes;
    *room = (size_t)(class + 1) * small_step_bytes;
    return class;
  }
  unsigned doubling = 31 - (unsigned)__builtin_clz((unsigned)(bytes - 1));  // 2^doubling <= bytes - 1
  size_t step = (size_t)1 << (doubling - 2);
  unsigned quarter = (unsigned)((bytes - 1 - ((size_t)1 << doubling)) / step);
  *room = ((size_t)1 << doubling) + (quarter + 1) * step;
  return small_classes + (doubling - 9) * steps_a_doubling + quarter;
}

static inline size_t room_of(unsigned class) {
  if (class < small_classes) return (size_t)(class + 1) * small_step_bytes;
  unsigned doubling = 9 + (class - small_classes) / steps_a_doubling;
  unsigned quarter = (class - small_classes) % steps_a_doubling;
  return ((size_t)1 << doubling) + ((size_t)(quarter + 1) << (doubling - 2));
}

static inline unsigned *head(void *pointer) { return (unsigned *)pointer - 1; }

// Makes memory up to `wanted` exist: a quarter more than there is if the cap allows it, else just enough.
static __attribute__((noinline)) int grow(uintptr_t wanted) {
  if (end == 0) end = (uintptr_t)__builtin_wasm_memory_size(0) * page_bytes;
  if (wanted <= end) return 1;
  size_t missing = (wanted - end + page_bytes - 1) / page_bytes;
  size_t ahead = end / 4 < grow_bytes_max ? end / 4 / page_bytes : grow_bytes_max / page_bytes;
  if (ahead > missing && __builtin_wasm_memory_grow(0, ahead) != (size_t)-1) {
    end += ahead * page_bytes;
    return 1;
  }
  if (__builtin_wasm_memory_grow(0, missing) == (size_t)-1) return 0;
  end += missing * page_bytes;
  return 1;
}

// Before the call fails: a freed block of any larger class will do.
static void *larger(unsigned class) {
  while (++class < classes) {
    block *found = freed[class];
    if (found != NULL) {
      freed[class] = found->next;
      return found;
    }
  }
  return NULL;
}

static void *allocate(size_t bytes, size_t alignment) {
  size_t room;
  if (bytes > (size_t)1 << 30) fail(bytes);
  unsigned class = class_of(bytes, &room);
  block *found = freed[class];
  if (found != NULL && ((uintptr_t)found & (alignment - 1)) == 0) {
    freed[class] = found->next;
    return found;
  }
  if (top == 0) top = (uintptr_t)&__heap_base;
  uintptr_t start = (top + sizeof(unsigned) + alignment - 1) & ~(uintptr_t)(alignment - 1);
  if (start + room > end && !grow(start + room)) {
    void *reused = alignment <= small_step_bytes ? larger(class) : NULL;
    if (reused == NULL) fail(bytes);
    return reused;
  }
  top = start + room;
  *head((void *)start) = class;
  return (void *)start;
}

void *malloc(size_t bytes) { return allocate(bytes, small_step_bytes); }

void free(void *pointer) {
  if (pointer == NULL) return;
  unsigned class = *head(pointer);
  if ((uintptr_t)pointer + room_of(class) == top) {
    top = (uintptr_t)pointer - sizeof(unsigned);
    return;
  }
  ((block *)pointer)->next = freed[class];
  freed[class] = pointer;
}

void *calloc(size_t count, size_t bytes) {
  size_t total;
  if (__builtin_mul_overflow(count, bytes, &total)) fail(SIZE_MAX);
  return __builtin_memset(malloc(total), 0, total);
}

void *realloc(void *pointer, size_t bytes) {
  if (pointer == NULL) return malloc(bytes);
  size_t old = room_of(*head(pointer));
  if (bytes <= old) return pointer;
  void *moved = malloc(bytes);
  __builtin_memcpy(moved, pointer, old);
  free(pointer);
  return moved;
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  return allocate(bytes, alignment < small_step_bytes ? small_step_bytes : alignment);
}

int posix_memalign(void **result, size_t alignment, size_t bytes) {
  *result = aligned_alloc(alignment, bytes);
  return 0;
}
