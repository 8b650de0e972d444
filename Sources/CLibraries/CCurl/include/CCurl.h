// The part of libcurl that the client uses, found at run time.
//
// libcurl pulls in some twenty shared libraries, which cost 10 ms of every start; a node that serves
// never needs them. So nothing links it: the first request opens it.
#pragma once
#include <stddef.h>

typedef struct {
  int status;          // HTTP status, 0 when there was no answer
  char *body;          // malloc'd, not terminated; NULL when empty
  size_t body_count;
  char *content_type;  // malloc'd, or NULL
  char error[256];     // what went wrong, empty when nothing did
} ccurl_answer;

// POSTs `body` to `url` with `header_count` header lines ("Name: value"). Blocks for at most
// `timeout_ms`. An answer of more than `body_max` bytes is an error. Release with ccurl_release.
void ccurl_post(const char *url, const char *const *headers, size_t header_count, const void *body,
                size_t body_count, long timeout_ms, size_t body_max, ccurl_answer *answer);

void ccurl_release(ccurl_answer *answer);
