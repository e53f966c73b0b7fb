/* SPDX-License-Identifier: MIT */
/* Processes as /proc shows them. Pids are those of the pid namespace that /proc was mounted in. */
#ifndef CORE_TARGET_DESCEND_H
#define CORE_TARGET_DESCEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The thread group that a pid or tid belongs to (Tgid in /proc/ID/status); 0: there is no such task. */
uint32_t pid_leader(uint32_t id);

/* Not gone and not a zombie. */
bool pid_alive(uint32_t pid);

/*
 * Calls `add` for each descendant of the roots that is alive, each once. Repeats until a whole pass finds no new one,
 * so that children of a process that was added meanwhile are found too. -errno from `add` ends it; -ENOMEM.
 */
int pid_descendants(const uint32_t *roots, size_t n, int (*add)(void *context, uint32_t pid), void *context);

#endif
