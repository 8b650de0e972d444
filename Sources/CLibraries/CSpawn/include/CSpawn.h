// What posix_spawn can do beside POSIX.
#pragma once
#include <spawn.h>

// Has the child begin in `folder`. Answers an error number, or 0.
int cspawn_add_folder(posix_spawn_file_actions_t *actions, const char *folder);
