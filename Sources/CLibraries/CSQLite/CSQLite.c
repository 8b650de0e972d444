#include "CSQLite.h"

void csqlite_prepare(void) { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
