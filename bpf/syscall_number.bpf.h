/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Which system call it was that now ends. Part of syscall.bpf.c. */
#ifndef EUNOMIA_SYSCALL_NUMBER_BPF_H
#define EUNOMIA_SYSCALL_NUMBER_BPF_H

enum syscall_number {
#define ROW(name, number, ...) NR_##name = number,
#include "syscall_table.h"
};

/* Set in the numbers of x32, the same calls with 32-bit pointers. */
#define X32_BIT 0x40000000u

#define ENOSYS 38

/*
 * What a child's first return looks like: the end of a call that its parent made, and whose own end is counted. The
 * kernel lets no call of these return 0 otherwise.
 */
static __always_inline bool syscall_of_child(u32 nr, long ret)
{
#ifdef __TARGET_ARCH_x86
	if (!ret && (nr == NR_fork || nr == NR_vfork))
		return true;
#endif
	return !ret && (nr == NR_clone || nr == NR_clone3);
}

/* A number that is not a call's own: other entries, none at all. */
static __always_inline u32 syscall_odd_number(u32 nr, long ret)
{
	/* rt_sigreturn's registers are those of the interrupted code by now, with no number. */
	if (nr == ~0u)
		return ret == -ENOSYS ? SYSCALL_NONE : NR_rt_sigreturn;
	nr &= ~X32_BIT;
	return nr < SYSCALL_IA32_OWN ? nr : SYSCALL_NONE;
}

/* nr: as the registers have it; ret: 0 when the call begins. */
static __always_inline u32 syscall_number(struct task_struct *task, u32 nr, long ret)
{
	if (eun_is_ia32(task) && nr != ~0u)
		return eun_ia32_number(nr);
	return nr < SYSCALL_IA32_OWN ? nr : syscall_odd_number(nr, ret);
}

#endif
