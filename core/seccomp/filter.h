/* SPDX-License-Identifier: MIT */
/* A profile as what the kernel loads: built by libseccomp. */
#ifndef CORE_SECCOMP_FILTER_H
#define CORE_SECCOMP_FILTER_H

#include <linux/filter.h>

#include "event/buf.h"
#include "profile.h"

/*
 * The program: calls through entries that the profile is not for get its default action. Where that is an error,
 * numbers that no Linux up to 6.18 has give ENOSYS, as programs expect that try what is new. Free it with free().
 * -EINVAL, -ENOMEM: why. `warn` hears of rules that libseccomp can't say: they are left out.
 */
int filter_build(const struct profile *profile, struct sock_filter **program, size_t *n,
		 void (*warn)(void *context, const char *text), void *context, char *why, size_t why_size);

/* The program as bytes, and as C source. As profile_write(). */
int filter_write_bpf(const struct profile *profile, struct buf *out, void (*warn)(void *context, const char *text),
		     void *context, char *why, size_t why_size);
int filter_write_c(const struct profile *profile, struct buf *out, void (*warn)(void *context, const char *text),
		   void *context, char *why, size_t why_size);

/* Loads it in a child, which ends. 0: the kernel takes it; -errno: why. */
int filter_try(const struct sock_filter *program, size_t n, char *why, size_t why_size);

#endif
