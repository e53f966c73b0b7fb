/* SPDX-License-Identifier: MIT */
/*
 * Rules: expressions over events that make alerts. They come from INI files and, through core/script, from Lua; both go
 * through struct rule. All rules that match fire.
 *
 *	[list shells]
 *	items = sh, bash, dash
 *
 *	[macro container]
 *	condition = container exists
 *
 *	[rule Shell in container]
 *	streams = process.exec
 *	where = container and ret = 0 and exe in (/bin/sh, /bin/bash) and tty exists
 *	severity = notice
 *	tags = container, mitre_execution, T1059
 *	message = shell {exe} run by {parent.comm} in {container.name}
 *	key = container.id, exe
 *	window = 60s
 *	description = ...
 *	enabled = yes
 *	number = 21
 *
 *	[exception Shell in container]
 *	where = parent.comm = kubectl-debug
 *
 * A later file (the user's) may say [list NAME] append = ..., [macro NAME] append = ..., [exception RULE] any number of
 * times, and [rule NAME] again with some keys: those replace the earlier ones. [rules] enable =, disable =: names,
 * globs of names, or tag:T1059; the last word counts. Within one file a name stands once.
 *
 * One thread.
 */
#ifndef CORE_RULE_RULE_H
#define CORE_RULE_RULE_H

#include "config/config.h"
#include "filter/filter.h"
#include "sink/alert.h"

struct rule {
	const char *name;
	const char *description;
	const char *cost; /* what it costs others, told where it is switched on; NULL: nothing worth saying */
	uint32_t number;  /* of the shipped rules: rules.md's; 0: none */
	enum severity severity;
	const char *const *streams; /* names; "files.*" matches; n_streams */
	size_t n_streams;
	const char *where;   /* NULL: every event */
	const char *message; /* {field} is the event's, {{ a brace; NULL: the rule's name */
	const char *const *tags;
	size_t n_tags;
	const char *const *key; /* fields that events of one kind agree in; none: all are of one kind */
	size_t n_key;
	/* after an alert, further ones of its kind are counted so long, then told as one; 0: each */
	uint64_t window_ms;
	bool enabled;
	const char *const *actions; /* "kill", "stop", "exec:NAME"; see action.h */
	size_t n_actions;
	struct filter_source source; /* where `where` was written; a script's: where rule{} is */
	const char *file;
	uint32_t line;
	/* A script's own condition, asked when `where` and the exceptions let the event pass. NULL: none. */
	bool (*when)(void *context, size_t index, const struct view *view);
	void *when_context;
	size_t when_index;
};

/* What was read: rules by name, lists, macros, exceptions. */
struct rules;

struct rules *rules_new(void);
void rules_free(struct rules *rules);
/*
 * Mistakes (-EINVAL) are told and counted, and reading and checking go on behind them: for who wants to know them all.
 * The functions return 0 then; with n > 0 the rules are for nothing but to be thrown away.
 */
struct rules_mistakes {
	void (*tell)(void *context, const struct config_error *error);
	void *context;
	size_t n;
};
/* `mistakes` outlives the rules. */
void rules_collect(struct rules *rules, struct rules_mistakes *mistakes);
/* What becomes of a step's result: 0, also of a mistake that was collected; else `err`. */
int rules_go_on(const struct rules *rules, int err, const struct config_error *error);
/*
 * Reads a file, or all *.ini of a folder in the order of their names, and calls `each` for every one. What it returns,
 * if not 0, ends it (but see rules_collect(), of `rules`). -EINVAL or -errno with `error`, -ENOMEM.
 */
int rules_files(const struct rules *rules, const char *path,
		int (*each)(void *context, const struct config *config, struct config_error *error), void *context,
		struct config_error *error);
/*
 * A file, or a folder: all *.ini in it in the order of their names (Lua is core/script's). -EINVAL or -errno with
 * `error`, -ENOMEM; then the rules are to be thrown away, as some of the file may be in them.
 */
int rules_read(struct rules *rules, const char *path, struct config_error *error);
/* The sections [rule], [list], [macro], [exception], [rules] of a config; others are not looked at. */
int rules_add(struct rules *rules, const struct config *config, struct config_error *error);
/* One made by a script; copied. -EEXIST with `error`: there is one of that name. -ENOMEM. */
int rules_add_rule(struct rules *rules, const struct rule *rule, struct config_error *error);

/* When all is read: names in [exception] and [rules] that are no rule's. -EINVAL with `error`. */
int rules_check(const struct rules *rules, struct config_error *error);
/* Streams that the schema, which has all that are installed, lacks. -EINVAL with `error`. */
int rules_check_streams(const struct rules *rules, const struct schema *schema, struct config_error *error);

size_t rules_count(const struct rules *rules);
const struct rule *rules_at(const struct rules *rules, size_t i);
/* NULL: there is none of that name. */
const struct rule *rules_find(const struct rules *rules, const char *name);
const struct filter_defs *rules_defs(const struct rules *rules);
/* Streams that an enabled rule names, with globs as written; each once. Returns how many; *names is freed by free(). */
size_t rules_streams(const struct rules *rules, const char ***names);
/* True: the rule names the stream. */
bool rule_means(const struct rule *rule, const struct stream *stream);

#endif
