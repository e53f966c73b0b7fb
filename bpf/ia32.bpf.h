/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Calls through the 32-bit entry: who makes one, which it is in the numbers of 64-bit programs, its arguments. */
#ifndef EUNOMIA_IA32_BPF_H
#define EUNOMIA_IA32_BPF_H

/* Calls that only 32-bit programs have are numbered from here on. */
#define EUN_IA32_OWN 1024

#if defined(__TARGET_ARCH_x86)

/* arch/x86/include/asm/thread_info.h */
#define EUN_TS_COMPAT 0x0002

/* Tables by a 32-bit program's number have so many rows. */
#define EUN_IA32_CALLS 512

/* By number: the 64-bit one and 1; 0: there is no such call. */
#define IA32_CALL(name, number, x86_64) [number] = (x86_64) + 1,
#define IA32_ONLY(name, number) [number] = EUN_IA32_OWN + (number) + 1,
static const u16 eun_ia32_numbers[EUN_IA32_CALLS] = {
#include "ia32_table.h"
};

/* True: the call that the current task is in came through the 32-bit entry. */
static __always_inline bool eun_is_ia32(struct task_struct *task)
{
	return task->thread_info.status & EUN_TS_COMPAT;
}

/* The same of any task, by a read. */
static __always_inline bool eun_read_ia32(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_info.status) & EUN_TS_COMPAT;
}

/* The number that 64-bit programs have for a 32-bit program's call; ~0: there is no such call. */
static __always_inline u32 eun_ia32_number(u32 number)
{
	EUN_HIDE(number);
	return number < EUN_IA32_CALLS ? (u32)eun_ia32_numbers[number] - 1 : ~0u;
}

/* The number of the call that these registers were entered with, as its entry counts. -1: it replaced them (sigreturn)
 */
static __always_inline u32 eun_call_number(const struct pt_regs *regs)
{
	return regs->orig_ax;
}

/* Its arguments. */
static __always_inline void eun_call_args(u64 args[6], const struct pt_regs *regs, bool ia32)
{
	args[0] = ia32 ? (u32)regs->bx : regs->di;
	args[1] = ia32 ? (u32)regs->cx : regs->si;
	args[2] = ia32 ? (u32)regs->dx : regs->dx;
	args[3] = ia32 ? (u32)regs->si : regs->r10;
	args[4] = ia32 ? (u32)regs->di : regs->r8;
	args[5] = ia32 ? (u32)regs->bp : regs->r9;
}

#elif defined(__TARGET_ARCH_arm64)

/* arch/arm64/include/asm/thread_info.h: TIF_32BIT. Which call it is, is not known. */
#define EUN_TIF_32BIT (1ul << 22)

static __always_inline bool eun_is_ia32(struct task_struct *task)
{
	return task->thread_info.flags & EUN_TIF_32BIT;
}

static __always_inline bool eun_read_ia32(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_info.flags) & EUN_TIF_32BIT;
}

static __always_inline u32 eun_ia32_number(u32 number)
{
	return EUN_IA32_OWN + number;
}

struct pt_regs___call {
	u64 regs[31];
	u64 orig_x0;
	s32 syscallno;
} __attribute__((preserve_access_index));

static __always_inline u32 eun_call_number(const struct pt_regs *regs)
{
	return ((const struct pt_regs___call *)regs)->syscallno;
}

static __always_inline void eun_call_args(u64 args[6], const struct pt_regs *regs, bool ia32)
{
	const struct pt_regs___call *r = (const void *)regs;
	args[0] = r->orig_x0;
	for (int i = 1; i < 6; i++)
		args[i] = r->regs[i];
}

#endif
#endif
