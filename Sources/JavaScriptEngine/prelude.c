// The part of the API that is JavaScript, evaluated before the worker's module, and the module "atoll".
#include <string.h>

#include "engine.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

JSValue tool_error_prototype = JS_UNDEFINED;
static JSValue tool_error = JS_UNDEFINED;

// Each is a function of `host`. A zero ends it: QuickJS looks one byte past the text.
static const char errors_js[] = {
#embed "prelude/errors.js"
    , 0};
static const char timers_js[] = {
#embed "prelude/timers.js"
    , 0};
static const char events_js[] = {
#embed "prelude/events.js"
    , 0};
static const char encoding_js[] = {
#embed "prelude/encoding.js"
    , 0};
static const char url_js[] = {
#embed "prelude/url.js"
    , 0};
static const char clone_js[] = {
#embed "prelude/clone.js"
    , 0};
static const char fetch_js[] = {
#embed "prelude/fetch.js"
    , 0};
static const char console_js[] = {
#embed "prelude/console.js"
    , 0};

static const struct {
  const char *name, *text;
  size_t count;
} scripts[] = {
    {"atoll:errors.js", errors_js, sizeof errors_js - 1},
    {"atoll:timers.js", timers_js, sizeof timers_js - 1},
    {"atoll:events.js", events_js, sizeof events_js - 1},
    {"atoll:encoding.js", encoding_js, sizeof encoding_js - 1},
    {"atoll:url.js", url_js, sizeof url_js - 1},
    {"atoll:clone.js", clone_js, sizeof clone_js - 1},
    {"atoll:fetch.js", fetch_js, sizeof fetch_js - 1},
    {"atoll:console.js", console_js, sizeof console_js - 1},
};

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

static bool evaluate(const char *text, size_t count, const char *name, JSValueConst host) {
  JSValue compiled = compile(text, count, name);
  JSValue function = JS_IsException(compiled) ? compiled : JS_EvalFunction(context, compiled);
  if (JS_IsException(function)) return false;
  JSValue result = JS_Call(context, function, JS_UNDEFINED, 1, &host);
  JS_FreeValue(context, function);
  JS_FreeValue(context, result);
  return !JS_IsException(result);
}

// --- import … from "atoll" ------------------------------------------------------------------------------

static int atoll_module_start(JSContext *ctx, JSModuleDef *module) {
  return JS_SetModuleExport(ctx, module, "ToolError", JS_DupValue(ctx, tool_error));
}

static JSModuleDef *load_module(JSContext *ctx, const char *name, void *opaque) {
  (void)opaque;
  if (strcmp(name, "atoll") != 0) {
    JS_ThrowReferenceError(
        ctx, "the module `%s` is not part of the bundle: only what an `import` statement names is bundled", name);
    return NULL;
  }
  JSModuleDef *module = JS_NewCModule(ctx, name, atoll_module_start);
  if (module && JS_AddModuleExport(ctx, module, "ToolError")) return NULL;
  return module;
}

static char *normalize_module(JSContext *ctx, const char *base, const char *name, void *opaque) {
  (void)base, (void)opaque;
  return js_strdup(ctx, name);
}

bool prelude_install(void) {
  JS_SetModuleLoaderFunc(runtime, normalize_module, load_module, NULL);
  JSValue host = JS_NewObject(context);
  clock_install(host);
  random_install(host);
  loop_install(host);
  encoding_install(host);
  log_install(host);
  bool installed = true;
  for (size_t index = 0; installed && index < sizeof scripts / sizeof scripts[0]; index++)
    installed = evaluate(scripts[index].text, scripts[index].count, scripts[index].name, host);
  tool_error = JS_GetPropertyStr(context, host, "ToolError");
  tool_error_prototype = JS_GetPropertyStr(context, tool_error, "prototype");
  JS_FreeValue(context, host);
  return installed;
}
