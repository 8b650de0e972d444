// The sources of the guest SDK (Sources/AtollWorker), embedded.
#pragma once
#include <stddef.h>

// How many files there are; an index runs up to it.
size_t cworkersdk_count(void);
// The path below Sources/AtollWorker.
const char *cworkersdk_name(size_t index);
// The contents; not ended by a zero.
const unsigned char *cworkersdk_bytes(size_t index);
size_t cworkersdk_byte_count(size_t index);
