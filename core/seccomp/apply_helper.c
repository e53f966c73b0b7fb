/* SPDX-License-Identifier: MIT */
#include "apply_helper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "apply_plan.h"
#include "event/clock.h"
#include "inject.h"
#include "task.h"

#define MS 1000000ull
#define WAIT_ALL_MS 200u  /* for all threads to stop, where one has: the others get the filter as well */
#define WAIT_ONE_MS 5000u /* for one to stop */
#define TRIES 10          /* programs executed meanwhile */
#define SCANS 1000        /* for processes that came meanwhile */
#define VFORKS 8          /* a parent that waits for a child that waits for a child... */

struct subject {
	uint32_t pid;
	uint64_t start; /* of this process, as pids are used again */
	enum apply_state state;
};

struct helper {
	struct tracer tracer;
	const struct apply_targets *targets;
	const struct apply_filter *filter;
	int out;
	struct subject *subjects;
	size_t n, cap;
};

static bool follows(const struct helper *h)
{
	return h->targets->follow || h->targets->n_cgroups;
}

static struct subject *subject_of(struct helper *h, uint32_t pid, uint64_t start)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->subjects[i].pid == pid && h->subjects[i].start == start)
			return &h->subjects[i];
	return NULL;
}

/* What became of it. Nobody may be there to read. */
static int report(struct helper *h, const struct apply_process *p, uint64_t start)
{
	if (h->n == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 64;
		struct subject *subjects = realloc(h->subjects, cap * sizeof(*subjects));
		if (!subjects)
			return -ENOMEM;
		h->subjects = subjects;
		h->cap = cap;
	}
	h->subjects[h->n++] = (struct subject){p->pid, start, p->state};
	if (write(h->out, p, sizeof(*p)) < 0 && errno != EPIPE)
		return -errno;
	return 0;
}

/* What stands against attaching to it, and what would help. */
static void not_attached(struct apply_process *p, int err)
{
	int scope = 0;
	FILE *yama = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	if (yama && fscanf(yama, "%d", &scope) != 1)
		scope = 0;
	if (yama)
		fclose(yama);
	p->state = APPLY_REFUSED;
	p->err = err;
	if (err != -EPERM && err != -EACCES)
		snprintf(p->why, sizeof(p->why), "attaching to it: %s", strerror(-err));
	else if (scope == 3)
		snprintf(p->why, sizeof(p->why),
			 "it may not be traced: kernel.yama.ptrace_scope is 3, which holds until the machine is "
			 "restarted");
	else if (prctl(PR_CAPBSET_READ, 19 /* CAP_SYS_PTRACE */, 0, 0, 0) != 1 || geteuid())
		snprintf(p->why, sizeof(p->why),
			 "it may not be traced: needs CAP_SYS_PTRACE, or root (kernel.yama.ptrace_scope is %d)", scope);
	else
		snprintf(p->why, sizeof(p->why),
			 "it may not be traced: CAP_SYS_PTRACE in its user namespace is missing, or a security module "
			 "(SELinux, AppArmor) forbids it: see its log");
}

static int work_on(struct helper *h, struct apply_process *p, int depth);

/* Processes that were attached when they were made. Some parent may wait for one of them. */
static int work_on_made(struct helper *h, pid_t but, int depth)
{
	for (size_t i = 0; i < h->tracer.n && depth < VFORKS; i++) {
		const struct traced *t = &h->tracer.items[i];
		struct apply_process p;
		if (t->tgid == but || t->left)
			continue;
		if (!follows(h)) {
			tracer_leave(&h->tracer, t->tgid);
			return 0;
		}
		apply_look((uint32_t)t->tgid, &p);
		p.pid = (uint32_t)t->tgid;
		p.state = APPLY_READY; /* traced by us */
		p.why[0] = '\0';
		return work_on(h, &p, depth + 1);
	}
	return 0;
}

/* 1: its threads stand still; 0: it ended; -errno. */
static int hold(struct helper *h, struct apply_process *p, uint64_t since, int depth)
{
	pid_t tgid = (pid_t)p->pid;
	size_t stopped;
	for (;;) {
		int fresh = tracer_seize(&h->tracer, tgid);
		size_t n = tracer_count(&h->tracer, tgid, &stopped);
		if (fresh < 0)
			return fresh == -ESRCH ? 0 : fresh;
		if (!n && !fresh)
			return 0;
		if (stopped == n && !fresh)
			return 1;
		uint64_t ms = (clock_ns(CLOCK_MONOTONIC) - since) / MS;
		if (stopped && ms > WAIT_ALL_MS)
			return 1;
		if (ms > WAIT_ONE_MS)
			return -ETIMEDOUT;
		int err = h->tracer.err ? h->tracer.err : work_on_made(h, tgid, depth);
		if (err)
			return err;
		while (tracer_count(&h->tracer, tgid, &stopped) > stopped && tracer_wait(&h->tracer, 5)) {
		}
	}
}

static void try(struct helper *h, struct apply_process *p, int depth)
{
	uint64_t since = clock_ns(CLOCK_MONOTONIC);
	uint32_t filters = 0;
	p->state = APPLY_READY;
	for (int i = 0; i < TRIES && p->state == APPLY_READY; i++) {
		int held = hold(h, p, clock_ns(CLOCK_MONOTONIC), depth);
		if (held == 1) {
			filters = inject(&h->tracer, (pid_t)p->pid, h->filter, p);
		} else if (!held) {
			p->state = APPLY_GONE;
		} else if (held == -ETIMEDOUT) {
			p->state = APPLY_FAILED;
			p->err = held;
			snprintf(p->why, sizeof(p->why),
				 "none of its %u threads stops within %u s: they wait in the kernel (state D); try "
				 "again",
				 p->threads, WAIT_ONE_MS / 1000);
		} else {
			not_attached(p, held);
		}
	}
	tracer_leave(&h->tracer, (pid_t)p->pid);
	p->stopped_ns = clock_ns(CLOCK_MONOTONIC) - since;
	if (p->state == APPLY_READY) {
		p->state = APPLY_FAILED;
		p->err = -EAGAIN;
		snprintf(p->why, sizeof(p->why), "it executed %d programs meanwhile; try again", TRIES);
	}
	if (p->state == APPLY_GONE)
		return;
	if (!apply_verify(p->pid, filters ? filters : UINT32_MAX, p)) {
		p->state = APPLY_GONE;
	} else if (p->state == APPLY_DONE && p->threads_with < p->threads) {
		p->state = APPLY_FAILED;
		p->err = -EIO;
		snprintf(p->why, sizeof(p->why), "%u of its %u threads do not have it; try again",
			 p->threads - p->threads_with, p->threads);
	}
}

/* One process, from begin to end. */
static int work_on(struct helper *h, struct apply_process *p, int depth)
{
	struct task_status st;
	task_read(p->pid, p->pid, &st);
	if (p->state == APPLY_READY)
		try(h, p, depth);
	int err = report(h, p, st.start);
	return err ? err : h->tracer.err;
}

/* All that are meant and were not looked at yet. 1: one of them had no filter, or was gone before that was known. */
static int scan(struct helper *h)
{
	struct pid_list list = {0};
	struct task_status st;
	bool again = false;
	int err = apply_list(h->targets, &list);
	for (size_t i = 0; i < list.n && !err; i++) {
		uint32_t pid = list.items[i];
		struct apply_process p;
		if (!task_read(pid, pid, &st) && subject_of(h, pid, st.start))
			continue;
		apply_look(pid, &p);
		p.pid = pid;
		err = work_on(h, &p, 0);
		again |= p.state != APPLY_HAD && p.state != APPLY_REFUSED;
		for (size_t n = 0; !err && n != h->n;) { /* and what was made meanwhile */
			n = h->n;
			err = work_on_made(h, 0, 0);
			again |= n != h->n;
		}
	}
	pid_list_free(&list);
	return err ? err : again;
}

int apply_helper(const struct apply_targets *targets, const struct apply_filter *filter, int out)
{
	struct helper h = {.targets = targets, .filter = filter, .out = out};
	int err = 1;
	tracer_init(&h.tracer, follows(&h));
	for (int i = 0; i < SCANS && err == 1; i++) {
		err = scan(&h);
		if (!follows(&h))
			break;
	}
	tracer_free(&h.tracer);
	free(h.subjects);
	return err < 0 ? -err : err && follows(&h) ? EAGAIN : 0;
}
