// What Embedded Swift expects of a C library and the ABI offers in another form.

#include <stddef.h>
#include <stdint.h>

__attribute__((import_module("atoll:random"), import_name("fill"))) void atoll_random_fill(void *target, size_t count);
__attribute__((import_module("atoll:log"), import_name("write"))) void atoll_log_write(int level, const char *text,
                                                                                      size_t count);

void __wasm_call_ctors(void);
int __main_argc_argv(int count, char **values);

static int is_initializing;

// Runs once, when the worker is packaged: the type marked `@main` lays its table of tools out.
__attribute__((export_name("_initialize"))) void atoll_initialize(void) {
  is_initializing = 1;
  __wasm_call_ctors();
  __main_argc_argv(0, NULL);
  is_initializing = 0;
}

// `SystemRandomNumberGenerator` and the seed of `Hasher`: from the host, so that a call can be recorded and replayed.
// Nothing is random while the worker is packaged, so that the same source gives the same bundle.
void arc4random_buf(void *target, size_t count) {
  if (is_initializing) {
    __builtin_memset(target, 0x5A, count);
  } else {
    atoll_random_fill(target, count);
  }
}

// `print`: a line of it is a line of the log, at level info.
int putchar(int character) {
  static char line[256];
  static size_t count;
  if (character != '\n') line[count++] = (char)character;
  if (character == '\n' || count == sizeof line) {
    atoll_log_write(2, line, count);
    count = 0;
  }
  return character;
}
