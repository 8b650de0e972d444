// libuv, and the Linux calls that the loop needs and Swift's Glibc module does not carry.
#pragma once
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

// A non-blocking eventfd, or a negative errno. It wakes the loop ten times faster than
// uv_async_t does in the libuv that Debian 12 ships.
int cuv_eventfd(void);

// The loop that runs on this thread, or NULL. A thread-local read is the cheapest answer to
// "am I on the loop?", and that question is asked on every enqueue.
extern _Thread_local void *cuv_thread_loop __attribute__((tls_model("initial-exec")));
static inline void *cuv_current_loop(void) { return cuv_thread_loop; }
static inline void cuv_set_current_loop(void *loop) { cuv_thread_loop = loop; }

// write(2) to a socket whose peer is gone raises SIGPIPE, and libuv uses write(2): ignore it.
void cuv_ignore_sigpipe(void);

// The calls below return a descriptor or 0, or a negative errno.

// A non-blocking, close-on-exec TCP socket that is bound and listens. SO_REUSEADDR is always set.
// TCP_NODELAY is set too: on Linux every accepted socket inherits it, which saves a call each.
// `shared` binds with SO_REUSEPORT, so that it joins a port that already has the option.
int cuv_listen(const struct sockaddr *address, int backlog, int shared);
// Lets later sockets join the port of this listener.
int cuv_share_port(int descriptor);
// Makes the accept queue as short as can be and fills it with a connection of our own, whose descriptor is answered: the
// kernel then drops the first packet of every other, whose sender tries again after 1, 3, 7 seconds and so on.
int cuv_fill(int descriptor);
// Gives the accept queue that length again.
int cuv_widen(int descriptor, int backlog);
// The next waiting connection, non-blocking and close-on-exec.
int cuv_accept(int descriptor, struct sockaddr_storage *peer);
int cuv_local_address(int descriptor, struct sockaddr_storage *address);
int cuv_remote_address(int descriptor, struct sockaddr_storage *address);
// A timer on the monotonic clock that can be read when it has fired, close-on-exec: libuv's own count whole milliseconds.
int cuv_timerfd(void);
// Has it fire once at that monotonic time, at once where that has passed; 0 disarms it. What it had to tell is dropped.
int cuv_timerfd_arm(int descriptor, uint64_t nanoseconds);
// Maps the first eight bytes of a file, read-only and shared with whoever writes to it. They stay mapped.
int cuv_map_offset(const char *path, const int64_t **offset);
static inline int64_t cuv_load_offset(const int64_t *offset) { return __atomic_load_n(offset, __ATOMIC_RELAXED); }
// How many bytes the peer's kernel has not acknowledged yet.
int cuv_unacknowledged(int descriptor);
// Sends FIN.
int cuv_finish(int descriptor);

// The name that tools show for this thread; the kernel keeps 15 bytes.
void cuv_name_thread(const char *name);

// What one connection needs from libuv, in one allocation. At most one write is in flight.
typedef struct {
  uv_tcp_t tcp;
  uv_write_t write;
} cuv_connection_t;

// uv_try_write of two pieces, the second possibly empty: bytes taken, or a negative errno.
static inline int cuv_try_write(uv_stream_t *stream, const void *head, size_t head_length, const void *body,
                                size_t body_length) {
  uv_buf_t buffers[2] = {{(char *)head, head_length}, {(char *)body, body_length}};
  return uv_try_write(stream, buffers, body_length == 0 ? 1 : 2);
}
