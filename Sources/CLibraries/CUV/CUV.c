#define _GNU_SOURCE
#include "CUV.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

_Thread_local void *cuv_thread_loop __attribute__((tls_model("initial-exec"))) = 0;

static int result(int value) { return value < 0 ? -errno : value; }

int cuv_eventfd(void) { return result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int cuv_timerfd(void) { return result(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)); }

int cuv_timerfd_arm(int descriptor, uint64_t nanoseconds) {
  struct itimerspec time = {0};
  time.it_value.tv_sec = (time_t)(nanoseconds / 1000000000);
  time.it_value.tv_nsec = (long)(nanoseconds % 1000000000);
  return result(timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &time, 0));
}

int cuv_map_offset(const char *path, const int64_t **offset) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return -errno;
  struct stat status;
  int error = fstat(descriptor, &status) != 0 ? errno : status.st_size < 8 ? EINVAL : 0;
  void *page = error ? MAP_FAILED : mmap(0, sizeof **offset, PROT_READ, MAP_SHARED, descriptor, 0);
  if (!error && page == MAP_FAILED) error = errno;
  close(descriptor);
  if (!error) *offset = page;
  return -error;
}

void cuv_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }

static socklen_t length(const struct sockaddr *address) {
  return address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

int cuv_listen(const struct sockaddr *address, int backlog, int shared) {
  const int on = 1;
  int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor < 0) return -errno;
  if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) goto failed;
  if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) goto failed;
  if (shared && setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) goto failed;
  if (bind(descriptor, address, length(address)) != 0) goto failed;
  if (listen(descriptor, backlog) != 0) goto failed;
  return descriptor;
failed:;
  int error = errno;
  close(descriptor);
  return -error;
}

int cuv_share_port(int descriptor) {
  const int on = 1;
  return result(setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on));
}

int cuv_fill(int descriptor) {
  struct sockaddr_storage address;
  int status = cuv_local_address(descriptor, &address);
  if (status < 0) return status;
  if (listen(descriptor, 0) != 0) return -errno;
  int filler = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (filler < 0) return -errno;
  if (connect(filler, (struct sockaddr *)&address, length((struct sockaddr *)&address)) != 0 && errno != EINPROGRESS) {
    int error = errno;
    close(filler);
    return -error;
  }
  return filler;
}

int cuv_widen(int descriptor, int backlog) { return result(listen(descriptor, backlog)); }

int cuv_accept(int descriptor, struct sockaddr_storage *peer) {
  socklen_t size = sizeof *peer;
  return result(accept4(descriptor, (struct sockaddr *)peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int cuv_local_address(int descriptor, struct sockaddr_storage *address) {
  socklen_t size = sizeof *address;
  return result(getsockname(descriptor, (struct sockaddr *)address, &size));
}

int cuv_remote_address(int descriptor, struct sockaddr_storage *address) {
  socklen_t size = sizeof *address;
  return result(getpeername(descriptor, (struct sockaddr *)address, &size));
}

int cuv_unacknowledged(int descriptor) {
  int count = 0;
  return ioctl(descriptor, SIOCOUTQ, &count) < 0 ? -errno : count;
}

int cuv_finish(int descriptor) { return result(shutdown(descriptor, SHUT_WR)); }

void cuv_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
