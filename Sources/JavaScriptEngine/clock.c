// Date and performance.now: the clock of the host, and no clock while evaluating.
#include "engine.h"

static JSValue real_date = JS_UNDEFINED;
// When this call first asked: performance.timeOrigin, in milliseconds since 1970, and the same on the monotonic clock.
static double origin_milliseconds;
static int64_t origin_nanoseconds = -1;

static double real_milliseconds(void) { return (double)(host_now(clock_real) / 1000000); }

static void find_origin(void) {
  if (origin_nanoseconds >= 0) return;
  origin_nanoseconds = host_now(clock_monotonic);
  origin_milliseconds = (double)host_now(clock_real) / 1e6;
}

static JSValue date_now(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count, (void)values;
  if (refuse_while_evaluating("Date.now()")) return JS_EXCEPTION;
  return JS_NewFloat64(ctx, real_milliseconds());
}

// Stands before the Date of QuickJS, which asks the clock where it cannot be refused.
static JSValue date(JSContext *ctx, JSValueConst target, int count, JSValueConst *values) {
  bool is_call = JS_IsUndefined(target);
  if (is_call && refuse_while_evaluating("Date()")) return JS_EXCEPTION;
  if (count == 0 && refuse_while_evaluating("new Date() without arguments")) return JS_EXCEPTION;
  if (is_call) return JS_Call(ctx, real_date, JS_UNDEFINED, 0, NULL);
  return JS_CallConstructor2(ctx, real_date, target, count, values);
}

static JSValue performance_now(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count, (void)values;
  if (refuse_while_evaluating("performance.now()")) return JS_EXCEPTION;
  find_origin();
  return JS_NewFloat64(ctx, (double)(host_now(clock_monotonic) - origin_nanoseconds) / 1e6);
}

static JSValue performance_origin(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count, (void)values;
  if (refuse_while_evaluating("performance.timeOrigin")) return JS_EXCEPTION;
  find_origin();
  return JS_NewFloat64(ctx, origin_milliseconds);
}

static void copy(JSValueConst to, JSValueConst from, const char *name) {
  JS_DefinePropertyValueStr(
      context, to, name, JS_GetPropertyStr(context, from, name), JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
}

void clock_install(JSValueConst host) {
  JSValue global = JS_GetGlobalObject(context);
  real_date = JS_GetPropertyStr(context, global, "Date");
  JSValue prototype = JS_GetPropertyStr(context, real_date, "prototype");
  JSValue ours = JS_NewCFunction2(context, date, "Date", 7, JS_CFUNC_constructor_or_func, 0);
  JS_SetConstructor(context, ours, prototype);
  copy(ours, real_date, "UTC");
  copy(ours, real_date, "parse");
  JS_DefinePropertyValueStr(
      context, ours, "now", JS_NewCFunction(context, date_now, "now", 0), JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
  JS_DefinePropertyValueStr(context, global, "Date", ours, JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
  JS_FreeValue(context, prototype);
  JS_FreeValue(context, global);

  JS_SetPropertyStr(context, host, "performanceNow", JS_NewCFunction(context, performance_now, "now", 0));
  JS_SetPropertyStr(context, host, "timeOrigin", JS_NewCFunction(context, performance_origin, "timeOrigin", 0));
}
