/* SPDX-License-Identifier: MIT */
/* What /proc says of a thread that matters to seccomp. Pids are those of the pid namespace that it was mounted in. */
#ifndef CORE_SECCOMP_TASK_H
#define CORE_SECCOMP_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct task_status {
	char state;          /* R, S, D, Z... */
	char comm[16];       /* ends in NUL if it is shorter */
	uint32_t tgid, ppid; /* process, and who is its parent */
	uint32_t tracer;     /* 0: none */
	bool no_new_privs;
	bool sys_admin;   /* has CAP_SYS_ADMIN in its user namespace */
	bool kernel;      /* a thread of the kernel's own */
	uint32_t seccomp; /* 0: none, 1: strict, 2: filters */
	uint32_t filters; /* how many; at least 1 where there are some and the kernel (before 5.9) does not tell */
	uint64_t start;   /* clock ticks since boot */
};

/* Of a thread, or of a process's leader where they are the same. -ESRCH. */
int task_read(uint32_t pid, uint32_t tid, struct task_status *out);

/* Calls `each` for the id of each thread of a process. -ESRCH: it is gone; what `each` returns, if not 0, ends it. */
int task_each(uint32_t pid, int (*each)(void *context, uint32_t tid), void *context);

#endif
