/* SPDX-License-Identifier: MIT */
/*
 * Rules and scripts together: read from files and folders, bound to a schema, given the events. What the daemon and
 * --rules have in common. Made in this order: new, read and add, check, bind; thrown away as a whole when a step fails.
 * One thread.
 */
#ifndef CORE_DAEMON_RULESET_H
#define CORE_DAEMON_RULESET_H

#include "rule/action.h"
#include "rule/engine.h"
#include "script/script.h"

/* Whom it tells. Texts may hold what events say: hostile. */
struct ruleset_host {
	void *context;
	/* Of a rule, or (NULL) a script's own. The rule's actions are done already. */
	void (*alert)(void *context, const struct rule *rule, const struct alert *alert);
	/* A line for people: a script was stopped, an action was done. */
	void (*say)(void *context, const char *text);
	/* emit() of a script: fields as JSON text of one object. May be NULL. */
	void (*emit)(void *context, const char *stream, const char *json, size_t len);
};

struct ruleset;

/* All are copied but `style->hostname`. `lib`: the folder that require() looks into, or NULL. */
struct ruleset *ruleset_new(const struct ruleset_host *host, const struct alert_style *style, const char *lib);
void ruleset_free(struct ruleset *set);
/* As rules_collect(), of scripts' mistakes too. */
void ruleset_collect(struct ruleset *set, struct rules_mistakes *mistakes);
/* No action is done: events are recorded ones. */
void ruleset_idle(struct ruleset *set);

/* A file of rules (*.lua: a script) or a folder: its *.ini, then its *.lua, by name. -EINVAL, -errno with `error`. */
int ruleset_read(struct ruleset *set, const char *path, struct config_error *error);
/* The sections of rules, lists, macros, exceptions and actions of a file that has others too. */
int ruleset_add(struct ruleset *set, const struct config *config, struct config_error *error);
/* When all is read: names that mean nothing. `all` has every stream that is installed. -EINVAL with `error`. */
int ruleset_check(const struct ruleset *set, const struct schema *all, struct config_error *error);

/* True: an enabled rule or a script names the stream. */
bool ruleset_names(const struct ruleset *set, const char *stream);

/* Compiled against the streams of `schema`, which outlive it. -EINVAL with `error`, -ENOMEM. */
int ruleset_bind(struct ruleset *set, const struct schema *schema, struct config_error *error);

/* Once bound. True: it reads one of the computed fields of which `is` is true. */
bool ruleset_reads(const struct ruleset *set, const struct schema *schema, bool (*is)(const struct field *field));
bool ruleset_wants(const struct ruleset *set, uint16_t stream);
/*
 * The filters whose union it wants of the stream, `most` at most. More than that, or a script's handler without
 * `where`: NULL is among them.
 */
size_t ruleset_filters(const struct ruleset *set, uint16_t stream, const struct filter **out, size_t most);

void ruleset_event(struct ruleset *set, const struct view *view);
/* Every 100 ms or so; `now` is the boot clock, ns. */
void ruleset_tick(struct ruleset *set, uint64_t now);
/* The end: what windows still hold. */
void ruleset_flush(struct ruleset *set);

/* The windows of rules, the `state` of scripts of the same path, go on. */
void ruleset_inherit(struct ruleset *set, struct ruleset *before);

size_t ruleset_rules(const struct ruleset *set, size_t *enabled, size_t *skipped);
/* What was read; and, once bound, what it became. */
const struct rules *ruleset_all(const struct ruleset *set);
struct engine *ruleset_engine(const struct ruleset *set);
size_t ruleset_scripts(const struct ruleset *set);
/* The i-th script. */
const struct script *ruleset_script(const struct ruleset *set, size_t i);
/*
 * What scripts count is written with `metrics` from here on; `before`, which may be NULL, is written no more, and its
 * scripts' numbers go on in those of the same path.
 */
void ruleset_join(struct ruleset *set, struct metrics *metrics, const struct ruleset *before);
/* Alerts that were told so far, of rules and scripts. */
uint64_t ruleset_alerts(const struct ruleset *set);

#endif
