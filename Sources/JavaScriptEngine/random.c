// Math.random and the bytes of `crypto`, from the host's generator, drawn anew in every call. QuickJS would seed its own
// Math.random when the context is made: every instance of the image would then answer the same numbers.
#include <string.h>

#include "engine.h"

static uint64_t state;  // of xorshift64*; 0 until this call first asks
static uint8_t pool[random_pool_bytes];
static size_t pool_left;

static void fill(uint8_t *into, size_t count) {
  if (count <= sizeof pool) {
    if (count > pool_left) {
      host_random(pool, sizeof pool);
      pool_left = sizeof pool;
    }
    pool_left -= count;
    memcpy(into, pool + pool_left, count);
    return;
  }
  for (size_t done = 0; done < count; done += random_bytes_max)
    host_random(into + done, count - done < random_bytes_max ? count - done : random_bytes_max);
}

static JSValue math_random(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count, (void)values;
  if (refuse_while_evaluating("Math.random()")) return JS_EXCEPTION;
  if (state == 0) {
    fill((uint8_t *)&state, sizeof state);
    state |= 1;
  }
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return JS_NewFloat64(ctx, (double)((state * 0x2545F4914F6CDD1D) >> 11) * 0x1p-53);
}

// host.random(Uint8Array)
static JSValue random_bytes(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self;
  size_t size = 0;
  if (refuse_while_evaluating("crypto")) return JS_EXCEPTION;
  uint8_t *bytes = count > 0 ? JS_GetUint8Array(ctx, &size, values[0]) : NULL;
  if (!bytes && size == 0) return JS_HasException(ctx) ? JS_EXCEPTION : JS_UNDEFINED;
  fill(bytes, size);
  return JS_UNDEFINED;
}

// host.uuid(): version 4.
static JSValue random_uuid(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count, (void)values;
  static const char digits[] = "0123456789abcdef";
  uint8_t bytes[16];
  char text[36];
  if (refuse_while_evaluating("crypto.randomUUID()")) return JS_EXCEPTION;
  fill(bytes, sizeof bytes);
  bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
  bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
  char *next = text;
  for (size_t index = 0; index < sizeof bytes; index++) {
    if (index == 4 || index == 6 || index == 8 || index == 10) *next++ = '-';
    *next++ = digits[bytes[index] >> 4];
    *next++ = digits[bytes[index] & 15];
  }
  return JS_NewStringLen(ctx, text, sizeof text);
}

void random_install(JSValueConst host) {
  JSValue global = JS_GetGlobalObject(context);
  JSValue math = JS_GetPropertyStr(context, global, "Math");
  JS_DefinePropertyValueStr(
      context, math, "random", JS_NewCFunction(context, math_random, "random", 0),
      JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
  JS_FreeValue(context, math);
  JS_FreeValue(context, global);
  JS_SetPropertyStr(context, host, "random", JS_NewCFunction(context, random_bytes, "random", 1));
  JS_SetPropertyStr(context, host, "uuid", JS_NewCFunction(context, random_uuid, "randomUUID", 0));
}
