/* SPDX-License-Identifier: MIT */
/* `eunomia rules bench PATH... --replay FILE`: the events of a recording, from memory, through the rules. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/catalogue.h"
#include "event/clock.h"
#include "player.h"
#include "rules.h"
#include "say.h"
#include "sink/output.h"

#define EVENTS_MAX (1u << 20)
#define BYTES_MAX (256u << 20)
#define LEAST_NS 1000000000u /* all passes together */
#define PASSES_MAX 100000

struct events {
	struct view *views;
	size_t n;
	struct buf bytes; /* records, one behind the other, each at a multiple of 8 */
};

/* False: why; what doesn't fit into memory is left out. */
static bool load(struct events *e, struct player *player, char *why, size_t why_size)
{
	struct recording_item item;
	int more = 0;
	e->views = calloc(EVENTS_MAX, sizeof(*e->views));
	while (e->views && e->n < EVENTS_MAX && e->bytes.len < BYTES_MAX &&
	       (more = player_next(player, &item, why, why_size)) > 0) {
		if (item.kind != RECORDING_EVENT)
			continue;
		e->views[e->n] = item.view;
		e->views[e->n++].rec = (void *)e->bytes.len; /* an offset until all are there: the bytes move */
		buf_add(&e->bytes, item.view.rec, item.view.len);
		buf_pad(&e->bytes, 0, -e->bytes.len & 7);
	}
	for (size_t i = 0; i < e->n; i++)
		e->views[i].rec = (void *)(e->bytes.data + (size_t)e->views[i].rec);
	if (e->views && !e->bytes.failed)
		return more >= 0;
	snprintf(why, why_size, "no memory");
	return false;
}

static void count_alert(void *context, const struct rule *rule, const struct alert *alert)
{
	(void)rule, (void)alert;
	++*(uint64_t *)context;
}

static void no_say(void *context, const char *text)
{
	(void)context, (void)text;
}

struct timing {
	uint64_t passes, ns, best; /* of all passes; of the quickest one */
};

static struct timing measure(struct ruleset *set, const struct events *e)
{
	struct timing t = {.best = UINT64_MAX};
	while (t.ns < LEAST_NS && t.passes < PASSES_MAX) {
		uint64_t start = clock_ns(CLOCK_MONOTONIC);
		for (size_t i = 0; i < e->n; i++)
			ruleset_event(set, &e->views[i]);
		uint64_t took = clock_ns(CLOCK_MONOTONIC) - start;
		t.ns += took;
		t.passes++;
		t.best = took && took < t.best ? took : t.best;
	}
	return t;
}

/* Rules that some event of the recording is for. */
static size_t count_rules(const struct rules *rules, const struct player *player)
{
	size_t n = 0;
	for (size_t i = 0; i < rules_count(rules); i++) {
		bool means = false;
		for (size_t k = 0; k < player->n_streams; k++)
			means |= rule_means(rules_at(rules, i), player->streams[k]);
		n += means && rules_at(rules, i)->enabled;
	}
	return n;
}

static int print(const struct request *r, struct ruleset *set, const struct events *e, const struct player *player,
		 const uint64_t *counted)
{
	struct output out;
	char why[512];
	size_t n = count_rules(ruleset_all(set), player);
	struct timing t = measure(set, e);
	uint64_t alerts = *counted;
	double all = (double)t.passes * (double)e->n;
	double mean = (double)t.ns / all, best = (double)t.best / (double)e->n;
	output_open(&out, NULL, why, sizeof(why));
	if (r->format == FORMAT_JSON)
		buf_printf(&out.buf,
			   "{\"rules\":%zu,\"events\":%zu,\"passes\":%llu,\"alerts\":%llu,"
			   "\"ns_per_event\":%.2f,\"best_ns_per_event\":%.2f,\"events_per_s\":%.0f}\n",
			   n, e->n, (unsigned long long)t.passes, (unsigned long long)alerts, mean, best, 1e9 / mean);
	else
		buf_printf(&out.buf,
			   "%zu rules for the streams of the recording, %zu events, %llu passes\n"
			   "%.1f ns an event (the quickest pass %.1f), %.2f million events/s, %llu alerts a pass\n",
			   n, e->n, (unsigned long long)t.passes, mean, best, 1e3 / mean,
			   (unsigned long long)(alerts / (t.passes ? t.passes : 1)));
	return say_closed(&out, EXIT_OK);
}

static int bench(const struct request *r, struct player *player)
{
	uint64_t alerts = 0;
	struct events e = {0};
	struct ruleset *set = NULL;
	struct config_error error;
	char why[512] = "";
	const struct alert_style style = {recording_clock(player->recording), ""};
	const struct ruleset_host host = {&alerts, count_alert, no_say, NULL};
	int status = rules_load(&set, &host, &style, r->operands.items + 1, r->operands.n - 1);
	if (set)
		ruleset_idle(set);
	int err = status ? 0 : ruleset_bind(set, recording_schema(player->recording), &error);
	if (err)
		status = rules_wrong(err, &error);
	if (!status && (!load(&e, player, why, sizeof(why)) || !e.n)) {
		say("%s", *why ? why : "there is no event in the recording");
		status = EXIT_RUN;
	}
	if (!status)
		status = print(r, set, &e, player, &alerts);
	ruleset_free(set);
	free(e.views);
	buf_free(&e.bytes);
	return status;
}

int rules_bench(const struct request *r, char *const *paths)
{
	struct player player;
	char why[512];
	if (!r->replay) {
		say("usage: eunomia rules bench PATH... --replay FILE");
		return EXIT_USAGE;
	}
	int status = EXIT_RUN;
	/* a rule may also name streams that were not recorded */
	if (player_open(&player, r->replay, why, sizeof(why)) ||
	    catalogue_complete(recording_schema(player.recording), paths, why, sizeof(why)))
		say("%s", why);
	else
		status = bench(r, &player);
	player_close(&player);
	return status;
}
