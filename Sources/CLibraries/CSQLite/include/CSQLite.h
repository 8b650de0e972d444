// SQLite from Debian's static archive, and the one setting that Swift cannot make (a variadic function).
#pragma once
#include <sqlite3.h>

// Takes SQLite's memory statistics out: counting them is a mutex of the whole process around each allocation, on every
// loop. Before the first connection; does nothing afterwards.
void csqlite_prepare(void);

// Names this thread for `top` and `gdb`; the kernel keeps 15 bytes.
void csqlite_name_thread(const char *name);
