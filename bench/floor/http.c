// The two floors under the throughput of `atoll serve --loops 1`: one libuv loop and llhttp.
//
//   http PORT RESPONSE                              F1: answers every request with the bytes of the file
//   http PORT RESPONSE WASM REQUEST EXPECTED        F2: the same, after a fresh instance of the worker has
//                                                   answered REQUEST and its answer was found to be EXPECTED
//
// RESPONSE is one whole HTTP response, as the product gave it: both sides then send the same bytes. PORT 0
// takes a free one. Prints "listening on http://127.0.0.1:PORT".
#include "worker.h"

#include <llhttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { READ_BYTES = 64 << 10, BODY_BYTES_MAX = 64 << 10, BACKLOG = 1024 };

typedef struct {
  uv_tcp_t socket;
  llhttp_t parser;
  size_t body_size;
  char body[BODY_BYTES_MAX];
} connection_t;

static struct {
  bytes_t response;
  worker_t *worker;  // NULL in F1
  bytes_t request, expected;
  llhttp_settings_t settings;
  char slab[READ_BYTES];  // one for the loop: a read is parsed before the next begins
} server;

static void require(int status, const char *doing) {
  if (status < 0) fail("%s: %s", doing, uv_strerror(status));
}

static void on_closed(uv_handle_t *handle) { free(handle->data); }

static void drop(connection_t *connection) {
  if (!uv_is_closing((uv_handle_t *)&connection->socket)) uv_close((uv_handle_t *)&connection->socket, on_closed);
}

static int on_message_begin(llhttp_t *parser) {
  ((connection_t *)parser->data)->body_size = 0;
  return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t size) {
  connection_t *connection = parser->data;
  if (size > BODY_BYTES_MAX - connection->body_size) return HPE_USER;
  memcpy(connection->body + connection->body_size, at, size);
  connection->body_size += size;
  return 0;
}

static int on_message_complete(llhttp_t *parser) {
  connection_t *connection = parser->data;
  if (connection->body_size == 0) return HPE_USER;
  if (server.worker) answer_check(worker_call(server.worker, server.request, NULL), server.expected);
  uv_buf_t buffer = uv_buf_init((char *)server.response.data, (unsigned)server.response.size);
  int written = uv_try_write((uv_stream_t *)&connection->socket, &buffer, 1);
  return written == (int)server.response.size ? 0 : HPE_USER;
}

static void give_slab(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  (void)handle, (void)suggested;
  *buffer = uv_buf_init(server.slab, sizeof server.slab);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
  connection_t *connection = stream->data;
  if (size < 0 || (size > 0 && llhttp_execute(&connection->parser, buffer->base, (size_t)size) != HPE_OK))
    drop(connection);
}

static void on_connection(uv_stream_t *listener, int status) {
  if (status < 0) return;
  connection_t *connection = malloc(sizeof *connection);
  if (!connection) fail("out of memory");
  require(uv_tcp_init(listener->loop, &connection->socket), "init");
  connection->socket.data = connection;
  if (uv_accept(listener, (uv_stream_t *)&connection->socket) != 0) return drop(connection);
  uv_tcp_nodelay(&connection->socket, 1);
  llhttp_init(&connection->parser, HTTP_REQUEST, &server.settings);
  connection->parser.data = connection;
  connection->body_size = 0;
  if (uv_read_start((uv_stream_t *)&connection->socket, give_slab, on_read) != 0) drop(connection);
}

static void listen_on(uv_loop_t *loop, uv_tcp_t *listener, int port) {
  struct sockaddr_in address;
  int size = sizeof address;
  require(uv_ip4_addr("127.0.0.1", port, &address), "address");
  require(uv_tcp_init(loop, listener), "init");
  require(uv_tcp_bind(listener, (struct sockaddr *)&address, 0), "bind");
  require(uv_listen((uv_stream_t *)listener, BACKLOG, on_connection), "listen");
  require(uv_tcp_getsockname(listener, (struct sockaddr *)&address, &size), "getsockname");
  printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
}

int main(int count, char **arguments) {
  if (count != 3 && count != 6) fail("usage: http PORT RESPONSE [WASM REQUEST EXPECTED]");
  server.response = read_file(arguments[2]);
  if (count == 6) {
    wasm_engine_t *engine = engine_new();
    server.worker = worker_new(engine, module_load(engine, read_file(arguments[3])));
    server.request = read_file(arguments[4]);
    server.expected = read_file(arguments[5]);
    answer_check(worker_call(server.worker, server.request, NULL), server.expected);
  }
  llhttp_settings_init(&server.settings);
  server.settings.on_message_begin = on_message_begin;
  server.settings.on_body = on_body;
  server.settings.on_message_complete = on_message_complete;
  uv_loop_t *loop = uv_default_loop();
  uv_tcp_t listener;
  listen_on(loop, &listener, atoi(arguments[1]));
  return uv_run(loop, UV_RUN_DEFAULT);
}
