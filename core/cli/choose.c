/* SPDX-License-Identifier: MIT */
#include "choose.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct search {
	struct choices *choices;
	const char *tool;
	char **names; /* of all tools seen, for the nearest */
	size_t n_names;
	unsigned refused; /* plugin files */
};

/* Keeps the plugin that has the tool; of the others only the tools' names. */
static int look(void *context, const char *path, struct plugin *plugin, const char *why)
{
	struct search *s = context;
	bool keep = false;
	(void)path, (void)why;
	s->refused += !plugin;
	for (uint32_t i = 0; plugin && i < plugin->abi.tools.count; i++) {
		const struct eun_tool *t = &plugin->tools[i];
		char **grown = realloc(s->names, (s->n_names + 1) * sizeof(*grown));
		if (!grown)
			break;
		s->names = grown;
		if ((grown[s->n_names] = strdup(t->name)))
			s->n_names++;
		if (s->choices->tool || strcmp(t->name, s->tool) != 0)
			continue;
		const struct choice choice = {.plugin = plugin, .streams = EUN_BIT(t->stream) | t->streams};
		if (choices_add(s->choices, &choice))
			return -ENOMEM;
		keep = true;
		s->choices->tool = t;
	}
	if (!keep)
		plugin_close(plugin);
	return 0;
}

int choose_tool(struct choices *c, const char *tool, char *const *paths, char *why, size_t why_size)
{
	struct search s = {.choices = c, .tool = tool};
	int err = plugin_each(paths, look, &s, why, why_size);
	if (!err && !c->tool) {
		const char *near = nearest_name(tool, (const char *const *)s.names, s.n_names);
		snprintf(why, why_size, "unknown tool '%s'%s%s%s (see eunomia list tools%s)", tool,
			 near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "",
			 s.refused ? "; plugin files were refused" : "");
		err = -ENOENT;
	}
	for (size_t i = 0; i < s.n_names; i++)
		free(s.names[i]);
	free(s.names);
	return err;
}

/* "tcp.connect", "connect", "tcp.*" */
static bool means(const char *pattern, const struct eun_stream *s)
{
	const char *noun = strchr(s->name, '.');
	return !fnmatch(pattern, s->name, 0) || (noun && !fnmatch(pattern, noun + 1, 0));
}

static uint64_t streams_of(const struct plugin *p, const struct request *r)
{
	uint64_t streams = 0;
	for (uint32_t i = 0; i < p->abi.streams.count; i++) {
		if (!r->streams.n && p->streams[i].flags & EUN_STREAM_DEFAULT)
			streams |= EUN_BIT(i);
		for (size_t j = 0; j < r->streams.n; j++)
			if (means(r->streams.items[j], &p->streams[i]))
				streams |= EUN_BIT(i);
	}
	return streams;
}

/* A name of --streams that means nothing is a mistake. */
static int check_streams(const struct choices *c, const struct request *r, char *why, size_t why_size)
{
	for (size_t j = 0; j < r->streams.n; j++) {
		const char *names[256];
		size_t n = 0;
		bool found = false;
		for (size_t k = 0; k < c->n; k++)
			for (uint32_t i = 0; i < c->items[k].plugin->abi.streams.count && n < 256; i++) {
				const struct eun_stream *s = &c->items[k].plugin->streams[i];
				const char *noun = strchr(r->streams.items[j], '.') ? NULL : strchr(s->name, '.');
				names[n++] = noun ? noun + 1 : s->name;
				found |= means(r->streams.items[j], s);
			}
		if (found)
			continue;
		const char *near = nearest_name(r->streams.items[j], names, n);
		snprintf(why, why_size, "unknown stream '%s'%s%s%s (see eunomia list streams)", r->streams.items[j],
			 near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
		return -EINVAL;
	}
	return 0;
}

int choose_plugins(struct choices *c, const struct request *r, char *const *paths, char *why, size_t why_size)
{
	for (size_t i = 0; i < r->plugins.n; i++) {
		struct plugin *p = plugin_find(r->plugins.items[i], paths, why, why_size);
		if (!p)
			return -ENOENT;
		for (size_t j = 0; j < c->n; j++)
			if (!strcmp(c->items[j].plugin->abi.name, p->abi.name)) {
				snprintf(why, why_size, "plugin %s is given twice", p->abi.name);
				plugin_close(p);
				return -EINVAL;
			}
		const struct choice choice = {.plugin = p, .streams = streams_of(p, r)};
		if (choices_add(c, &choice))
			return -ENOMEM;
	}
	int err = check_streams(c, r, why, why_size);
	for (size_t i = 0; !err && i < c->n; i++)
		if (!c->items[i].streams) {
			snprintf(why, why_size, "plugin %s: none of its streams is meant",
				 c->items[i].plugin->abi.name);
			err = -EINVAL;
		}
	return err;
}
