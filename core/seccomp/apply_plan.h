/* SPDX-License-Identifier: MIT */
/* Who is meant by targets, and who of them is not to be touched. Needs /proc alone. */
#ifndef CORE_SECCOMP_APPLY_PLAN_H
#define CORE_SECCOMP_APPLY_PLAN_H

#include "apply.h"

struct pid_list {
	uint32_t *items;
	size_t n, cap;
};
int pid_list_add(void *list, uint32_t pid);
void pid_list_free(struct pid_list *list);

/* The processes that there are now, each once. -ENOMEM; a folder that is gone has none. */
int apply_list(const struct apply_targets *targets, struct pid_list *out);

/* One process: READY, REFUSED, GONE. */
void apply_look(uint32_t pid, struct apply_process *out);

/* How many threads it has, and how many of them are under at least that many filters. False: it is gone. */
bool apply_verify(uint32_t pid, uint32_t filters, struct apply_process *out);

/* NULL: no memory. */
struct apply_process *apply_report_add(struct apply_report *report, const struct apply_process *process);

#endif
