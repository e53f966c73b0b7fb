/* SPDX-License-Identifier: MIT */
/*
 * Who is meant. A target set is a conjunction: one of these pids (and, when it follows, their descendants), one of
 * these uids, one of these thread names, in one of these namespaces, in one of these containers; a kind that is empty
 * is not tested. The kernel decides, before a record is built, in maps that every BPF object shares; each set is one
 * bit. Which cgroups are meant by containers is told by container_sets.h.
 *
 * One thread. Needs the privileges of bpf(2).
 */
#ifndef CORE_TARGET_TARGET_H
#define CORE_TARGET_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <eunomia/event.h>

struct target_spec {
	const uint32_t *pids;
	size_t n_pids;
	bool follow; /* descendants alive now and all later ones */
	const uint32_t *uids;
	size_t n_uids;
	const char *const *comms;
	size_t n_comms;
	const uint32_t *mntns; /* inode numbers */
	size_t n_mntns;
	const uint32_t *pidns;
	size_t n_pidns;
	bool containers; /* tests containers: nobody is in it until targets_cgroup() says so, but for what is new */
};

/* A map that the host owns and every object uses in place of its own: bpf_map__reuse_fd(). */
struct shared_map {
	const char *name;
	int fd;
};

struct targets;

/* NULL and errno; `why` says what failed. */
struct targets *targets_new(char *why, size_t why_size);
void targets_destroy(struct targets *targets);

/* The maps to share: eun_ctl, those of the kinds, and those of core/host/where.h. Valid as long as `targets`. */
const struct shared_map *targets_maps(const struct targets *targets, size_t *n);
/* The mapped control block; the ring reader keeps `sleeping` there. */
struct eun_ctl *targets_ctl(const struct targets *targets);

struct object;

/*
 * The host's object, loaded with all its programs, for the sets that test pids to follow with; it is borrowed until
 * targets_destroy() or its end, after which no set may be added. Without one they load their own.
 */
void targets_lend(struct targets *targets, struct object *object);

/*
 * Makes a set; returns its number or -errno with `why`: -ESRCH a pid that is gone, -EINVAL a thread's id, -ENOSPC all
 * sets are in use. An empty spec is everyone.
 */
int targets_add(struct targets *targets, const struct target_spec *spec, char *why, size_t why_size);
void targets_remove(struct targets *targets, int set);

/* A cgroup is in these of the sets that test containers from now on, and in no other. */
void targets_cgroup(struct targets *targets, uint64_t id, uint64_t sets);

/* The sets that an actor is in now, as the kernel would say; `by_cgroup`: those that its cgroup is in. */
uint64_t targets_member(const struct targets *targets, const struct eun_event *who, uint64_t by_cgroup);

/* Children that were to be followed and found no place in the map, since the start. */
uint64_t targets_unfollowed(const struct targets *targets);

/* True: the set tests pids and every member is dead. */
bool targets_gone(const struct targets *targets, int set);

#endif
