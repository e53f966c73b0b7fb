/* SPDX-License-Identifier: MIT */
#include "installed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>

#include "filter_run.h"

/* The i-th, from the oldest; to be freed. -ENOENT: there are not so many. */
static int read_one(pid_t tid, unsigned long i, struct apply_filter *out)
{
	long n = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, i, NULL);
	struct sock_filter *program = n > 0 ? malloc((size_t)n * sizeof(*program)) : NULL;
	if (n <= 0)
		return n ? -errno : -EINVAL;
	if (!program)
		return -ENOMEM;
	if (ptrace(PTRACE_SECCOMP_GET_FILTER, tid, i, program) != n) {
		free(program);
		return -EIO;
	}
	*out = (struct apply_filter){program, (size_t)n};
	return 0;
}

static void release(struct apply_filter *f)
{
	free((void *)f->program);
}

bool installed_has(pid_t tid, const struct apply_filter *filter)
{
	bool has = false;
	struct apply_filter one = {0};
	for (unsigned long i = 0; !has && !read_one(tid, i, &one); i++) {
		has = one.n == filter->n && !memcmp(one.program, filter->program, one.n * sizeof(*one.program));
		release(&one);
	}
	return has;
}

int installed_allow(pid_t tid, const struct seccomp_data *call, uint32_t *action)
{
	struct apply_filter one = {0};
	for (unsigned long i = 0;; i++) {
		int err = read_one(tid, i, &one);
		if (err)
			return err == -ENOENT ? 0 : err;
		*action = filter_run(one.program, one.n, call);
		release(&one);
		uint32_t what = *action & SECCOMP_RET_ACTION_FULL;
		if (what != SECCOMP_RET_ALLOW && what != SECCOMP_RET_LOG)
			return -EACCES;
	}
}
