// The engine: makes runtime and context, evaluates the worker's module once, and leaves memory as it is to be snapshotted.
#include <stdlib.h>
#include <string.h>

#include "engine.h"

JSRuntime *runtime;
JSContext *context;
bool is_evaluating;

// The C library's constructors; called here, so that the linker does not wrap them round every export.
extern void __wasm_call_ctors(void);

__attribute__((export_name("atoll_javascript_allocate"))) char *atoll_javascript_allocate(uint32_t count) {
  char *block = malloc((size_t)count + 1);
  if (block) block[count] = 0;
  return block;
}

static bool start(const char *source, size_t count) {
  runtime = JS_NewRuntime2(&memory_functions, NULL);
  if (!runtime) return false;
  JS_SetMaxStackSize(runtime, (uintptr_t)__builtin_frame_address(0) - stack_reserve_bytes);
  context = JS_NewContext(runtime);
  if (!context) return false;
  loop_track_rejections();
  return prelude_install(source, count);
}

// The worker's module, without the text of its functions.
static JSValue compile(const char *source, size_t count) {
  return JS_Eval(context, source, count, "worker.js", JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
}

static bool evaluate(const char *source, size_t count) {
  JSValue module = compile(source, count);
  if (JS_IsException(module)) return false;
  JSModuleDef *definition = JS_VALUE_GET_PTR(module);
  JSValue done = JS_EvalFunction(context, module);
  if (JS_IsException(done)) return false;
  done = loop_settle(done);
  if (JS_IsException(done)) return false;
  JS_FreeValue(context, done);
  JSValue exports = JS_GetModuleNamespace(context, definition);
  bool taken = !JS_IsException(exports) && tools_take(exports);
  JS_FreeValue(context, exports);
  return taken;
}

// The report is JSON made of an object without a prototype, so that the author's code cannot change it.
static uint64_t report(JSValue object) {
  JSValue json = JS_JSONStringify(context, object, JS_UNDEFINED, JS_UNDEFINED);
  JS_FreeValue(context, object);
  size_t count = 0;
  const char *text = JS_ToCStringLen(context, &count, json);
  JS_FreeValue(context, json);
  if (!text) __builtin_trap();
  return (uint64_t)(uintptr_t)text << 32 | (uint32_t)count;
}

static uint64_t report_error(void) {
  JSValue thrown = JS_GetException(context);
  memory_give_up();
  error_text text = error_describe(thrown);
  JS_FreeValue(context, thrown);
  JSValue error = JS_NewObjectProto(context, JS_NULL), object = JS_NewObjectProto(context, JS_NULL);
  JS_SetPropertyStr(context, error, "name", text.name);
  JS_SetPropertyStr(context, error, "message", text.message);
  JS_SetPropertyStr(context, error, "stack", text.stack);
  JS_SetPropertyStr(context, object, "error", error);
  return report(object);
}

static uint64_t report_tools(void) {
  JSValue names = JS_NewArray(context), object = JS_NewObjectProto(context, JS_NULL);
  for (size_t index = 0; index < tools_count(); index++)
    JS_DefinePropertyValueUint32(context, names, (uint32_t)index, JS_DupValue(context, tools_name(index)), JS_PROP_C_W_E);
  JS_SetPropertyStr(context, object, "tools", names);
  return report(object);
}

__attribute__((export_name("atoll_javascript_evaluate"))) uint64_t atoll_javascript_evaluate(
    char *source, uint32_t count) {
  __wasm_call_ctors();
  is_evaluating = true;
  memory_scrub(true);
  bool evaluated = start(source, count) && evaluate(source, count);
  if (!context) __builtin_trap();
  memset(source, 0, count);
  free(source);
  if (!evaluated) return report_error();
  prelude_wipe();
  JS_RunGC(runtime);
  uint64_t answer = report_tools();
  JSMemoryUsage usage;
  JS_ComputeMemoryUsage(runtime, &usage);
  JS_SetGCThreshold(runtime, (size_t)usage.malloc_size + garbage_slack_bytes);
  memory_scrub(false);
  is_evaluating = false;
  return answer;
}
