/* SPDX-License-Identifier: MIT */
/*
 * What container runtimes leave on disk: docker, containerd (and k8s pods by CRI), CRI-O, podman, plain runc and crun.
 * Read when a container appears, never for an event. Nothing here needs privileges beyond reading those files, and
 * nothing is written. A file that can't be read, is half written or isn't what it should be gives no container, never
 * a wrong one.
 *
 * One thread.
 */
#ifndef CORE_TARGET_RUNTIME_H
#define CORE_TARGET_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTAINER_ID_MAX 255 /* bytes; runc takes any name, docker and CRI 64 hexadecimal digits */

/* One container as its runtime describes it. Texts are owned by who gave the structure, NULL: not known. */
struct container_info {
	const char *id;
	const char *name; /* what a user calls it: docker's --name, k8s' container name; plain runc: the id */
	const char *image;
	const char *runtime; /* docker, containerd, cri-o, podman, runc, crun */
	const char *pod;
	const char *pod_namespace;
	const char *cgroup; /* path in the hierarchy that /proc/PID/cgroup has it in, with a '/' before */
	uint32_t pid;       /* of its first process; 0: none, or not known */
};

/*
 * The id that a cgroup's path names by the patterns of the runtimes (docker-ID.scope, cri-containerd-ID.scope,
 * /docker/ID, /kubepods/.../ID, libpod-ID.scope...). False: the path is none of them, which says nothing of plain runc
 * and crun, whose cgroups have any name. `runtime` (may be NULL) is set to a constant, or NULL where the pattern does
 * not tell. conmon's and other helpers' cgroups are none.
 */
bool runtime_id_of_cgroup(const char *path, char id[CONTAINER_ID_MAX + 1], const char **runtime);

struct runtimes;

/* `root` is put before every path: "" on a machine, a tree of fixtures in tests. NULL and errno. */
struct runtimes *runtimes_new(const char *root);
void runtimes_destroy(struct runtimes *runtimes);

/* Calls `each` for all containers that are there now; the info is valid during the call. -errno. */
typedef void (*runtimes_each)(void *context, const struct container_info *info);
int runtimes_scan(struct runtimes *runtimes, runtimes_each each, void *context);

/*
 * What has that full id: one container, but plain ids may be in use once in each runtime and namespace. False: no
 * runtime knows it (yet). The info is valid during the call.
 */
bool runtimes_find(struct runtimes *runtimes, const char *id, runtimes_each each, void *context);

/*
 * Changes. The fd is readable when a runtime wrote state; runtimes_changed() then calls `each` for every container that
 * appeared or changed. OCI runtimes save their state before the container's first program is executed: who asks here
 * before delivering an event of it knows it. Roots that do not exist yet are found when they come to be.
 */
int runtimes_fd(const struct runtimes *runtimes);
int runtimes_changed(struct runtimes *runtimes, runtimes_each each, void *context);

#endif
