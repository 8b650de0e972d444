// Our own prototypes of the part of wasmtime 50.0.1's C API that the sandbox uses.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
