/* SPDX-License-Identifier: MIT */
#include "census.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container_plugin.h"
#include "pipeline/loop.h"
#include "target/cgroup_watch.h"
#include "target/container_sets.h"

struct census {
	struct hierarchy hierarchy;
	struct runtimes *runtimes;
	struct containers *containers;
	struct container_sets *sets;
	struct cgroup_watch *watch; /* NULL: not started */
	struct container_streams *streams;
	const struct host *host;
};

struct census *census_new(void)
{
	struct census *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	hierarchy_find(&c->hierarchy); /* none: all is the host's */
	c->runtimes = runtimes_new("");
	c->sets = container_sets_new();
	c->containers = c->runtimes && c->sets ? containers_new(c->runtimes, &c->hierarchy) : NULL;
	if (!c->containers) {
		int err = errno;
		census_destroy(c);
		errno = err;
		return NULL;
	}
	return c;
}

void census_destroy(struct census *c)
{
	if (!c)
		return;
	cgroup_watch_destroy(c->watch);
	container_streams_destroy(c->streams);
	containers_destroy(c->containers);
	container_sets_destroy(c->sets);
	runtimes_destroy(c->runtimes);
	free(c);
}

const struct containers *census_containers(const struct census *c)
{
	return c->containers;
}

bool census_cgroup_v1(const struct census *c)
{
	return c->hierarchy.v1;
}

int census_ask(struct census *c, int set, const char *container)
{
	return container_sets_add(c->sets, set, container);
}

static void on_changed(void *context, const struct container *container)
{
	struct census *c = context;
	if (c->streams)
		container_streams_changed(c->streams, container);
}

static uint64_t on_sets(void *context, const struct container *container)
{
	return container_sets_of(((struct census *)context)->sets, container);
}

static void on_cgroup(void *context, uint64_t id, uint64_t sets)
{
	if (container_sets_all(((struct census *)context)->sets)) /* else there is nothing in the map */
		targets_cgroup(((struct census *)context)->host->targets, id, sets);
}

/*
 * A set that tests containers is given the benefit of the doubt by the kernel while a cgroup is new. Here it is known.
 */
static uint64_t narrow(void *context, const struct eun_event *event, uint64_t sets)
{
	const struct census *c = context;
	uint64_t asking = sets & container_sets_all(c->sets);
	return asking ? sets & (~asking | containers_sets(c->containers, event->cgroup)) : sets;
}

static void before(void *context)
{
	containers_told(((struct census *)context)->containers);
}

int census_load(struct census *c, const struct host *host, char *why, size_t why_size)
{
	struct cgroup_ring ring;
	if (c->watch)
		return 0;
	c->host = host;
	ring.maps = rings_maps(host->rings, &ring.n_maps);
	rings_choice(host->rings, true, &ring.ring, &ring.mask);
	c->watch = cgroup_watch_new(host->targets, &c->hierarchy, &ring, kernel_types(host->kernel), why, why_size);
	return c->watch ? 0 : -errno;
}

void census_asked(struct census *c)
{
	const struct container_watch watch = {c, on_changed, on_sets, on_cgroup};
	containers_watch(c->containers, &watch);
}

void census_drop(struct census *c, int set)
{
	container_sets_remove(c->sets, set);
}

int census_start(struct census *c, const struct host *host, void (*waiting)(void *context, const char *container),
		 void *context, char *why, size_t why_size)
{
	int err = census_load(c, host, why, why_size);
	if (!err)
		err = cgroup_watch_start(c->watch, why, why_size);
	if (err)
		return err;
	err = containers_scan(c->containers);
	if (err) {
		snprintf(why, why_size, "containers: reading the runtimes' state: %s", strerror(-err));
		return err;
	}
	err = container_sets_resolve(c->sets, c->containers, waiting, context, why, why_size);
	if (err)
		return err;
	census_asked(c);
	routes_narrow(c->host->routes, narrow, c);
	rings_before(c->host->rings, before, c);
	return 0;
}

int census_stream(struct census *c, struct instance *instance)
{
	c->streams = container_streams_new(c->host, c->containers, instance);
	if (!c->streams)
		return -ENOMEM;
	containers_each(c->containers, container_streams_note, c->streams);
	return 0;
}

int census_fd(const struct census *c)
{
	return containers_fd(c->containers);
}

void census_look(struct census *c)
{
	containers_changed(c->containers);
}

bool census_record(struct census *c, const void *record, uint32_t len)
{
	struct eun_event head;
	if (len < sizeof(head))
		return false;
	memcpy(&head, record, sizeof(head));
	if (head.stream != EUN_STREAM_HOST)
		return false;
	cgroup_watch_record(c->containers, record, len);
	return true;
}

void census_tick(struct census *c)
{
	containers_tick(c->containers, clock_boot_ns());
}

bool census_gone(const struct census *c, int set)
{
	return container_sets_gone(c->sets, set, c->containers);
}

uint64_t census_lost(const struct census *c)
{
	return c->watch ? cgroup_watch_lost(c->watch) + targets_ctl(c->host->targets)->unplaced : 0;
}
