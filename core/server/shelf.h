/* SPDX-License-Identifier: MIT */
/*
 * Every plugin that is installed, open for as long as the server runs, and one schema of their streams. Instances have
 * streams of their own that come and go; an event is turned to the shelf's before anything keeps it. One thread.
 */
#ifndef CORE_SERVER_SHELF_H
#define CORE_SERVER_SHELF_H

#include "host/plugin.h"
#include "target/computed.h"

struct shelf {
	struct shelf_plugin {
		struct plugin *plugin;
		const struct stream **streams; /* by the plugin's number */
	} * items;
	size_t n;
	struct schema schema;
	struct computed computed; /* its tables are the session's */
	char *const *paths;
};

/* Files that are refused are left out, as `list` does. -errno: why; to be freed all the same. */
int shelf_init(struct shelf *shelf, char *const *paths, const struct procs *procs, const struct containers *containers,
	       char *why, size_t why_size);
void shelf_free(struct shelf *shelf);
/* One more; owned from here on, also when it fails. -EEXIST: there is one of that name. */
int shelf_add(struct shelf *shelf, struct plugin *plugin, char *why, size_t why_size);

/* NULL: why, with the nearest name. */
const struct shelf_plugin *shelf_plugin(const struct shelf *shelf, const char *name, char *why, size_t why_size);
const struct eun_tool *shelf_tool(const struct shelf *shelf, const char *name, const struct shelf_plugin **plugin,
				  char *why, size_t why_size);
/* "tcp.connect", "tcp.*": calls `each` for those that are meant. -EINVAL: none is, why. */
int shelf_each(const struct shelf *shelf, const char *pattern,
	       void (*each)(void *context, const struct shelf_plugin *plugin, uint32_t stream), void *context,
	       char *why, size_t why_size);

#endif
