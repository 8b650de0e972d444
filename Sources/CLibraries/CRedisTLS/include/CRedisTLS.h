// TLS for hiredis with OpenSSL: verified always, and with the reason of a failure, which hiredis' own wrapper drops.
#pragma once
#include <stddef.h>
#include <async.h>

// What verified connections to `name` begin with: an SSL_CTX that trusts the system's authorities, or those of the file
// `authorities` where that is not NULL, and accepts only a certificate of `name`, a host name or an IP address.
// NULL when that cannot be; then `problem` says why. Any thread may use it. Release with credis_tls_release.
void *credis_tls_make(const char *name, const char *authorities, char *problem, size_t problem_size);
void credis_tls_release(void *context);

// Begins TLS on a connected context that does not block. The SSL, which the context owns, or NULL and `problem`.
void *credis_tls_begin(void *context, const char *name, redisContext *connection, char *problem, size_t problem_size);

// Why the last call on `session` failed: the certificate's problem, or else OpenSSL's words. Empty when none is known.
void credis_tls_problem(void *session, char *problem, size_t problem_size);
