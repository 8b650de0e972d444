// Counts the words, lines and characters of a text. A WASI command: the request is on stdin, the answer goes to
// stdout, and an exit code other than 0 with a line on stderr is a tool error.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

// All of stdin and a zero byte after it.
static char *read_request(void) {
  size_t capacity = 4096, count = 0;
  char *bytes = malloc(capacity);
  for (;;) {
    if (bytes == NULL) fail("the request does not fit into memory; raise [limits] memory");
    ssize_t got = read(STDIN_FILENO, bytes + count, capacity - count - 1);
    if (got < 0) fail("cannot read the request from stdin");
    if (got == 0) break;
    count += (size_t)got;
    if (count + 1 == capacity) bytes = realloc(bytes, capacity *= 2);
  }
  bytes[count] = 0;
  return bytes;
}

// MARK: JSON, just enough: a cursor over text that the node has validated.

static const char *skip_space(const char *at) { return at + strspn(at, " \t\r\n"); }

// From the opening quote of a string past its closing one.
static const char *skip_string(const char *at) {
  for (at++; *at != '"'; at++) {
    if (*at == '\\') at++;
    if (*at == 0) fail("the request ends inside a string");
  }
  return at + 1;
}

static const char *skip_value(const char *at) {
  int depth = 0;
  do {
    at = skip_space(at);
    if (*at == '"') {
      at = skip_string(at);
    } else if (*at == '{' || *at == '[') {
      depth++, at++;
    } else if (*at == '}' || *at == ']') {
      depth--, at++;
    } else if (*at == ',' || *at == ':') {
      at++;
    } else {
      size_t literal = strcspn(at, ",:]}\" \t\r\n");
      if (literal == 0) fail("the request ends inside a value");
      at += literal;
    }
  } while (depth > 0);
  return at;
}

// The value of a member of the object at `at`; NULL where there is none. Keys are compared as they are written.
static const char *member(const char *at, const char *key) {
  size_t length = strlen(key);
  if (*at != '{') return NULL;
  for (at = skip_space(at + 1); *at == '"'; at = skip_space(at)) {
    const char *name = at + 1;
    const char *value = skip_space(skip_string(at));
    if (*value++ != ':') fail("the request has a key without a value");
    value = skip_space(value);
    if (strncmp(name, key, length) == 0 && name[length] == '"') return value;
    at = skip_space(skip_value(value));
    if (*at == ',') at = skip_space(at + 1);
  }
  return NULL;
}

static uint32_t hexadecimal(const char *digits) {
  char text[5] = {0};
  memcpy(text, digits, strnlen(digits, 4));
  return (uint32_t)strtoul(text, NULL, 16);
}

// The character at `at`, and past it: an escape, or one UTF-8 sequence.
static uint32_t next_character(const char **at) {
  const unsigned char *byte = (const unsigned char *)*at;
  if (*byte == '\\') {
    *at += 2;
    switch (byte[1]) {
      case 'n': return '\n';
      case 'r': return '\r';
      case 't': return '\t';
      case 'b': return '\b';
      case 'f': return '\f';
      case 'u': break;
      default: return byte[1];
    }
    uint32_t unit = hexadecimal(*at);
    *at += strnlen(*at, 4);
    if (unit >= 0xD800 && unit < 0xDC00 && (*at)[0] == '\\' && (*at)[1] == 'u') {
      uint32_t low = hexadecimal(*at + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        *at += 6;
        return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
      }
    }
    return unit;
  }
  int more = *byte >= 0xF0 ? 3 : *byte >= 0xE0 ? 2 : *byte >= 0xC0 ? 1 : 0;
  uint32_t character = more == 0 ? *byte : *byte & (0x3Fu >> more);
  (*at)++;
  while (more-- > 0 && **at != 0) character = character << 6 | (*(*at)++ & 0x3Fu);
  return character;
}

// MARK: Counting

static bool is_space(uint32_t character) {
  return character == ' ' || (character >= 0x09 && character <= 0x0D) || character == 0x85 || character == 0xA0 ||
         character == 0x1680 || (character >= 0x2000 && character <= 0x200A) || character == 0x2028 ||
         character == 0x2029 || character == 0x202F || character == 0x205F || character == 0x3000;
}

int main(void) {
  const char *request = read_request();
  const char *arguments = member(skip_space(request), "arguments");
  const char *text = arguments == NULL ? NULL : member(arguments, "text");
  if (text == NULL) fail("text is missing");
  if (*text != '"') fail("text must be a string");

  // A line is what ends in a line feed, and what stands after the last one.
  unsigned words = 0, lines = 0, characters = 0;
  bool in_word = false, in_line = false;
  const char *end = skip_string(text) - 1;
  for (const char *at = text + 1; at < end;) {
    uint32_t character = next_character(&at);
    characters++;
    if (!in_word && !is_space(character)) words++;
    in_word = !is_space(character);
    if (!in_line) lines++;
    in_line = character != '\n';
  }
  printf("{\"words\":%u,\"lines\":%u,\"characters\":%u}", words, lines, characters);
  return fflush(stdout) == 0 ? 0 : 1;
}
