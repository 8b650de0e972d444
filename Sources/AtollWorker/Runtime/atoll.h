// atoll.h: what a worker in C may ask of its node (docs/abi.md). Found by `#include <atoll.h>` in every C worker; all of
// it is in this file, and what a worker does not call it does not import, so that its manifest need not grant it.
//
// Strings end in a zero byte. Nothing here ends the worker: what fails is an answer with `code` and `message`. An answer
// is given back with atoll_answer_free, or never: memory ends with the call.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATOLL_IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

// --- The imports ---------------------------------------------------------------------------------------------

ATOLL_IMPORT("atoll:io", "wait") int32_t atoll_wait(int32_t handle);
ATOLL_IMPORT("atoll:io", "size") int32_t atoll_size(int32_t handle);
ATOLL_IMPORT("atoll:io", "read") int32_t atoll_read(int32_t handle, void *into, size_t count);
ATOLL_IMPORT("atoll:io", "drop") void atoll_drop(int32_t handle);
ATOLL_IMPORT("atoll:io", "timer") int32_t atoll_timer(int32_t milliseconds);
ATOLL_IMPORT("atoll:clock", "now") int64_t atoll_now(int32_t clock);
ATOLL_IMPORT("atoll:random", "fill") void atoll_random(void *into, size_t count);
ATOLL_IMPORT("atoll:log", "write") void atoll_log(int32_t level, const char *text, size_t count);
ATOLL_IMPORT("atoll:progress", "report") void atoll_progress(const char *json, size_t count);
// Granted by the manifest: `[permissions] kv`, `[session]` and `session = true`, `[[upstreams]]`.
ATOLL_IMPORT("atoll:kv", "start") int32_t atoll_kv_start(const void *request, size_t count);
ATOLL_IMPORT("atoll:session", "start") int32_t atoll_session_start(const void *request, size_t count);
ATOLL_IMPORT("atoll:fetch", "start") int32_t atoll_fetch_start(const void *request, size_t count);

enum { atoll_wait_any = -1 };
enum {
  atoll_unknown_handle = -1, atoll_nothing_to_wait_for = -2, atoll_in_flight = -3, atoll_too_many_handles = -4,
  atoll_denied = -5, atoll_too_large = -6, atoll_broke_off = -7,
};
enum { atoll_debug = 1, atoll_info = 2, atoll_notice = 3, atoll_warning = 4, atoll_error = 5 };

// --- Requests ------------------------------------------------------------------------------------------------

// Bytes that grow. `text` is NULL once memory has run out, and stays so.
typedef struct {
  char *text;
  size_t count, room;
} atoll_buffer;

static inline void atoll_put(atoll_buffer *buffer, const void *bytes, size_t count) {
  if (buffer->room > 0 && !buffer->text) return;
  if (buffer->count + count + 1 > buffer->room) {
    size_t room = 2 * buffer->room + count + 256;
    char *wider = (char *)realloc(buffer->text, room);
    if (!wider) free(buffer->text);
    buffer->text = wider;
    buffer->room = room;
    if (!wider) return;
  }
  if (count > 0) memcpy(buffer->text + buffer->count, bytes, count);
  buffer->count += count;
  buffer->text[buffer->count] = 0;
}

static inline void atoll_put_text(atoll_buffer *buffer, const char *text) { atoll_put(buffer, text, strlen(text)); }

// A JSON string.
static inline void atoll_put_string(atoll_buffer *buffer, const char *text) {
  atoll_put(buffer, "\"", 1);
  for (; *text; text++) {
    char escape[8] = {*text};
    if (*text == '"' || *text == '\\') snprintf(escape, sizeof escape, "\\%c", *text);
    else if ((unsigned char)*text < 0x20) snprintf(escape, sizeof escape, "\\u%04x", *text);
    atoll_put_text(buffer, escape);
  }
  atoll_put(buffer, "\"", 1);
}

// `,"name":"value"`; nothing where the value is NULL.
static inline void atoll_put_member(atoll_buffer *buffer, const char *name, const char *value) {
  if (!value) return;
  atoll_put(buffer, ",", 1);
  atoll_put_string(buffer, name);
  atoll_put(buffer, ":", 1);
  atoll_put_string(buffer, value);
}

// The end of a head, and the bytes after it.
static inline void atoll_put_bytes(atoll_buffer *buffer, const void *bytes, size_t count) {
  atoll_put(buffer, "}", 2);
  atoll_put(buffer, bytes, count);
}

// --- Answers -------------------------------------------------------------------------------------------------

typedef struct {
  // The head, JSON, and the bytes after it; both end in a zero byte that does not count.
  char *head;
  char *bytes;
  size_t count;
  // Of an error; "" where there is none.
  char code[32];
  char message[512];
} atoll_answer;

static inline void atoll_answer_free(atoll_answer *answer) {
  free(answer->head);
  answer->head = answer->bytes = NULL;
}

static inline const char *atoll_skip_value(const char *at) {
  int depth = 0;
  for (; *at; at++) {
    if (*at == '"') {
      for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1]) at++;
      if (!*at) return at;
    } else if (*at == '{' || *at == '[') depth++;
    else if (*at == '}' || *at == ']') {
      if (depth-- == 0) return at;
    } else if (*at == ',' && depth == 0) return at;
  }
  return at;
}

// Where the value of an object's member starts; NULL where there is none. For what the node writes: no white space.
static inline const char *atoll_member(const char *object, const char *name) {
  size_t count = strlen(name);
  if (!object || *object != '{') return NULL;
  for (const char *at = object + 1; *at == '"';) {
    const char *end = at + 1;
    while (*end && *end != '"') end += *end == '\\' && end[1] ? 2 : 1;
    if (end[0] != '"' || end[1] != ':') return NULL;
    if ((size_t)(end - at - 1) == count && memcmp(at + 1, name, count) == 0) return end + 2;
    at = atoll_skip_value(end + 2);
    if (*at == ',') at++;
  }
  return NULL;
}

// Copies a member that is a string, as far as there is room; "" where it is none. Escapes of characters outside ASCII
// become "?".
static inline void atoll_string(const char *object, const char *name, char *into, size_t room) {
  const char *at = atoll_member(object, name);
  size_t count = 0;
  if (at && *at == '"')
    for (at++; *at && *at != '"' && count + 1 < room; at++) {
      char character = *at;
      if (character == '\\' && at[1]) {
        character = *++at;
        if (character == 'n') character = '\n';
        if (character == 't') character = '\t';
        if (character == 'r') character = '\r';
        if (character == 'u' && strlen(at) > 4) {
          char digits[5] = {at[1], at[2], at[3], at[4], 0};
          long code = strtol(digits, NULL, 16);
          character = code < 0x80 ? (char)code : '?';
          at += 4;
        }
      }
      into[count++] = character;
    }
  if (room > 0) into[count] = 0;
}

static inline int64_t atoll_number(const char *object, const char *name, int64_t otherwise) {
  const char *at = atoll_member(object, name);
  return at && (*at == '-' || (*at >= '0' && *at <= '9')) ? strtoll(at, NULL, 10) : otherwise;
}

static inline int atoll_is_true(const char *object, const char *name) {
  const char *at = atoll_member(object, name);
  return at && *at == 't';
}

static inline atoll_answer atoll_failure(const char *code, const char *message) {
  atoll_answer answer = {0};
  snprintf(answer.code, sizeof answer.code, "%s", code);
  snprintf(answer.message, sizeof answer.message, "%s", message);
  return answer;
}

// Waits for an operation to its end, reads all of its answer and drops it. Takes what a `start` answered: a code below
// 0 becomes an error too.
static inline atoll_answer atoll_finish(int32_t handle) {
  size_t count = 0, room = 4096;
  int32_t got;
  if (handle == atoll_denied) return atoll_failure("denied", "the manifest does not grant this; see docs/manifest.md");
  if (handle == atoll_too_large) return atoll_failure("too_large", "a request has at most 1 MiB and 64 KiB");
  if (handle < 0) return atoll_failure("too_many", "64 operations are held; drop some");
  char *text = (char *)malloc(room + 1);
  // Read first: what the node could answer at once needs no sleep.
  while (text) {
    got = atoll_read(handle, text + count, room - count);
    if (got > 0) count += (size_t)got;
    else if (got == atoll_in_flight) atoll_wait(handle);
    // Only the error counts.
    else if (got == atoll_broke_off) count = 0;
    else break;
    if (count < room) continue;
    char *wider = (char *)realloc(text, 2 * room + 1);
    if (!wider) free(text);
    text = wider;
    room *= 2;
  }
  atoll_drop(handle);
  if (!text) return atoll_failure("too_large", "memory ran out; raise limits.memory");
  text[count] = 0;
  size_t head = strlen(text);
  atoll_answer answer = {0};
  answer.head = text;
  answer.bytes = text + (head < count ? head + 1 : head);
  answer.count = head < count ? count - head - 1 : 0;
  const char *error = atoll_member(answer.head, "error");
  if (error) {
    atoll_string(error, "code", answer.code, sizeof answer.code);
    atoll_string(error, "message", answer.message, sizeof answer.message);
  }
  return answer;
}

// --- Key-value store and session -------------------------------------------------------------------------------

typedef int32_t (*atoll_starter)(const void *request, size_t count);

static inline atoll_answer atoll_run(atoll_starter start, atoll_buffer *request) {
  if (!request->text) return atoll_failure("too_large", "memory ran out; raise limits.memory");
  int32_t handle = start(request->text, request->count);
  free(request->text);
  return atoll_finish(handle);
}

static inline atoll_buffer atoll_head(const char *operation) {
  atoll_buffer head = {0};
  atoll_put_text(&head, "{\"op\":");
  atoll_put_string(&head, operation);
  return head;
}

// `name` may be NULL where the manifest grants one namespace only. Found where atoll_is_true(answer.head, "found"): its
// value is `bytes`, its version atoll_string(answer.head, "version", …).
static inline atoll_answer atoll_kv_get(const char *name, const char *key) {
  atoll_buffer head = atoll_head("get");
  atoll_put_member(&head, "namespace", name);
  atoll_put_member(&head, "key", key);
  atoll_put_text(&head, "}");
  return atoll_run(atoll_kv_start, &head);
}

// A condition for writing: a version, atoll_absent, or NULL for none.
#define atoll_absent ""

static inline void atoll_put_condition(atoll_buffer *head, const char *condition) {
  if (condition && !*condition) atoll_put_member(head, "if", "absent");
  else atoll_put_member(head, "if_version", condition);
}

// `ttl_ms` 0: it never expires. The answer's head has the new `version`; the code `conflict` says that the condition did
// not hold.
static inline atoll_answer atoll_kv_put(
    const char *name, const char *key, const void *bytes, size_t count, int64_t ttl_ms, const char *condition) {
  atoll_buffer head = atoll_head("put");
  char life[40] = "";
  atoll_put_member(&head, "namespace", name);
  atoll_put_member(&head, "key", key);
  if (ttl_ms > 0) snprintf(life, sizeof life, ",\"ttl_ms\":%lld", (long long)ttl_ms);
  atoll_put_text(&head, life);
  atoll_put_condition(&head, condition);
  atoll_put_bytes(&head, bytes, count);
  return atoll_run(atoll_kv_start, &head);
}

// atoll_is_true(answer.head, "deleted") says whether there was one.
static inline atoll_answer atoll_kv_delete(const char *name, const char *key, const char *version) {
  atoll_buffer head = atoll_head("delete");
  atoll_put_member(&head, "namespace", name);
  atoll_put_member(&head, "key", key);
  atoll_put_member(&head, "if_version", version);
  atoll_put_text(&head, "}");
  return atoll_run(atoll_kv_start, &head);
}

// `prefix` and `cursor` may be NULL; `limit` is 1 to 1,000. The answer's head has `keys` and, where more follow, `cursor`.
static inline atoll_answer atoll_kv_list(const char *name, const char *prefix, const char *cursor, int limit) {
  atoll_buffer head = atoll_head("list");
  char most[32];
  atoll_put_member(&head, "namespace", name);
  atoll_put_member(&head, "prefix", prefix);
  atoll_put_member(&head, "cursor", cursor);
  snprintf(most, sizeof most, ",\"limit\":%d}", limit);
  atoll_put_text(&head, most);
  return atoll_run(atoll_kv_start, &head);
}

static inline atoll_answer atoll_session_get(void) {
  atoll_buffer head = atoll_head("get");
  atoll_put_text(&head, "}");
  return atoll_run(atoll_session_start, &head);
}

static inline atoll_answer atoll_session_put(const void *bytes, size_t count, const char *condition) {
  atoll_buffer head = atoll_head("put");
  atoll_put_condition(&head, condition);
  atoll_put_bytes(&head, bytes, count);
  return atoll_run(atoll_session_start, &head);
}

static inline atoll_answer atoll_session_end(void) {
  atoll_buffer head = atoll_head("delete");
  atoll_put_text(&head, "}");
  return atoll_run(atoll_session_start, &head);
}

// --- Upstreams -------------------------------------------------------------------------------------------------

// Begins a request, and answers its handle for atoll_finish, or a code, which atoll_finish takes as well. Begin several
// before the first is finished: they run side by side. `headers` is JSON, `[["accept","text/plain"]]`, or NULL;
// `timeout_ms` 0 is the upstream's own. The answer's head has `status`, `headers`, `url`; its bytes are the body.
static inline int32_t atoll_fetch_begin(
    const char *method, const char *url, const char *headers, const void *body, size_t count, int timeout_ms) {
  atoll_buffer head = {0};
  char timeout[40] = "";
  atoll_put_text(&head, "{\"method\":");
  atoll_put_string(&head, method);
  atoll_put_member(&head, "url", url);
  atoll_put_text(&head, ",\"headers\":");
  atoll_put_text(&head, headers ? headers : "[]");
  if (timeout_ms > 0) snprintf(timeout, sizeof timeout, ",\"timeout_ms\":%d", timeout_ms);
  atoll_put_text(&head, timeout);
  atoll_put_bytes(&head, body, count);
  if (!head.text) return atoll_too_large;
  int32_t handle = atoll_fetch_start(head.text, head.count);
  free(head.text);
  return handle;
}

static inline atoll_answer atoll_fetch(const char *method, const char *url) {
  return atoll_finish(atoll_fetch_begin(method, url, NULL, NULL, 0, 0));
}
