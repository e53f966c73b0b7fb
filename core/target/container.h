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

#include "target/cgroup.h"
#include "target/runtime.h"

enum container_state {
	CONTAINER_PENDING, /* a container's for sure, or perhaps; which one is not known (yet) */
	CONTAINER_RUNNING,
	CONTAINER_ENDED, /* its first process is dead, or its cgroup gone */
};

extern const char *const container_state_names[]; /* "pending", "running", "ended" */

struct container {
	struct container_info info; /* texts are the table's; a pending one has at most an id */
	enum container_state state;
	uint64_t cgroup;  /* id; 0: not known */
	uint64_t started; /* boot clock, ns: when its cgroup was made, or was found */
	bool found;       /* it was there before us */
};

struct containers;

/* Both are borrowed and may be NULL: a table that is only told (a recording's). NULL and errno. */
struct containers *containers_new(struct runtimes *runtimes, const struct hierarchy *hierarchy);
void containers_destroy(struct containers *containers);

/*
 * The container of an event's actor, NULL: the host's. One look into a hash table. What is not known is pending, not
 * the host's: an actor in a pid namespace of its own (EUN_CONTAINER), and any actor in the first CONTAINER_DOUBT_NS of
 * a cgroup's life, as a runtime makes it before it writes whose it is. Valid until the next call of anything else here.
 */
#define CONTAINER_DOUBT_NS 1000000000u
const struct container *containers_of(const struct containers *containers, const struct eun_event *event);

/* A recording's containers: what containers_of() is to answer for a cgroup. -ENOMEM. */
int containers_learn(struct containers *containers, const struct container *container);
/* It was in doubt, or is forgotten: what containers_of() is to answer is no more than what the event says itself. */
void containers_unlearn(struct containers *containers, uint64_t cgroup);

/* Who wants to know. Members may be NULL. */
struct container_watch {
	void *context;
	/* The container appeared, was identified, ended. */
	void (*changed)(void *context, const struct container *container);
	/* Asked for whenever what is known of a container changed: the target sets that mean it, by its own name or id.
	 */
	uint64_t (*sets)(void *context, const struct container *container);
	/* The cgroup is in these sets; told when it is decided, and again with 0 when it is gone. */
	void (*cgroup)(void *context, uint64_t id, uint64_t sets);
};
/* From here on; `sets` and `cgroup` are called at once for what is known already. */
void containers_watch(struct containers *containers, const struct container_watch *watch);

/* The target sets that an event's cgroup is in: of its container and of those around that. 0: none, or not decided. */
uint64_t containers_sets(const struct containers *containers, uint64_t cgroup);

/* Calls `each` for all that have not ended. */
void containers_each(const struct containers *containers,
		     void (*each)(void *context, const struct container *container), void *context);

/* What exists now. Call it when the kernel already tells of new cgroups. -errno: a runtime's state can't be read. */
int containers_scan(struct containers *containers);

/* A cgroup was made below `parent`, or removed, as the kernel tells; time: boot clock, ns. */
void containers_made(struct containers *containers, uint64_t id, uint64_t parent, const char *path, uint64_t time);
void containers_removed(struct containers *containers, uint64_t id);

/*
 * Reads what runtimes wrote, if they did. Called after the rings' positions are taken and before what is there is
 * delivered, it knows each container whose first program's execution is among it: OCI runtimes write their state
 * before.
 */
void containers_told(struct containers *containers);

/*
 * Readable: a runtime wrote state, or a container's first process ended. containers_changed() then sees to both; after
 * what the rings hold is delivered, or an end comes before the last events.
 */
int containers_fd(const struct containers *containers);
void containers_changed(struct containers *containers);

/* Ends doubts that are over; every second or so. */
void containers_tick(struct containers *containers, uint64_t now);

#endif
