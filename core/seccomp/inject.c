/* SPDX-License-Identifier: MIT */
#include "inject.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "filter_run.h"
#include "installed.h"
#include "scratch.h"
#include "task.h"

#define PROGRAM_AT 16u /* behind its struct sock_fprog */

struct job {
	struct tracer *tracer;
	pid_t tgid;
	const struct apply_filter *filter;
	struct apply_process *out;
};

static void give_up(struct job *j, enum apply_state state, int err, const char *why)
{
	j->out->state = state;
	j->out->err = err;
	snprintf(j->out->why, sizeof(j->out->why), "%s", why);
}

/* With most filters: all others' can then be its, if they can be at all. The leader where there is a choice. */
static pid_t choose(const struct job *j, struct task_status *status)
{
	pid_t best = 0;
	for (size_t i = 0; i < j->tracer->n; i++) {
		struct task_status st;
		const struct traced *t = &j->tracer->items[i];
		if (t->tgid != j->tgid || !t->stopped || task_read((uint32_t)j->tgid, (uint32_t)t->tid, &st))
			continue;
		if (!best || st.filters > status->filters || (st.filters == status->filters && t->tid == j->tgid)) {
			best = t->tid;
			*status = st;
		}
	}
	return best;
}

static bool all_have(const struct job *j)
{
	for (size_t i = 0; i < j->tracer->n; i++) {
		const struct traced *t = &j->tracer->items[i];
		if (t->tgid == j->tgid && (!t->stopped || !installed_has(t->tid, j->filter)))
			return false;
	}
	return true;
}

static struct seccomp_data data_of(const struct arch_entry *entry, enum inject_call call, const uint64_t args[6])
{
	struct seccomp_data d = {.nr = (int)entry->calls[call], .arch = entry->audit};
	for (int i = 0; i < 6; i++)
		d.args[i] = args[i];
	return d;
}

/* What is judged are our own calls: some answers would kill it. False: it is refused. */
static bool allowed(struct job *j, pid_t tid, const struct task_status *st)
{
	static const char *const names[] = {[INJECT_MMAP] = "mmap",
					    [INJECT_MUNMAP] = "munmap",
					    [INJECT_PRCTL] = "prctl",
					    [INJECT_SECCOMP] = "seccomp"};
	static const uint64_t args[INJECT_CALLS][6] = {
		[INJECT_PRCTL] = {PR_SET_NO_NEW_PRIVS, 1},
		[INJECT_SECCOMP] = {SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC},
	};
	struct arch_regs regs;
	uint32_t action = 0;
	bool judges = tracer_options(j->tracer, tid, PTRACE_O_SUSPEND_SECCOMP);
	tracer_options(j->tracer, tid, 0);
	if (!st->filters)
		return true;
	if (arch_get(tid, &regs))
		return true; /* it ended: others will notice */
	for (int call = 0; call < INJECT_CALLS; call++) {
		struct seccomp_data d = data_of(arch_entry(&regs), (enum inject_call)call, args[call]);
		bool needed = call == INJECT_SECCOMP || (call == INJECT_PRCTL ? j->out->no_new_privs : judges);
		int err = needed ? installed_allow(tid, &d, &action) : 0;
		char why[sizeof(j->out->why)];
		if (!err)
			continue;
		if (err == -EACCES)
			snprintf(why, sizeof(why),
				 "a filter that it has denies %s(2) (action 0x%08x), without which none can be "
				 "added; start it with the profile instead",
				 names[call], action);
		else
			snprintf(why, sizeof(why),
				 "whether its %u filters let another be added can't be read: %s (needs CAP_SYS_ADMIN "
				 "and a kernel with CONFIG_CHECKPOINT_RESTORE)",
				 st->filters, strerror(-err));
		give_up(j, APPLY_REFUSED, err == -EACCES ? -EACCES : -EPERM, why);
		return false;
	}
	return true;
}

static int put_program(const struct job *j, const struct scratch *s)
{
	uint64_t at = s->data + PROGRAM_AT;
	uint16_t n = (uint16_t)j->filter->n;
	uint8_t head[PROGRAM_AT] = {0};
	memcpy(head, &n, sizeof(n));
	memcpy(head + (s->entry->wide ? 8 : 4), &at, s->entry->wide ? 8 : 4);
	int err = scratch_put(s, 0, head, sizeof(head));
	return err ? err : scratch_put(s, PROGRAM_AT, j->filter->program, j->filter->n * sizeof(*j->filter->program));
}

/* The result of seccomp(2). */
static int load(struct job *j, struct scratch *s, uint64_t flags, bool no_new_privs, int64_t *result)
{
	static const uint64_t set[6] = {PR_SET_NO_NEW_PRIVS, 1};
	const uint64_t args[6] = {SECCOMP_SET_MODE_FILTER, flags, s->data};
	int err = put_program(j, s);
	if (!err && no_new_privs) {
		err = scratch_call(s, INJECT_PRCTL, set, result);
		err = err ? err : *result < 0 ? (int)*result : 0;
	}
	return err ? err : scratch_call(s, INJECT_SECCOMP, args, result);
}

static bool may_unmap(const struct job *j, const struct scratch *s)
{
	const uint64_t args[6] = {s->at, s->size};
	if (s->suspended || !s->entry)
		return true;
	struct seccomp_data d = data_of(s->entry, INJECT_MUNMAP, args);
	uint32_t action = filter_run(j->filter->program, j->filter->n, &d) & SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* Has one thread load it. -errno; `other`: the thread that can't have it at once. */
static int load_in(struct job *j, pid_t tid, uint64_t flags, bool no_new_privs, pid_t *other)
{
	struct scratch s;
	int64_t result = 0;
	int err = scratch_begin(&s, j->tracer, tid, PROGRAM_AT + j->filter->n * sizeof(*j->filter->program));
	if (err)
		return err;
	err = load(j, &s, flags, no_new_privs, &result);
	int end = scratch_end(&s, may_unmap(j, &s));
	*other = !err && result > 0 ? (pid_t)result : 0;
	return err ? err : result < 0 ? (int)result : end;
}

static void failed(struct job *j, int err)
{
	char why[sizeof(j->out->why)];
	const char *remedy = err == -ENOMEM    ? "; it has too many filters, or too long ones"
			     : err == -ENOEXEC ? "; its memory has no instruction that makes a call"
			     : err == -EACCES  ? "; it may not, though it has CAP_SYS_ADMIN: a security module?"
					       : "";
	if (err == -ESRCH) { /* ended, or executes a program: which is looked at anew, if it is there */
		j->out->state = APPLY_READY;
		return;
	}
	snprintf(why, sizeof(why), "loading the filter in it: %s%s", strerror(-err), remedy);
	give_up(j, APPLY_FAILED, err, why);
}

/* A thread that stands still and has no such filter; 0: there is none. */
static pid_t next_without(const struct job *j)
{
	for (size_t i = 0; i < j->tracer->n; i++) {
		const struct traced *t = &j->tracer->items[i];
		if (t->tgid == j->tgid && t->stopped && !installed_has(t->tid, j->filter))
			return t->tid;
	}
	return 0;
}

/* Threads whose filters are not of one line, each for itself. */
static void one_by_one(struct job *j)
{
	pid_t tid, none;
	int err = 0;
	while (!err && (tid = next_without(j))) {
		struct task_status st;
		err = task_read((uint32_t)j->tgid, (uint32_t)tid, &st);
		if (!err && !allowed(j, tid, &st))
			return;
		if (!err)
			err = load_in(j, tid, 0, !st.sys_admin && !st.no_new_privs, &none);
	}
	if (err)
		failed(j, err);
}

uint32_t inject(struct tracer *tracer, pid_t tgid, const struct apply_filter *filter, struct apply_process *out)
{
	struct job j = {tracer, tgid, filter, out};
	struct task_status st = {0};
	pid_t tid = choose(&j, &st), other = 0;
	out->state = APPLY_READY;
	if (!tid)
		return 0;
	out->filters = st.filters;
	out->no_new_privs = !st.sys_admin && !st.no_new_privs;
	if (st.seccomp == 1) {
		give_up(&j, APPLY_REFUSED, -EACCES, "it is in seccomp's strict mode, which has no filters");
		return 0;
	}
	if (st.filters && all_have(&j)) {
		out->state = APPLY_HAD;
		out->no_new_privs = false;
		return 1;
	}
	if (!allowed(&j, tid, &st))
		return 0;
	out->state = APPLY_DONE;
	int err = load_in(&j, tid, SECCOMP_FILTER_FLAG_TSYNC, out->no_new_privs, &other);
	if (err)
		failed(&j, err);
	else if (other)
		one_by_one(&j);
	return other ? 1 : st.filters + 1;
}
