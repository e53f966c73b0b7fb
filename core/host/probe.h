/* SPDX-License-Identifier: MIT */
/*
 * The probes of an instance: rows of its plugin's attach[] that serve the run, and the files they were put into. A
 * probe belongs to a file, not to a process: whoever maps the file hits it. probing.h says which files there are.
 */
#ifndef CORE_HOST_PROBE_H
#define CORE_HOST_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbol/maps.h"

struct instance;
struct probes;

/* A probe that serves `streams` and is switched on uses the program. Before the load. */
bool probes_want(const struct instance *instance, uint64_t streams, const char *program);

/* After the load: fills instance->probes, or leaves it NULL where no row serves. -ENOMEM. */
int probes_new(struct instance *instance, uint64_t streams, char *why, size_t why_size);
/* Takes all probes away. Slow: the kernel waits for programs that run. */
void probes_destroy(struct probes *probes);

/* Some row means a file of this path. Cheap. */
bool probes_mean(const struct probes *probes, const char *path);

/*
 * Puts the probes into the file that the process has mapped, unless they are in it; `alone`: for this process only.
 * What found no place is said once a file, with the host's log.
 */
void probes_put(struct probes *probes, uint32_t pid, const struct mapping *mapping, bool alone);

/* Says which rows are in no file yet. */
void probes_say_missing(const struct probes *probes);

/* Probes in files now. */
size_t probes_count(const struct probes *probes);

#endif
