/* SPDX-License-Identifier: MIT */
/* Calls in a thread that stands still, and memory of its process for them. */
#ifndef CORE_SECCOMP_SCRATCH_H
#define CORE_SECCOMP_SCRATCH_H

#include "inject_arch.h"
#include "tracer.h"

struct scratch {
	struct tracer *tracer;
	pid_t tid;
	int mem;               /* its memory */
	struct arch_regs regs; /* as it was stopped */
	const struct arch_entry *entry;
	uint64_t mask;     /* its blocked signals */
	uint64_t insn;     /* address of an instruction that enters the kernel */
	uint64_t at, size; /* ours in it; 0: none */
	uint64_t data;     /* in it, what is for the caller */
	uint64_t sp;       /* for the stub; 0: there is none */
	bool suspended;    /* its filters do not judge our calls */
	bool masked;       /* `mask` is known */
	bool gone;         /* it ended, or runs another program: nothing of it is ours any more */
};

/*
 * Has the thread make calls from here on: no signal reaches it, and `bytes` of data are in memory that only we can
 * write; from here on it goes back by itself should we end. -errno: it is as it was; -ESRCH: it ended.
 */
int scratch_begin(struct scratch *s, struct tracer *tracer, pid_t tid, size_t bytes);
/* Puts bytes at an offset of the data. -errno. */
int scratch_put(const struct scratch *s, size_t at, const void *bytes, size_t n);
/* Makes a call. -ESRCH: it ended, or runs another program now; -EFAULT: it could not. */
int scratch_call(struct scratch *s, enum inject_call call, const uint64_t args[6], int64_t *result);
/* Everything as it was, the memory gone if `unmap`; the thread is stopped. -ESRCH: as above. */
int scratch_end(struct scratch *s, bool unmap);

#endif
