/* SPDX-License-Identifier: MIT */
/*
 * Which container an event comes from: by the id of its cgroup, which is never used again, so that an entry stays right
 * for events that arrive after the container ended.
 *
 * Fed by the cgroups that exist at the start, by those the kernel tells of as they are made and removed (bpf/core), and
 * by what the runtimes have on disk (runtime.h). Bounded: ended containers are forgotten, oldest first. One thread.
 */
#ifndef CORE_TARGET_CONTAINER_H
#define CORE_TARGET_CONTAINER_H

#include <eunomia/event.h>

#include "target/runtime.h"

enum container_state {
	CONTAINER_PENDING, /* a container's for sure, or perhaps; which one is not known (yet) */
	CONTAINER_RUNNING,
	CONTAINER_ENDED,
};

extern const char *const container_state_names[]; /* "pending", "running", "ended" */

struct container {
	struct container_info info; /* texts are the table's; a pending one has at most an id */
	enum container_state state;
	uint64_t cgroup;  /* id */
	uint64_t started; /* boot clock, ns: when its cgroup was made, or was found */
};

struct containers;

/* `runtimes` is borrowed. NULL and errno. */
struct containers *containers_new(struct runtimes *runtimes);
void containers_destroy(struct containers *containers);

/*
 * The container of an event's actor, NULL: the host's. One look into a hash table; an actor in a pid namespace of its
 * own (EUN_CONTAINER) whose cgroup is unknown is in a pending one. Valid until the next call of anything else here.
 */
const struct container *containers_of(const struct containers *containers, const struct eun_event *event);

/* A recording's containers: what containers_of() is to answer for a cgroup. -ENOMEM. */
int containers_learn(struct containers *containers, const struct container *container);

/* Called for each container whenever what is known of it changed: it appeared, was identified, ended. */
typedef void (*container_changed)(void *context, const struct container *container);
void containers_on_change(struct containers *containers, container_changed changed, void *context);

#endif
