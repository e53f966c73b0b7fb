/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The calls of 32-bit programs, brought to what handles all others. A function for each family: the verifier checks it
 * apart, with a stack of its own. Part of tcp.bpf.c.
 */
#ifndef EUNOMIA_TCP_IA32_BPF_H
#define EUNOMIA_TCP_IA32_BPF_H

/* How a call moves messages; no form: it is another one. */
static __always_inline struct tcp_transfer_call tcp_transfer_of(u32 nr)
{
	return tcp_transfer_calls[nr & (NR_CALLS - 1)];
}

__noinline int ia32_dns_send(u32 nr)
{
	return tcp_dns_send_begins(nr);
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(ia32_enter, struct pt_regs *regs, long id)
{
	u32 nr = eun_ia32_call(regs);
	if (nr >= NR_CALLS)
		return 0;
	struct tcp_transfer_call call = tcp_transfer_of(nr);
	if (call.form && call.form != TCP_ELSEWHERE && call.sends)
		ia32_dns_send(nr);
	return 0;
}

__noinline int ia32_socket(u32 nr, s64 ret)
{
	switch (nr) {
	case NR_connect:
		return eun_serves(TCP_CONNECT) ? tcp_connect_ends(ret) : 0;
	case NR_accept:
	case NR_accept4:
		return tcp_accept_ends(ret);
	case NR_bind:
		return eun_serves(TCP_BIND) ? tcp_bind_ends(ret) : 0;
	case NR_listen:
		return eun_serves(TCP_LISTEN) ? tcp_listen_ends(ret) : 0;
	case NR_socket:
	case NR_socketpair:
		return eun_serves(TCP_SOCKET) ? tcp_socket_ends(nr, ret) : 0;
	}
	return 0;
}

__noinline int ia32_transfer(u32 nr, s64 ret)
{
	return tcp_transfer_ends(nr, ret);
}

__noinline int ia32_dns_receive(u32 nr, s64 ret)
{
	return tcp_dns_receive_ends(nr, ret);
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(ia32_exit, struct pt_regs *regs, long ret)
{
	u32 nr = eun_ia32_call(regs);
	if (nr >= NR_CALLS)
		return 0;
	struct tcp_transfer_call call = tcp_transfer_of(nr);
	if (!call.form)
		return ia32_socket(nr, ret);
	if (eun_served & TCP_TRANSFERS)
		ia32_transfer(nr, ret);
	if (eun_serves(TCP_DNS) && !call.sends)
		ia32_dns_receive(nr, ret);
	return 0;
}

#endif
