// PCRE2 for bytes (UTF-8 patterns and subjects), and one matching function whose memory is kept by the thread.
#pragma once
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stddef.h>
#include <stdint.h>

enum {
  CPCRE2_MATCH = 1,
  CPCRE2_NO_MATCH = 0,
  // A limit was reached before the answer was known.
  CPCRE2_LIMIT = -1,
  // Anything else, such as no memory.
  CPCRE2_FAILED = -2,
};

typedef struct {
  uint32_t match;
  uint32_t depth;
  uint32_t heap_kib;
} cpcre2_limits;

// Whether the pattern matches in the subject, which must be valid UTF-8. The match data is made once for each thread
// and freed when the thread ends; it keeps at most heap_kib between matches.
int cpcre2_matches(const pcre2_code *code, const uint8_t *subject, size_t length, cpcre2_limits limits);

// Whether each match must begin at the start of the subject.
int cpcre2_is_anchored(const pcre2_code *code);
