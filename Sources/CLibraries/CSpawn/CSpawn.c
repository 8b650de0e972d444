// Glibc hides the name from Swift: it is an extension.
#define _GNU_SOURCE
#include "CSpawn.h"

int cspawn_add_folder(posix_spawn_file_actions_t *actions, const char *folder) {
  return posix_spawn_file_actions_addchdir_np(actions, folder);
}
