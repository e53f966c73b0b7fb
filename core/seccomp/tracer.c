/* SPDX-License-Identifier: MIT */
#include "tracer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "inject_arch.h"
#include "target/descend.h"
#include "task.h"

/*
 * Attaching to a thread waits for an exec of its process, and that for the threads that it ended and that are ours: for
 * us. If it should come to that, we end, which lets go of everybody, and are started again.
 */
#define SEIZE_US 500000
#define LOOKS 200 /* about 50 us */

void tracer_init(struct tracer *t, bool follow)
{
	sigset_t set;
	*t = (struct tracer){.follow = follow};
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL); /* for tracer_wait() */
}

void tracer_free(struct tracer *t)
{
	free(t->items);
	*t = (struct tracer){0};
}

struct traced *tracer_find(const struct tracer *t, pid_t tid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->items[i].tid == tid)
			return &t->items[i];
	return NULL;
}

static struct traced *add(struct tracer *t, pid_t tid, pid_t tgid)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		struct traced *items = realloc(t->items, cap * sizeof(*items));
		if (!items) {
			t->err = -ENOMEM;
			return NULL;
		}
		t->items = items;
		t->cap = cap;
	}
	t->items[t->n] = (struct traced){.tid = tid, .tgid = tgid};
	return &t->items[t->n++];
}

static void drop(struct tracer *t, struct traced *thread)
{
	*thread = t->items[--t->n];
}

static int options(const struct tracer *t)
{
	int o = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
	return t->follow ? o | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK : o;
}

int tracer_options(const struct tracer *t, pid_t tid, int more)
{
	return ptrace(PTRACE_SETOPTIONS, tid, 0, options(t) | more) ? -errno : 0;
}

struct seizing {
	struct tracer *tracer;
	pid_t tgid;
	size_t fresh, dead;
};

static int seize(void *context, uint32_t id)
{
	struct seizing *s = context;
	pid_t tid = (pid_t)id;
	struct task_status st;
	if (tracer_find(s->tracer, tid))
		return 0;
	if (ptrace(PTRACE_SEIZE, tid, 0, options(s->tracer))) {
		int err = -errno;
		if (err == -ESRCH || task_read((uint32_t)s->tgid, id, &st) || strchr("ZX", st.state)) {
			s->dead++;
			return 0;
		}
		if (st.tracer != (uint32_t)getpid()) /* else it was attached when it was made, and will tell */
			return err;
	}
	struct traced *thread = add(s->tracer, tid, s->tgid);
	if (!thread)
		return -ENOMEM;
	s->fresh++;
	ptrace(PTRACE_INTERRUPT, tid, 0, 0);
	while (tracer_wait(s->tracer, 0)) { /* a call that it was in is to be seen to at once */
	}
	return 0;
}

int tracer_seize(struct tracer *t, pid_t tgid)
{
	struct seizing s = {t, tgid, 0, 0};
	const struct itimerval limit = {{0, 0}, {0, SEIZE_US}}, none = {{0, 0}, {0, 0}};
	setitimer(ITIMER_REAL, &limit, NULL);
	int err = task_each((uint32_t)tgid, seize, &s);
	setitimer(ITIMER_REAL, &none, NULL);
	if (err)
		return err;
	return s.fresh ? 1 : 0;
}

size_t tracer_count(const struct tracer *t, pid_t tgid, size_t *stopped)
{
	size_t n = 0;
	*stopped = 0;
	for (size_t i = 0; i < t->n; i++)
		if (t->items[i].tgid == tgid) {
			n++;
			*stopped += t->items[i].stopped;
		}
	return n;
}

void tracer_leave(struct tracer *t, pid_t tgid)
{
	for (size_t i = t->n; i-- > 0;) {
		struct traced *thread = &t->items[i];
		if (thread->tgid != tgid)
			continue;
		thread->left = true;
		thread->injected = false;
		if (thread->stopped && !ptrace(PTRACE_DETACH, thread->tid, 0, 0))
			drop(t, thread); /* the last one moves here: it was looked at already */
	}
}

int tracer_step(struct traced *thread, int signal)
{
	thread->stopped = thread->fresh = false;
	return ptrace(PTRACE_SYSCALL, thread->tid, 0, (long)signal) ? -errno : 0;
}

/* It is on its way back to its program. */
static void on_stop(struct tracer *t, struct traced *thread)
{
	struct arch_regs regs;
	thread->stopped = true;
	if (!arch_get(thread->tid, &regs) && arch_reissue(&regs))
		arch_set(thread->tid, &regs);
	if (thread->left && !ptrace(PTRACE_DETACH, thread->tid, 0, 0))
		drop(t, thread);
}

/* A program was executed: the other threads are gone, and the one that did it has the leader's id. */
static void on_exec(struct tracer *t, pid_t tgid)
{
	for (size_t i = t->n; i-- > 0;)
		if (t->items[i].tgid == tgid && t->items[i].tid != tgid)
			drop(t, &t->items[i]);
	struct traced *leader = tracer_find(t, tgid);
	if (leader)
		leader->injected = leader->stopped = false;
	ptrace(PTRACE_INTERRUPT, tgid, 0, 0);
}

static void on_status(struct tracer *t, pid_t tid, int status)
{
	struct traced *thread = tracer_find(t, tid);
	int event = status >> 16, sig = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
	if (!WIFSTOPPED(status)) {
		if (thread)
			drop(t, thread);
		return;
	}
	if (!thread) { /* attached when it was made */
		thread = add(t, tid, (pid_t)pid_leader((uint32_t)tid));
		if (!thread)
			return;
	}
	thread->status = status;
	if (thread->injected && event != PTRACE_EVENT_EXEC) {
		thread->fresh = thread->stopped = true;
		return;
	}
	if (event == PTRACE_EVENT_STOP) {
		on_stop(t, thread);
		return;
	}
	if (event == PTRACE_EVENT_EXEC) {
		on_exec(t, tid);
		sig = 0;
	}
	ptrace(PTRACE_INTERRUPT, tid, 0, 0); /* any stop takes back what was asked for before */
	ptrace(PTRACE_CONT, tid, 0, (long)(event || sig == (SIGTRAP | 0x80) ? 0 : sig));
}

/*
 * A stop is due within microseconds: to look for it saves the time of being woken, in which the thread is in a state
 * that it had better not be left in.
 */
static pid_t look(int *status)
{
	pid_t tid = 0;
	for (int i = 0; i < LOOKS && !tid; i++)
		tid = waitpid(-1, status, __WALL | WNOHANG);
	return tid;
}

bool tracer_wait(struct tracer *t, int ms)
{
	const struct timespec limit = {ms / 1000, ms % 1000 * 1000000l};
	sigset_t set;
	int status;
	pid_t tid = look(&status);
	if (!tid && ms) {
		sigemptyset(&set);
		sigaddset(&set, SIGCHLD);
		sigtimedwait(&set, NULL, &limit);
		tid = waitpid(-1, &status, __WALL | WNOHANG);
	}
	if (tid <= 0)
		return false;
	on_status(t, tid, status);
	return true;
}
