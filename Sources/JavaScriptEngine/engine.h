// What the files of the engine share. One module is one runtime with one context, and lives for one call.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host.h"
#include "quickjs.h"

enum {
  // Below this much shadow stack JavaScript gets a RangeError; what is left is for C functions that do not check.
  stack_reserve_bytes = 16 << 10,
  // How much the heap may grow in a call before garbage is collected: a collection touches every page.
  garbage_slack_bytes = 1 << 20,
  // What the host gives in one call, and what is drawn at once for small wishes.
  random_bytes_max = 65536,
  random_pool_bytes = 64,
  // What is read of an answer at first: most are shorter. By how much each further step is larger than all before it.
  read_bytes = 4096,
  read_growth = 4,
};

extern JSRuntime *runtime;
extern JSContext *context;
// True until the snapshot is taken: what differs from call to call is refused then.
extern bool is_evaluating;
// An allocation has failed. What then ends in an error ends the call as `memory_limit`.
extern bool is_memory_exhausted;

// memory.c
extern const JSMallocFunctions memory_functions;
void memory_scrub(bool on);
void memory_give_up(void);

// errors.c: from a thrown value to text. They leave no exception pending.
typedef struct {
  JSValue name, message, stack;
} error_text;
error_text error_describe(JSValueConst thrown);
// The code of a StateError, with which the text of its answer begins; else undefined.
JSValue error_code(JSValueConst thrown, error_text text);
void error_free(error_text text);
void error_log(JSValueConst thrown);

// loop.c
// Runs jobs, and timers as they come due, until the promise is settled; JS_EXCEPTION when it is rejected, when a
// rejection or an error reaches nobody, or when nothing is left that could settle it.
JSValue loop_settle(JSValue promise);
// Runs jobs until there are none; false leaves the exception of what reached nobody.
bool loop_run_jobs(void);
void loop_install(JSValueConst host);
void loop_track_rejections(void);

// operations.c: what the host carries out for the call.
// How many have somebody who waits for what comes next.
size_t operations_awaited(void);
// Calls who waits for this handle, if anybody does; false leaves an exception.
bool operations_wake(int32_t handle);
void operations_install(JSValueConst host);

// refusal.c: throws the error of something that an evaluation must not do.
bool refuse_while_evaluating(const char *what);

// prelude.c
// Gives the global object what the worker's source may use; false leaves an exception.
bool prelude_install(const char *source, size_t count);
// Wipes the text of what the worker has, and of what it never will: for the end of the evaluation.
void prelude_wipe(void);
// The class that the module "atoll" exports; what extends it is an expected error.
extern JSValue tool_error_prototype;

// What each of these files gives the prelude, as members of the object `host`.
void clock_install(JSValueConst host);
void random_install(JSValueConst host);
void encoding_install(JSValueConst host);
void log_install(JSValueConst host);

// call.c
// Takes the tools of the module's default export; false leaves an exception.
bool tools_take(JSValueConst module_namespace);
size_t tools_count(void);
JSValueConst tools_name(size_t index);
