/* SPDX-License-Identifier: MIT */
/*
 * `daemon --seccomp FILE` and [seccomp]: the profile is applied to processes that run, and to containers that are there
 * or come later, once their own program has been executed. In the loop's thread: that stands still for some
 * milliseconds a process when it happens.
 */
#ifndef CORE_DAEMON_GUARD_H
#define CORE_DAEMON_GUARD_H

#include "daemon/generation.h"

struct guard;

/*
 * The profile, read, built and tried, and the rule that makes alerts of what it denies. *out is NULL where nothing is
 * asked for. -EINVAL or -errno with `error`.
 */
int guard_read(struct guard **out, const struct generation *g, struct config_error *error);
void guard_free(struct guard *guard);

/* Applies it to who is there by now and does not have it. What comes of it is said. */
void guard_tick(struct guard *guard, struct generation *g);

#endif
