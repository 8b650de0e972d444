#define _GNU_SOURCE
#include "CSQLite.h"

#include <pthread.h>

void csqlite_prepare(void) { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

void csqlite_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
