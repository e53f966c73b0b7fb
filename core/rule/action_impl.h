/* SPDX-License-Identifier: MIT */
/* Inside of actions: signals, and programs that run. */
#ifndef CORE_RULE_ACTION_IMPL_H
#define CORE_RULE_ACTION_IMPL_H

#include "event/buf.h"
#include "rule/action.h"

/*
 * Sends the signal to the process that the event is of; with `dry` only says if it would. -EPERM: never towards that
 * one; -ESRCH: it is gone, or its pid is another's by now. `why` says so.
 */
int action_signal(const struct view *view, int signal, bool dry, char *why, size_t why_size);

/* A program that rules may start. */
struct program_config {
	struct program_config *next;
	char *name;
	char **argv;
	uint64_t timeout_ms, most;
};

/* One that runs, or ran a moment ago. */
struct running {
	struct running *next;
	const struct program_config *config;
	int pid;
	uint64_t until; /* boot clock, ns: when it is killed; of one that ended: when it is forgotten */
	bool ended, late;
};

/* Starts it: -errno, why. */
int program_start(struct running **list, const struct program_config *config, const struct alert *alert,
		  const struct alert_style *style, char *why, size_t why_size);
/* How many of that configuration run. */
size_t programs_running(const struct running *list, const struct program_config *config);
/* Looks after all of them; `ended` is told of each once, with what waitid said: CLD_EXITED... and the status. */
size_t programs_tick(struct running **list, uint64_t now,
		     void (*ended)(void *context, const struct running *program, int code, int status), void *context);
/* Kills and forgets them. */
void programs_end(struct running **list);

#endif
