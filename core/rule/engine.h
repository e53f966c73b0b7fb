/* SPDX-License-Identifier: MIT */
/*
 * Rules at work: compiled against a schema, asked for each event, allocating nothing. The rules of a stream share their
 * tests: one that several rules ask is answered once an event, and rules whose first tests fail cost next to nothing.
 *
 * One thread; a new engine may be built beside a running one (reload) and take over its state.
 */
#ifndef CORE_RULE_ENGINE_H
#define CORE_RULE_ENGINE_H

#include "rule/rule.h"

struct engine;

/* Called for each alert; valid during the call. `rule` is the one that fired. */
typedef void (*engine_alert)(void *context, const struct rule *rule, const struct alert *alert);

/*
 * `rules` is borrowed. A rule whose streams the schema lacks altogether is left out (and told by engine_skipped()); one
 * with a wrong field, type or message is an error at its place. -EINVAL with `error`, -ENOMEM.
 */
int engine_new(struct engine **out, const struct rules *rules, const struct schema *schema, engine_alert alert,
	       void *context, struct config_error *error);
void engine_destroy(struct engine *engine);

/* True: an enabled rule wants the stream. */
bool engine_wants(const struct engine *engine, uint16_t stream);
/* One event. */
void engine_event(struct engine *engine, const struct view *view);
/* Windows that ended: their summaries. Every 100 ms or so; `now` is the boot clock, ns. */
void engine_tick(struct engine *engine, uint64_t now);
/* The end: what windows still hold is told now. */
void engine_flush(struct engine *engine);

/* Counts, windows of rules that are the same in both: a reload repeats no alert. */
void engine_inherit(struct engine *engine, const struct engine *before);

struct rule_counts {
	uint64_t events;  /* asked */
	uint64_t matched; /* before exceptions' veto is counted in `excepted` */
	uint64_t excepted;
	uint64_t alerts;     /* told */
	uint64_t suppressed; /* counted into a summary instead */
};
void engine_counts(const struct engine *engine, size_t rule, struct rule_counts *out);

#endif
