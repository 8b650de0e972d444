// What we use of OpenSSL's libcrypto.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Hashes `count` bytes into `digest` (32 bytes). The low-level calls are used on purpose: every start of the binary
// hashes, and the provider machinery behind EVP costs a millisecond at its first use.
void ccrypto_sha256(const void *bytes, size_t count, uint8_t *digest);

// The functions below go through EVP, whose first use in a process sets the library up. They return 0 on failure.

int ccrypto_hmac_sha256(const void *key, size_t key_count, const void *bytes, size_t count, uint8_t *digest);

// AES-256-GCM with a key of 32 bytes and a nonce of 12: `sealed` gets `count` bytes and a tag of 16. `context` is
// authenticated and not part of what is sealed.
int ccrypto_aes256gcm_seal(const uint8_t *key, const uint8_t *nonce, const void *context, size_t context_count,
                           const void *plain, size_t count, uint8_t *sealed);
// The reverse: `count` includes the tag, `plain` gets 16 bytes less. Its contents mean nothing when 0 is returned.
int ccrypto_aes256gcm_open(const uint8_t *key, const uint8_t *nonce, const void *context, size_t context_count,
                           const uint8_t *sealed, size_t count, uint8_t *plain);

// Whether two secrets of one length are the same, in a time that does not tell how far.
int ccrypto_equal(const void *one, const void *other, size_t count);

// Bytes of the kernel's generator; a kernel that has none ends the process.
void ccrypto_random(void *bytes, size_t count);
