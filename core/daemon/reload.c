/* SPDX-License-Identifier: MIT */
/*
 * What is the same in both generations changes hands between two drain rounds. What is not (another target set, another
 * instance) flows for both at once for a moment: the old one gets what happened before that moment, the new one the
 * rest. An event's record has the same time for both but for what lies between two programs on one hook, and the old
 * one's runs first, so no event falls between them.
 */
#include "reload.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/measure.h"
#include "host/loading.h"
#include "store/store.h"

#define PATIENCE_MS 2000 /* of outputs that are closed */

/* Taken down in a thread: the kernel waits for each tracepoint, an output for its server. */
struct retired {
	struct retired *next;
	struct loading thread;
	atomic_bool done;
	struct choices choices;
	struct alert_output **outputs;
	struct alert_output_counts *last;
	size_t n_outputs;
	struct store *store;
};

static int take_down(struct loading *loading)
{
	struct retired *r = loading->context;
	if (r->n_outputs)
		alert_outputs_close(r->outputs, r->n_outputs, PATIENCE_MS, r->last);
	store_close(r->store, PATIENCE_MS, NULL);
	for (size_t i = 0; i < r->choices.n; i++)
		instance_detach(r->choices.items[i].instance);
	atomic_store(&r->done, true);
	return 0;
}

/*
 * What is the generation's own of instances and outputs; nothing flows to it any more. Without memory they stay for
 * generation_free(), which waits.
 */
static void retire(struct daemon *d, struct generation *g)
{
	struct retired *r = calloc(1, sizeof(*r));
	if (!r)
		return;
	r->choices.items = calloc(g->choices.n + 1, sizeof(struct choice));
	r->outputs = calloc(g->n_outputs + 1, sizeof(struct alert_output *));
	r->last = calloc(g->n_outputs + 1, sizeof(*r->last));
	if (!r->choices.items || !r->outputs || !r->last) {
		free(r->choices.items);
		free(r->outputs);
		free(r->last);
		free(r);
		return;
	}
	for (size_t i = 0; i < g->choices.n; i++) {
		struct choice *c = &g->choices.items[i];
		if (g->parts[i].borrowed || !c->instance)
			continue;
		instance_close(c->instance);
		r->choices.items[r->choices.n++] = *c;
		c->plugin = NULL;
		c->instance = NULL;
	}
	for (size_t i = 0; i < g->n_outputs; i++)
		if (!g->lent[i]) {
			r->outputs[r->n_outputs++] = g->outputs[i];
			g->lent[i] = true;
		}
	r->store = generation_drop_history(g);
	r->next = d->retired;
	d->retired = r;
	loading_begin(&r->thread, take_down, r);
}

void reload_reap(struct daemon *d)
{
	for (struct retired **at = &d->retired; *at;) {
		struct retired *r = *at;
		if (!atomic_load(&r->done)) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		loading_end(&r->thread, NULL, 0);
		for (size_t i = 0; i < r->n_outputs; i++)
			d->alerts_lost += r->last[i].lost;
		choices_free(&r->choices);
		free(r->outputs);
		free(r->last);
		free(r);
	}
}

/* ---- loading beside the events ---- */

struct aside {
	const struct session *session;
	const struct choices *choices;
	atomic_bool done;
};

static int load(struct loading *loading)
{
	struct aside *a = loading->context;
	int err = 0;
	session_prepare(a->session, a->choices);
	for (size_t i = 0; i < a->choices->n && !err; i++) {
		const struct choice *c = &a->choices->items[i];
		err = instance_load(c->instance, c->streams | c->watched | c->feeds, loading->why,
				    sizeof(loading->why));
	}
	atomic_store(&a->done, true);
	return err;
}

/* The rings are drained meanwhile. */
static int load_aside(struct daemon *d, const struct choices *choices, char *why, size_t why_size)
{
	struct aside a = {.session = &d->session, .choices = choices};
	struct loading loading;
	if (!choices->n)
		return 0;
	loading_begin(&loading, load, &a);
	while (!atomic_load(&a.done)) {
		loop_drain(d->session.loop);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	int err = loading_end(&loading, why, why_size);
	for (size_t i = 0; i < choices->n && !err; i++)
		err = instance_open(choices->items[i].instance, why, why_size);
	kernel_forget(d->session.host.kernel);
	return err;
}

static int load_new(struct daemon *d, const struct generation *g, char *why, size_t why_size)
{
	struct choices fresh;
	snprintf(why, why_size, "no memory");
	int err = generation_unloaded(g, &fresh);
	if (err)
		return err;
	err = load_aside(d, &fresh, why, why_size);
	free(fresh.items);
	return err;
}

/* ---- the swap ---- */

static struct tap *find_tap(const struct generation *g, const struct instance *instance, uint32_t stream)
{
	for (size_t i = 0; i < g->n_taps; i++)
		if (g->taps[i].instance == instance && g->taps[i].stream == stream)
			return &g->taps[i];
	return NULL;
}

/* The place of filters that the kernel may still look at. */
struct places {
	uint32_t *items;
	size_t n;
};

static void note_place(struct places *p, int place)
{
	if (place > 0)
		p->items[p->n++] = (uint32_t)place;
}

/* Everything that may fail; the new one's streams flow from here on, to nobody yet. */
static int begin(struct generation *g, struct generation *before, char *why, size_t why_size)
{
	struct session *s = &g->daemon->session;
	int err = generation_target(g, before, why, why_size);
	if (err)
		return err;
	snprintf(why, why_size, "no memory");
	err = generation_tap(g);
	for (size_t i = 0; i < g->n_taps && !err; i++)
		err = generation_connect(g, &g->taps[i]);
	for (size_t i = 0; i < g->n_taps; i++)
		g->taps[i].from = UINT64_MAX; /* not yet */
	return err ? err : who_move(&s->who, &s->host, &g->choices);
}

/* begin() did not come to its end. */
static void give_up(struct generation *g)
{
	struct session *s = &g->daemon->session;
	for (size_t i = 0; i < g->n_taps; i++)
		routes_remove(s->host.routes, g->taps[i].id, &g->taps[i]);
	if (g->set >= 0 && !g->set_lent) {
		targets_remove(s->host.targets, g->set);
		census_drop(s->census, g->set);
	}
}

static void turn_on(struct generation *g, const struct generation *before, struct places *old)
{
	for (size_t i = 0; i < g->n_taps; i++) {
		struct tap *t = &g->taps[i];
		const struct tap *shared = g->set_lent ? find_tap(before, t->instance, t->stream) : NULL;
		if (shared) /* what is in the rings by now goes to the old one; see swap() */
			continue;
		note_place(old, generation_where(g, t));
		instance_want(t->instance, t->stream, g->set, true);
	}
}

/* The moment. What the rings hold is delivered. */
static void swap(struct generation *g, struct generation *before, struct places *old)
{
	uint64_t now = clock_boot_ns();
	for (size_t i = 0; i < before->n_taps; i++)
		before->taps[i].until = now;
	for (size_t i = 0; i < g->n_taps; i++) {
		struct tap *t = &g->taps[i];
		struct tap *shared = g->set_lent ? find_tap(before, t->instance, t->stream) : NULL;
		t->from = shared ? 0 : now;
		if (!shared)
			continue;
		note_place(old, generation_where(g, t));
		shared->until = 0; /* not even what happened before and is still on its way */
	}
	ruleset_inherit(g->rules, before->rules);
}

/* The old one's streams that the new one has not. */
static void turn_off(const struct generation *g, const struct generation *before, bool same_set, struct places *old)
{
	static const struct filter *const all[1];
	for (size_t i = 0; i < before->n_taps; i++) {
		const struct tap *t = &before->taps[i];
		if (!same_set || !find_tap(g, t->instance, t->stream))
			instance_want(t->instance, t->stream, before->set, false);
	}
	for (size_t i = 0; i < before->choices.n; i++)
		if (!before->parts[i].borrowed)
			instance_stop(before->choices.items[i].instance);
	for (size_t i = 0; i < before->n_taps; i++) /* what is gone keeps no place */
		if (!find_tap(g, before->taps[i].instance, before->taps[i].stream))
			note_place(old, instance_where(before->taps[i].instance, before->taps[i].stream, all, 1));
}

static void end(struct generation *g, struct generation *before, const struct places *old)
{
	struct daemon *d = g->daemon;
	struct session *s = &d->session;
	char why[512];
	kernel_grace();
	loop_drain(s->loop);
	for (size_t i = 0; i < before->choices.n; i++) {
		struct instance *in = before->choices.items[i].instance;
		if (before->parts[i].borrowed)
			continue;
		instance_stopped(in);
		if (instance_drain(in, true, why, sizeof(why)))
			daemon_say(d, EUN_LOG_ERROR, "%s", why);
	}
	for (size_t i = 0; i < before->n_taps; i++)
		routes_remove(s->host.routes, before->taps[i].id, &before->taps[i]);
	for (size_t i = 0; i < old->n; i++)
		wheres_free(s->host.wheres, old->items[i]);
	if (!before->set_lent) {
		targets_remove(s->host.targets, before->set);
		census_drop(s->census, before->set);
	}
}

/* Streams of built-in plugins flow from the census; seeds of new instances run when it is known who is meant. */
static void start_new(struct generation *g)
{
	char why[512];
	for (size_t i = 0; i < g->choices.n; i++)
		if (!g->parts[i].borrowed && instance_seed(g->choices.items[i].instance, why, sizeof(why)))
			daemon_say(g->daemon, EUN_LOG_ERROR, "%s", why);
}

static void exchange(struct generation *g, struct generation *before, struct places *old)
{
	struct daemon *d = g->daemon;
	turn_on(g, before, old);
	start_new(g);
	loop_drain(d->session.loop);
	swap(g, before, old);
	bool same_set = g->set_lent;
	generation_keep(g, before);
	turn_off(g, before, same_set, old);
	end(g, before, old);
	measure_begin(d->measure, g, before);
	d->now = g;
	d->lost += generation_lost(before) - generation_lost(g);
}

int reload(struct daemon *d, struct config_error *error)
{
	struct generation *g = NULL, *before = d->now;
	struct places old = {0};
	char why[512] = "";
	int err = generation_read(&g, d, error);
	if (err)
		return err;
	err = generation_make(g, before, error);
	if (!err) {
		old.items = calloc(g->schema.n_streams * 2 + 1, sizeof(*old.items));
		err = old.items ? load_new(d, g, why, sizeof(why)) : -ENOMEM;
		if (!err && (err = begin(g, before, why, sizeof(why))))
			give_up(g);
		if (err)
			config_error_at(error, "", 0, 0, "%s", err == -ENOMEM ? "no memory" : why);
	}
	if (err) {
		if (g->parts)
			retire(d, g);
		generation_free(g);
	} else {
		exchange(g, before, &old);
		retire(d, before);
		generation_free(before);
	}
	free(old.items);
	return err;
}
