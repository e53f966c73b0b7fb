/* SPDX-License-Identifier: MIT */
/* Sets of calls that a profile begins with. */
#ifndef CORE_SECCOMP_BASE_H
#define CORE_SECCOMP_BASE_H

#include "profile.h"

struct base {
	const char *name, *help;
	const char *const *calls; /* ends at NULL */
};
/* Ends at name NULL. */
extern const struct base bases[];
const struct base *base_find(const char *name);

/* Allows them in each entry of the profile, the native one if it has none. -ENOMEM. */
int base_add(struct profile *profile, const struct base *base);

#endif
