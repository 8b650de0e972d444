// What Swift cannot say itself: addresses of slots that stay put, the epoch clock's two words, a futex, the
// processor's identity, and the two clocks without the detour through Glibc's overlay.
#pragma once
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "CWasmtime.h"

static inline uint64_t atoll_monotonic_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}
static inline uint64_t atoll_realtime_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}
// A system call (0.3 µs here), unlike the two above: read it only where a slice was long.
static inline uint64_t atoll_thread_cpu_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// Opens a directory for nothing but going through it; Glibc hides the name from Swift.
static const int32_t atoll_open_path = __O_PATH;
static inline ptrdiff_t atoll_random(void *bytes, size_t count) { return getrandom(bytes, count, 0); }

// MARK: The slots of a call

// Begins an instantiation; the future stands in the slots.
static inline void atoll_begin_instantiate(atoll_slots_t *slots, const wasmtime_instance_pre_t *prepared) {
  slots->future = wasmtime_instance_pre_instantiate_async(
      prepared, slots->context, &slots->instance, &slots->trap, &slots->error);
}
// Looks the entry up; false when there is none.
static inline bool atoll_find_entry(atoll_slots_t *slots, const char *name, size_t count) {
  return wasmtime_instance_export_get(slots->context, &slots->instance, name, count, &slots->entry) &&
         slots->entry.kind == WASMTIME_EXTERN_FUNC;
}
// Begins the entry's call: `arguments` is 0 or 1 (the i32 in the slots), `results` 0 or 1.
static inline void atoll_begin_entry(atoll_slots_t *slots, size_t arguments, size_t results) {
  slots->future = wasmtime_func_call_async(
      slots->context, &slots->entry.of.func, &slots->argument, arguments, &slots->result, results, &slots->trap,
      &slots->error);
}
// The same for any number of arguments, which stay put until the future is deleted.
static inline void atoll_begin_call(
    atoll_slots_t *slots, const wasmtime_val_t *arguments, size_t count, size_t results) {
  slots->future = wasmtime_func_call_async(
      slots->context, &slots->entry.of.func, arguments, count, &slots->result, results, &slots->trap, &slots->error);
}
static inline bool atoll_find_memory(atoll_slots_t *slots) {
  return wasmtime_instance_export_get(slots->context, &slots->instance, "memory", 6, &slots->memory) &&
         slots->memory.kind == WASMTIME_EXTERN_MEMORY;
}
// Begins the instantiation of an engine over the memory of the image that the slots hold. The linker is shared by all
// calls of a loop and its `env.memory` is this call's from here to the end of the first poll: nothing may come between.
// False when the image shows no memory or it cannot be defined; the error, if any, stands in the slots.
static inline bool atoll_begin_engine(
    atoll_slots_t *slots, wasmtime_linker_t *linker, const wasmtime_module_t *engine) {
  if (!atoll_find_memory(slots)) return false;
  slots->error = wasmtime_linker_define(linker, slots->context, "env", 3, "memory", 6, &slots->memory);
  if (slots->error) return false;
  slots->future = wasmtime_linker_instantiate_async(
      linker, slots->context, engine, &slots->instance, &slots->trap, &slots->error);
  return true;
}
static inline bool atoll_find_memory_of_caller(atoll_slots_t *slots, wasmtime_caller_t *caller) {
  return wasmtime_caller_export_get(caller, "memory", 6, &slots->memory) &&
         slots->memory.kind == WASMTIME_EXTERN_MEMORY;
}
static inline uint8_t *atoll_memory_base(atoll_slots_t *slots) {
  return wasmtime_memory_data(slots->context, &slots->memory.of.memory);
}
static inline size_t atoll_memory_bytes(atoll_slots_t *slots) {
  return wasmtime_memory_data_size(slots->context, &slots->memory.of.memory);
}
// Ends the future, where there is one, and then the store: the order is the library's rule.
static inline void atoll_end(atoll_slots_t *slots) {
  if (slots->future) wasmtime_call_future_delete(slots->future);
  if (slots->store) wasmtime_store_delete(slots->store);
  slots->future = NULL;
  slots->store = NULL;
  slots->context = NULL;
}

// MARK: The epoch clock

// One a loop, on a cache line of its own (the owner allocates 128 bytes each). `slice` is the monotonic time at
// which the running guest was entered, its lowest bit set while it runs. `asleep` is the epoch thread's, shared by
// all loops and read-mostly.
typedef struct { uint64_t slice; uint64_t padding[15]; } atoll_epoch_slot_t;
typedef struct { uint32_t asleep; uint32_t padding[31]; } atoll_epoch_sleeper_t;

static inline void atoll_futex_wake(uint32_t *word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
static inline void atoll_epoch_wake(atoll_epoch_sleeper_t *sleeper) {
  if (__atomic_exchange_n(&sleeper->asleep, 0, __ATOMIC_SEQ_CST)) atoll_futex_wake(&sleeper->asleep);
}
// Marks the slot as running. The exchange orders it before the look at `asleep` (the other side stores `asleep`
// and then looks at the slots), so that one of the two always sees the other.
static inline void atoll_epoch_enter(atoll_epoch_slot_t *slot, atoll_epoch_sleeper_t *sleeper, uint64_t now) {
  __atomic_exchange_n(&slot->slice, now | 1, __ATOMIC_SEQ_CST);
  if (__builtin_expect(__atomic_load_n(&sleeper->asleep, __ATOMIC_RELAXED) != 0, 0)) atoll_epoch_wake(sleeper);
}
static inline void atoll_epoch_leave(atoll_epoch_slot_t *slot, uint64_t entered) {
  __atomic_store_n(&slot->slice, entered & ~(uint64_t)1, __ATOMIC_RELEASE);
}
static inline uint64_t atoll_epoch_read(const atoll_epoch_slot_t *slot) {
  return __atomic_load_n(&slot->slice, __ATOMIC_SEQ_CST);
}
static inline void atoll_epoch_mark_asleep(atoll_epoch_sleeper_t *sleeper, bool asleep) {
  __atomic_store_n(&sleeper->asleep, asleep ? 1u : 0u, __ATOMIC_SEQ_CST);
}
// Returns when somebody woke the sleeper; may return without (the caller looks again).
static inline void atoll_epoch_sleep(atoll_epoch_sleeper_t *sleeper) {
  syscall(SYS_futex, &sleeper->asleep, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
}
static inline bool atoll_epoch_is_asleep(const atoll_epoch_sleeper_t *sleeper) {
  return __atomic_load_n(&sleeper->asleep, __ATOMIC_SEQ_CST) != 0;
}
// Sleeps for that long; the thread that calls it sets its timer slack first.
static inline void atoll_nap(uint64_t nanoseconds) {
  struct timespec length = {(time_t)(nanoseconds / 1000000000u), (long)(nanoseconds % 1000000000u)};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL);
}
// Asks for naps that end within 10 µs of their time, and keeps signals away from this thread.
static inline void atoll_prepare_epoch_thread(void) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
  prctl(PR_SET_TIMERSLACK, 10000, 0, 0, 0);
  prctl(PR_SET_NAME, "atoll-epoch", 0, 0, 0);
}

// MARK: The processor

// Writes up to 10 words that name this processor's model and features; returns how many.
static inline size_t atoll_processor_words(uint32_t *words) {
  size_t count = 0;
#if defined(__x86_64__)
  uint32_t a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d)) { words[count++] = a; words[count++] = c; words[count++] = d; }
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) { words[count++] = b; words[count++] = c; words[count++] = d; }
  if (__get_cpuid(0x80000001u, &a, &b, &c, &d)) { words[count++] = c; words[count++] = d; }
#elif defined(__aarch64__)
  uint64_t first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
  words[count++] = (uint32_t)first; words[count++] = (uint32_t)(first >> 32);
  words[count++] = (uint32_t)second; words[count++] = (uint32_t)(second >> 32);
#endif
  return count;
}
