// Lines of the log, for console.
#include "engine.h"

// host.log(level, text)
static JSValue log_line(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count;
  int32_t level;
  size_t size;
  if (refuse_while_evaluating("a method of console")) return JS_EXCEPTION;
  if (JS_ToInt32(ctx, &level, values[0])) return JS_EXCEPTION;
  const char *text = JS_ToCStringLen(ctx, &size, values[1]);
  if (!text) return JS_EXCEPTION;
  host_log(level, text, size);
  JS_FreeCString(ctx, text);
  return JS_UNDEFINED;
}

static JSValue refuse(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count;
  const char *what = JS_ToCString(ctx, values[0]);
  bool is_refused = what && refuse_while_evaluating(what);
  JS_FreeCString(ctx, what);
  return is_refused ? JS_EXCEPTION : JS_UNDEFINED;
}

// reportError(value)
static JSValue report(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)ctx, (void)self, (void)count;
  if (refuse_while_evaluating("reportError()")) return JS_EXCEPTION;
  error_log(values[0]);
  return JS_UNDEFINED;
}

void log_install(JSValueConst host) {
  JS_SetPropertyStr(context, host, "reportError", JS_NewCFunction(context, report, "reportError", 1));
  JS_SetPropertyStr(context, host, "log", JS_NewCFunction(context, log_line, "log", 2));
  JS_SetPropertyStr(
      context, host, "refuseWhileEvaluating", JS_NewCFunction(context, refuse, "refuseWhileEvaluating", 1));
}
