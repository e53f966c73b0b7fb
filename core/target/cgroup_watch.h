/* SPDX-License-Identifier: MIT */
/* The kernel's word on cgroups as they are made and removed, by two programs of the host's own object. */
#ifndef CORE_TARGET_CGROUP_WATCH_H
#define CORE_TARGET_CGROUP_WATCH_H

#include "target/container.h"
#include "target/target.h"

struct cgroup_watch;

/* Where its records go: the maps that rings are in, and which ring. */
struct cgroup_ring {
	const struct shared_map *maps;
	size_t n_maps;
	uint32_t ring, mask;
};

/* Loads the host's object, and lends it to `targets`. `types` as object_open(). NULL and errno: why. */
struct cgroup_watch *cgroup_watch_new(struct targets *targets, const struct hierarchy *hierarchy,
				      const struct cgroup_ring *ring, const char *types, char *why, size_t why_size);
/*
 * Attaches; from here on each new cgroup is in the sets that it must be in, and each is told by a record of the stream
 * EUN_STREAM_HOST. -errno: why.
 */
int cgroup_watch_start(struct cgroup_watch *watch, char *why, size_t why_size);
void cgroup_watch_destroy(struct cgroup_watch *watch);

/* A record of that stream to the table. */
void cgroup_watch_record(struct containers *containers, const void *record, uint32_t len);

/* Cgroups that could not be told of, since the start. */
uint64_t cgroup_watch_lost(const struct cgroup_watch *watch);

#endif
