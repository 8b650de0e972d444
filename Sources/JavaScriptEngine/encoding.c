// UTF-8 for TextEncoder, TextDecoder, URL and bodies.
#include <string.h>

#include "engine.h"

static const uint8_t replacement[3] = {0xEF, 0xBF, 0xBD};

// QuickJS writes half a surrogate pair as three bytes, ED A0…BF xx; U+FFFD is as long.
static void mend_surrogates(uint8_t *bytes, size_t count) {
  for (uint8_t *at = bytes, *end = bytes + count; (at = memchr(at, 0xED, (size_t)(end - at))) && end - at >= 3; at += 3)
    if (at[1] >= 0xA0) memcpy(at, replacement, sizeof replacement);
}

static JSValue encode(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count;
  size_t size;
  const char *text = JS_ToCStringLen(ctx, &size, values[0]);
  if (!text) return JS_EXCEPTION;
  JSValue array = JS_NewUint8ArrayCopy(ctx, (const uint8_t *)text, size);
  JS_FreeCString(ctx, text);
  uint8_t *bytes = JS_IsException(array) ? NULL : JS_GetUint8Array(ctx, &size, array);
  if (bytes && size > 0) mend_surrogates(bytes, size);
  return array;
}

// encodeInto(text, bytes) → [read, written]: whole characters, as many as there is room for.
static JSValue encode_into(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count;
  size_t size, room, written = 0;
  uint32_t read = 0;
  const char *text = JS_ToCStringLen(ctx, &size, values[0]);
  if (!text) return JS_EXCEPTION;
  uint8_t *into = JS_GetUint8Array(ctx, &room, values[1]);
  while (into && written < size) {
    uint8_t first = (uint8_t)text[written];
    size_t width = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (written + width > room) break;
    memcpy(into + written, text + written, width);
    written += width;
    read += width == 4 ? 2 : 1;
  }
  if (into && written > 0) mend_surrogates(into, written);
  JS_FreeCString(ctx, text);
  JSValue pair = JS_NewArray(ctx);
  JS_DefinePropertyValueUint32(ctx, pair, 0, JS_NewUint32(ctx, read), JS_PROP_C_W_E);
  JS_DefinePropertyValueUint32(ctx, pair, 1, JS_NewUint32(ctx, (uint32_t)written), JS_PROP_C_W_E);
  return pair;
}

// How many of the bytes at `at` are one character. Where they are none, `*is_valid` is false and the answer is the
// length of the longest start of one, at least 1; where they end too soon, `*is_cut` is true besides.
static size_t character(const uint8_t *at, size_t left, bool *is_valid, bool *is_cut) {
  uint8_t first = at[0], low = 0x80, high = 0xBF;
  size_t width = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : (first & 0xF0) == 0xE0 ? 3
                 : first >= 0xF0 && first < 0xF5 ? 4 : 0;
  *is_valid = false;
  *is_cut = false;
  if (width == 0) return 1;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  for (size_t index = 1; index < width; index++, low = 0x80, high = 0xBF) {
    if (index == left) {
      *is_cut = true;
      return index;
    }
    if (at[index] < low || at[index] > high) return index;
  }
  *is_valid = true;
  return width;
}

// decode(bytes, fatal) → text
static JSValue decode(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count;
  size_t size = 0, used = 0;
  bool is_valid, is_cut, is_fatal = JS_ToBool(ctx, values[1]);
  const uint8_t *bytes = JS_GetUint8Array(ctx, &size, values[0]);
  if (!bytes || size == 0) return JS_HasException(ctx) ? JS_EXCEPTION : JS_NewStringLen(ctx, "", 0);
  size_t at = 0;
  while (at < size) {
    size_t width = character(bytes + at, size - at, &is_valid, &is_cut);
    if (!is_valid) break;
    at += width;
  }
  if (at == size) return JS_NewStringLen(ctx, (const char *)bytes, size);
  if (is_fatal) return JS_ThrowTypeError(ctx, "TextDecoder: the bytes are not UTF-8, at offset %zu", at);
  // Each wrong byte becomes at most three.
  uint8_t *mended = js_malloc(ctx, at + 3 * (size - at));
  if (!mended) return JS_EXCEPTION;
  memcpy(mended, bytes, used = at);
  while (at < size) {
    size_t width = character(bytes + at, size - at, &is_valid, &is_cut);
    memcpy(mended + used, is_valid ? bytes + at : replacement, is_valid ? width : sizeof replacement);
    used += is_valid ? width : sizeof replacement;
    at += width;
  }
  JSValue text = JS_NewStringLen(ctx, (const char *)mended, used);
  js_free(ctx, mended);
  return text;
}

// incomplete(bytes): how many bytes at the end are the start of a character.
static JSValue incomplete(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count;
  size_t size = 0;
  const uint8_t *bytes = JS_GetUint8Array(ctx, &size, values[0]);
  for (size_t back = 1; bytes && back <= 3 && back <= size; back++) {
    bool is_valid, is_cut;
    if ((bytes[size - back] & 0xC0) == 0x80) continue;
    size_t width = character(bytes + size - back, back, &is_valid, &is_cut);
    return JS_NewUint32(ctx, is_cut && width == back ? (uint32_t)back : 0);
  }
  return JS_HasException(ctx) ? JS_EXCEPTION : JS_NewUint32(ctx, 0);
}

void encoding_install(JSValueConst host) {
  JS_SetPropertyStr(context, host, "encode", JS_NewCFunction(context, encode, "encode", 1));
  JS_SetPropertyStr(context, host, "encodeInto", JS_NewCFunction(context, encode_into, "encodeInto", 2));
  JS_SetPropertyStr(context, host, "decode", JS_NewCFunction(context, decode, "decode", 2));
  JS_SetPropertyStr(context, host, "incomplete", JS_NewCFunction(context, incomplete, "incomplete", 1));
}
