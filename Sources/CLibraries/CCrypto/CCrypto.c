#define OPENSSL_SUPPRESS_DEPRECATED
#include "CCrypto.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <openssl/crypto.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

void ccrypto_sha256(const void *bytes, size_t count, uint8_t *digest) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes, count);
  SHA256_Final(digest, &context);
}

int ccrypto_hmac_sha256(const void *key, size_t key_count, const void *bytes, size_t count, uint8_t *digest) {
  unsigned length = 0;
  return HMAC(EVP_sha256(), key, (int)key_count, bytes, count, digest, &length) && length == 32;
}

// Looked up once: EVP_aes_256_gcm() makes libcrypto look its provider up at every use, which costs more than a short seal.
static EVP_CIPHER *gcm;
static pthread_once_t gcm_once = PTHREAD_ONCE_INIT;
static void gcm_fetch(void) { gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL); }
static const EVP_CIPHER *gcm_cipher(void) {
  pthread_once(&gcm_once, gcm_fetch);
  return gcm;
}

int ccrypto_aes256gcm_seal(const uint8_t *key, const uint8_t *nonce, const void *context, size_t context_count,
                           const void *plain, size_t count, uint8_t *sealed) {
  int length = 0;
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
  int ok = cipher && gcm_cipher() && EVP_EncryptInit_ex2(cipher, gcm_cipher(), key, nonce, NULL) &&
           EVP_EncryptUpdate(cipher, NULL, &length, context, (int)context_count) &&
           EVP_EncryptUpdate(cipher, sealed, &length, plain, (int)count) && length == (int)count &&
           EVP_EncryptFinal_ex(cipher, sealed + count, &length) &&
           EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, 16, sealed + count);
  EVP_CIPHER_CTX_free(cipher);
  return ok;
}

int ccrypto_aes256gcm_open(const uint8_t *key, const uint8_t *nonce, const void *context, size_t context_count,
                           const uint8_t *sealed, size_t count, uint8_t *plain) {
  int length = 0;
  uint8_t tag[16];
  if (count < sizeof tag) return 0;
  count -= sizeof tag;
  memcpy(tag, sealed + count, sizeof tag);
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
  int ok = cipher && gcm_cipher() && EVP_DecryptInit_ex2(cipher, gcm_cipher(), key, nonce, NULL) &&
           EVP_DecryptUpdate(cipher, NULL, &length, context, (int)context_count) &&
           EVP_DecryptUpdate(cipher, plain, &length, sealed, (int)count) && length == (int)count &&
           EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) &&
           EVP_DecryptFinal_ex(cipher, plain + count, &length) > 0;
  EVP_CIPHER_CTX_free(cipher);
  return ok;
}

int ccrypto_equal(const void *one, const void *other, size_t count) { return CRYPTO_memcmp(one, other, count) == 0; }

void ccrypto_random(void *bytes, size_t count) {
  for (size_t done = 0; done < count;) {
    ssize_t got = getrandom((char *)bytes + done, count - done, 0);
    if (got > 0) done += (size_t)got;
    else if (errno != EINTR) __builtin_trap();
  }
}
