/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The system call that the current task is in: its number and its arguments, also at its end, as the registers that it
 * was entered with are still there; and whichever entry it came through. Calls through the 32-bit one, which the
 * tracepoints of single calls leave out, are brought to the handlers of the others by programs of
 * SEC("?tp_btf/sys_enter") and sys_exit, flagged EUN_PROGRAM_IA32. Included by common.bpf.h.
 */
#ifndef EUNOMIA_CALL_BPF_H
#define EUNOMIA_CALL_BPF_H

/* Set by the host, in every object alike: such programs are attached (--ia32). */
const volatile bool eun_ia32 = false;

/*
 * Set likewise: the streams, a bit each, that the object was loaded for. One program for all of them verifies no more
 * than is wanted of it, as far as the kernel passes by functions that are not called (6.8).
 */
const volatile u64 eun_served = ~0ull;

#define eun_serves(stream) (eun_served >> (stream)&1)

#define IA32_CALL(name, number, x86_64) EUN_IA32_NR_##name = (number),
#define IA32_ONLY(name, number) EUN_IA32_NR_##name = (number),
enum eun_ia32_nr {
#include "ia32_table.h"
};

/* The registers of the current task's call. */
static __always_inline const struct pt_regs *eun_call_regs(void)
{
	return (const struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

/* The current task is in a call through the 32-bit entry, and these are looked at. */
static __always_inline bool eun_in_ia32(void)
{
	return eun_ia32 && eun_is_ia32(bpf_get_current_task_btf());
}

/* True: in this very call of the 32-bit entry. For those that differ from the 64-bit ones in more than their size. */
static __always_inline bool eun_in_ia32_call(u32 number)
{
	return eun_in_ia32() && eun_call_number(eun_call_regs()) == number;
}

#if defined(__TARGET_ARCH_x86)

/* socketcall(2), include/uapi/linux/net.h: the number of the call that each stands for, and 1 */
static const u16 eun_ia32_socketcalls[32] = {
	[1] = 41 + 1 /* socket */,      [2] = 49 + 1 /* bind */,        [3] = 42 + 1 /* connect */,
	[4] = 50 + 1 /* listen */,      [5] = 43 + 1 /* accept */,      [6] = 51 + 1 /* getsockname */,
	[7] = 52 + 1 /* getpeername */, [8] = 53 + 1 /* socketpair */,  [9] = 44 + 1 /* send: sendto */,
	[10] = 45 + 1 /* recv */,       [11] = 44 + 1 /* sendto */,     [12] = 45 + 1 /* recvfrom */,
	[13] = 48 + 1 /* shutdown */,   [14] = 54 + 1 /* setsockopt */, [15] = 55 + 1 /* getsockopt */,
	[16] = 46 + 1 /* sendmsg */,    [17] = 47 + 1 /* recvmsg */,    [18] = 288 + 1 /* accept4 */,
	[19] = 299 + 1 /* recvmmsg */,  [20] = 307 + 1 /* sendmmsg */,
};
#define EUN_SOCKETCALL_SEND 9
#define EUN_SOCKETCALL_RECV 10

/* Where ipc(2) has an argument: a register, by the argument that it is of other calls; or behind what the fifth points
 * to. */
enum eun_ipc_place {
	EUN_IPC_FIRST = 2,
	EUN_IPC_SECOND,
	EUN_IPC_THIRD,
	EUN_IPC_POINTER,
	EUN_IPC_FIFTH,
	EUN_IPC_BEHIND_POINTER,
};

/* ipc(2), include/uapi/linux/ipc.h: the number of the call that each stands for, and 1; its arguments */
struct eun_ia32_ipc {
	u16 number;
	u8 args[6];
};
static const struct eun_ia32_ipc eun_ia32_ipcs[32] = {
	[1] = {65 + 1 /* semop */, {EUN_IPC_FIRST, EUN_IPC_POINTER, EUN_IPC_SECOND}},
	[2] = {64 + 1 /* semget */, {EUN_IPC_FIRST, EUN_IPC_SECOND, EUN_IPC_THIRD}},
	[3] = {66 + 1 /* semctl */, {EUN_IPC_FIRST, EUN_IPC_SECOND, EUN_IPC_THIRD}},
	[4] = {220 + 1 /* semtimedop */, {EUN_IPC_FIRST, EUN_IPC_POINTER, EUN_IPC_SECOND, EUN_IPC_FIFTH}},
	[11] = {69 + 1 /* msgsnd */, {EUN_IPC_FIRST, EUN_IPC_POINTER, EUN_IPC_SECOND, EUN_IPC_THIRD}},
	[12] = {70 + 1 /* msgrcv */, {EUN_IPC_FIRST, EUN_IPC_BEHIND_POINTER, EUN_IPC_SECOND, 0, EUN_IPC_THIRD}},
	[13] = {68 + 1 /* msgget */, {EUN_IPC_FIRST, EUN_IPC_SECOND}},
	[14] = {71 + 1 /* msgctl */, {EUN_IPC_FIRST, EUN_IPC_SECOND, EUN_IPC_POINTER}},
	[21] = {30 + 1 /* shmat */, {EUN_IPC_FIRST, EUN_IPC_POINTER, EUN_IPC_SECOND}},
	[22] = {67 + 1 /* shmdt */, {EUN_IPC_POINTER}},
	[23] = {29 + 1 /* shmget */, {EUN_IPC_FIRST, EUN_IPC_SECOND, EUN_IPC_THIRD}},
	[24] = {31 + 1 /* shmctl */, {EUN_IPC_FIRST, EUN_IPC_SECOND, EUN_IPC_POINTER}},
};
#define EUN_IPC_SHMAT 21

/*
 * Which call of the 64-bit entry it is that these registers belong to, if the current task is in one through the 32-bit
 * entry. ~0: it is not, or they have none such.
 */
static __always_inline u32 eun_ia32_call(const struct pt_regs *regs)
{
	if (!eun_is_ia32(bpf_get_current_task_btf()))
		return ~0u;
	u32 number = eun_call_number(regs), which = regs->bx;
	if (number == EUN_IA32_NR_socketcall)
		return which < 32 ? (u32)eun_ia32_socketcalls[which & 31] - 1 : ~0u;
	if (number == EUN_IA32_NR_ipc) /* its upper half is a version */
		return (u16)which < 32 ? (u32)eun_ia32_ipcs[which & 31].number - 1 : ~0u;
	return eun_ia32_number(number);
}

static __always_inline u64 eun_ia32_register(const struct pt_regs *regs, u32 which)
{
	switch (which) {
	case 1:
		return (u32)regs->bx;
	case 2:
		return (u32)regs->cx;
	case 3:
		return (u32)regs->dx;
	case 4:
		return (u32)regs->si;
	case 5:
		return (u32)regs->di;
	case 6:
		return (u32)regs->bp;
	}
	return 0;
}

/* A word of the caller's memory. */
static __always_inline u32 eun_ia32_word(u64 at)
{
	u32 word = 0;
	bpf_probe_read_user(&word, sizeof(word), (void *)at);
	return word;
}

/* Global, as the verifier then checks it once a program. */
__noinline u64 eun_ia32_arg(u32 which)
{
	const struct pt_regs *regs = eun_call_regs();
	u32 number = eun_call_number(regs), kind = (u16)regs->bx;
	u32 at = (which - 1) & 7;
	if (number == EUN_IA32_NR_socketcall) {
		bool few = kind == EUN_SOCKETCALL_SEND || kind == EUN_SOCKETCALL_RECV;
		return few && at >= 4 ? 0 : eun_ia32_word((u32)regs->cx + (u64)at * sizeof(u32));
	}
	if (number != EUN_IA32_NR_ipc)
		return eun_ia32_register(regs, which);
	u32 place = at < 6 && kind < 32 ? eun_ia32_ipcs[kind & 31].args[at] : 0;
	if (place != EUN_IPC_BEHIND_POINTER)
		return eun_ia32_register(regs, place);
	u64 pointer = eun_ia32_register(regs, EUN_IPC_POINTER);
	return regs->bx >> 16 & 0xffff ? pointer : eun_ia32_word(pointer);
}

/* What the call that is now over returned: ipc(2) has the address of shmat elsewhere. */
static __always_inline s64 eun_ia32_result(const struct pt_regs *regs, s64 ret)
{
	if (!ret && eun_call_number(regs) == EUN_IA32_NR_ipc && (u16)regs->bx == EUN_IPC_SHMAT)
		return eun_ia32_word((u32)regs->si);
	return ret;
}

/* Of the 64-bit entry. */
static __always_inline u64 eun_call_arg(const struct pt_regs *regs, u32 which)
{
	switch (which) {
	case 1:
		return regs->di;
	case 2:
		return regs->si;
	case 3:
		return regs->dx;
	case 4:
		return regs->r10;
	case 5:
		return regs->r8;
	case 6:
		return regs->r9;
	}
	return 0;
}

#else

static __always_inline u32 eun_ia32_call(const struct pt_regs *regs)
{
	return ~0u;
}

static __always_inline u64 eun_ia32_arg(u32 which)
{
	return 0;
}

static __always_inline s64 eun_ia32_result(const struct pt_regs *regs, s64 ret)
{
	return ret;
}

static __always_inline u64 eun_call_arg(const struct pt_regs *regs, u32 which)
{
	const struct pt_regs___call *r = (const void *)regs;
	switch (which) {
	case 1:
		return r->orig_x0;
	case 2:
		return r->regs[1];
	case 3:
		return r->regs[2];
	case 4:
		return r->regs[3];
	case 5:
		return r->regs[4];
	case 6:
		return r->regs[5];
	}
	return 0;
}

#endif

/*
 * The number that 64-bit programs have for the call that the current task is in, or was in when it was interrupted.
 * ~0: they have none, or it is one through the 32-bit entry and these are not looked at.
 */
static __always_inline u32 eun_current_call(void)
{
	const struct pt_regs *regs = eun_call_regs();
	if (eun_is_ia32(bpf_get_current_task_btf()))
		return eun_ia32 ? eun_ia32_call(regs) : ~0u;
	return eun_call_number(regs);
}

/* Argument `which`, from 1 on, of the call whose registers these are; for a constant. */
static __always_inline u64 eun_arg_in(const struct pt_regs *regs, u32 which)
{
	return eun_in_ia32() ? eun_ia32_arg(which) : eun_call_arg(regs, which);
}

/* The same of any; 0, and so none, for 0. A global function: the verifier checks it once a program, not once a call. */
__noinline u64 eun_arg(u32 which)
{
	return eun_arg_in(eun_call_regs(), which);
}

/* A number of 64 bits, which a 32-bit program gives in two arguments. */
__noinline u64 eun_arg_64(u32 which)
{
	u64 value = eun_arg(which);
	return which && eun_in_ia32() ? value | eun_arg(which + 1) << 32 : value;
}

#endif
