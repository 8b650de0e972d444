// What posix_spawn can do beside POSIX, and a start that it cannot do.
#pragma once
#include <spawn.h>
#include <sys/types.h>

// Has the child begin in `folder`. Answers an error number, or 0.
int cspawn_add_folder(posix_spawn_file_actions_t *actions, const char *folder);

// Starts a program that does not outlive this one: the kernel kills it with SIGKILL when the **thread** that called this
// ends, however that happens. It gets nothing of ours but the environment given: standard input is empty, standard output
// and error are appended to the file `output`, no descriptor is passed on, no signal is blocked or ignored, and it is a
// process group of its own. `folder` may be NULL. Answers an error number, or 0; a program that cannot be executed is an
// error too. The caller waits for it with waitpid.
int cspawn_start(const char *program, char *const words[], char *const environment[], const char *folder,
                 const char *output, pid_t *identifier);

// A descriptor that can be read once the process has ended, or a negative errno.
int cspawn_watch(pid_t identifier);
