#include "CPCRE2.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct {
  pcre2_match_data *data;
  pcre2_match_context *context;
} scratch;

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static _Thread_local scratch *current;

static void free_scratch(void *pointer) {
  scratch *own = pointer;
  pcre2_match_data_free(own->data);
  pcre2_match_context_free(own->context);
  free(own);
  current = NULL;
}

// The key is there for its destructor only.
static void make_key(void) { pthread_key_create(&scratch_key, free_scratch); }

static scratch *own_scratch(void) {
  if (current) return current;
  pthread_once(&scratch_once, make_key);
  scratch *own = calloc(1, sizeof *own);
  if (!own) return NULL;
  own->data = pcre2_match_data_create(1, NULL);
  own->context = pcre2_match_context_create(NULL);
  if (!own->data || !own->context || pthread_setspecific(scratch_key, own) != 0) {
    free_scratch(own);
    return NULL;
  }
  return current = own;
}

int cpcre2_matches(const pcre2_code *code, const uint8_t *subject, size_t length, cpcre2_limits limits) {
  scratch *own = own_scratch();
  if (!own) return CPCRE2_FAILED;
  pcre2_set_match_limit(own->context, limits.match);
  pcre2_set_depth_limit(own->context, limits.depth);
  pcre2_set_heap_limit(own->context, limits.heap_kib);
  int result = pcre2_match(code, subject ? subject : (const uint8_t *)"", length, 0, PCRE2_NO_UTF_CHECK, own->data,
                           own->context);
  if (result >= 0) return CPCRE2_MATCH;
  switch (result) {
    case PCRE2_ERROR_NOMATCH: return CPCRE2_NO_MATCH;
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT: return CPCRE2_LIMIT;
    default: return CPCRE2_FAILED;
  }
}

int cpcre2_is_anchored(const pcre2_code *code) {
  uint32_t options = 0;
  pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
  return (options & PCRE2_ANCHORED) != 0;
}
