/* SPDX-License-Identifier: MIT */
/*
 * One container's state: which files hold it, and what they say. An OCI runtime (runc, crun) knows pid and cgroup; who
 * told it to run the container (docker, containerd, CRI-O, podman) knows the name.
 */
#ifndef CORE_TARGET_RUNTIME_STATE_H
#define CORE_TARGET_RUNTIME_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "runtime.h"

struct state;

struct state_source {
	const char *pattern; /* for state_walk() */
	const char *runtime;
	bool oci;   /* an OCI runtime's own: the container is there as long as this is */
	bool user;  /* written by a user: not asked about what the machine's own runtimes know */
	bool watch; /* its changes are news */
	bool (*read)(struct state *state, const char *path, const json_t *file);
};

/* The OCI runtimes' first, users' last; .pattern NULL ends it. */
extern const struct state_source state_sources[];

/* What was read, and the JSON that holds its texts. */
struct state {
	const char *root, *docker; /* docker's folder */
	struct container_info info;
	bool there;                /* it has a process, or an OCI runtime's state */
	const json_t *annotations; /* an object, or runc's array of key=value */
	const char *bundle;        /* the folder that the OCI runtime was given */
	json_t *files[10];
	size_t n_files;
	char path[PATH_MAX], cgroup[PATH_MAX];
};

/* False: nothing there that is complete and makes sense. state_free() in any case. */
bool state_read(struct state *state, const char *root, const char *docker, const struct state_source *source,
		const char *path, const char *id);
void state_free(struct state *state);

/* state_source.pattern with docker's folder put in. */
void state_pattern(const struct state_source *source, const char *docker, char pattern[PATH_MAX]);

#endif
