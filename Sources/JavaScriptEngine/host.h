// The functions of the worker ABI that the engine imports (docs/abi.md), and nothing else.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define HOST_FUNCTION(module, name) __attribute__((import_module(module), import_name(name)))

HOST_FUNCTION("atoll:io", "request") void host_request(char *into);
HOST_FUNCTION("atoll:io", "wait") int32_t host_wait(int32_t handle);
HOST_FUNCTION("atoll:io", "read") int32_t host_read(int32_t handle, void *into, size_t count);
HOST_FUNCTION("atoll:io", "drop") void host_drop(int32_t handle);
HOST_FUNCTION("atoll:io", "timer") int32_t host_timer(int32_t milliseconds);
HOST_FUNCTION("atoll:clock", "now") int64_t host_now(int32_t clock);
HOST_FUNCTION("atoll:random", "fill") void host_random(void *into, size_t count);
HOST_FUNCTION("atoll:log", "write") void host_log(int32_t level, const char *text, size_t count);
HOST_FUNCTION("atoll:kv", "start") int32_t host_start_kv(const void *request, size_t count);
HOST_FUNCTION("atoll:session", "start") int32_t host_start_session(const void *request, size_t count);
HOST_FUNCTION("atoll:fetch", "start") int32_t host_start_fetch(const void *request, size_t count);

enum { clock_real = 0, clock_monotonic = 1 };
enum { wait_for_any = -1 };
enum { level_debug = 1, level_info = 2, level_warning = 4, level_error = 5, level_allocation_failed = 16 };
