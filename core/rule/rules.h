/* SPDX-License-Identifier: MIT */
/* Inside of rules: what was read, with the places that messages point to. Everything else includes rule.h. */
#ifndef CORE_RULE_RULES_H
#define CORE_RULE_RULES_H

#include "filter/pool.h"
#include "rule/rule.h"

/* Keys of a rule whose values are checked once there is a schema. */
enum rule_part { RULE_STREAMS, RULE_MESSAGE, RULE_KEY, RULE_ACTIONS, RULE_PARTS };

struct rule_item {
	struct rule rule; /* the first member: rules_at() gives it out */
	bool on;          /* as its own `enabled` says */
	uint64_t said;    /* when it did: [rules] before that is overruled; 0: it didn't */
	struct rule_text {
		const char *text; /* as written; NULL: a script's */
		struct filter_source at;
	} parts[RULE_PARTS];
	struct rule_exception {
		struct rule_exception *next;
		const char *where;
		struct filter_source at;
	} * exceptions;
};

/* [exception NAME] of a rule that may come later, and each name of [rules]. */
struct rule_mention {
	struct rule_mention *next;
	const char *name;
	struct rule_exception *exception; /* or NULL: */
	bool enable;
	uint64_t said;
	struct filter_source at;
};

struct rules {
	struct pool pool;
	struct filter_defs *defs;
	struct rule_item **items;
	size_t n;
	struct rule_mention *mentions, **last;
	uint64_t said;                   /* counts what was said */
	struct rules_mistakes *mistakes; /* or NULL */
};

/* The rule of that name, or NULL. */
struct rule_item *rules_item(const struct rules *rules, const char *name);
/* A new one, enabled, a warning. NULL: no memory. */
struct rule_item *rules_new_item(struct rules *rules, const char *name);
/* NULL: no memory. */
struct rule_mention *rules_mention(struct rules *rules, const char *name, const struct filter_source *at);
/* Gives exceptions to their rules and decides who is enabled, by what was said so far. */
void rules_settle(struct rules *rules);
/* The i-th item of a part, as its message points to it: -EINVAL. */
int rules_fail(const struct rule_item *item, enum rule_part part, size_t i, struct config_error *error, const char *fmt,
	       ...) __attribute__((format(printf, 5, 6)));

#endif
