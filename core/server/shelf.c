/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 512 /* for the nearest one */

static int add(struct shelf *s, struct plugin *p, char *why, size_t why_size)
{
	struct shelf_plugin *grown = realloc(s->items, (s->n + 1) * sizeof(*grown));
	snprintf(why, why_size, "no memory");
	if (!grown) {
		plugin_close(p);
		return -ENOMEM;
	}
	s->items = grown;
	struct shelf_plugin *item = &grown[s->n++];
	*item = (struct shelf_plugin){p, calloc(p->abi.streams.count + 1, sizeof(struct stream *))};
	for (uint32_t i = 0; item->streams && i < p->abi.streams.count; i++) {
		struct stream *stream = plugin_stream_new(p, i, why, why_size);
		int err = stream ? schema_add(&s->schema, stream) : -ENOMEM;
		if (err) {
			stream_destroy(stream);
			return err;
		}
		stream->format = p->abi.format; /* pure: needs nothing of an instance */
		stream->format_stream = i;
		item->streams[i] = stream;
	}
	return item->streams ? 0 : -ENOMEM;
}

static int on_plugin(void *context, const char *path, struct plugin *plugin, const char *refused)
{
	char why[256];
	(void)path, (void)refused;
	return plugin ? add(context, plugin, why, sizeof(why)) : 0;
}

int shelf_init(struct shelf *s, char *const *paths, const struct procs *procs, const struct containers *containers,
	       char *why, size_t why_size)
{
	*s = (struct shelf){.paths = paths};
	snprintf(why, why_size, "no memory");
	if (computed_init(&s->computed))
		return -ENOMEM;
	s->computed.procs = procs;
	s->computed.containers = containers;
	computed_offer(&s->computed, &s->schema);
	return plugin_each(paths, on_plugin, s, why, why_size);
}

void shelf_free(struct shelf *s)
{
	schema_destroy(&s->schema);
	computed_free(&s->computed);
	for (size_t i = 0; i < s->n; i++) {
		free(s->items[i].streams);
		plugin_close(s->items[i].plugin);
	}
	free(s->items);
}

int shelf_add(struct shelf *s, struct plugin *p, char *why, size_t why_size)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->items[i].plugin->abi.name, p->abi.name)) {
			snprintf(why, why_size, "there is a plugin %s already", p->abi.name);
			plugin_close(p);
			return -EEXIST;
		}
	return add(s, p, why, why_size);
}

static void unknown(const char *kind, const char *name, const char *const *names, size_t n, char *why, size_t why_size)
{
	const char *near = nearest_name(name, names, n);
	snprintf(why, why_size, "unknown %s '%.64s'%s%s%s", kind, name, near ? ", did you mean '" : "",
		 near ? near : "", near ? "'?" : "");
}

const struct shelf_plugin *shelf_plugin(const struct shelf *s, const char *name, char *why, size_t why_size)
{
	const char *names[NAMES_MAX];
	size_t n = 0;
	for (size_t i = 0; i < s->n && n < NAMES_MAX; i++) {
		names[n++] = s->items[i].plugin->abi.name;
		if (!strcmp(names[n - 1], name))
			return &s->items[i];
	}
	unknown("plugin", name, names, n, why, why_size);
	return NULL;
}

const struct eun_tool *shelf_tool(const struct shelf *s, const char *name, const struct shelf_plugin **plugin,
				  char *why, size_t why_size)
{
	const char *names[NAMES_MAX];
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++)
		for (uint32_t t = 0; t < s->items[i].plugin->abi.tools.count && n < NAMES_MAX; t++) {
			names[n++] = s->items[i].plugin->tools[t].name;
			if (strcmp(names[n - 1], name) != 0)
				continue;
			*plugin = &s->items[i];
			return &s->items[i].plugin->tools[t];
		}
	unknown("tool", name, names, n, why, why_size);
	return NULL;
}

int shelf_each(const struct shelf *s, const char *pattern,
	       void (*each)(void *context, const struct shelf_plugin *plugin, uint32_t stream), void *context,
	       char *why, size_t why_size)
{
	const char *names[NAMES_MAX];
	size_t n = 0;
	bool found = false;
	for (size_t i = 0; i < s->n; i++)
		for (uint32_t k = 0; k < s->items[i].plugin->abi.streams.count && n < NAMES_MAX; k++) {
			names[n++] = s->items[i].plugin->streams[k].name;
			if (fnmatch(pattern, names[n - 1], 0) != 0)
				continue;
			found = true;
			each(context, &s->items[i], k);
		}
	if (!found)
		unknown("stream", pattern, names, n, why, why_size);
	return found ? 0 : -EINVAL;
}
