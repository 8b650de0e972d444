// Glibc hides some of these names from Swift: they are extensions.
#define _GNU_SOURCE
#include "CSpawn.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int cspawn_add_folder(posix_spawn_file_actions_t *actions, const char *folder) {
  return posix_spawn_file_actions_addchdir_np(actions, folder);
}

// Between fork and exec, in a process that has threads: only calls that are safe in a signal handler.
static void become(const char *program, char *const words[], char *const environment[], const char *folder,
                   const char *output, pid_t parent, int told) {
  int error;
  // Before the look at the parent: if it died before this call, no signal will come.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) goto failed;
  if (getppid() != parent) _exit(127);
  // A terminal's Ctrl-C is for the parent, which then ends its children in its own order.
  setpgid(0, 0);
  int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  int log = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (input < 0 || log < 0 || dup2(input, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) goto failed;
  if (folder && chdir(folder) != 0) goto failed;
  // Handlers end with exec, but what is ignored stays so.
  for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
  // Whatever the parent has open is not for its children (CLOSE_RANGE_CLOEXEC); kernels before 5.11 do not have it.
  syscall(SYS_close_range, 3, ~0U, 1U << 2);
  execve(program, words, environment);
failed:
  error = errno;
  (void)!write(told, &error, sizeof error);
  _exit(127);
}

int cspawn_start(const char *program, char *const words[], char *const environment[], const char *folder,
                 const char *output, pid_t *identifier) {
  int channel[2];
  if (pipe2(channel, O_CLOEXEC) != 0) return errno;
  pid_t parent = getpid();
  // No handler of ours may run in the child.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t child = fork();
  int error = errno;
  if (child == 0) become(program, words, environment, folder, output, parent, channel[1]);
  pthread_sigmask(SIG_SETMASK, &before, 0);
  close(channel[1]);
  if (child > 0) {
    ssize_t count;
    while ((count = read(channel[0], &error, sizeof error)) < 0 && errno == EINTR) {}
    // The channel closes with exec.
    if (count == 0) {
      error = 0;
      *identifier = child;
    } else {
      while (waitpid(child, 0, 0) < 0 && errno == EINTR) {}
      if (count != sizeof error) error = ECHILD;
    }
  }
  close(channel[0]);
  return error;
}

int cspawn_watch(pid_t identifier) {
  int descriptor = (int)syscall(SYS_pidfd_open, identifier, 0);
  return descriptor < 0 ? -errno : descriptor;
}
