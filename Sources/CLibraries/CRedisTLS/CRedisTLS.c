#include "CRedisTLS.h"
#include <arpa/inet.h>
#include <hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static int is_address(const char *name) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static void words(char *problem, size_t problem_size) {
  const char *reason = ERR_reason_error_string(ERR_peek_last_error());
  snprintf(problem, problem_size, "%s", reason ? reason : "");
}

void *credis_tls_make(const char *name, const char *authorities, char *problem, size_t problem_size) {
  ERR_clear_error();
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (!context) goto failed;
  if (!SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION)) goto failed;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  X509_VERIFY_PARAM *expected = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  int named = is_address(name) ? X509_VERIFY_PARAM_set1_ip_asc(expected, name)
                               : X509_VERIFY_PARAM_set1_host(expected, name, 0);
  if (!name[0] || !named) goto failed;
  int trusted = authorities ? SSL_CTX_load_verify_locations(context, authorities, NULL)
                            : SSL_CTX_set_default_verify_paths(context);
  if (!trusted) goto failed;
  return context;
failed:
  words(problem, problem_size);
  SSL_CTX_free(context);
  return NULL;
}

void credis_tls_release(void *context) { SSL_CTX_free(context); }

void credis_tls_problem(void *session, char *problem, size_t problem_size) {
  long result = session ? SSL_get_verify_result(session) : X509_V_OK;
  if (result == X509_V_OK) return words(problem, problem_size);
  snprintf(problem, problem_size, "certificate: %s", X509_verify_cert_error_string(result));
}

void *credis_tls_begin(void *context, const char *name, redisContext *connection, char *problem, size_t problem_size) {
  SSL *session = SSL_new(context);
  // RFC 6066, section 3: no addresses there.
  if (session && !is_address(name)) SSL_set_tlsext_host_name(session, name);
  if (session && redisInitiateSSL(connection, session) == REDIS_OK) return session;
  // A server that answers at once fails here, in the first step.
  credis_tls_problem(session, problem, problem_size);
  SSL_free(session);
  return NULL;
}
