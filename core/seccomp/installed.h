/* SPDX-License-Identifier: MIT */
/* The filters that a stopped, attached thread has. Needs CAP_SYS_ADMIN. */
#ifndef CORE_SECCOMP_INSTALLED_H
#define CORE_SECCOMP_INSTALLED_H

#include <linux/seccomp.h>
#include <sys/types.h>

#include "apply.h"

/* True: this very program is among them. */
bool installed_has(pid_t tid, const struct apply_filter *filter);

/*
 * 0: all of them let the call pass; -EACCES: one does not, and `action` is what it says; else -errno: they can't be
 * read.
 */
int installed_allow(pid_t tid, const struct seccomp_data *call, uint32_t *action);

#endif
