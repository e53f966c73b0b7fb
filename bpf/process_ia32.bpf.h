/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The calls of 32-bit programs, brought to what handles all others. A function for each family: the verifier checks it
 * apart, with a stack of its own. Part of process.bpf.c.
 */
#ifndef EUNOMIA_PROCESS_IA32_BPF_H
#define EUNOMIA_PROCESS_IA32_BPF_H

/* What may change credentials or namespaces: seen when it begins, too. */
static __always_inline bool process_is_change(u32 nr)
{
	u8 call = process_call(nr);
	return (call >= PROCESS_CALL_setuid && call <= PROCESS_CALL_prctl) || call == PROCESS_CALL_unshare ||
	       call == PROCESS_CALL_setns;
}

__noinline int ia32_change_begins(u32 nr)
{
	return change_begins(nr);
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(ia32_enter, struct pt_regs *regs, long id)
{
	u32 nr = eun_ia32_call(regs);
	if (nr >= NR_CALLS)
		return 0;
	if (process_is_change(nr) || nr == NR_execve || nr == NR_execveat)
		ia32_change_begins(nr);
	return 0;
}

/* What process_changed() tells of. */
static __always_inline bool process_serves_changes(void)
{
	return eun_serves(PROCESS_CRED) || eun_serves(PROCESS_NAMESPACE) || eun_serves(PROCESS_PTRACE) ||
	       eun_serves(PROCESS_BPF);
}

__noinline int ia32_exec_failed(u32 nr, s64 ret)
{
	return exec_failed(nr, ret);
}

__noinline int ia32_changed(u32 nr, s64 ret)
{
	return process_changed(nr, ret);
}

__noinline int ia32_prctl(s64 ret)
{
	return prctl_done(ret);
}

__noinline int ia32_seccomp(u32 nr, s64 ret)
{
	return seccomp_done(nr, ret);
}

__noinline int ia32_module(u32 nr, s64 ret)
{
	return module_done(nr, ret);
}

__noinline int ia32_dup(u32 nr, s64 ret)
{
	return dup_done(nr, ret);
}

/* Those that are told apart by their number alone. */
__noinline int ia32_rare(u32 nr, s64 ret)
{
	switch (nr) {
	case NR_chroot:
		return eun_serves(PROCESS_CHROOT) ? chroot_done(ret) : 0;
	case NR_keyctl:
		return eun_serves(PROCESS_KEYCTL) ? keyctl_done(ret) : 0;
	case NR_personality:
		return eun_serves(PROCESS_PERSONALITY) ? personality_done(ret) : 0;
	case NR_perf_event_open:
		return eun_serves(PROCESS_PERF_EVENT) ? perf_event_done(ret) : 0;
	case NR_io_uring_setup:
		return eun_serves(PROCESS_IO_URING) ? io_uring_done(ret) : 0;
	case NR_userfaultfd:
		return eun_serves(PROCESS_USERFAULTFD) ? userfaultfd_done(ret) : 0;
	}
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(ia32_exit, struct pt_regs *regs, long ret)
{
	u32 nr = eun_ia32_call(regs);
	if (nr >= NR_CALLS)
		return 0;
	u8 call = process_call(nr);
	if (nr == NR_execve || nr == NR_execveat)
		return eun_serves(PROCESS_EXEC) ? ia32_exec_failed(nr, ret) : 0;
	if (call == PROCESS_CALL_none)
		return ia32_rare(nr, ret);
	if (call >= PROCESS_CALL_init_module && call <= PROCESS_CALL_delete_module)
		return eun_serves(PROCESS_MODULE) ? ia32_module(nr, ret) : 0;
	if (call >= PROCESS_CALL_dup && call <= PROCESS_CALL_fcntl)
		return eun_serves(PROCESS_DUP) ? ia32_dup(nr, ret) : 0;
	if (eun_serves(PROCESS_PRCTL) && call == PROCESS_CALL_prctl)
		ia32_prctl(ret);
	if (eun_serves(PROCESS_SECCOMP) && (call == PROCESS_CALL_prctl || call == PROCESS_CALL_seccomp))
		ia32_seccomp(nr, ret);
	if (process_serves_changes() && call != PROCESS_CALL_seccomp)
		ia32_changed(nr, ret);
	return 0;
}

#endif
