/* SPDX-License-Identifier: MIT */
/*
 * The cgroup hierarchy that says which container a process is in: cgroup2 wherever it is mounted, alone or beside v1
 * (hybrid), as runtimes then use it too; without it, that of the v1 controller `pids`.
 *
 * A cgroup's id is its kernfs node's, which on 64-bit kernels is the inode number of its folder; it is never used
 * again.
 */
#ifndef CORE_TARGET_CGROUP_H
#define CORE_TARGET_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hierarchy {
	bool v1;
	uint32_t id;      /* as the kernel numbers hierarchies; cgroup2 is 0 */
	char mount[1024]; /* where it is mounted */
};

/* Of this machine. -ENOENT: neither is mounted; `v1` is false then and no cgroup can be looked up. */
int hierarchy_find(struct hierarchy *hierarchy);

/* The id of a cgroup by its path, "/" is the root; 0: there is none (any more). */
uint64_t cgroup_id(const struct hierarchy *hierarchy, const char *path);

/* Calls `each` for every cgroup below `path`, a parent before its children. */
void cgroup_below(const struct hierarchy *hierarchy, const char *path, uint64_t id,
		  void (*each)(void *context, uint64_t id, uint64_t parent, const char *path), void *context);

#endif
