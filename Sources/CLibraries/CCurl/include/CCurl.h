// libcurl, found at run time, with its own types and setters that have one type each.
//
// libcurl pulls in some twenty shared libraries, which cost 10 ms of every start; a node without upstreams never needs
// them. So nothing links it: ccurl_load opens it. Every other function here may be called once that answered NULL.
#pragma once
#include <curl/curl.h>
#include <stddef.h>

// Opens libcurl once for the process. NULL, or a sentence that says what is missing. Any thread.
const char *ccurl_load(void);
// For tests: tries `name` instead of libcurl and keeps nothing of it. The sentence that ccurl_load would answer.
const char *ccurl_try(const char *name);
// As "7.88.1".
const char *ccurl_version(void);
// Where the library was built to look for certificates, or NULL.
const char *ccurl_certificates(void);

// Easy handles.
CURL *ccurl_make(void);
void ccurl_reset(CURL *easy);
void ccurl_free(CURL *easy);
CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value);
// The library copies the text; NULL unsets.
CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *text);
CURLcode ccurl_set_data(CURL *easy, CURLoption option, const void *data);
CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *list);
// For body and head.
CURLcode ccurl_set_writer(CURL *easy, CURLoption option, curl_write_callback writer);
CURLcode ccurl_set_opener(CURL *easy, curl_opensocket_callback opener);
CURLcode ccurl_set_progress(CURL *easy, curl_xferinfo_callback progress);
CURLcode ccurl_set_before_request(CURL *easy, curl_prereq_callback told);
CURLcode ccurl_perform(CURL *easy);
CURLcode ccurl_pause(CURL *easy, int what);
// 0 where there is none.
long ccurl_get_long(CURL *easy, CURLINFO info);
curl_off_t ccurl_get_size(CURL *easy, CURLINFO info);
// NULL where there is none; lasts until the handle is used again.
const char *ccurl_get_text(CURL *easy, CURLINFO info);
const char *ccurl_explain(CURLcode code);

// NULL when out of memory; `list` is then as it was.
struct curl_slist *ccurl_append(struct curl_slist *list, const char *line);
void ccurl_free_list(struct curl_slist *list);

// Multi handles.
CURLM *ccurl_multi_make(void);
CURLMcode ccurl_multi_free(CURLM *multi);
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);
CURLMcode ccurl_multi_set_data(CURLM *multi, CURLMoption option, const void *data);
CURLMcode ccurl_multi_set_watcher(CURLM *multi, curl_socket_callback watcher);
CURLMcode ccurl_multi_set_timer(CURLM *multi, curl_multi_timer_callback timer);
CURLMcode ccurl_multi_add(CURLM *multi, CURL *easy);
CURLMcode ccurl_multi_remove(CURLM *multi, CURL *easy);
// `socket` is CURL_SOCKET_TIMEOUT, -1, where a timer fired.
CURLMcode ccurl_multi_act(CURLM *multi, curl_socket_t socket, int events);
// The next transfer that has ended and how, or NULL.
CURL *ccurl_multi_next_ended(CURLM *multi, CURLcode *result);

// A URL in its parts, each malloc'd or NULL. `port` is the scheme's where the URL names none.
typedef struct {
  char *scheme, *user, *password, *host, *zone, *port, *path, *query, *fragment;
} ccurl_url;
// Parses `text`, relative to `base` where that is not NULL. Free `url` in either case.
CURLUcode ccurl_parse_url(const char *text, const char *base, ccurl_url *url);
void ccurl_free_url(ccurl_url *url);
const char *ccurl_explain_url(CURLUcode code);
// Seconds since 1970 of an HTTP date, or -1.
long long ccurl_date(const char *text);

typedef struct {
  int status;          // HTTP status, 0 when there was no answer
  char *body;          // malloc'd, not terminated; NULL when empty
  size_t body_count;
  char *content_type;  // malloc'd, or NULL
  char error[256];     // what went wrong, empty when nothing did
} ccurl_answer;

// POSTs `body` to `url` with `header_count` header lines ("Name: value"). Blocks for at most `timeout_ms`. An answer of
// more than `body_max` bytes is an error. Release with ccurl_release. Loads the library itself.
void ccurl_post(const char *url, const char *const *headers, size_t header_count, const void *body,
                size_t body_count, long timeout_ms, size_t body_max, ccurl_answer *answer);

void ccurl_release(ccurl_answer *answer);
