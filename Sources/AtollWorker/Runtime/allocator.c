// Memory of a Swift worker: a bump allocator with free lists, in place of the C library's.
//
// An instance lives for one call, so that most memory is never given back; what is, is kept in lists by size. Each
// block has four bytes before it that hold its size. There is no other book-keeping, and no page is touched before
// it is used.

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum {
  page_bytes = 65536,
  alignment_min = 16,
  small_classes = 32,                  // lists of blocks of 16, 32, … 512 bytes, their head included
  small_bytes_max = small_classes * alignment_min,
  steps_a_doubling = 4,                // above: from 528, 640, 768, 896, 1024, 1280, … bytes
  large_classes = 22 * steps_a_doubling,
  rounded_bytes_max = page_bytes,      // up to here all blocks of a list are of one size; above, each is as asked for
  looks_max = 16,                      // at blocks of a list with different sizes
  classes = small_classes + large_classes,
  request_bytes_max = 1 << 30,
  grow_bytes_max = 1 << 20,
  level_allocation_failed = 16         // docs/abi.md: the host then calls the fault `memory_limit`
};

#ifdef __wasm__
__attribute__((import_module("atoll:log"), import_name("write"))) void atoll_log_write(int level, const char *text,
                                                                                      size_t count);
extern char __heap_base;

static uintptr_t heap_start(void) { return (uintptr_t)&__heap_base; }
static uintptr_t memory_end(void) { return (uintptr_t)__builtin_wasm_memory_size(0) * page_bytes; }
static int grow_memory(size_t pages) { return __builtin_wasm_memory_grow(0, pages) != (size_t)-1; }

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
#endif  // the tests define these four over an arena of their own

typedef struct block {
  struct block *next;
} block;

static uintptr_t top;                  // first free byte; 0 before the first allocation
static uintptr_t end;                  // of the memory that the instance has
static block *freed[classes];

// The size of a block, its head included; a multiple of 16.
static inline unsigned *head(void *pointer) { return (unsigned *)pointer - 1; }

static inline size_t room(void *pointer) { return *head(pointer) - sizeof(unsigned); }

// The list of a block.
static inline unsigned class_of(unsigned size) {
  if (size <= small_bytes_max) return size / alignment_min - 1;
  unsigned doubling = 31 - (unsigned)__builtin_clz(size);  // 2^doubling <= size
  unsigned quarter = (size >> (doubling - 2)) & (steps_a_doubling - 1);
  return small_classes + (doubling - 9) * steps_a_doubling + quarter;
}

// Makes memory up to `wanted` exist: a quarter more than there is if the cap allows it, else just enough.
static __attribute__((noinline)) int grow(uintptr_t wanted) {
  if (end == 0) end = memory_end();
  if (wanted <= end) return 1;
  size_t missing = (wanted - end + page_bytes - 1) / page_bytes;
  size_t ahead = (end - heap_start()) / 4 < grow_bytes_max ? (end - heap_start()) / 4 / page_bytes
                                                           : grow_bytes_max / page_bytes;
  if (ahead > missing && grow_memory(ahead)) missing = ahead;
  else if (!grow_memory(missing)) return 0;
  end += missing * page_bytes;
  return 1;
}

// The size of the block that holds `bytes`: small ones and those of a page or more as asked for, rounded to 16; between,
// up to a quarter more, so that what is given back fits the next of about that size.
static inline unsigned size_of(size_t bytes) {
  unsigned size = (unsigned)bytes + sizeof(unsigned), step = alignment_min;
  if (size > small_bytes_max && size <= rounded_bytes_max) step = 1u << (29 - __builtin_clz(size - 1));
  return (size + step - 1) & -step;
}

// Takes a block off a list: the newest that is large enough and lies right.
static inline void *take(unsigned class, unsigned size, size_t alignment) {
  block **link = &freed[class];
  for (int look = 0; *link != NULL && look < looks_max; look++, link = &(*link)->next) {
    block *found = *link;
    if (*head(found) < size || ((uintptr_t)found & (alignment - 1)) != 0) continue;
    *link = found->next;
    return found;
  }
  return NULL;
}

static void *allocate(size_t bytes, size_t alignment) {
  if (bytes > request_bytes_max) fail(bytes);
  unsigned size = size_of(bytes), class = class_of(size);
  void *found = take(class, size, alignment);
  if (found == NULL && size > rounded_bytes_max) found = take(class + 1, size, alignment);
  if (found != NULL) return found;
  if (top == 0) top = heap_start();
  uintptr_t start = (top + sizeof(unsigned) + alignment - 1) & ~(uintptr_t)(alignment - 1);
  uintptr_t after = start + size - sizeof(unsigned);
  if (after > end && !grow(after)) {
    // Before the call fails: a freed block of any list will do.
    while (found == NULL && ++class < classes) found = take(class, size, alignment);
    if (found == NULL) fail(bytes);
    return found;
  }
  top = after;
  *head((void *)start) = size;
  return (void *)start;
}

void *malloc(size_t bytes) { return allocate(bytes, alignment_min); }

void free(void *pointer) {
  if (pointer == NULL) return;
  if ((uintptr_t)pointer + room(pointer) == top) {
    top = (uintptr_t)head(pointer);
    return;
  }
  unsigned class = class_of(*head(pointer));
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
  size_t old = room(pointer);
  if (bytes <= old) return pointer;
  void *moved = malloc(bytes);
  __builtin_memcpy(moved, pointer, old);
  free(pointer);
  return moved;
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  return allocate(bytes, alignment < alignment_min ? alignment_min : alignment);
}

int posix_memalign(void **result, size_t alignment, size_t bytes) {
  *result = aligned_alloc(alignment, bytes);
  return 0;
}
