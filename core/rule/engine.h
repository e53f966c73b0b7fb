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
 * `rules` and `schema` are borrowed, and so are the streams: a schema that changes needs a new engine. A rule whose
 * streams the schema lacks altogether is left out (and counted by engine_skipped()); one with a wrong field, type or
 * message is an error at its place, enabled or not. -EINVAL with `error`, -ENOMEM.
 */
int engine_new(struct engine **out, const struct rules *rules, const struct schema *schema, engine_alert alert,
	       void *context, struct config_error *error);
void engine_destroy(struct engine *engine);

/* CLOCK_REALTIME - CLOCK_BOOTTIME, ns, of the events: a recording's. Else it is now's. */
void engine_clock(struct engine *engine, int64_t offset);

/* Enabled rules that are left out. */
size_t engine_skipped(const struct engine *engine);
/* True: an enabled rule reads a field, in its condition, its message or its key, of which `is` is true. */
bool engine_reads(const struct engine *engine, bool (*is)(const struct field *field));
/* What the enabled rules want of the stream, `most` of them at most: the union is to be delivered. How many there are.
 */
size_t engine_filters(const struct engine *engine, uint16_t stream, const struct filter **out, size_t most);
/* One rule's filter, to be explained; NULL: it was left out. Its exceptions: false, there is no i-th. */
const struct filter *engine_filter(const struct engine *engine, size_t rule);
bool engine_exception(const struct engine *engine, size_t rule, size_t i, const struct filter **filter);

/* True: an enabled rule wants the stream. */
bool engine_wants(const struct engine *engine, uint16_t stream);
/* One event. */
void engine_event(struct engine *engine, const struct view *view);
/* Windows that ended: their summaries. Every 100 ms or so; `now` is the boot clock, ns. */
void engine_tick(struct engine *engine, uint64_t now);
/* The end: what windows still hold is told now. */
void engine_flush(struct engine *engine);

/* Counts and windows of rules of the same name: a reload repeats no alert. Both schemas are one, or share streams. */
void engine_inherit(struct engine *engine, struct engine *before);

struct rule_counts {
	uint64_t events;     /* asked */
	uint64_t matched;    /* its `where` */
	uint64_t excepted;   /* of those: an exception, or the script's `when`, said no */
	uint64_t alerts;     /* told */
	uint64_t suppressed; /* counted into a summary instead */
};
void engine_counts(const struct engine *engine, size_t rule, struct rule_counts *out);

#endif
