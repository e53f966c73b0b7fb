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
		return chroot_done(ret);
	case NR_keyctl:
		return keyctl_done(ret);
	case NR_personality:
		return personality_done(ret);
	case NR_perf_event_open:
		return perf_event_done(ret);
	case NR_io_uring_setup:
		return io_uring_done(ret);
	case NR_userfaultfd:
		return userfaultfd_done(ret);
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
		return ia32_exec_failed(nr, ret);
	if (call == PROCESS_CALL_none)
		return ia32_rare(nr, ret);
	if (call >= PROCESS_CALL_init_module && call <= PROCESS_CALL_delete_module)
		return ia32_module(nr, ret);
	if (call >= PROCESS_CALL_dup && call <= PROCESS_CALL_fcntl)
		return ia32_dup(nr, ret);
	if (call == PROCESS_CALL_prctl)
		ia32_prctl(ret);
	if (call == PROCESS_CALL_prctl || call == PROCESS_CALL_seccomp)
		ia32_seccomp(nr, ret);
	if (call != PROCESS_CALL_seccomp)
		ia32_changed(nr, ret);
	return 0;
}

#endif
