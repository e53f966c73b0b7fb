/* SPDX-License-Identifier: MIT */
/*
 * Who lives on this machine: the table of containers with all that keeps it true. The kernel tells of cgroups through
 * the rings, the runtimes by what they write, target sets ask for containers, and the streams of the built-in plugin
 * come out of it. One thread.
 */
#ifndef CORE_HOST_CENSUS_H
#define CORE_HOST_CENSUS_H

#include "host/instance.h"
#include "target/container.h"

struct census;

/* Needs no privileges; nothing is read yet. NULL and errno. */
struct census *census_new(void);
void census_destroy(struct census *census);

const struct containers *census_containers(const struct census *census);
/* Objects are to be told: see eun_cgroup_v1. */
bool census_cgroup_v1(const struct census *census);

/* The target set means this container too: name, id, or the beginning of an id. -ENOMEM. */
int census_ask(struct census *census, int set, const char *container);

/*
 * Loads what it needs in the kernel, and what target sets need that test pids: call it before targets_add(), or each
 * loads its own. Nothing, the second time. -errno: why.
 */
int census_load(struct census *census, const struct host *host, char *why, size_t why_size);

/*
 * Begins: after targets_add(), and after rings_connect(), or cgroups made before it are missed. The host's routes are
 * narrowed from here on. `waiting` is called for a container that was asked for and is not there.
 * -ENOTUNIQ: a name or beginning means several; else -errno: why.
 */
int census_start(struct census *census, const struct host *host, void (*waiting)(void *context, const char *container),
		 void *context, char *why, size_t why_size);

/* After census_start(): what was asked for since, or is not any more, decides from here on. */
void census_asked(struct census *census);
/* The set means no containers any more. */
void census_drop(struct census *census, int set);

/* The built-in plugin's instance, if it is part of the run; after census_start() and the load. -ENOMEM. */
int census_stream(struct census *census, struct instance *instance);

/* Readable: census_look() has something to see, once what the rings hold is delivered. */
int census_fd(const struct census *census);
void census_look(struct census *census);

/* True: the record was for the census and for nobody else. */
bool census_record(struct census *census, const void *record, uint32_t len);

/* About once a second. */
void census_tick(struct census *census);

/* True: the set means containers, and each has come and ended. */
bool census_gone(const struct census *census, int set);

/* Cgroups that the kernel could not tell of, or that found no place in the map of them. */
uint64_t census_lost(const struct census *census);

#endif
