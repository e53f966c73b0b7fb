/* SPDX-License-Identifier: MIT */
/* Where a generation's alerts and events go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "generation.h"

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_texts(const char *const *a, const char *const *b)
{
	for (; a && *a; a++, b++)
		if (!b || !same_text(*a, *b))
			return false;
	return !b || !*b;
}

static bool same_output(const struct alert_output_config *a, const struct alert_output_config *b)
{
	return a->kind == b->kind && same_text(a->name, b->name) && a->json == b->json && same_text(a->path, b->path) &&
	       same_text(a->url, b->url) && same_texts(a->argv, b->argv) && same_texts(a->headers, b->headers) &&
	       a->least == b->least && a->rotate_bytes == b->rotate_bytes && a->keep == b->keep &&
	       a->queue == b->queue && a->timeout_ms == b->timeout_ms && a->retries == b->retries;
}

static struct alert_output *borrow(const struct generation *before, const struct alert_output_config *config)
{
	for (size_t i = 0; before && i < before->n_outputs; i++)
		if (same_output(&before->configs[i].config, config))
			return before->outputs[i];
	return NULL;
}

static int open_outputs(struct generation *g, const struct generation *before, struct config_error *error)
{
	struct settings *s = g->settings;
	char why[512];
	g->usual.config = (struct alert_output_config){.kind = ALERT_STDOUT,
						       .name = "output stdout",
						       .json = g->daemon->options->json,
						       .least = SEVERITY_DEBUG};
	g->configs = s->n_outputs ? s->outputs : &g->usual;
	size_t n = s->n_outputs ? s->n_outputs : 1;
	g->outputs = calloc(n, sizeof(struct alert_output *));
	g->lent = calloc(n, sizeof(*g->lent));
	g->errors = calloc(n, sizeof(*g->errors));
	if (!g->outputs || !g->lent || !g->errors)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct alert_output *o = borrow(before, &g->configs[i].config);
		g->lent[i] = o;
		if (!o)
			o = alert_output_open(&g->configs[i].config, &g->daemon->style, why, sizeof(why));
		if (!o) {
			int err = -errno;
			config_error_at(error, "", 0, 0, "%s", why);
			return err;
		}
		struct alert_output_counts counts;
		alert_output_counts(o, &counts);
		g->errors[i] = counts.errors;
		g->outputs[g->n_outputs++] = o;
	}
	return 0;
}

int generation_open(struct generation *g, const struct generation *before, struct config_error *error)
{
	const struct settings_events *e = &g->settings->events;
	char why[512];
	int err = open_outputs(g, before, error);
	if (err || !e->section)
		return err;
	if (before && before->events && event_log_same(before->events, e->path, e->json)) {
		g->events = before->events;
		g->events_lent = true;
		return 0;
	}
	g->events = event_log_open(e->path, e->json, g->daemon->style.clock_offset, why, sizeof(why));
	if (g->events)
		return 0;
	err = -errno;
	config_error_at(error, "", 0, 0, "%s", why);
	return err;
}
