/* SPDX-License-Identifier: MIT */
/*
 * What rules do beside telling: a signal to the process that the event is of, a program. Nothing is done unless the
 * configuration allows its kind:
 *
 *	[actions]
 *	allow = kill, stop, exec
 *	dry_run = yes
 *
 *	[exec notify]
 *	argv = /usr/local/bin/notify, {rule}, {pid}
 *	timeout = 10s
 *	most = 4
 *
 * and a rule names it: `actions = kill, exec:notify`. A signal goes through a pidfd to the process that had the pid
 *when the event happened, never to pid 1, a kernel thread or the host itself. A program gets its argv without a shell,
 *the alert as a line of JSON on its standard input, and no privileges that the host doesn't have; of those that run
 *over their time the whole group is killed. One thread.
 */
#ifndef CORE_RULE_ACTION_H
#define CORE_RULE_ACTION_H

#include "config/config.h"
#include "rule/rule.h"

/* The name of an action as rules have it: -EINVAL, why. */
int action_check(const char *name, char *why, size_t why_size);

struct actions;

struct action_counts {
	uint64_t done;    /* signals sent, programs that ended with 0 */
	uint64_t dry;     /* only told */
	uint64_t refused; /* not allowed, or never towards that process */
	uint64_t failed;  /* the process was gone, the program did not start, failed or took too long */
	uint64_t dropped; /* programs: too many ran already */
};

/* `say` tells a line of text: what was done, or why not. */
struct actions *actions_new(void (*say)(void *context, const char *text), void *context);
/* Ends what still runs. */
void actions_free(struct actions *actions);
/* The sections [actions] and [exec NAME] of a config; later ones replace earlier ones. */
int actions_add(struct actions *actions, const struct config *config, struct config_error *error);
/* exec:NAME of a rule that no [exec NAME] is for. -EINVAL with `error`. */
int actions_check(const struct actions *actions, const struct rules *rules, struct config_error *error);

/* Does what the rule asks for. An alert without an event, or of several (a summary), does nothing. */
void actions_run(struct actions *actions, const struct rule *rule, const struct alert *alert,
		 const struct alert_style *style);
/* Programs that ended or took too long; every 100 ms or so. Returns how many still run. */
size_t actions_tick(struct actions *actions);
/* True: the event is of a program that was started here, which is no rule's subject. */
bool actions_own(const struct actions *actions, const struct view *view);
/* True: something is allowed. */
bool actions_allowed(const struct actions *actions);
void actions_counts(const struct actions *actions, struct action_counts *out);

#endif
