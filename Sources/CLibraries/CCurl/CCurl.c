#define _GNU_SOURCE
#include "CCurl.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// libcurl's option and info numbers are part of its ABI: they never change (curl.h, CURLOPTTYPE_*).
enum {
  OPT_WRITEDATA = 10001, OPT_URL = 10002, OPT_POSTFIELDS = 10015, OPT_HTTPHEADER = 10023,
  OPT_WRITEFUNCTION = 20011, OPT_POST = 47, OPT_NOSIGNAL = 99, OPT_TIMEOUT_MS = 155,
  OPT_CONNECTTIMEOUT_MS = 156, OPT_POSTFIELDSIZE_LARGE = 30120, OPT_PROTOCOLS_STR = 10318,
  INFO_RESPONSE_CODE = 0x200002, INFO_CONTENT_TYPE = 0x100012,
};

static struct {
  void *(*easy_init)(void);
  int (*easy_setopt)(void *, int, ...);
  int (*easy_perform)(void *);
  int (*easy_getinfo)(void *, int, ...);
  void (*easy_cleanup)(void *);
  const char *(*easy_strerror)(int);
  void *(*slist_append)(void *, const char *);
  void (*slist_free_all)(void *);
} curl;
static int loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
  int (*global_init)(long) = (int (*)(long))dlsym(library, "curl_global_init");
  *(void **)&curl.easy_init = dlsym(library, "curl_easy_init");
  *(void **)&curl.easy_setopt = dlsym(library, "curl_easy_setopt");
  *(void **)&curl.easy_perform = dlsym(library, "curl_easy_perform");
  *(void **)&curl.easy_getinfo = dlsym(library, "curl_easy_getinfo");
  *(void **)&curl.easy_cleanup = dlsym(library, "curl_easy_cleanup");
  *(void **)&curl.easy_strerror = dlsym(library, "curl_easy_strerror");
  *(void **)&curl.slist_append = dlsym(library, "curl_slist_append");
  *(void **)&curl.slist_free_all = dlsym(library, "curl_slist_free_all");
  loaded = global_init && curl.easy_init && curl.easy_setopt && curl.easy_perform && curl.easy_getinfo
    && curl.easy_cleanup && curl.easy_strerror && curl.slist_append && curl.slist_free_all
    && global_init(3 /* everything */) == 0;
}

struct sink { ccurl_answer *answer; size_t max; int overflow; };

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
  struct sink *sink = context;
  size_t more = size * count, have = sink->answer->body_count;
  if (more > sink->max - have) { sink->overflow = 1; return 0; }
  char *grown = realloc(sink->answer->body, have + more);
  if (!grown) return 0;
  memcpy(grown + have, bytes, more);
  sink->answer->body = grown;
  sink->answer->body_count = have + more;
  return more;
}

void ccurl_post(const char *url, const char *const *headers, size_t header_count, const void *body,
                size_t body_count, long timeout_ms, size_t body_max, ccurl_answer *answer) {
  memset(answer, 0, sizeof *answer);
  pthread_once(&once, load);
  if (!loaded) {
    snprintf(answer->error, sizeof answer->error, "libcurl.so.4 is not installed: apt-get install libcurl4");
    return;
  }
  void *handle = curl.easy_init();
  void *list = NULL;
  for (size_t i = 0; i < header_count; i++) list = curl.slist_append(list, headers[i]);
  struct sink sink = {answer, body_max, 0};
  curl.easy_setopt(handle, OPT_URL, url);
  curl.easy_setopt(handle, OPT_PROTOCOLS_STR, "http,https");
  curl.easy_setopt(handle, OPT_NOSIGNAL, 1L);
  curl.easy_setopt(handle, OPT_POST, 1L);
  curl.easy_setopt(handle, OPT_POSTFIELDS, body);
  curl.easy_setopt(handle, OPT_POSTFIELDSIZE_LARGE, (long long)body_count);
  curl.easy_setopt(handle, OPT_HTTPHEADER, list);
  curl.easy_setopt(handle, OPT_TIMEOUT_MS, timeout_ms);
  curl.easy_setopt(handle, OPT_CONNECTTIMEOUT_MS, timeout_ms < 5000 ? timeout_ms : 5000L);
  curl.easy_setopt(handle, OPT_WRITEFUNCTION, on_body);
  curl.easy_setopt(handle, OPT_WRITEDATA, &sink);
  int code = curl.easy_perform(handle);
  if (sink.overflow) {
    snprintf(answer->error, sizeof answer->error, "the answer is larger than %zu bytes", body_max);
  } else if (code != 0) {
    snprintf(answer->error, sizeof answer->error, "%s", curl.easy_strerror(code));
  } else {
    long status = 0;
    const char *type = NULL;
    curl.easy_getinfo(handle, INFO_RESPONSE_CODE, &status);
    curl.easy_getinfo(handle, INFO_CONTENT_TYPE, &type);
    answer->status = (int)status;
    answer->content_type = type ? strdup(type) : NULL;
  }
  curl.slist_free_all(list);
  curl.easy_cleanup(handle);
}

void ccurl_release(ccurl_answer *answer) {
  free(answer->body);
  free(answer->content_type);
  memset(answer, 0, sizeof *answer);
}
