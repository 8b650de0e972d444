// The part of the API that is JavaScript, evaluated before the worker's module, and the module "atoll".
#include <string.h>

#include "engine.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

JSValue tool_error_prototype = JS_UNDEFINED;

// Each file is a function of `host`. A zero ends it: QuickJS looks one byte past the text. What is not needed after the
// evaluation is wiped, so that no image holds it. It lies beside the constants, apart from what a call writes to.
#define TEXT static char __attribute__((section(".rodata.prelude")))
TEXT base_js[] = {
#embed <base.js>
    , 0};
TEXT timers_js[] = {
#embed <timers.js>
    , 0};
TEXT events_js[] = {
#embed <events.js>
    , 0};
TEXT encoding_js[] = {
#embed <encoding.js>
    , 0};
TEXT url_js[] = {
#embed <url.js>
    , 0};
TEXT clone_js[] = {
#embed <clone.js>
    , 0};
TEXT fetch_js[] = {
#embed <fetch.js>
    , 0};
TEXT console_js[] = {
#embed <console.js>
    , 0};
TEXT operations_js[] = {
#embed <operations.js>
    , 0};
TEXT network_js[] = {
#embed <network.js>
    , 0};
TEXT state_js[] = {
#embed <state.js>
    , 0};
TEXT kv_js[] = {
#embed <kv.js>
    , 0};
TEXT session_js[] = {
#embed <session.js>
    , 0};

// Where the names of a file are found.
typedef enum {
  // Global object. A file none of whose names the worker mentions stays out of its image, and is evaluated when one of
  // them is looked up all the same.
  looked_up,
  // Global object, and only there for a worker that mentions the name: what needs a grant.
  granted,
  // The module "atoll", for a worker that mentions both.
  exported,
  // Nowhere: files that mention it find it as a member of `host`.
  internal,
} place;
typedef struct {
  const char *file, *names;
  // Of those, the one that the module "atoll" has; NULL for other places.
  const char *export;
  char *text;
  size_t count;
  place place;
  bool is_there;
} script;
static script base = {"atoll:base.js", "", NULL, base_js, sizeof base_js - 1, internal, false};
static script scripts[] = {
    {"atoll:timers.js", "setTimeout setInterval clearTimeout clearInterval performance Performance crypto Crypto", NULL, timers_js, sizeof timers_js - 1, looked_up, false},
    {"atoll:events.js", "Event CustomEvent EventTarget AbortController AbortSignal", NULL, events_js, sizeof events_js - 1, looked_up, false},
    {"atoll:encoding.js", "TextEncoder TextDecoder", NULL, encoding_js, sizeof encoding_js - 1, looked_up, false},
    {"atoll:url.js", "URL URLSearchParams", NULL, url_js, sizeof url_js - 1, looked_up, false},
    {"atoll:clone.js", "structuredClone", NULL, clone_js, sizeof clone_js - 1, looked_up, false},
    {"atoll:fetch.js", "Headers Request Response Blob", NULL, fetch_js, sizeof fetch_js - 1, looked_up, false},
    {"atoll:operations.js", "beginOperation", NULL, operations_js, sizeof operations_js - 1, internal, false},
    {"atoll:network.js", "fetch", NULL, network_js, sizeof network_js - 1, granted, false},
    {"atoll:state.js", "StateError stateOperation", "StateError", state_js, sizeof state_js - 1, exported, false},
    {"atoll:kv.js", "kv", "kv", kv_js, sizeof kv_js - 1, exported, false},
    {"atoll:session.js", "session", "session", session_js, sizeof session_js - 1, exported, false},
    {"atoll:console.js", "console", NULL, console_js, sizeof console_js - 1, looked_up, false},
};
enum { script_count = sizeof scripts / sizeof scripts[0] };
static JSValue host = JS_UNDEFINED;

// Compiled, written and read again: that drops the text of each function, a third of the image.
static JSValue compile(const char *text, size_t count, const char *name) {
  JSValue compiled = JS_Eval(context, text, count, name, JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_STRICT | JS_EVAL_FLAG_COMPILE_ONLY);
  if (JS_IsException(compiled)) return compiled;
  size_t size;
  uint8_t *bytes = JS_WriteObject(context, &size, compiled, JS_WRITE_OBJ_BYTECODE | JS_WRITE_OBJ_STRIP_SOURCE);
  JS_FreeValue(context, compiled);
  if (!bytes) return JS_EXCEPTION;
  compiled = JS_ReadObject(context, bytes, size, JS_READ_OBJ_BYTECODE);
  js_free(context, bytes);
  return compiled;
}

static bool evaluate(const script *file) {
  if (file->place == internal && file != &base) operations_install(host);
  JSValue compiled = compile(file->text, file->count, file->file);
  JSValue function = JS_IsException(compiled) ? compiled : JS_EvalFunction(context, compiled);
  if (JS_IsException(function)) return false;
  JSValue result = JS_Call(context, function, JS_UNDEFINED, 1, (JSValueConst *)&host);
  JS_FreeValue(context, function);
  JS_FreeValue(context, result);
  return !JS_IsException(result);
}

// --- What the worker mentions ------------------------------------------------------------------------------

static bool continues_name(char character) {
  return character == '_' || character == '$' || (character >= '0' && character <= '9') ||
         ((character | 32) >= 'a' && (character | 32) <= 'z');
}

static bool mentions(const char *text, size_t count, const char *name, size_t name_count) {
  for (const char *at = text, *end = text + count; (at = memmem(at, (size_t)(end - at), name, name_count)); at++)
    if ((at == text || !continues_name(at[-1])) && !continues_name(at[name_count])) return true;
  return false;
}

// Calls `visit` with each of the file's names until one answers true.
static bool any_name(const script *file, bool (*visit)(const char *name, size_t count, void *with), void *with) {
  for (const char *name = file->names; *name;) {
    size_t count = strcspn(name, " ");
    if (visit(name, count, with)) return true;
    name += count + (name[count] == ' ');
  }
  return false;
}

typedef struct {
  const char *text;
  size_t count;
} range;

static bool is_mentioned(const char *name, size_t count, void *with) {
  range *text = with;
  return mentions(text->text, text->count, name, count);
}

// Evaluates the files that the text mentions, after those that these mention. `is_ours` says that it is the text of a
// file, and not the worker's.
static bool include_mentioned(const char *text, size_t count, bool is_ours) {
  range searched = {text, count};
  bool imports = is_ours || mentions(text, count, "atoll", 5);
  for (size_t index = 0; index < script_count; index++) {
    script *file = &scripts[index];
    if (file->is_there || (file->place == exported && !imports) || (file->place == internal && !is_ours)) continue;
    if (!any_name(file, is_mentioned, &searched)) continue;
    file->is_there = true;
    if (!include_mentioned(file->text, file->count, true) || !evaluate(file)) return false;
  }
  return true;
}

static void wipe(script *file) {
  if (file->is_there || file->place != looked_up) memset(file->text, 0, file->count);
}

void prelude_wipe(void) {
  wipe(&base);
  for (size_t index = 0; index < script_count; index++) wipe(&scripts[index]);
}

// --- What it does not mention ---------------------------------------------------------------------------------

static JSValue global_of(const char *name, size_t count) {
  JSValue global = JS_GetGlobalObject(context);
  JSAtom atom = JS_NewAtomLen(context, name, count);
  JSValue value = JS_GetProperty(context, global, atom);
  JS_FreeAtom(context, atom);
  JS_FreeValue(context, global);
  return value;
}

// The getter of a name that is not there yet: evaluates its file, which puts the value in the getter's place.
static JSValue load(JSContext *ctx, JSValueConst self, int count, JSValueConst *values, int magic, JSValueConst *data) {
  (void)self, (void)count, (void)values;
  script *file = &scripts[magic];
  if (!file->is_there) {
    file->is_there = true;
    if (!evaluate(file)) return JS_EXCEPTION;
  }
  const char *name = JS_ToCString(ctx, data[0]);
  JSValue value = name ? global_of(name, strlen(name)) : JS_EXCEPTION;
  JS_FreeCString(ctx, name);
  return value;
}

// The setter: an assignment makes it a property like any other.
static JSValue replace(
    JSContext *ctx, JSValueConst self, int count, JSValueConst *values, int magic, JSValueConst *data) {
  (void)self, (void)count, (void)magic;
  JSValue global = JS_GetGlobalObject(ctx);
  JSAtom atom = JS_ValueToAtom(ctx, data[0]);
  int defined = JS_DefinePropertyValue(
      ctx, global, atom, JS_DupValue(ctx, values[0]), JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
  JS_FreeAtom(ctx, atom);
  JS_FreeValue(ctx, global);
  return defined < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

static bool define_lookup(const char *name, size_t count, void *with) {
  int index = (int)((script *)with - scripts);
  JSValue global = JS_GetGlobalObject(context), text = JS_NewStringLen(context, name, count);
  JSAtom atom = JS_NewAtomLen(context, name, count);
  JS_DefinePropertyGetSet(
      context, global, atom, JS_NewCFunctionData(context, load, 0, index, 1, (JSValueConst *)&text),
      JS_NewCFunctionData(context, replace, 1, index, 1, (JSValueConst *)&text), JS_PROP_CONFIGURABLE);
  JS_FreeAtom(context, atom);
  JS_FreeValue(context, text);
  JS_FreeValue(context, global);
  return false;
}

// --- import … from "atoll" ------------------------------------------------------------------------------

// Visits the names that the module has.
static bool any_export(bool (*visit)(const char *name, JSModuleDef *module), JSModuleDef *module) {
  if (visit("ToolError", module)) return true;
  for (size_t index = 0; index < script_count; index++)
    if (scripts[index].is_there && scripts[index].export && visit(scripts[index].export, module)) return true;
  return false;
}

static bool export_name(const char *name, JSModuleDef *module) { return JS_AddModuleExport(context, module, name) < 0; }

static bool export_value(const char *name, JSModuleDef *module) {
  return JS_SetModuleExport(context, module, name, JS_GetPropertyStr(context, host, name)) < 0;
}

static int atoll_module_start(JSContext *ctx, JSModuleDef *module) {
  (void)ctx;
  return any_export(export_value, module) ? -1 : 0;
}

static JSModuleDef *load_module(JSContext *ctx, const char *name, void *opaque) {
  (void)opaque;
  if (strcmp(name, "atoll") != 0) {
    JS_ThrowReferenceError(
        ctx, "the module `%s` is not part of the bundle: only what an `import` statement names is bundled", name);
    return NULL;
  }
  JSModuleDef *module = JS_NewCModule(ctx, name, atoll_module_start);
  if (module && any_export(export_name, module)) return NULL;
  return module;
}

static char *normalize_module(JSContext *ctx, const char *base, const char *name, void *opaque) {
  (void)base, (void)opaque;
  return js_strdup(ctx, name);
}

bool prelude_install(const char *source, size_t count) {
  JS_SetModuleLoaderFunc(runtime, normalize_module, load_module, NULL);
  host = JS_NewObjectProto(context, JS_NULL);
  clock_install(host);
  random_install(host);
  loop_install(host);
  encoding_install(host);
  log_install(host);
  base.is_there = true;
  if (!evaluate(&base)) return false;
  JSValue tool_error = JS_GetPropertyStr(context, host, "ToolError");
  tool_error_prototype = JS_GetPropertyStr(context, tool_error, "prototype");
  JS_FreeValue(context, tool_error);
  if (!include_mentioned(source, count, false)) return false;
  for (size_t index = 0; index < script_count; index++)
    if (scripts[index].place == looked_up && !scripts[index].is_there) any_name(&scripts[index], define_lookup, &scripts[index]);
  return true;
}
