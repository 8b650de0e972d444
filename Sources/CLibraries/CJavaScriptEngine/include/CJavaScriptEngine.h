// The JavaScript engine, a WebAssembly module, embedded.
#pragma once
#include <stddef.h>

// The module; not ended by a zero, and there as long as the process.
const unsigned char *cjavascriptengine_bytes(void);
size_t cjavascriptengine_byte_count(void);
