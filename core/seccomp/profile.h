/* SPDX-License-Identifier: MIT */
/*
 * A seccomp profile: for each entry into the kernel the rules of its system calls, and the action for all others.
 * Zero-initialised is valid: nothing has a rule and all is allowed. One thread.
 */
#ifndef CORE_SECCOMP_PROFILE_H
#define CORE_SECCOMP_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum profile_arch {
	PROFILE_X86_64,
	PROFILE_X86, /* ia32 */
	PROFILE_X32,
	PROFILE_AARCH64,
	PROFILE_ARM,
	PROFILE_ARCHES
};

/* The one that this program is built for. */
enum profile_arch profile_native(void);

/* The weakest first: where two rules say something of the same call, the weaker one holds. */
enum profile_act {
	PROFILE_ALLOW,
	PROFILE_LOG,
	PROFILE_NOTIFY,
	PROFILE_TRACE,
	PROFILE_ERRNO,
	PROFILE_TRAP,
	PROFILE_KILL_THREAD,
	PROFILE_KILL, /* the process */
	PROFILE_ACTS
};

struct profile_action {
	enum profile_act act;
	uint16_t value; /* the error, or what the tracer is told */
};

/* In libseccomp's order (enum scmp_compare). */
enum profile_op {
	PROFILE_NE = 1,
	PROFILE_LT,
	PROFILE_LE,
	PROFILE_EQ,
	PROFILE_GE,
	PROFILE_GT,
	PROFILE_MASKED_EQ,
	PROFILE_OPS
};

/* Of an argument; MASKED_EQ: (argument & mask) == value. */
struct profile_cond {
	uint8_t arg; /* 0 to 5 */
	uint8_t op;
	uint64_t value, mask;
};

#define PROFILE_CONDS 6

/* All conditions must hold; several rules of one call are alternatives. */
struct profile_rule {
	uint32_t nr; /* of its entry; of x32 without the bit that marks it */
	uint32_t n_conds;
	struct profile_action action;
	struct profile_cond conds[PROFILE_CONDS]; /* by argument; zero behind n_conds */
};

struct profile_rules {
	struct profile_rule *items; /* by number, the one without conditions last; no two with the same conditions */
	size_t n, cap;
};

struct profile {
	uint32_t arches; /* bit per entry that the profile is for; others get the default action */
	struct profile_action def;
	struct profile_rules of[PROFILE_ARCHES];
};

void profile_free(struct profile *profile);

/*
 * Adds a rule and the architecture; what a weaker or wider rule says already is left out. -ENOMEM; -EINVAL: no such
 * argument, number or operator.
 */
int profile_add(struct profile *profile, enum profile_arch arch, const struct profile_rule *rule);
/* The call is allowed, whatever its arguments. */
int profile_allow(struct profile *profile, enum profile_arch arch, uint32_t nr);

/* The first rule of a call; NULL: there is none. */
const struct profile_rule *profile_rule(const struct profile *profile, enum profile_arch arch, uint32_t nr);

/* What happens to a call. */
struct profile_action profile_decide(const struct profile *profile, enum profile_arch arch, uint32_t nr,
				     const uint64_t args[6]);

/* Adds all rules of `other`; the default action stays. -ENOMEM. */
int profile_merge(struct profile *profile, const struct profile *other);

/* Takes away what `other` allows as well, or denies no harder: merging it brings all of that back. */
void profile_subtract(struct profile *profile, const struct profile *other);

/*
 * Calls `each` for every rule that only one has (the other is NULL), or that has another action; by entry and number.
 * Returns how many there were.
 */
size_t profile_diff(const struct profile *a, const struct profile *b,
		    void (*each)(void *context, enum profile_arch arch, const struct profile_rule *a,
				 const struct profile_rule *b),
		    void *context);

bool profile_action_same(struct profile_action a, struct profile_action b);

#endif
