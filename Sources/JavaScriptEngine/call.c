// One call: the request in, the tool run, its answer out (docs/abi.md).
#include <string.h>

#include "engine.h"

// --- The tools, taken once -----------------------------------------------------------------------------

typedef struct {
  JSValue name, function;
} tool;
static tool *tools;
static size_t tool_count;
static JSValue tools_object = JS_UNDEFINED;  // `this` of a tool

size_t tools_count(void) { return tool_count; }
JSValueConst tools_name(size_t index) { return tools[index].name; }

static bool take(JSPropertyEnum *names, uint32_t count) {
  tools = js_calloc(context, count ? count : 1, sizeof *tools);
  if (!tools) return false;
  for (uint32_t index = 0; index < count; index++) {
    tool taken = {JS_AtomToString(context, names[index].atom), JS_GetProperty(context, tools_object, names[index].atom)};
    if (JS_IsException(taken.name) || JS_IsException(taken.function)) return false;
    tools[tool_count++] = taken;
    if (JS_IsFunction(context, taken.function)) continue;
    const char *name = JS_ToCString(context, taken.name);
    JS_ThrowTypeError(context, "the tool `%s` of the default export is not a function", name ? name : "");
    JS_FreeCString(context, name);
    return false;
  }
  return true;
}

bool tools_take(JSValueConst module_namespace) {
  static const char fix[] = "write `export default { tools: { name(args, context) { … } } }`";
  JSValue exported = JS_GetPropertyStr(context, module_namespace, "default");
  if (JS_IsException(exported)) return false;
  if (!JS_IsObject(exported)) {
    bool is_absent = JS_IsUndefined(exported);
    JS_FreeValue(context, exported);
    JS_ThrowTypeError(context, "the module %s: %s", is_absent ? "has no default export" : "exports no object as default", fix);
    return false;
  }
  tools_object = JS_GetPropertyStr(context, exported, "tools");
  JS_FreeValue(context, exported);
  if (JS_IsException(tools_object)) return false;
  if (!JS_IsObject(tools_object) || JS_IsFunction(context, tools_object) || JS_IsArray(tools_object)) {
    JS_ThrowTypeError(context, "the default export has no object `tools`: %s", fix);
    return false;
  }
  JSPropertyEnum *names;
  uint32_t count;
  if (JS_GetOwnPropertyNames(context, &names, &count, tools_object, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY)) return false;
  bool taken = take(names, count);
  JS_FreePropertyEnum(context, names, count);
  return taken;
}

static tool *find(JSValueConst name) {
  for (size_t index = 0; index < tool_count; index++)
    if (JS_IsStrictEqual(context, tools[index].name, name)) return &tools[index];
  return NULL;
}

// --- The answer ------------------------------------------------------------------------------------------

// Text is written here, never through JavaScript: what the author's code did to prototypes does not reach it.
static char *out;
static size_t out_count, out_room;

static void put(const char *bytes, size_t count) {
  if (out_count + count > out_room) {
    size_t room = out_count + count + 256;
    char *grown = js_realloc(context, out, room);
    // There is no room for an answer, nor for an error about it.
    if (!grown) __builtin_trap();
    out = grown;
    out_room = room;
  }
  memcpy(out + out_count, bytes, count);
  out_count += count;
}
#define PUT(text) put(text, sizeof text - 1)

// JSON.stringify writes half a surrogate pair as an escape, which is no Unicode text: readers refuse it. U+FFFD is as long.
static void mend_surrogates(char *text, size_t count) {
  char *end = text + count;
  while ((text = memchr(text, '\\', (size_t)(end - text)))) {
    if (text[1] == 'u' && text[2] == 'd') memcpy(text + 2, "fffd", 4);
    text += 2;
  }
}

// The value's JSON; JS_EXCEPTION, or undefined for what has none.
static JSValue json_of(JSValueConst value) { return JS_JSONStringify(context, value, JS_UNDEFINED, JS_UNDEFINED); }

static void put_json(JSValueConst text) {
  size_t count;
  const char *bytes = JS_ToCStringLen(context, &count, text);
  if (!bytes) return memory_give_up();
  size_t start = out_count;
  put(bytes, count);
  JS_FreeCString(context, bytes);
  mend_surrogates(out + start, count);
}

// Whether the JSON is an object whose only member is `result`: as a bare value it would be taken for protocol.
static bool reads_as_result(const char *json, size_t count) {
  static const char start[] = "{\"result\":";
  if (count < sizeof start || memcmp(json, start, sizeof start - 1) != 0) return false;
  int depth = 0;
  for (size_t index = sizeof start - 1; index < count - 1; index++) {
    switch (json[index]) {
      case '"':
        while (json[++index] != '"')
          if (json[index] == '\\') index++;
        break;
      case '{': case '[': depth++; break;
      case '}': case ']': depth--; break;
      case ',': if (depth == 0) return false;
    }
  }
  return true;
}

// The text is the message, after the code where there is one.
static void answer_error(JSValueConst code, JSValueConst message) {
  out_count = 0;
  JSValue json = json_of(message), prefix = JS_IsString(code) ? json_of(code) : JS_UNDEFINED;
  PUT("{\"result\":{\"isError\":true,\"content\":[{\"type\":\"text\",\"text\":");
  if (JS_IsString(prefix) && JS_IsString(json)) {
    put_json(prefix);
    // One string of two: the quotes between them go.
    out_count--;
    PUT(": ");
    size_t start = out_count;
    put_json(json);
    memmove(out + start, out + start + 1, --out_count - start);
  } else if (JS_IsString(json)) put_json(json);
  else PUT("\"the tool failed\"");
  PUT("}]}}");
  JS_FreeValue(context, json);
  JS_FreeValue(context, prefix);
}

// What a tool threw, or what nobody caught: the pending exception.
static void answer_exception(void) {
  JSValue thrown = JS_GetException(context);
  memory_give_up();
  bool is_expected = false;
  if (JS_IsObject(thrown)) {
    JSValue link = JS_GetPrototype(context, thrown);
    while (JS_IsObject(link) && !is_expected) {
      is_expected = JS_IsStrictEqual(context, link, tool_error_prototype);
      JSValue next = JS_GetPrototype(context, link);
      JS_FreeValue(context, link);
      link = next;
    }
    JS_FreeValue(context, link);
    if (JS_HasException(context)) JS_FreeValue(context, JS_GetException(context));
  }
  if (!is_expected) error_log(thrown);
  error_text text = error_describe(thrown);
  const char *message = JS_IsString(text.message) ? JS_ToCString(context, text.message) : NULL;
  JSValue code = error_code(thrown, text);
  answer_error(code, message && *message ? text.message : text.name);
  JS_FreeValue(context, code);
  if (message) JS_FreeCString(context, message);
  error_free(text);
  JS_FreeValue(context, thrown);
}

static const char *kind_without_json(JSValueConst value) {
  if (JS_IsUndefined(value)) return "undefined";
  if (JS_IsFunction(context, value)) return "a function";
  if (JS_IsSymbol(value)) return "a symbol";
  if (JS_IsBigInt(value)) return "a BigInt";
  return "something that has no JSON";
}

static bool throw_without_json(JSValueConst value, JSValueConst tool_name) {
  const char *name = JS_ToCString(context, tool_name);
  JS_ThrowTypeError(
      context, "the tool `%s` returned %s: return a string, a number, a boolean, null, or an object or array of these",
      name ? name : "", kind_without_json(value));
  JS_FreeCString(context, name);
  return false;
}

// Says whose answer it was that JSON cannot hold (a cycle, a BigInt inside).
static bool throw_unserialisable(JSValueConst tool_name) {
  JSValue thrown = JS_GetException(context);
  memory_give_up();
  error_text text = error_describe(thrown);
  const char *name = JS_ToCString(context, tool_name);
  const char *why = JS_IsString(text.message) ? JS_ToCString(context, text.message) : NULL;
  JS_ThrowTypeError(
      context, "the answer of the tool `%s` cannot be written as JSON: %s", name ? name : "", why ? why : "unknown");
  if (why) JS_FreeCString(context, why);
  JS_FreeCString(context, name);
  error_free(text);
  JS_FreeValue(context, thrown);
  return false;
}

static bool answer_value(JSValueConst value, JSValueConst tool_name) {
  if (JS_IsBigInt(value)) return throw_without_json(value, tool_name);
  JSValue json = json_of(value);
  if (JS_IsException(json)) return throw_unserialisable(tool_name);
  if (!JS_IsString(json)) return throw_without_json(value, tool_name);
  put_json(json);
  JS_FreeValue(context, json);
  if (reads_as_result(out, out_count)) {
    static const char before[] = "{\"result\":{\"structuredContent\":", after[] = "}}";
    size_t count = out_count;
    put(before, sizeof before - 1);
    memmove(out + sizeof before - 1, out, count);
    memcpy(out, before, sizeof before - 1);
    put(after, sizeof after - 1);
  }
  return true;
}

// --- The call ----------------------------------------------------------------------------------------------

// What an `await` would do with it: a promise, or an object with a method `then`, is waited for.
static JSValue awaited(JSValue value) {
  if (!JS_IsObject(value)) return value;
  if (JS_IsPromise(value)) return loop_settle(value);
  JSValue then = JS_GetPropertyStr(context, value, "then");
  if (JS_IsException(then)) {
    JS_FreeValue(context, value);
    return then;
  }
  bool is_thenable = JS_IsFunction(context, then);
  JS_FreeValue(context, then);
  if (!is_thenable) return value;
  JSValue functions[2], promise = JS_NewPromiseCapability(context, functions);
  if (!JS_IsException(promise)) {
    JS_FreeValue(context, JS_Call(context, functions[0], JS_UNDEFINED, 1, (JSValueConst *)&value));
    JS_FreeValue(context, functions[0]);
    JS_FreeValue(context, functions[1]);
    promise = loop_settle(promise);
  }
  JS_FreeValue(context, value);
  return promise;
}

static bool run(JSValueConst request) {
  JSValue name = JS_GetPropertyStr(context, request, "name");
  tool *called = find(name);
  if (!called) {
    const char *text = JS_ToCString(context, name);
    JS_ThrowReferenceError(context, "this worker has no tool `%s`: add it to `tools` of the default export", text ? text : "");
    JS_FreeCString(context, text);
    return false;
  }
  JSValue values[2] = {
      JS_GetPropertyStr(context, request, "arguments"), JS_GetPropertyStr(context, request, "context")};
  JSValue result = JS_Call(context, called->function, tools_object, 2, (JSValueConst *)values);
  if (!JS_IsException(result)) result = awaited(result);
  // What the tool left behind runs too: an error there is one of the call.
  if (JS_IsException(result) || !loop_run_jobs()) return false;
  bool answered = answer_value(result, called->name);
  JS_FreeValue(context, result);
  return answered;
}

__attribute__((export_name("atoll_call"))) uint64_t atoll_call(uint32_t count) {
  char *bytes = js_malloc(context, (size_t)count + 1);
  if (!bytes) __builtin_trap();
  host_request(bytes);
  bytes[count] = 0;
  JSValue request = JS_ParseJSON(context, bytes, count, "request");
  if (JS_IsException(request) || !run(request)) answer_exception();
  // Nothing is freed: the instance ends here.
  return (uint64_t)(uintptr_t)out << 32 | (uint32_t)out_count;
}
