/* SPDX-License-Identifier: MIT */
/* Files as a process sees them: below its root, from which no link leads out. */
#ifndef CORE_SYMBOL_ROOT_H
#define CORE_SYMBOL_ROOT_H

#include <stdint.h>

/* A descriptor of /proc/PID/root, for root_open() alone; -errno. */
int root_of(uint32_t pid);
/* A regular file, for reading. -errno. */
int root_open(int root, const char *path);
/* The same, not through a link in the last component. */
int root_open_nofollow(int root, const char *path);

#endif
