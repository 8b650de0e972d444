// What Embedded Swift expects of a C library and the ABI offers in another form.

#include <stddef.h>
#include <stdint.h>

__attribute__((import_module("atoll:random"), import_name("fill"))) void atoll_random_fill(void *target, size_t count);
__attribute__((import_module("atoll:log"), import_name("write"))) void atoll_log_write(int level, const char *text,
                                                                                      size_t count);

// `SystemRandomNumberGenerator`: from the host, so that a call can be recorded and replayed.
void arc4random_buf(void *target, size_t count) { atoll_random_fill(target, count); }

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
