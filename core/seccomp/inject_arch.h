/* SPDX-License-Identifier: MIT */
/* What differs between machines when a call is run in a stopped thread: its registers, and how it goes back alone. */
#ifndef CORE_SECCOMP_INJECT_ARCH_H
#define CORE_SECCOMP_INJECT_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

struct arch_regs {
#ifdef __aarch64__
	struct user_regs_struct user;
	int call; /* the system call's number, which is no register there; -1: none */
#else
	struct user_regs_struct user; /* of 32-bit programs, too */
#endif
};

/* -errno. */
int arch_get(pid_t tid, struct arch_regs *out);
int arch_set(pid_t tid, const struct arch_regs *regs);

enum inject_call { INJECT_MMAP, INJECT_MUNMAP, INJECT_PRCTL, INJECT_SECCOMP, INJECT_CALLS };

/* An entry into the kernel. */
struct arch_entry {
	uint32_t audit; /* AUDIT_ARCH_... */
	bool wide;      /* pointers have 64 bits */
	bool alone;     /* arch_frame() can be used */
	uint32_t calls[INJECT_CALLS];
	uint64_t mmap_most; /* the last address that may be had, for a check of the result */
	uint8_t insn[4];    /* the instruction */
	size_t insn_len;
};
/* The one that the thread uses. */
const struct arch_entry *arch_entry(const struct arch_regs *regs);

uint64_t arch_pc(const struct arch_regs *regs);
/* There, and in no call any more. */
void arch_pc_set(struct arch_regs *regs, uint64_t pc);

/*
 * The thread was stopped in a call that the kernel never restarts by itself, but answers with EINTR also where there
 * was no signal: have it restarted, unless a handler runs first. True: the registers were changed.
 */
bool arch_reissue(struct arch_regs *regs);

/* The call is what runs next, by the instruction at `pc`. */
void arch_call(struct arch_regs *regs, const struct arch_entry *entry, enum inject_call call, const uint64_t args[6],
	       uint64_t pc);
/* Behind it: the result, -errno. */
int64_t arch_result(const struct arch_regs *regs);

/*
 * Code that makes a call and then returns the thread to the state in a frame. `frame` holds room for at most
 * ARCH_FRAME_MAX bytes and is to lie at the address `at`, a multiple of 64. The stack pointer for the code is set in
 * `sp`. An interrupted call is made again, from its begin. Returns the frame's length; -errno.
 */
#define ARCH_FRAME_MAX (20u << 10)
extern const uint8_t arch_stub[16];
ssize_t arch_frame(pid_t tid, const struct arch_regs *regs, uint64_t mask, uint64_t at, uint8_t *frame, uint64_t *sp);
void arch_sp_set(struct arch_regs *regs, uint64_t sp);

#endif
