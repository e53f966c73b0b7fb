/* SPDX-License-Identifier: MIT */
/* One process whose threads stand still: calls that one of them makes for us, which load the filter. */
#ifndef CORE_SECCOMP_INJECT_H
#define CORE_SECCOMP_INJECT_H

#include "apply.h"
#include "tracer.h"

/*
 * The threads that are attached are stopped, as far as they can be, and stay so. Fills in what became of it but for the
 * check in /proc; READY: it executes a program, try again. Returns how many filters each thread then has at least.
 */
uint32_t inject(struct tracer *tracer, pid_t tgid, const struct apply_filter *filter, struct apply_process *out);

#endif
