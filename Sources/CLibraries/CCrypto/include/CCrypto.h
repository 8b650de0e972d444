// SHA-256 from OpenSSL's libcrypto. The low-level calls are used on purpose: they pull in only the
// hash itself when linked statically, where the provider machinery costs a millisecond of start-up.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Hashes `count` bytes into `digest` (32 bytes).
void ccrypto_sha256(const void *bytes, size_t count, uint8_t *digest);
