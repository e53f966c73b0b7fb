/* SPDX-License-Identifier: MIT */
/* The built-in plugin `container`: its tables, and what turns changes of the table of containers into events. */
#ifndef CORE_HOST_CONTAINER_PLUGIN_H
#define CORE_HOST_CONTAINER_PLUGIN_H

#include "host/instance.h"
#include "target/container.h"

extern const struct eun_plugin container_plugin;

struct container_streams;

/* An instance of the plugin, which must be loaded; borrowed. NULL: no memory. */
struct container_streams *container_streams_new(const struct host *host, const struct containers *containers,
						struct instance *instance);
void container_streams_destroy(struct container_streams *streams);

/* A container that is there before us: it has no start, but may have an end. */
void container_streams_note(void *streams, const struct container *container);
/* Something changed: delivers the start or the end that it means. */
void container_streams_changed(struct container_streams *streams, const struct container *container);

#endif
