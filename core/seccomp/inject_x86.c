/* SPDX-License-Identifier: MIT */
/* x86-64, and 32-bit programs on it. */
#ifdef __x86_64__

#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>

#include "inject_arch.h"

#define CS_32 0x23
/* The kernel's own, from include/linux/errno.h: what a call that is to be restarted leaves. */
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516

int arch_get(pid_t tid, struct arch_regs *out)
{
	return ptrace(PTRACE_GETREGS, tid, 0, &out->user) ? -errno : 0;
}

int arch_set(pid_t tid, const struct arch_regs *regs)
{
	return ptrace(PTRACE_SETREGS, tid, 0, &regs->user) ? -errno : 0;
}

const struct arch_entry *arch_entry(const struct arch_regs *regs)
{
	static const struct arch_entry wide = {
		.audit = AUDIT_ARCH_X86_64,
		.wide = true,
		.alone = true,
		.calls = {SYS_mmap, SYS_munmap, SYS_prctl, SYS_seccomp},
		.mmap_most = 0x00fffffffffff000,
		.insn = {0x0f, 0x05},
		.insn_len = 2,
	};
	static const struct arch_entry ia32 = {
		.audit = AUDIT_ARCH_I386,
		.calls = {192 /* mmap2 */, 91, 172, 354},
		.mmap_most = 0xfffff000,
		.insn = {0xcd, 0x80},
		.insn_len = 2,
	};
	return regs->user.cs == CS_32 ? &ia32 : &wide;
}

uint64_t arch_pc(const struct arch_regs *regs)
{
	return regs->user.rip;
}

void arch_pc_set(struct arch_regs *regs, uint64_t pc)
{
	regs->user.rip = pc;
	regs->user.orig_rax = (uint64_t)-1; /* or the kernel would go back to restart a call */
}

void arch_sp_set(struct arch_regs *regs, uint64_t sp)
{
	regs->user.rsp = sp;
}

/*
 * signal(7), "interruption of system calls by stop signals", and what waits on a socket with a timeout. Not close(2):
 * the descriptor is gone already.
 */
static bool answers_eintr(bool wide, int64_t nr)
{
	static const uint16_t calls[] = {
		SYS_epoll_wait,      SYS_epoll_pwait,  SYS_epoll_pwait2,  SYS_semop,          SYS_semtimedop,
		SYS_rt_sigtimedwait, SYS_io_getevents, SYS_io_pgetevents, SYS_io_uring_enter, SYS_read,
		SYS_readv,           SYS_recvfrom,     SYS_recvmsg,       SYS_recvmmsg,       SYS_write,
		SYS_writev,          SYS_sendto,       SYS_sendmsg,       SYS_sendmmsg,       SYS_accept,
		SYS_accept4,         SYS_connect,      SYS_futex,
	};
	static const uint16_t ia32[] = {
		256 /* epoll_wait */,
		319 /* epoll_pwait */,
		441 /* epoll_pwait2 */,
		117 /* ipc */,
		420 /* semtimedop */,
		177 /* sigtimedwait */,
		421,
		247 /* io_getevents */,
		385,
		416 /* io_pgetevents */,
		426 /* io_uring_enter */,
		3 /* read */,
		145 /* readv */,
		371 /* recvfrom */,
		372 /* recvmsg */,
		337 /* recvmmsg */,
		417,
		4 /* write */,
		146 /* writev */,
		369 /* sendto */,
		370 /* sendmsg */,
		345 /* sendmmsg */,
		364 /* accept4 */,
		362 /* connect */,
		102 /* socketcall */,
		240 /* futex */,
		422,
	};
	const uint16_t *of = wide ? calls : ia32;
	size_t n = wide ? sizeof(calls) / sizeof(calls[0]) : sizeof(ia32) / sizeof(ia32[0]);
	for (size_t i = 0; i < n; i++)
		if (of[i] == nr)
			return true;
	return false;
}

/* The call that it was stopped in; -1: none. */
static int64_t call_of(const struct user_regs_struct *u)
{
	return (int32_t)u->orig_rax;
}

static int64_t result_of(const struct user_regs_struct *u)
{
	return u->cs == CS_32 ? (int32_t)u->rax : (int64_t)u->rax;
}

bool arch_reissue(struct arch_regs *regs)
{
	struct user_regs_struct *u = &regs->user;
	if (call_of(u) < 0 || result_of(u) != -EINTR || !answers_eintr(u->cs != CS_32, call_of(u)))
		return false;
	u->rax = (uint64_t)-ERESTARTNOHAND;
	return true;
}

void arch_call(struct arch_regs *regs, const struct arch_entry *entry, enum inject_call call, const uint64_t args[6],
	       uint64_t pc)
{
	struct user_regs_struct *u = &regs->user;
	u->rax = entry->calls[call];
	u->orig_rax = (uint64_t)-1; /* or the kernel would restart the one that was interrupted */
	u->rip = pc;
	if (entry->wide) {
		u->rdi = args[0], u->rsi = args[1], u->rdx = args[2];
		u->r10 = args[3], u->r8 = args[4], u->r9 = args[5];
	} else {
		u->rbx = args[0], u->rcx = args[1], u->rdx = args[2];
		u->rsi = args[3], u->rdi = args[4], u->rbp = args[5];
	}
}

int64_t arch_result(const struct arch_regs *regs)
{
	const struct user_regs_struct *u = &regs->user;
	int64_t r = result_of(u);
	return u->cs == CS_32 && (r >= 0 || r < -4095) ? (uint32_t)r : r; /* addresses, too */
}

/* syscall; mov $15, %eax (rt_sigreturn); syscall; ud2 */
const uint8_t arch_stub[16] = {0x0f, 0x05, 0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05, 0x0f, 0x0b};

#define FX_SIZE 512u
#define XSAVE_HEADER 64u
#define MAGIC1 0x46505853u
#define MAGIC2 0x46505845u
#define XFEATURES_MAX 63
#define FEATURE_PKRU 9

struct fx_sw {
	uint32_t magic1, extended_size;
	uint64_t xfeatures;
	uint32_t xstate_size, padding[7];
};

/* Where a part of the state ends in the standard layout. */
static uint32_t feature_end(uint32_t feature)
{
	uint32_t a = 0xd, b, c = feature, d;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return a + b;
}

/* The state of the floating point and vector units, as rt_sigreturn takes it; its length in the frame, or -errno. */
static ssize_t frame_fp(pid_t tid, uint8_t *at, size_t room)
{
	struct iovec io = {at, room - sizeof(uint64_t)}; /* in units of 8 */
	uint64_t has, enabled, features;
	uint32_t size = FX_SIZE + XSAVE_HEADER, magic2 = MAGIC2;
	if (ptrace(PTRACE_GETREGSET, tid, NT_X86_XSTATE, &io))
		return -errno;
	if (io.iov_len < size)
		return -EINVAL;
	memcpy(&enabled, at + FX_SIZE - 48, sizeof(enabled));
	memcpy(&has, at + FX_SIZE, sizeof(has));
	has |= enabled & 1u << FEATURE_PKRU; /* it is never in its initial state, whatever is said */
	memcpy(at + FX_SIZE, &has, sizeof(has));
	features = has | 3; /* what is not there is in its initial state, and is made so */
	for (uint32_t f = 2; f < XFEATURES_MAX; f++)
		if (has >> f & 1 && feature_end(f) > size)
			size = feature_end(f);
	if (size + sizeof(magic2) > room || size > io.iov_len)
		return -E2BIG;
	const struct fx_sw sw = {MAGIC1, size + (uint32_t)sizeof(magic2), features, size, {0}};
	memcpy(at + FX_SIZE - sizeof(sw), &sw, sizeof(sw));
	memcpy(at + size, &magic2, sizeof(magic2));
	return (ssize_t)(size + sizeof(magic2));
}

#define UC_FP_XSTATE 1u
#define UC_SIGCONTEXT_SS 2u
#define UC_STRICT_RESTORE_SS 4u
#define FRAME_FP 512u /* behind the return address, ucontext and siginfo */

ssize_t arch_frame(pid_t tid, const struct arch_regs *regs, uint64_t mask, uint64_t at, uint8_t *frame, uint64_t *sp)
{
	const struct user_regs_struct *u = &regs->user;
	ucontext_t uc = {.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS};
	greg_t *g = uc.uc_mcontext.gregs;
	uint64_t ip = u->rip, ax = u->rax, fp = at + FRAME_FP;
	if (call_of(u) >= 0 && result_of(u) <= -ERESTARTSYS && result_of(u) >= -ERESTART_RESTARTBLOCK) {
		ip -= 2;
		ax = u->orig_rax;
	}
	/* the alternate signal stack can't be known: an invalid one leaves it as it is */
	uc.uc_stack.ss_flags = 0x7fff;
	g[REG_R8] = (greg_t)u->r8, g[REG_R9] = (greg_t)u->r9, g[REG_R10] = (greg_t)u->r10, g[REG_R11] = (greg_t)u->r11;
	g[REG_R12] = (greg_t)u->r12, g[REG_R13] = (greg_t)u->r13, g[REG_R14] = (greg_t)u->r14;
	g[REG_R15] = (greg_t)u->r15, g[REG_RDI] = (greg_t)u->rdi, g[REG_RSI] = (greg_t)u->rsi;
	g[REG_RBP] = (greg_t)u->rbp, g[REG_RBX] = (greg_t)u->rbx, g[REG_RDX] = (greg_t)u->rdx;
	g[REG_RAX] = (greg_t)ax, g[REG_RCX] = (greg_t)u->rcx, g[REG_RSP] = (greg_t)u->rsp, g[REG_RIP] = (greg_t)ip;
	g[REG_EFL] = (greg_t)u->eflags;
	g[REG_CSGSFS] = (greg_t)((u->cs & 0xffff) | (u->gs & 0xffff) << 16 | (u->fs & 0xffff) << 32 | u->ss << 48);
	memcpy(&uc.uc_mcontext.fpregs, &fp, sizeof(fp));
	memcpy(&uc.uc_sigmask, &mask, sizeof(mask));
	memset(frame, 0, FRAME_FP);
	memcpy(frame + 8, &uc, offsetof(ucontext_t, uc_sigmask) + sizeof(mask));
	*sp = at + 8; /* as if the handler had returned */
	ssize_t n = frame_fp(tid, frame + FRAME_FP, ARCH_FRAME_MAX - FRAME_FP);
	return n < 0 ? n : n + (ssize_t)FRAME_FP;
}

#endif
