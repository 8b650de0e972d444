// From a thrown value to text. The author's getters may throw in turn; that ends here.
#include <string.h>

#include "engine.h"

static JSValue text_or_undefined(JSValue value) {
  if (JS_IsString(value)) return value;
  if (JS_IsException(value)) JS_FreeValue(context, JS_GetException(context));
  JS_FreeValue(context, value);
  return JS_UNDEFINED;
}

static JSValue member(JSValueConst object, const char *name) {
  return text_or_undefined(JS_GetPropertyStr(context, object, name));
}

// What a person is told of something that is not an Error: its JSON where it is an object, else its text.
static JSValue message_of_other(JSValueConst thrown) {
  JSValue text = JS_UNDEFINED;
  if (JS_IsObject(thrown)) text = text_or_undefined(JS_JSONStringify(context, thrown, JS_UNDEFINED, JS_UNDEFINED));
  if (JS_IsUndefined(text) && !JS_IsSymbol(thrown)) text = text_or_undefined(JS_ToString(context, thrown));
  if (JS_IsUndefined(text)) text = JS_NewString(context, "something that has no text was thrown");
  return text;
}

error_text error_describe(JSValueConst thrown) {
  if (!JS_IsError(thrown)) {
    // A DOMException is no Error to QuickJS, but has the same members.
    JSValue message = JS_IsObject(thrown) ? member(thrown, "message") : JS_UNDEFINED;
    JSValue name = JS_IsUndefined(message) ? JS_UNDEFINED : member(thrown, "name");
    if (JS_IsUndefined(message)) message = message_of_other(thrown);
    if (JS_IsUndefined(name)) name = JS_NewString(context, "Error");
    return (error_text){name, message, JS_IsObject(thrown) ? member(thrown, "stack") : JS_UNDEFINED};
  }
  error_text text = {member(thrown, "name"), member(thrown, "message"), member(thrown, "stack")};
  if (JS_IsUndefined(text.name)) text.name = JS_NewString(context, "Error");
  return text;
}

JSValue error_code(JSValueConst thrown, error_text text) {
  const char *name = JS_ToCString(context, text.name);
  bool has_code = name && strcmp(name, "StateError") == 0;
  JS_FreeCString(context, name);
  return has_code ? member(thrown, "code") : JS_UNDEFINED;
}

void error_free(error_text text) {
  JS_FreeValue(context, text.name);
  JS_FreeValue(context, text.message);
  JS_FreeValue(context, text.stack);
}

// "TypeError: message", a line break, and the stack.
void error_log(JSValueConst thrown) {
  error_text text = error_describe(thrown);
  JSValueConst parts[] = {text.name, text.message, text.stack};
  const char *strings[3] = {NULL, NULL, NULL};
  size_t counts[3] = {0, 0, 0}, total = 0;
  for (int index = 0; index < 3; index++) {
    if (JS_IsString(parts[index])) strings[index] = JS_ToCStringLen(context, &counts[index], parts[index]);
    if (!strings[index]) counts[index] = 0;
    total += counts[index] + 2;
  }
  char *line = js_malloc(context, total);
  if (line) {
    char *end = line;
    memcpy(end, strings[0] ? strings[0] : "", counts[0]), end += counts[0];
    if (counts[1] > 0) {
      memcpy(end, ": ", 2), end += 2;
      memcpy(end, strings[1], counts[1]), end += counts[1];
    }
    if (counts[2] > 0) {
      *end++ = '\n';
      memcpy(end, strings[2], counts[2]), end += counts[2];
    }
    while (end > line && end[-1] == '\n') end--;
    host_log(level_error, line, (size_t)(end - line));
  }
  js_free(context, line);
  for (int index = 0; index < 3; index++)
    if (strings[index]) JS_FreeCString(context, strings[index]);
  error_free(text);
  if (JS_HasException(context)) JS_FreeValue(context, JS_GetException(context));
}
