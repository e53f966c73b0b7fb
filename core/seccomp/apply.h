/* SPDX-License-Identifier: MIT */
/*
 * A filter for processes that run already, through ptrace. It can only be added: nothing ever removes it, or lets what
 * is under it do more.
 *
 *     apply_container("web", folder, ...)      a name to a folder of cgroups, where it is a container that is meant
 *     filter_build(), filter_try()             (filter.h) the kernel takes the program
 *     apply_plan()                             looks only: who would get it, who is refused and why
 *     apply_run()                              does it, and says what became of each process
 *
 * The work is done in a process of its own that no signal but SIGKILL ends, so that what becomes of the caller harms
 * nobody. All threads of a process are stopped for about a millisecond, one after the other process; the calls in
 * which they are stopped go on as if nothing had been.
 */
#ifndef CORE_SECCOMP_APPLY_H
#define CORE_SECCOMP_APPLY_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who is meant. Borrowed. */
struct apply_targets {
	const uint32_t *pids; /* of processes, not of threads */
	size_t n_pids;
	bool follow;                /* and what descends from them, as far as it lives */
	const char *const *cgroups; /* folders: all processes in them and in those below */
	size_t n_cgroups;
};

struct apply_filter {
	const struct sock_filter *program;
	size_t n;
};

enum apply_state {
	APPLY_READY,   /* of a plan: it would get it */
	APPLY_DONE,    /* every thread has it, as /proc says */
	APPLY_HAD,     /* every thread had this very program already: nothing was done */
	APPLY_REFUSED, /* not touched; why */
	APPLY_FAILED,  /* why; it runs on, threads_with of its threads have the filter */
	APPLY_GONE     /* it ended before */
};

/* One process. */
struct apply_process {
	uint32_t pid;
	enum apply_state state;
	int err;               /* REFUSED, FAILED: -errno; -EPERM: privileges are missing */
	uint32_t threads;      /* when it was looked at last */
	uint32_t threads_with; /* DONE, FAILED: of these, that have the filter */
	uint32_t filters;      /* before; the most that one of its threads had */
	bool no_new_privs;     /* is (would be) set for this: setuid programs it starts stop gaining rights */
	uint64_t stopped_ns;   /* how long its threads stood still */
	char comm[16];         /* hostile; ends in NUL if it is shorter */
	char why[256];         /* reason and remedy; "" */
};

struct apply_report {
	struct apply_process *items;
	size_t n, cap;
};
void apply_report_free(struct apply_report *report);

/*
 * The cgroup's folder of a container that is there, by its name, its id or the beginning of its id. -ENOENT: there is
 * none; -ENOTUNIQ: several; why.
 */
int apply_container(const char *name, char *folder, size_t size, char *why, size_t why_size);

/* Touches nobody and needs no privileges but reading /proc. -ESRCH: a pid that is gone, -EINVAL: a thread's; why. */
int apply_plan(const struct apply_targets *targets, struct apply_report *out, char *why, size_t why_size);

/*
 * Gives it to all of them, and with `follow` or cgroups to all that they fork meanwhile. The report has each process
 * that was meant, children that came with the filter excepted. 0: it was tried, what came of it is in the report;
 * -errno: why: it could not be begun, or its helper was killed.
 */
int apply_run(const struct apply_targets *targets, const struct apply_filter *filter, struct apply_report *out,
	      char *why, size_t why_size);

#endif
