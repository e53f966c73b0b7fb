/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The calls of 32-bit programs, brought to what handles all others. A function for each family: the verifier checks it
 * apart, with a stack of its own. Part of ipc.bpf.c.
 */
#ifndef EUNOMIA_IPC_IA32_BPF_H
#define EUNOMIA_IPC_IA32_BPF_H

__noinline int ia32_signal(u32 nr, s64 ret)
{
	return ipc_signal_ends(nr, ret);
}

__noinline int ia32_unix(u32 nr, s64 ret)
{
	return ipc_unix_ends(nr, ret);
}

__noinline int ia32_unix_message(u32 nr, s64 ret)
{
	return ipc_unix_message_ends(nr, ret);
}

__noinline int ia32_object(u32 nr, s64 ret)
{
	return ipc_object_ends(nr, ret);
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(ia32_exit, struct pt_regs *regs, long ret)
{
	u32 nr = eun_ia32_call(regs);
	if (nr >= NR_CALLS)
		return 0;
	const struct ipc_call *call = ipc_call(nr);
	if (call->call == IPC_CALL_none)
		return 0;
	if (call->stream == IPC_SIGNAL)
		return eun_serves(IPC_SIGNAL) ? ia32_signal(nr, ret) : 0;
	if (call->stream == IPC_UNIX)
		return eun_serves(IPC_UNIX) ? ia32_unix(nr, ret) : 0;
	if (call->stream == IPC_UNIX_MESSAGE)
		return eun_serves(IPC_UNIX_MESSAGE) ? ia32_unix_message(nr, ret) : 0;
	return ia32_object(nr, eun_ia32_result(regs, ret));
}

#endif
