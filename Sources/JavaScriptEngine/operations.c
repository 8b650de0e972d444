// Operations of the node's: started, waited for, read, dropped (docs/abi.md). What their answers mean is the business
// of the prelude.
#include <string.h>

#include "engine.h"

enum { kind_kv = 0, kind_session = 1, kind_fetch = 2 };

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

// host.read(handle) → all the bytes that are there, or a number: 0 at the end, a code below it.
static JSValue read_answer(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count;
  int32_t handle;
  uint8_t first[read_bytes];
  if (JS_ToInt32(ctx, &handle, values[0])) return JS_EXCEPTION;
  int32_t got = host_read(handle, first, sizeof first);
  if (got <= 0) return JS_NewInt32(ctx, got);
  int32_t more = got == (int32_t)sizeof first ? host_size(handle) : 0;
  if (more <= 0) return JS_NewUint8ArrayCopy(ctx, first, (size_t)got);
  uint8_t *all = js_malloc(ctx, (size_t)got + (size_t)more);
  if (!all) return JS_EXCEPTION;
  memcpy(all, first, sizeof first);
  more = host_read(handle, all + got, (size_t)more);
  return JS_NewUint8Array(ctx, all, (size_t)got + (size_t)(more > 0 ? more : 0), resize, NULL, false);
}

// host.drop(handle): nobody waits for it any more.
static JSValue drop(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count;
  int32_t handle;
  if (JS_ToInt32(ctx, &handle, values[0])) return JS_EXCEPTION;
  JS_FreeValue(ctx, take_waiter(handle));
  host_drop(handle);
  return JS_UNDEFINED;
}

void operations_install(JSValueConst host) {
  JS_SetPropertyStr(context, host, "start", JS_NewCFunction(context, start, "start", 4));
  JS_SetPropertyStr(context, host, "whenReady", JS_NewCFunction(context, when_ready, "whenReady", 2));
  JS_SetPropertyStr(context, host, "read", JS_NewCFunction(context, read_answer, "read", 1));
  JS_SetPropertyStr(context, host, "drop", JS_NewCFunction(context, drop, "drop", 1));
}
