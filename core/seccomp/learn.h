/* SPDX-License-Identifier: MIT */
/*
 * A profile from what a program does: events of streams with the roles seccomp.learn (each call once, and values of
 * arguments) and seccomp.denied (a call that a filter denies is one that the program makes). One thread.
 */
#ifndef CORE_SECCOMP_LEARN_H
#define CORE_SECCOMP_LEARN_H

#include "event/view.h"
#include "profile.h"

struct learned {
	struct profile calls;  /* all of them */
	struct profile values; /* a rule for each value of an argument */
	struct profile many;   /* calls with too many of these */
	struct profile denied; /* calls that a filter denied */
	size_t n;              /* of calls */
	uint64_t last;         /* boot clock, ns: when one was new */
	int err;               /* 0, or why it is not all */
};

void learned_free(struct learned *learned);
/* An event of either role; others are ignored. */
void learned_event(struct learned *learned, const struct view *view);
/* What is allowed, and nothing else, with this default action. -ENOMEM. */
int learned_profile(const struct learned *learned, struct profile_action def, struct profile *out);

#endif
