/* SPDX-License-Identifier: MIT */
/* What a generation gives to the history. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "generation.h"
#include "store/store.h"

#define NAMES_MAX 512

static bool among(char *const *globs, const char *name)
{
	for (; globs && *globs; globs++)
		if (!fnmatch(*globs, name, 0))
			return true;
	return false;
}

static bool is_stored(const struct generation *g, const char *name)
{
	const struct settings_history *h = &g->settings->history;
	return h->section && among(h->events, name);
}

static bool is_linked(const struct generation *g, const char *role)
{
	const struct settings_history *h = &g->settings->history;
	return h->section && h->connections && store_is_connection(role);
}

uint64_t generation_remembered(const struct generation *g, const struct plugin *p)
{
	uint64_t streams = 0;
	for (uint32_t s = 0; s < p->abi.streams.count; s++)
		if (is_stored(g, p->streams[s].name) || is_linked(g, p->streams[s].role))
			streams |= EUN_BIT(s);
	return streams;
}

/* A glob that no stream has is a mistake. */
int generation_check_history(const struct generation *g, struct config_error *error)
{
	const struct settings_history *h = &g->settings->history;
	for (size_t k = 0; h->section && h->events && h->events[k]; k++) {
		const char *names[NAMES_MAX];
		size_t n = 0;
		bool found = false;
		for (size_t i = 0; i < g->choices.n; i++) {
			const struct plugin *p = g->choices.items[i].plugin;
			for (uint32_t s = 0; s < p->abi.streams.count; s++) {
				found |= !fnmatch(h->events[k], p->streams[s].name, 0);
				if (n < NAMES_MAX)
					names[n++] = p->streams[s].name;
			}
		}
		if (found)
			continue;
		const struct config_key *key = config_key(h->section, "events");
		const char *near = nearest_name(h->events[k], names, n);
		uint32_t line, column;
		config_texts_place(key->value, k, &line, &column);
		return config_fail(h->section, key, line, column, error, "there is no stream '%s'%s%s%s", h->events[k],
				   near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	return 0;
}

static int make_where(struct generation *g, struct config_error *error)
{
	const struct settings_history *h = &g->settings->history;
	const struct stream **streams = calloc(g->schema.n_streams + 1, sizeof(*streams));
	struct filter_error wrong;
	uint32_t n = 0;
	int err = 0;
	if (!streams)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->schema.n_streams; i++)
		if (g->schema.streams[i] && is_stored(g, g->schema.streams[i]->name))
			streams[n++] = g->schema.streams[i];
	if (h->where && n) {
		const struct config_key *key = config_key(h->section, "where");
		const struct filter_source at = {h->section->file, key->line, key->column};
		err = filter_compile(&g->history.where, h->where, &at, streams, n, NULL, &wrong);
		if (err == -EINVAL)
			config_error_at(error, h->section->file, wrong.line, wrong.column, "%s", wrong.text);
	}
	free(streams);
	return err;
}

/* Called by the store's thread. */
static void on_say(void *context, const char *text)
{
	daemon_say(context, EUN_LOG_WARN, "%s", text);
}

int generation_open_history(struct generation *g, const struct generation *before, struct config_error *error)
{
	const struct settings_history *h = &g->settings->history;
	struct daemon *d = g->daemon;
	const struct store_config config = {
		.path = h->path,
		.max_bytes = h->max_bytes,
		.max_age_ms = h->max_age_ms,
		.style = &d->style,
		.computed = d->session.schema.computed,
		.n_computed = d->session.schema.n_computed,
		.procs = d->session.who.procs,
		.say = on_say,
		.context = d,
	};
	char why[512];
	if (!h->section)
		return 0;
	int err = make_where(g, error);
	if (err)
		return err;
	if (before && before->history.store && store_same(before->history.store, &config)) {
		g->history.store = before->history.store;
		g->history.told = before->history.told;
		g->history.lent = true;
		return 0;
	}
	err = store_open(&g->history.store, &config, why, sizeof(why));
	if (!err || err == -ENOMEM)
		return err;
	/* what the file says can't be done: as wrong as a name that means nothing */
	const struct config_key *key = config_key(h->section, "path");
	return config_error_at(error, h->section->file, key ? key->line : h->section->line, key ? key->column : 1, "%s",
			       why);
}

void generation_keep_history(struct generation *g, struct generation *before)
{
	const struct settings_history *h = &g->settings->history;
	if (g->history.lent)
		store_limit(g->history.store, h->max_bytes, h->max_age_ms);
	before->history.lent = g->history.lent;
	g->history.lent = false;
}

struct store *generation_drop_history(struct generation *g)
{
	struct store *store = g->history.lent ? NULL : g->history.store;
	g->history.lent = true;
	return store;
}

void generation_free_history(struct generation *g)
{
	store_close(generation_drop_history(g), 0, NULL);
	filter_destroy(g->history.where);
}

/* ---- while it runs ---- */

void generation_tap_history(const struct generation *g, const struct stream *stream, struct tap *tap)
{
	tap->stored = is_stored(g, stream->name);
	tap->linked = is_linked(g, stream->role);
}

size_t generation_history_filters(const struct generation *g, const struct tap *tap, const struct filter **out)
{
	size_t n = 0;
	if (tap->stored)
		out[n++] = g->history.where;
	if (tap->linked)
		out[n++] = NULL;
	return n;
}

void generation_remember(const struct generation *g, const struct tap *tap, const struct view *view)
{
	if (tap->stored && (!g->history.where || filter_match(g->history.where, view)))
		store_event(g->history.store, view);
	if (tap->linked)
		store_connection(g->history.store, view);
}

void generation_remember_alert(const struct generation *g, const struct alert *alert)
{
	if (g->history.store && g->settings->history.alerts)
		store_alert(g->history.store, alert);
}

void generation_tell_history(struct generation *g)
{
	struct store_counts c;
	if (!g->history.store)
		return;
	store_counts(g->history.store, &c);
	if (c.lost > g->history.told)
		daemon_say(g->daemon, EUN_LOG_WARN, "history: %llu of %llu lost so far%s%s", (unsigned long long)c.lost,
			   (unsigned long long)c.taken, *c.last_error ? ": " : "", c.last_error);
	g->history.told = c.lost;
}

void generation_end_history(struct generation *g, unsigned patience_ms)
{
	struct store_counts c;
	if (!g->history.store)
		return;
	store_close(generation_drop_history(g), patience_ms, &c);
	daemon_say(g->daemon, EUN_LOG_INFO, "history: %llu written, %llu lost%s%s", (unsigned long long)c.written,
		   (unsigned long long)c.lost, c.lost && *c.last_error ? ": " : "", c.lost ? c.last_error : "");
}
