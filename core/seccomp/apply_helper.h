/* SPDX-License-Identifier: MIT */
/* What the helper process of apply_run() does. */
#ifndef CORE_SECCOMP_APPLY_HELPER_H
#define CORE_SECCOMP_APPLY_HELPER_H

#include "apply.h"

/*
 * Works until every process that is meant has the filter, and writes what became of each to `out`, a struct
 * apply_process at a time. Returns an exit code: 0, or an errno. The process is to end then: that lets go of threads
 * that never stopped.
 */
int apply_helper(const struct apply_targets *targets, const struct apply_filter *filter, int out);

#endif
