/* SPDX-License-Identifier: MIT */
/* Whose events a generation gets, and of which streams. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generation.h"

#define FILTERS_MAX 256
#define METERS_MAX 32

/* ---- who is meant ---- */

static bool same_texts(char *const *a, char *const *b)
{
	for (; a && *a; a++, b++)
		if (!b || !*b || strcmp(*a, *b) != 0)
			return false;
	return !b || !*b;
}

static bool same_ids(const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	return n == m && (!n || !memcmp(a, b, n * sizeof(*a)));
}

static bool same_target(const struct generation *a, const struct generation *b)
{
	const struct target_spec *x = &a->target, *y = &b->target;
	if (x->n_comms != y->n_comms || x->follow != y->follow)
		return false;
	for (size_t i = 0; i < x->n_comms; i++)
		if (strcmp(x->comms[i], y->comms[i]) != 0)
			return false;
	return same_ids(x->pids, x->n_pids, y->pids, y->n_pids) && same_ids(x->uids, x->n_uids, y->uids, y->n_uids) &&
	       same_texts(a->containers, b->containers);
}

int generation_target(struct generation *g, struct generation *before, char *why, size_t why_size)
{
	struct session *s = &g->daemon->session;
	if (before && same_target(g, before)) {
		g->set = before->set;
		g->set_lent = true;
		return 0;
	}
	int set = targets_add(s->host.targets, &g->target, why, why_size);
	if (set < 0)
		return set;
	g->set = set;
	for (char *const *name = g->containers; name && *name; name++)
		if (census_ask(s->census, set, *name)) {
			snprintf(why, why_size, "no memory");
			return -ENOMEM;
		}
	if (before)
		census_asked(s->census);
	return 0;
}

/* ---- taps ---- */

static void on_event(void *context, const struct view *view)
{
	const struct tap *t = context;
	struct generation *g = t->generation;
	if (view->rec->time < t->from || view->rec->time >= t->until)
		return;
	g->daemon->events++;
	for (size_t i = 0; i < t->n_meters; i++)
		meter_event(t->meters[i].meter, view);
	if (t->rules)
		ruleset_event(g->rules, view);
	generation_remember(g, t, view);
	if (!t->printed || !g->events || (g->where && !filter_match(g->where, view)))
		return;
	event_log_event(g->events, view);
	const struct daemon_guest *guest = g->daemon->options->guest;
	if (guest && guest->event)
		guest->event(guest->context, view);
}

int generation_tap(struct generation *g)
{
	g->taps = calloc(g->schema.n_streams + 1, sizeof(*g->taps));
	for (size_t i = 0; g->taps && i < g->choices.n; i++)
		for (uint32_t s = 0; s < g->choices.items[i].plugin->abi.streams.count; s++) {
			const struct choice *c = &g->choices.items[i];
			uint16_t id = instance_stream(c->instance, s)->id;
			bool rules = c->watched & EUN_BIT(s) && ruleset_wants(g->rules, id);
			bool printed = c->streams & EUN_BIT(s);
			struct tap tap = {.id = id};
			generation_tap_meters(g, &tap);
			generation_tap_history(g, instance_stream(c->instance, s), &tap);
			if (rules || printed || tap.n_meters || tap.stored || tap.linked)
				g->taps[g->n_taps++] = (struct tap){.generation = g,
								    .instance = c->instance,
								    .stream = s,
								    .id = id,
								    .rules = rules,
								    .printed = printed,
								    .stored = tap.stored,
								    .linked = tap.linked,
								    .fed = c->feeds & EUN_BIT(s),
								    .lost = g->parts[i].borrowed ? UINT64_MAX : 0,
								    .until = UINT64_MAX,
								    .meters = tap.meters,
								    .n_meters = tap.n_meters};
		}
	return g->taps ? 0 : -ENOMEM;
}

int generation_where(const struct generation *g, const struct tap *t)
{
	const struct filter *filters[FILTERS_MAX + METERS_MAX + 4];
	size_t n = t->rules ? ruleset_filters(g->rules, t->id, filters, FILTERS_MAX) : 0;
	n += generation_meter_filters(t, filters + n, METERS_MAX);
	n += generation_history_filters(g, t, filters + n);
	if (t->printed)
		filters[n++] = g->where;
	if (t->fed) /* the process table must get all of it */
		filters[n++] = NULL;
	return instance_where(t->instance, t->stream, filters, n);
}

int generation_connect(const struct generation *g, struct tap *t)
{
	const struct consumer consumer = {1ull << g->set, NULL, on_event, t};
	return routes_add(g->daemon->session.host.routes, t->id, &consumer);
}

uint64_t generation_lost(const struct generation *g)
{
	uint64_t lost = 0;
	for (size_t i = 0; i < g->n_taps; i++) {
		struct stream_counts c;
		if (!instance_counts(g->taps[i].instance, g->taps[i].stream, &c))
			lost += c.bpf.lost + c.bpf.full + c.host.invalid;
	}
	return lost;
}
