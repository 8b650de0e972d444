#define _GNU_SOURCE
#include "CNATS.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>

static cnats_functions functions;
static char failure[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  char name[64];
  snprintf(name, sizeof name, "libnats.so.%d.%d", NATS_VERSION_MAJOR, NATS_VERSION_MINOR);
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(failure, sizeof failure, "%s is not installed: apt-get install libnats%d.%d", name, NATS_VERSION_MAJOR,
             NATS_VERSION_MINOR);
    return;
  }
#define FIND(function) \
  if (!(*(void **)&functions.function = dlsym(library, #function))) { \
    snprintf(failure, sizeof failure, "%s lacks %s: install Debian's", name, #function); \
    return; \
  }
  CNATS_FUNCTIONS(FIND)
#undef FIND
  natsStatus status = functions.nats_Open(-1);
  if (status != NATS_OK) snprintf(failure, sizeof failure, "%s: %s", name, functions.natsStatus_GetText(status));
}

const cnats_functions *cnats_load(char *problem, size_t problem_size) {
  pthread_once(&once, load);
  if (!failure[0]) return &functions;
  snprintf(problem, problem_size, "%s", failure);
  return NULL;
}

void cnats_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
