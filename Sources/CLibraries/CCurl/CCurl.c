#define _GNU_SOURCE
// The checks of curl.h are macros over its functions' names, which are only named here, never called.
#define CURL_DISABLE_TYPECHECK
#include "CCurl.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

// Every function that is used, once: its pointer has the type that curl.h declares.
#define FUNCTIONS(X) \
  X(curl_global_init) X(curl_version_info) X(curl_easy_init) X(curl_easy_reset) X(curl_easy_cleanup) \
  X(curl_easy_setopt) X(curl_easy_getinfo) X(curl_easy_perform) X(curl_easy_pause) X(curl_easy_strerror) \
  X(curl_slist_append) X(curl_slist_free_all) X(curl_multi_init) X(curl_multi_cleanup) X(curl_multi_setopt) \
  X(curl_multi_add_handle) X(curl_multi_remove_handle) X(curl_multi_socket_action) X(curl_multi_info_read) \
  X(curl_url) X(curl_url_set) X(curl_url_get) X(curl_url_cleanup) X(curl_url_strerror) X(curl_getdate) X(curl_free)

struct functions {
#define POINTER(name) __typeof__(&name) name;
  FUNCTIONS(POINTER)
};
static struct functions api;
static const char *problem = "libcurl was not loaded";
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const char *open_library(const char *name, struct functions *functions) {
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) return "libcurl.so.4 is not installed: apt-get install libcurl4";
#define FIND(name) \
  if (!(*(void **)&functions->name = dlsym(library, #name))) \
    return "libcurl.so.4 is too old (it has no " #name "): Debian 12's libcurl4 is 7.88";
  FUNCTIONS(FIND)
  if (functions->curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return "libcurl could not start: it is out of memory";
  curl_version_info_data *version = functions->curl_version_info(CURLVERSION_NOW);
  if (version->version_num < 0x075700) return "libcurl is older than 7.87: install Debian 12's libcurl4";
  // Without its own threads or c-ares it would look names up on the loop.
  if (!(version->features & CURL_VERSION_ASYNCHDNS)) return "libcurl was built without an asynchronous resolver: install Debian's libcurl4";
  if (!(version->features & CURL_VERSION_SSL)) return "libcurl was built without TLS: install Debian's libcurl4";
  return NULL;
}

static void load(void) { problem = open_library("libcurl.so.4", &api); }

const char *ccurl_load(void) {
  pthread_once(&once, load);
  return problem;
}

const char *ccurl_try(const char *name) {
  struct functions functions;
  return open_library(name, &functions);
}

const char *ccurl_version(void) { return api.curl_version_info(CURLVERSION_NOW)->version; }
const char *ccurl_certificates(void) { return api.curl_version_info(CURLVERSION_NOW)->cainfo; }

CURL *ccurl_make(void) { return api.curl_easy_init(); }
void ccurl_reset(CURL *easy) { api.curl_easy_reset(easy); }
void ccurl_free(CURL *easy) { api.curl_easy_cleanup(easy); }

#define SET(easy, option, value) return api.curl_easy_setopt(easy, option, value)
CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) { SET(easy, option, value); }
CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) { SET(easy, option, value); }
CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *text) { SET(easy, option, text); }
CURLcode ccurl_set_data(CURL *easy, CURLoption option, const void *data) { SET(easy, option, data); }
CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *list) { SET(easy, option, list); }
CURLcode ccurl_set_writer(CURL *easy, CURLoption option, curl_write_callback writer) { SET(easy, option, writer); }
CURLcode ccurl_set_opener(CURL *easy, curl_opensocket_callback opener) { SET(easy, CURLOPT_OPENSOCKETFUNCTION, opener); }
CURLcode ccurl_set_progress(CURL *easy, curl_xferinfo_callback progress) { SET(easy, CURLOPT_XFERINFOFUNCTION, progress); }
CURLcode ccurl_set_before_request(CURL *easy, curl_prereq_callback told) { SET(easy, CURLOPT_PREREQFUNCTION, told); }
CURLcode ccurl_perform(CURL *easy) { return api.curl_easy_perform(easy); }
CURLcode ccurl_pause(CURL *easy, int what) { return api.curl_easy_pause(easy, what); }

long ccurl_get_long(CURL *easy, CURLINFO info) {
  long value = 0;
  api.curl_easy_getinfo(easy, info, &value);
  return value;
}

curl_off_t ccurl_get_size(CURL *easy, CURLINFO info) {
  curl_off_t value = 0;
  api.curl_easy_getinfo(easy, info, &value);
  return value;
}

const char *ccurl_get_text(CURL *easy, CURLINFO info) {
  char *value = NULL;
  api.curl_easy_getinfo(easy, info, &value);
  return value;
}

const char *ccurl_explain(CURLcode code) { return api.curl_easy_strerror(code); }

struct curl_slist *ccurl_append(struct curl_slist *list, const char *line) { return api.curl_slist_append(list, line); }
void ccurl_free_list(struct curl_slist *list) { api.curl_slist_free_all(list); }

CURLM *ccurl_multi_make(void) { return api.curl_multi_init(); }
CURLMcode ccurl_multi_free(CURLM *multi) { return api.curl_multi_cleanup(multi); }
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return api.curl_multi_setopt(multi, option, value);
}
CURLMcode ccurl_multi_set_data(CURLM *multi, CURLMoption option, const void *data) {
  return api.curl_multi_setopt(multi, option, data);
}
CURLMcode ccurl_multi_set_watcher(CURLM *multi, curl_socket_callback watcher) {
  return api.curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watcher);
}
CURLMcode ccurl_multi_set_timer(CURLM *multi, curl_multi_timer_callback timer) {
  return api.curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
}
CURLMcode ccurl_multi_add(CURLM *multi, CURL *easy) { return api.curl_multi_add_handle(multi, easy); }
CURLMcode ccurl_multi_remove(CURLM *multi, CURL *easy) { return api.curl_multi_remove_handle(multi, easy); }

CURLMcode ccurl_multi_act(CURLM *multi, curl_socket_t socket, int events) {
  int running;
  return api.curl_multi_socket_action(multi, socket, events, &running);
}

CURL *ccurl_multi_next_ended(CURLM *multi, CURLcode *result) {
  int left;
  CURLMsg *message;
  while ((message = api.curl_multi_info_read(multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    *result = message->data.result;
    return message->easy_handle;
  }
  return NULL;
}

// The library's texts are its own to free.
static char *part(CURLU *parsed, CURLUPart which, unsigned flags) {
  char *text = NULL;
  if (api.curl_url_get(parsed, which, &text, flags) != CURLUE_OK) return NULL;
  char *copy = strdup(text);
  api.curl_free(text);
  return copy;
}

CURLUcode ccurl_parse_url(const char *text, const char *base, ccurl_url *url) {
  memset(url, 0, sizeof *url);
  CURLU *parsed = api.curl_url();
  if (!parsed) return CURLUE_OUT_OF_MEMORY;
  CURLUcode code = base ? api.curl_url_set(parsed, CURLUPART_URL, base, 0) : CURLUE_OK;
  if (code == CURLUE_OK) code = api.curl_url_set(parsed, CURLUPART_URL, text, 0);
  if (code == CURLUE_OK) {
    url->scheme = part(parsed, CURLUPART_SCHEME, 0);
    url->user = part(parsed, CURLUPART_USER, 0);
    url->password = part(parsed, CURLUPART_PASSWORD, 0);
    url->host = part(parsed, CURLUPART_HOST, 0);
    url->zone = part(parsed, CURLUPART_ZONEID, 0);
    url->port = part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    url->path = part(parsed, CURLUPART_PATH, 0);
    url->query = part(parsed, CURLUPART_QUERY, 0);
    url->fragment = part(parsed, CURLUPART_FRAGMENT, 0);
  }
  api.curl_url_cleanup(parsed);
  return code;
}

void ccurl_free_url(ccurl_url *url) {
  free(url->scheme);
  free(url->user);
  free(url->password);
  free(url->host);
  free(url->zone);
  free(url->port);
  free(url->path);
  free(url->query);
  free(url->fragment);
  memset(url, 0, sizeof *url);
}

const char *ccurl_explain_url(CURLUcode code) { return api.curl_url_strerror(code); }
long long ccurl_date(const char *text) { return api.curl_getdate(text, NULL); }

// The command's one blocking request.

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
  const char *missing = ccurl_load();
  if (missing) {
    snprintf(answer->error, sizeof answer->error, "%s", missing);
    return;
  }
  CURL *easy = ccurl_make();
  if (!easy) {
    snprintf(answer->error, sizeof answer->error, "out of memory");
    return;
  }
  struct curl_slist *list = NULL;
  for (size_t i = 0; i < header_count; i++) {
    struct curl_slist *longer = ccurl_append(list, headers[i]);
    if (longer) list = longer;
  }
  struct sink sink = {answer, body_max, 0};
  ccurl_set_text(easy, CURLOPT_URL, url);
  ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1);
  ccurl_set_long(easy, CURLOPT_POST, 1);
  ccurl_set_data(easy, CURLOPT_POSTFIELDS, body);
  ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_count);
  ccurl_set_list(easy, CURLOPT_HTTPHEADER, list);
  ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
  ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms < 5000 ? timeout_ms : 5000);
  ccurl_set_writer(easy, CURLOPT_WRITEFUNCTION, on_body);
  ccurl_set_data(easy, CURLOPT_WRITEDATA, &sink);
  CURLcode code = ccurl_perform(easy);
  if (sink.overflow) {
    snprintf(answer->error, sizeof answer->error, "the answer is larger than %zu bytes", body_max);
  } else if (code != CURLE_OK) {
    snprintf(answer->error, sizeof answer->error, "%s", ccurl_explain(code));
  } else {
    const char *type = ccurl_get_text(easy, CURLINFO_CONTENT_TYPE);
    answer->status = (int)ccurl_get_long(easy, CURLINFO_RESPONSE_CODE);
    answer->content_type = type ? strdup(type) : NULL;
  }
  ccurl_free_list(list);
  ccurl_free(easy);
}

void ccurl_release(ccurl_answer *answer) {
  free(answer->body);
  free(answer->content_type);
  memset(answer, 0, sizeof *answer);
}
