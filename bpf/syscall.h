/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
#ifndef EUNOMIA_SYSCALL_H
#define EUNOMIA_SYSCALL_H

#include <eunomia/event.h>

enum syscall_stream { SYSCALL_COUNT, SYSCALL_CALL };

/* Tables by number have so many rows; calls that only 32-bit programs have are numbered behind them. */
#define SYSCALL_CALLS 512
#define SYSCALL_IA32_OWN 1024

/* Not the number of any call. */
#define SYSCALL_NONE (~0u)

/* The calls of a process with one number and one result. */
struct syscall_count {
	struct eun_event h;
	__u64 count;
	__u64 time_ns;
	__u32 syscall;
	__s32 ret; /* 0: it succeeded */
};

_Static_assert(sizeof(struct syscall_count) % 8 == 0, "the target sets stand right behind it");

#endif
