/* SPDX-License-Identifier: MIT */
/*
 * Threads of others, stopped through ptrace: attached, told apart by process, let go again as they were. The calls in
 * which they stop are restarted; signals that come are delivered; who stood still by a signal does so afterwards.
 *
 * All by one thread, the one that ends this process: with it the kernel lets go of everybody.
 */
#ifndef CORE_SECCOMP_TRACER_H
#define CORE_SECCOMP_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct traced {
	pid_t tid, tgid;
	bool stopped;  /* where it is about to return to its program: its registers may be changed */
	bool left;     /* not meant (any more): let go as soon as it stops */
	bool injected; /* its stops are not acted on, but told: */
	bool fresh;    /* there is one */
	int status;    /* as waitpid() has it */
};

struct tracer {
	struct traced *items;
	size_t n, cap;
	bool follow; /* children of the attached are attached from their begin */
	int err;     /* -ENOMEM */
};

void tracer_init(struct tracer *tracer, bool follow);
void tracer_free(struct tracer *tracer);

/* NULL: not attached (any more). Valid until the next call of tracer_wait() or tracer_seize(). */
struct traced *tracer_find(const struct tracer *tracer, pid_t tid);

/*
 * Attaches to the threads of a process that are not attached yet, and has them stop. 1: there were some; 0: all are
 * attached. -ESRCH: it is gone; -EPERM...: not allowed.
 */
int tracer_seize(struct tracer *tracer, pid_t tgid);

/* Waits at most so long for something to happen to any of them. False: nothing did. */
bool tracer_wait(struct tracer *tracer, int ms);

/* How many threads of the process are attached, and of these, stopped. */
size_t tracer_count(const struct tracer *tracer, pid_t tgid, size_t *stopped);

/* Lets go of a process: those that do not stand still yet, as soon as they do. */
void tracer_leave(struct tracer *tracer, pid_t tgid);

/* Options of one thread beside those that all have; -errno. */
int tracer_options(const struct tracer *tracer, pid_t tid, int options);

/* Goes on up to the next begin or end of a system call, with a signal or without; -errno. */
int tracer_step(struct traced *thread, int signal);

#endif
