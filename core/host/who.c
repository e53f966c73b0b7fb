/* SPDX-License-Identifier: MIT */
#include "who.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 64 Ki processes and 16 MiB of command lines: about 32 MiB, if there ever were so many. */
#define PROCESSES_MAX 65536
#define PROCESS_TEXT_MAX (16u << 20)

static const char *const roles[WHO_ROLES] = {"process.fork", "process.exec", "process.exit"};

int who_init(struct who *w, const struct containers *containers, struct schema *schema)
{
	int err = computed_init(&w->computed);
	if (err)
		return err;
	w->computed.containers = containers;
	computed_offer(&w->computed, schema);
	return 0;
}

void who_free(struct who *w)
{
	procs_destroy(w->procs);
	computed_free(&w->computed);
}

/* The plugin's stream of that role; abi.streams.count: it has none. */
static uint32_t role_of(const struct plugin *p, const char *role)
{
	uint32_t i = 0;
	while (i < p->abi.streams.count && (!p->streams[i].role || strcmp(p->streams[i].role, role) != 0))
		i++;
	return i;
}

/* Of the roles that `left` has, those of this plugin become its feeds. */
static void feed(struct choice *c, uint32_t *left)
{
	for (uint32_t i = 0; i < WHO_ROLES; i++) {
		uint32_t stream = role_of(c->plugin, roles[i]);
		if (!(*left & 1u << i) || stream == c->plugin->abi.streams.count)
			continue;
		c->feeds |= EUN_BIT(stream);
		*left &= ~(1u << i);
	}
}

struct search {
	struct choices *choices;
	uint32_t left;
};

/* 1: all are found. */
static int look(void *context, const char *path, struct plugin *plugin, const char *why)
{
	struct search *s = context;
	struct choice c = {.plugin = plugin};
	(void)path, (void)why;
	if (plugin)
		feed(&c, &s->left);
	if (!c.feeds) {
		plugin_close(plugin);
		return 0;
	}
	int err = choices_add(s->choices, &c);
	return err ? err : !s->left;
}

int who_prepare(struct who *w, struct choices *choices, char *const *paths, char *why, size_t why_size)
{
	if (!w->procs)
		w->computed.procs = w->procs = procs_new(PROCESSES_MAX, PROCESS_TEXT_MAX);
	snprintf(why, why_size, "no memory");
	if (!w->procs)
		return -ENOMEM;
	struct search s = {choices, (1u << WHO_ROLES) - 1};
	for (size_t i = 0; i < choices->n; i++)
		feed(&choices->items[i], &s.left);
	int err = s.left ? plugin_each(paths, look, &s, why, why_size) : 0;
	if (err > 0)
		err = 0;
	for (uint32_t i = 0; i < WHO_ROLES && !err; i++)
		if (s.left & 1u << i) {
			snprintf(why, why_size,
				 "exe, argv, proc.*, parent.* and ancestor.exe need a plugin with a stream of the role "
				 "%s; "
				 "there is none (see eunomia list streams)",
				 roles[i]);
			err = -ENOENT;
		}
	return err;
}

static void on_event(void *context, const struct view *view)
{
	procs_event(context, view);
}

static bool is_fed(const struct who *w, const struct instance *instance, uint32_t stream)
{
	for (size_t i = 0; i < w->n_feeds; i++)
		if (w->feeds[i].instance == instance && w->feeds[i].stream == stream)
			return true;
	return false;
}

int who_move(struct who *w, const struct host *host, const struct choices *choices)
{
	const struct consumer consumer = {1ull << w->set, NULL, on_event, w->procs};
	struct who next = *w;
	next.n_feeds = 0;
	for (size_t i = 0; i < choices->n; i++)
		for (uint32_t s = 0; s < choices->items[i].plugin->abi.streams.count; s++) {
			struct instance *in = choices->items[i].instance;
			if (!(choices->items[i].feeds & EUN_BIT(s)))
				continue;
			next.feeds[next.n_feeds].instance = in;
			next.feeds[next.n_feeds++].stream = s;
			if (is_fed(w, in, s))
				continue;
			if (routes_add(host->routes, instance_stream(in, s)->id, &consumer))
				return -ENOMEM;
			instance_want(in, s, w->set, true);
		}
	for (size_t i = 0; i < w->n_feeds; i++)
		if (!is_fed(&next, w->feeds[i].instance, w->feeds[i].stream))
			instance_want(w->feeds[i].instance, w->feeds[i].stream, w->set, false);
	*w = next;
	return 0;
}

int who_start(struct who *w, const struct host *host, const struct choices *choices, char *why, size_t why_size)
{
	static const struct target_spec everyone;
	if (!w->procs)
		return 0;
	int set = targets_add(host->targets, &everyone, why, why_size);
	if (set < 0)
		return set;
	w->set = set;
	snprintf(why, why_size, "no memory");
	if (who_move(w, host, choices))
		return -ENOMEM;
	int err = procs_scan(w->procs, "/proc");
	if (err)
		snprintf(why, why_size, "/proc: %s", strerror(-err));
	return err;
}

uint64_t who_lost(const struct who *w)
{
	uint64_t lost = 0;
	for (size_t i = 0; i < w->n_feeds; i++) {
		struct stream_counts c;
		if (!instance_counts(w->feeds[i].instance, w->feeds[i].stream, &c))
			lost += c.bpf.lost + c.host.invalid;
	}
	return lost;
}
