// While a module is evaluated for its snapshot, whatever it reads is captured for ever: so what differs from call to
// call is refused, by a normal error that has a position.
#include "engine.h"

bool refuse_while_evaluating(const char *what) {
  if (!is_evaluating) return false;
  JS_ThrowPlainError(
      context,
      "%s was called while the module was evaluated, once, at build time: its answer would be the same in every call. "
      "Move it into the tool",
      what);
  return true;
}
