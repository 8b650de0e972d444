// Operations of the node's: started, waited for, read, dropped (docs/abi.md). What their answers mean is the business
// of the prelude.
#include <string.h>

#include "engine.h"

enum { kind_kv = 0, kind_session = 1, kind_fetch = 2 };
enum { code_broke_off = -7 };

typedef struct {
  int32_t handle;
  JSValue callback;
} waiter;
static waiter *waiters;
static size_t waiter_count, waiter_room;

size_t operations_awaited(void) { return waiter_count; }

// Takes who waits for a handle; undefined where nobody does.
static JSValue take_waiter(int32_t handle) {
  for (size_t index = 0; index < waiter_count; index++) {
    if (waiters[index].handle != handle) continue;
    JSValue callback = waiters[index].callback;
    memmove(&waiters[index], &waiters[index + 1], (--waiter_count - index) * sizeof *waiters);
    return callback;
  }
  return JS_UNDEFINED;
}

bool operations_wake(int32_t handle) {
  JSValue callback = take_waiter(handle);
  if (JS_IsUndefined(callback)) return true;
  JSValue result = JS_Call(context, callback, JS_UNDEFINED, 0, NULL);
  JS_FreeValue(context, callback);
  JS_FreeValue(context, result);
  return !JS_IsException(result);
}

// host.start(kind, what, head, bytes?) → handle, or a code below 0. `what` is what an error calls it.
static JSValue start(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count;
  int32_t kind, handle;
  size_t head_count, body_count = 0;
  const char *what = JS_ToCString(ctx, values[1]);
  if (!what) return JS_EXCEPTION;
  bool is_refused = refuse_while_evaluating(what);
  JS_FreeCString(ctx, what);
  if (is_refused || JS_ToInt32(ctx, &kind, values[0])) return JS_EXCEPTION;
  const uint8_t *body = NULL;
  bool has_body = JS_IsObject(values[3]);
  if (has_body) {
    body = JS_GetUint8Array(ctx, &body_count, values[3]);
    if (!body && JS_HasException(ctx)) return JS_EXCEPTION;
  }
  const char *head = JS_ToCStringLen(ctx, &head_count, values[2]);
  if (!head) return JS_EXCEPTION;
  size_t total = head_count + 1 + body_count;
  // The text of a string ends in the zero byte already.
  const char *request = head;
  char *joined = NULL;
  if (body_count > 0) {
    joined = js_malloc(ctx, total);
    if (joined) {
      memcpy(joined, head, head_count + 1);
      memcpy(joined + head_count + 1, body, body_count);
    }
    request = joined;
  }
  if (!has_body) total--;
  if (request)
    handle = kind == kind_kv ? host_start_kv(request, total)
             : kind == kind_session ? host_start_session(request, total) : host_start_fetch(request, total);
  JS_FreeCString(ctx, head);
  js_free(ctx, joined);
  return request ? JS_NewInt32(ctx, handle) : JS_EXCEPTION;
}

// host.whenReady(handle, callback): called once, when there is something to read or the end.
static JSValue when_ready(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count;
  int32_t handle;
  if (JS_ToInt32(ctx, &handle, values[0])) return JS_EXCEPTION;
  if (waiter_count == waiter_room) {
    size_t room = waiter_room ? 2 * waiter_room : 4;
    waiter *grown = js_realloc(ctx, waiters, room * sizeof *grown);
    if (!grown) return JS_EXCEPTION;
    waiters = grown;
    waiter_room = room;
  }
  waiters[waiter_count++] = (waiter){handle, JS_DupValue(ctx, values[1])};
  return JS_UNDEFINED;
}

static void *resize(JSRuntime *of, void *opaque, void *bytes, size_t count) {
  (void)opaque;
  return js_realloc_rt(of, bytes, count);
}

// Handles, which are below 64, whose reading found the bytes before the place where they broke off.
static uint64_t broken;

static uint64_t bit_of(int32_t handle) { return (uint64_t)1 << (handle & 63); }

// host.read(handle) → the bytes that are there, or a number: 0 at the end, a code below it. What is long is read in
// steps that grow: to ask for the size would be one import more, which every instance of every worker pays for.
static JSValue read_answer(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count;
  int32_t handle;
  uint8_t first[read_bytes];
  if (JS_ToInt32(ctx, &handle, values[0])) return JS_EXCEPTION;
  int32_t got = broken & bit_of(handle) ? code_broke_off : host_read(handle, first, sizeof first);
  broken &= ~bit_of(handle);
  if (got <= 0) return JS_NewInt32(ctx, got);
  if (got < (int32_t)sizeof first) return JS_NewUint8ArrayCopy(ctx, first, (size_t)got);
  size_t used = sizeof first, room = read_growth * used;
  uint8_t *all = js_malloc(ctx, room);
  if (!all) return JS_EXCEPTION;
  memcpy(all, first, used);
  while ((got = host_read(handle, all + used, room - used)) > 0) {
    used += (size_t)got;
    if (used < room) break;
    uint8_t *wider = js_realloc(ctx, all, room *= read_growth);
    if (!wider) {
      js_free(ctx, all);
      return JS_EXCEPTION;
    }
    all = wider;
  }
  // The host says this once, and the next reading is to hear it; other codes come again.
  if (got == code_broke_off) broken |= bit_of(handle);
  uint8_t *fitting = js_realloc(ctx, all, used);
  return JS_NewUint8Array(ctx, fitting ? fitting : all, used, resize, NULL, false);
}

// host.drop(handle): nobody waits for it any more.
static JSValue drop(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count;
  int32_t handle;
  if (JS_ToInt32(ctx, &handle, values[0])) return JS_EXCEPTION;
  JS_FreeValue(ctx, take_waiter(handle));
  broken &= ~bit_of(handle);
  host_drop(handle);
  return JS_UNDEFINED;
}

void operations_install(JSValueConst host) {
  JS_SetPropertyStr(context, host, "start", JS_NewCFunction(context, start, "start", 4));
  JS_SetPropertyStr(context, host, "whenReady", JS_NewCFunction(context, when_ready, "whenReady", 2));
  JS_SetPropertyStr(context, host, "read", JS_NewCFunction(context, read_answer, "read", 1));
  JS_SetPropertyStr(context, host, "drop", JS_NewCFunction(context, drop, "drop", 1));
}
