// Times of many calls, and how the floors print them.
#ifndef FLOOR_SAMPLES_H
#define FLOOR_SAMPLES_H

#include "engine.h"

// Room for so many; ends the process where there is none.
uint64_t *samples_new(size_t count);

// Prints "name":{"p50":…,"p90":…,"p99":…,"p999":…} in microseconds from nanoseconds; sorts in place.
void print_quantiles(const char *name, uint64_t *samples, size_t count, const char *after);

// The text as a JSON string.
void print_quoted(bytes_t text);

#endif
