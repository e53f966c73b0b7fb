/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* A call's entry, number there and name. Part of seccomp.bpf.c. */
#ifndef EUNOMIA_SECCOMP_CALL_BPF_H
#define EUNOMIA_SECCOMP_CALL_BPF_H

enum seccomp_number {
#define ROW(name, number, ...) NR_##name = number,
#include "syscall_table.h"
};

/* Set in the numbers of x32, the same calls with 32-bit pointers. */
#define X32_BIT 0x40000000u

static __always_inline u32 seccomp_abi(struct task_struct *task, u32 nr)
{
	if (eun_is_ia32(task))
		return SECCOMP_COMPAT;
#ifdef __TARGET_ARCH_x86
	if (nr & X32_BIT)
		return SECCOMP_X32;
#endif
	return SECCOMP_NATIVE;
}

/* The number without what marks its entry. */
static __always_inline u32 seccomp_nr(u32 abi, u32 nr)
{
	return abi == SECCOMP_X32 ? nr & ~X32_BIT : nr;
}

/* The number that the native entry has for it, by which it is named. */
static __always_inline u32 seccomp_name(u32 abi, u32 nr)
{
	return abi == SECCOMP_COMPAT ? eun_ia32_number(nr) : nr;
}

#endif
