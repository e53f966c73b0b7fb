/* SPDX-License-Identifier: MIT */
/* What a seccomp program says of a call, as the kernel would run it. */
#ifndef CORE_SECCOMP_FILTER_RUN_H
#define CORE_SECCOMP_FILTER_RUN_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

/* SECCOMP_RET_..., with its data. SECCOMP_RET_KILL_PROCESS for what the kernel does not take as a program. */
uint32_t filter_run(const struct sock_filter *program, size_t n, const struct seccomp_data *data);

#endif
