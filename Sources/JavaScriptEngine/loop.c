// Jobs of promises, timers, and the one place where a call sleeps: for a timer or for news of an operation.
#include <math.h>
#include <string.h>

#include "engine.h"

// --- Rejections that nobody handles ----------------------------------------------------------------

typedef struct {
  JSValue promise, reason;
} rejection;
static rejection *rejections;
static size_t rejection_count, rejection_room;

static void forget_rejection(JSContext *ctx, JSValueConst promise) {
  for (size_t index = 0; index < rejection_count; index++) {
    if (JS_VALUE_GET_PTR(rejections[index].promise) != JS_VALUE_GET_PTR(promise)) continue;
    JS_FreeValue(ctx, rejections[index].promise);
    JS_FreeValue(ctx, rejections[index].reason);
    memmove(&rejections[index], &rejections[index + 1], (--rejection_count - index) * sizeof *rejections);
    return;
  }
}

static void track_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, bool is_handled, void *opaque) {
  (void)opaque;
  if (is_handled) return forget_rejection(ctx, promise);
  if (rejection_count == rejection_room) {
    size_t room = rejection_room ? 2 * rejection_room : 4;
    rejection *grown = js_realloc(ctx, rejections, room * sizeof *grown);
    if (!grown) return JS_FreeValue(ctx, JS_GetException(ctx));
    rejections = grown;
    rejection_room = room;
  }
  rejections[rejection_count++] = (rejection){JS_DupValue(ctx, promise), JS_DupValue(ctx, reason)};
}

void loop_track_rejections(void) { JS_SetHostPromiseRejectionTracker(runtime, track_rejection, NULL); }

bool loop_run_jobs(void) {
  JSContext *ctx;
  int ran;
  while ((ran = JS_ExecutePendingJob(runtime, &ctx)) > 0) {}
  if (ran < 0) return false;
  if (rejection_count == 0) return true;
  // As in Node: a rejection must have its handler by the time that the jobs are done.
  JS_Throw(context, JS_DupValue(context, rejections[0].reason));
  while (rejection_count > 0) forget_rejection(context, rejections[0].promise);
  return false;
}

// --- Timers ------------------------------------------------------------------------------------------

typedef struct {
  int64_t deadline;  // monotonic nanoseconds
  int64_t interval;  // nanoseconds, or -1 for a timer that runs once
  uint32_t id;
  int count;
  JSValue function;
  JSValue *arguments;
} timer;
static timer *timers;
static size_t timer_count, timer_room;
static uint32_t last_timer_id;
static const double milliseconds_max = 2147483647;

static void timer_free(timer gone) {
  for (int index = 0; index < gone.count; index++) JS_FreeValue(context, gone.arguments[index]);
  js_free(context, gone.arguments);
  JS_FreeValue(context, gone.function);
}

static timer timer_remove(size_t index) {
  timer gone = timers[index];
  memmove(&timers[index], &timers[index + 1], (--timer_count - index) * sizeof *timers);
  return gone;
}

static bool timer_add(timer added) {
  if (timer_count == timer_room) {
    size_t room = timer_room ? 2 * timer_room : 8;
    timer *grown = js_realloc(context, timers, room * sizeof *grown);
    if (!grown) return false;
    timers = grown;
    timer_room = room;
  }
  // In the order in which they end; of one deadline, in the order in which they were set.
  size_t index = timer_count++;
  for (; index > 0 && timers[index - 1].deadline > added.deadline; index--) timers[index] = timers[index - 1];
  timers[index] = added;
  return true;
}

// A copy that owns the values; NULL where there are none, and with an exception where there is no room.
static JSValue *copy_values(int count, JSValueConst *values) {
  JSValue *copies = count > 0 ? js_malloc(context, (size_t)count * sizeof *copies) : NULL;
  for (int index = 0; copies && index < count; index++) copies[index] = JS_DupValue(context, values[index]);
  return copies;
}

// host.setTimer(function, milliseconds, repeats, arguments…) → id
static JSValue set_timer(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self;
  bool repeats = JS_ToBool(ctx, values[2]);
  if (refuse_while_evaluating(repeats ? "setInterval()" : "setTimeout()")) return JS_EXCEPTION;
  double milliseconds;
  if (JS_ToFloat64(ctx, &milliseconds, values[1])) return JS_EXCEPTION;
  // As browsers and Node do; a repetition without a pause would never let the call wait.
  if (!(milliseconds >= (repeats ? 1 : 0))) milliseconds = repeats ? 1 : 0;
  if (milliseconds > milliseconds_max) milliseconds = repeats ? 1 : 0;
  int64_t pause = (int64_t)trunc(milliseconds) * 1000000;
  timer added = {
      .deadline = host_now(clock_monotonic) + pause, .interval = repeats ? pause : -1, .id = ++last_timer_id,
      .count = count - 3, .arguments = copy_values(count - 3, values + 3),
  };
  if (added.count > 0 && !added.arguments) return JS_EXCEPTION;
  added.function = JS_DupValue(ctx, values[0]);
  if (!timer_add(added)) {
    timer_free(added);
    return JS_EXCEPTION;
  }
  return JS_NewUint32(ctx, added.id);
}

// host.clearTimer(id)
static JSValue clear_timer(JSContext *ctx, JSValueConst self, int count, JSValueConst *values) {
  (void)self, (void)count;
  double id;
  if (JS_IsObject(values[0]) || JS_IsSymbol(values[0]) || JS_IsBigInt(values[0])) return JS_UNDEFINED;
  if (JS_ToFloat64(ctx, &id, values[0])) return JS_EXCEPTION;
  for (size_t index = 0; index < timer_count; index++) {
    if (timers[index].id != id) continue;
    timer_free(timer_remove(index));
    break;
  }
  return JS_UNDEFINED;
}

// The host's timer for the timer that is due first, kept while operations come before it; -1 where there is none.
static int32_t alarm_handle = -1;
static int64_t alarm_deadline;

static void drop_alarm(void) {
  if (alarm_handle >= 0) host_drop(alarm_handle);
  alarm_handle = -1;
}

// Sets the alarm for the first timer; where the host refuses, or the time has come, there is none.
static void set_alarm(void) {
  int64_t deadline = timers[0].deadline, left;
  if (alarm_handle >= 0 && alarm_deadline == deadline) return;
  drop_alarm();
  left = deadline - host_now(clock_monotonic);
  // A timer that is due lets operations go first that have ended, or it could keep them from being seen for ever.
  if (left <= 0 && operations_awaited() == 0) return;
  alarm_handle = host_timer(left > 0 ? (int32_t)((left + 999999) / 1000000) : 0);
  alarm_deadline = deadline;
}

// Runs the timer that is due first, whose time has come; false leaves an exception.
static bool run_timer(void) {
  timer due = timer_remove(0);
  if (due.interval >= 0) {
    // It stands in the list again before it runs: it may clear itself.
    timer next = due;
    next.deadline += next.interval;
    next.function = JS_DupValue(context, due.function);
    next.arguments = copy_values(due.count, (JSValueConst *)due.arguments);
    if ((due.count > 0 && !next.arguments) || !timer_add(next)) return false;
  }
  JSValue result = JS_Call(context, due.function, JS_UNDEFINED, due.count, (JSValueConst *)due.arguments);
  timer_free(due);
  JS_FreeValue(context, result);
  return !JS_IsException(result);
}

// Sleeps until the first timer is due or news of an operation is there, and tells who waits for it; false leaves an
// exception.
static bool await_news(void) {
  if (timer_count > 0) set_alarm();
  if (operations_awaited() == 0 && alarm_handle < 0) return run_timer();
  int32_t handle = host_wait(wait_for_any);
  if (handle >= 0 && handle != alarm_handle) return operations_wake(handle);
  if (handle >= 0 || timer_count > 0) {
    drop_alarm();
    return run_timer();
  }
  JS_ThrowPlainError(context, "the host has nothing to wait for");
  return false;
}

// --- A promise, to its end ------------------------------------------------------------------------------

JSValue loop_settle(JSValue promise) {
  JSValue result = JS_EXCEPTION;
  JS_PromiseMarkAsHandled(context, promise);
  forget_rejection(context, promise);
  while (loop_run_jobs()) {
    JSPromiseStateEnum state = JS_PromiseState(context, promise);
    if (state != JS_PROMISE_PENDING) {
      result = JS_PromiseResult(context, promise);
      if (state == JS_PROMISE_REJECTED) result = JS_Throw(context, result);
      break;
    }
    if (timer_count == 0 && operations_awaited() == 0) {
      JS_ThrowPlainError(
          context, "%s: nothing is left to wait for",
          is_evaluating ? "a top-level await can never end" : "the promise can never be settled");
      break;
    }
    if (!await_news()) break;
  }
  JS_FreeValue(context, promise);
  return result;
}

void loop_install(JSValueConst host) {
  JS_SetPropertyStr(context, host, "setTimer", JS_NewCFunction(context, set_timer, "setTimeout", 3));
  JS_SetPropertyStr(context, host, "clearTimer", JS_NewCFunction(context, clear_timer, "clearTimeout", 1));
}
