// Times of many calls, and how the floors print them.
#include "samples.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t *samples_new(size_t count) {
  uint64_t *samples = calloc(count, sizeof *samples);
  if (!samples) fail("out of memory");
  return samples;
}

static int by_value(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return a < b ? -1 : a > b;
}

void print_quantiles(const char *name, uint64_t *samples, size_t count, const char *after) {
  qsort(samples, count, sizeof *samples, by_value);
  printf("\"%s\":{\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"p999\":%.3f}%s", name, samples[count / 2] / 1e3,
         samples[count * 9 / 10] / 1e3, samples[count * 99 / 100] / 1e3, samples[count * 999 / 1000] / 1e3, after);
}

void print_quoted(bytes_t text) {
  putchar('"');
  for (size_t i = 0; i < text.size; i++) {
    uint8_t byte = text.data[i];
    if (byte == '"' || byte == '\\') printf("\\%c", byte);
    else if (byte < 0x20) printf("\\u%04x", byte);
    else putchar(byte);
  }
  putchar('"');
}
