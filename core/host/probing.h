/* SPDX-License-Identifier: MIT */
/*
 * Where probes are to be put: the files that processes have mapped as code when the run begins, and those that are
 * mapped later, by programs that start and libraries that they load. The kernel tells of each such mapping in rings
 * of perf events, which costs a record of some 100 bytes a mapping and is done only while an instance has probes. One
 * thread.
 */
#ifndef CORE_HOST_PROBING_H
#define CORE_HOST_PROBING_H

#include <stddef.h>
#include <stdint.h>

struct probing;
struct probes;

/* Needs no privileges. NULL and errno. */
struct probing *probing_new(void);
/* The instances' probes must be gone. */
void probing_destroy(struct probing *probing);

/* Only these processes are meant: each probe is for one of them alone, and others that have the file don't pay. */
void probing_only(struct probing *probing, const uint32_t *pids, size_t n);

/* Puts them where they belong now, and from here on. -errno: mappings can't be watched. */
int probing_add(struct probing *probing, struct probes *probes);
void probing_remove(struct probing *probing, struct probes *probes);

/* Readable: probing_look() has something to do. */
int probing_fd(const struct probing *probing);
void probing_look(struct probing *probing);

#endif
