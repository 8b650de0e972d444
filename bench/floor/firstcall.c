// Measures how long a program takes from exec to its first use, in milliseconds, as one JSON object.
//
//   firstcall exit COMMAND…                  until the program has ended with status 0
//   firstcall answer PORT REQUEST COMMAND…   until a server on that port has answered the HTTP request in the file
//                                            with a 200; tried every 0.2 ms, the server is then ended with SIGTERM
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { REQUEST_BYTES_MAX = 64 << 10, TRY_EVERY_NS = 200000, ANSWER_WITHIN_MS = 10000 };

static _Noreturn void fail(const char *what) {
  fprintf(stderr, "firstcall: %s: %s\n", what, strerror(errno));
  exit(1);
}

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

// Starts the command with its output thrown away.
static pid_t start(char **command) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child;
  errno = posix_spawnp(&child, command[0], &actions, NULL, command, environ);
  if (errno != 0) fail(command[0]);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

// One attempt: connect, ask, and see whether the status line says 200. The prober reads no further.
static bool answered(const struct sockaddr_in *address, const char *request, size_t size) {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  if (descriptor < 0) fail("socket");
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  char status[12];
  size_t have = 0;
  bool connected = connect(descriptor, (const struct sockaddr *)address, sizeof *address) == 0 &&
                   send(descriptor, request, size, MSG_NOSIGNAL) == (ssize_t)size;
  while (connected && have < sizeof status) {
    ssize_t got = recv(descriptor, status + have, sizeof status - have, 0);
    if (got <= 0) break;
    have += (size_t)got;
  }
  close(descriptor);
  return have == sizeof status && memcmp(status, "HTTP/1.1 200", sizeof status) == 0;
}

static double until_exit(char **command) {
  double begin = now_ms();
  pid_t child = start(command);
  int status;
  if (waitpid(child, &status, 0) != child || status != 0) fail("the program did not end with status 0");
  return now_ms() - begin;
}

static double until_answer(int port, const char *path, char **command) {
  char request[REQUEST_BYTES_MAX];
  FILE *file = fopen(path, "rb");
  if (!file) fail(path);
  size_t size = fread(request, 1, sizeof request, file);
  fclose(file);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

  const struct timespec pause = {0, TRY_EVERY_NS};
  double begin = now_ms(), took = 0;
  pid_t child = start(command);
  bool alive = true;
  while (!took && alive && now_ms() - begin < ANSWER_WITHIN_MS) {
    if (answered(&address, request, size)) took = now_ms() - begin;
    else nanosleep(&pause, NULL);
    alive = took || waitpid(child, NULL, WNOHANG) == 0;
  }
  if (alive) {
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
  }
  if (!took) fail("the server never answered with a 200");
  return took;
}

int main(int count, char **arguments) {
  double took;
  if (count >= 3 && strcmp(arguments[1], "exit") == 0) took = until_exit(arguments + 2);
  else if (count >= 5 && strcmp(arguments[1], "answer") == 0)
    took = until_answer(atoi(arguments[2]), arguments[3], arguments + 4);
  else {
    fputs("usage: firstcall exit COMMAND… | answer PORT REQUEST COMMAND…\n", stderr);
    return 2;
  }
  printf("{\"ms\":%.3f}\n", took);
  return 0;
}
