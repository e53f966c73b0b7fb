/* SPDX-License-Identifier: MIT */
/* What a process has mapped as code: /proc/PID/maps. */
#ifndef CORE_SYMBOL_MAPS_H
#define CORE_SYMBOL_MAPS_H

#include <stdint.h>
#include <sys/types.h>

struct mapping {
	uint64_t start, end, offset;
	dev_t dev; /* as the kernel shows them here: of an overlay's file they may not be what stat() says */
	uint64_t inode;
	const char *path; /* "" where it has none; may end in " (deleted)" */
};

/* Executable ones, in order of their addresses. -errno: of reading, or what `each` returned. */
int maps_each(uint32_t pid, int (*each)(void *context, const struct mapping *mapping), void *context);

/* The very file that is mapped, also a deleted or replaced one. -errno. */
int maps_open(uint32_t pid, const struct mapping *mapping);

#endif
