/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * What the calls tell that the socket's states don't: connects that fail before a packet leaves, who accepts, bind,
 * listen. Taken at their end, from the system calls and from io_uring's requests alike. Part of tcp.bpf.c.
 */
#ifndef EUNOMIA_TCP_CALL_BPF_H
#define EUNOMIA_TCP_CALL_BPF_H

#include "tcp_nr.h"

/* Results of connect() that are not the end of an attempt. All from 512 on are the kernel's own: call again. */
#define EINTR 4
#define EISCONN 106
#define EALREADY 114
#define EINPROGRESS 115
#define ECANCELED 125
#define ERESTARTSYS 512

#define PF_KTHREAD 0x00200000

/*
 * key: struct sock, value: its inode number. Connects that failed and were reported while their program may still ask
 * for the result with connect(). Inserted when the socket falls back into CLOSE, deleted by the call that gets the
 * result; one that never asks is overwritten or, as the least used, forgotten.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, u64);
} tcp_failed SEC(".maps");

/* The current task is in connect(2), and not to undo one (AF_UNSPEC). */
static __always_inline bool tcp_in_connect(void)
{
	if (bpf_get_current_task_btf()->flags & PF_KTHREAD || eun_current_call() != NR_connect)
		return false;
	u16 family = AF_UNSPEC;
	bpf_probe_read_user(&family, sizeof(family), (void *)eun_arg(2));
	return family != AF_UNSPEC;
}

__noinline int tcp_connect_done(u64 from, u64 address, s32 ret)
{
	if (ret >= 0 || ret <= -ERESTARTSYS || ret == -EINPROGRESS || ret == -EALREADY || ret == -EISCONN ||
	    ret == -EINTR || !eun_wanted(TCP_CONNECT))
		return 0;
	struct file *file = (void *)from;
	struct sock *sk = tcp_of_file(file);
	if (!sk)
		return 0;
	u64 key = (u64)sk, *failed = bpf_map_lookup_elem(&tcp_failed, &key);
	if (failed) {
		bool same = *failed == BPF_CORE_READ(file, f_inode, i_ino);
		bpf_map_delete_elem(&tcp_failed, &key);
		if (same)
			return 0;
	}
	struct tcp_sockaddr to = {};
	tcp_read_sockaddr(&to, (void *)address);
	struct eun_event who = {};
	tcp_current(&who);
	int level = tcp_open(TCP_CONNECT, sizeof(struct tcp_connect), &who);
	struct tcp_connect *e = tcp_record(level);
	if (!e)
		return 0;
	tcp_fill(&e->socket, sk);
	tcp_fill_user(&e->socket, &e->socket.daddr, &e->socket.dport, &to);
	e->ret = ret;
	e->count = 1;
	return tcp_submit(level);
}

/* Whoever accepts a socket owns it. One that waited since before the tracer started isn't known yet. */
__noinline int tcp_accept_done(s32 fd)
{
	struct sock *sk = tcp_of_file((void *)tcp_fd(fd));
	if (!sk)
		return 0;
	struct tcp_life fresh = {}, *life = tcp_find(sk);
	struct eun_event *who = life ? &life->owner : &fresh.owner;
	if (!who->pid)
		tcp_current(who);
	u64 key = (u64)sk;
	if (!life && tcp_get(sock, sk, __sk_common.skc_state) != BPF_TCP_CLOSE)
		bpf_map_update_elem(&tcp_lives, &key, &fresh, BPF_NOEXIST);
	int level = tcp_open(TCP_ACCEPT, sizeof(struct tcp_accept), who);
	struct tcp_accept *e = tcp_record(level);
	if (!e)
		return 0;
	tcp_fill(&e->socket, sk);
	e->fd = fd;
	return tcp_submit(level);
}

static __always_inline u8 tcp_bind_options(const struct sock *sk)
{
	const struct inet_sock *inet = (const void *)sk;
	const struct inet_sock___bits *bits = (const void *)sk;
	u8 options = 0;
	if (BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_reuse))
		options |= TCP_REUSEADDR;
	if (BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_reuseport))
		options |= TCP_REUSEPORT;
	if (bpf_core_field_exists(inet->inet_flags)) {
		u64 flags = BPF_CORE_READ(inet, inet_flags);
		if (flags >> INET_FLAGS_FREEBIND & 1)
			options |= TCP_FREEBIND;
		if (flags >> INET_FLAGS_TRANSPARENT & 1)
			options |= TCP_TRANSPARENT;
		if (flags >> INET_FLAGS_BIND_ADDRESS_NO_PORT & 1)
			options |= TCP_BIND_ADDRESS_NO_PORT;
	} else {
		if (BPF_CORE_READ_BITFIELD_PROBED(bits, freebind))
			options |= TCP_FREEBIND;
		if (BPF_CORE_READ_BITFIELD_PROBED(bits, transparent))
			options |= TCP_TRANSPARENT;
		if (BPF_CORE_READ_BITFIELD_PROBED(bits, bind_address_no_port))
			options |= TCP_BIND_ADDRESS_NO_PORT;
	}
	return options;
}

/* `address` 0: a failed one isn't known. */
__noinline int tcp_bind_done(u64 from, u64 address, s32 ret)
{
	struct sock *sk = eun_wanted(TCP_BIND) ? tcp_inet_of_file((void *)from) : NULL;
	u16 protocol = sk ? tcp_get(sock, sk, sk_protocol) : 0;
	if (protocol != IPPROTO_UDP && !(sk && tcp_is(sk)))
		return 0;
	struct tcp_sockaddr to = {};
	if (ret < 0 && address)
		tcp_read_sockaddr(&to, (void *)address);
	struct eun_event who = {};
	tcp_current(&who);
	int level = tcp_open(TCP_BIND, sizeof(struct tcp_bind), &who);
	struct tcp_bind *e = tcp_record(level);
	if (!e)
		return 0;
	tcp_fill(&e->socket, sk);
	if (ret < 0)
		tcp_fill_user(&e->socket, &e->socket.saddr, &e->socket.sport, &to);
	e->ret = ret;
	e->protocol = protocol;
	e->options = tcp_bind_options(sk);
	e->ifindex = tcp_get(sock, sk, __sk_common.skc_bound_dev_if);
	return tcp_submit(level);
}

__noinline int tcp_listen_done(u64 from, s32 ret)
{
	struct sock *sk = eun_wanted(TCP_LISTEN) ? tcp_of_file((void *)from) : NULL;
	if (!sk)
		return 0;
	struct eun_event who = {};
	tcp_current(&who);
	int level = tcp_open(TCP_LISTEN, sizeof(struct tcp_listen), &who);
	struct tcp_listen *e = tcp_record(level);
	if (!e)
		return 0;
	tcp_fill(&e->socket, sk);
	e->backlog = BPF_CORE_READ(sk, sk_max_ack_backlog);
	e->ret = ret;
	return tcp_submit(level);
}

/* The file that the call was made on. */
static __always_inline u64 tcp_call_file(void)
{
	return tcp_fd(eun_arg(1));
}

static __always_inline int tcp_connect_ends(s64 ret)
{
	return ret < 0 ? tcp_connect_done(tcp_call_file(), eun_arg(2), ret) : 0;
}

SEC("?tp")
int tcp_connect(struct trace_event_raw_sys_exit *ctx)
{
	return tcp_connect_ends(ctx->ret);
}

static __always_inline int tcp_accept_ends(s64 ret)
{
	return ret >= 0 ? tcp_accept_done(ret) : 0;
}

SEC("?tp")
int tcp_accept(struct trace_event_raw_sys_exit *ctx)
{
	return tcp_accept_ends(ctx->ret);
}

static __always_inline int tcp_bind_ends(s64 ret)
{
	return tcp_bind_done(tcp_call_file(), eun_arg(2), ret);
}

SEC("?tp")
int tcp_bind(struct trace_event_raw_sys_exit *ctx)
{
	return tcp_bind_ends(ctx->ret);
}

static __always_inline int tcp_listen_ends(s64 ret)
{
	return tcp_listen_done(tcp_call_file(), ret);
}

SEC("?tp")
int tcp_listen(struct trace_event_raw_sys_exit *ctx)
{
	return tcp_listen_ends(ctx->ret);
}

/* A call that makes a socket; of a pair the call's result is no descriptor. */
__noinline int tcp_socket_done(u32 call, u64 family, u64 type, u64 protocol, s64 ret)
{
	u64 sets = eun_enter(TCP_SOCKET);
	struct eun_slot *s = sets ? eun_make_seldom(TCP_SOCKET, sizeof(struct tcp_socket_call), sets) : NULL;
	if (!s)
		return 0;
	struct tcp_socket_call *e = eun_record(s);
	e->call = call;
	e->family = family;
	e->type = type & TCP_TYPE_MASK;
	e->flags = type & ~TCP_TYPE_MASK;
	e->protocol = protocol;
	e->ret = ret;
	eun_submit(s);
	return 0;
}

static __always_inline int tcp_socket_ends(u32 nr, s64 ret)
{
	if (!eun_wanted(TCP_SOCKET))
		return 0;
	return tcp_socket_done(nr == NR_socket ? TCP_CALL_SOCKET : TCP_CALL_SOCKETPAIR, eun_arg(1), eun_arg(2),
			       eun_arg(3), ret);
}

SEC("?tp")
int tcp_socket(struct trace_event_raw_sys_exit *ctx)
{
	return tcp_socket_ends(ctx->id, ctx->ret);
}

/* IORING_OP_..., include/uapi/linux/io_uring.h */
enum tcp_uring_op {
	TCP_URING_ACCEPT = 13,
	TCP_URING_CONNECT = 16,
	TCP_URING_SOCKET = 45,
	TCP_URING_BIND = 56,
	TCP_URING_LISTEN = 57
};

/*
 * io_uring's requests, in the task that asked or a thread of its. Of an accept that goes on (multishot) all results
 * but the last come without their request, and one into io_uring's own table has no descriptor: neither is seen.
 */
SEC("?tp")
int tcp_uring(struct trace_event_raw_io_uring_complete *ctx)
{
	struct io_kiocb *req = ctx->req;
	s32 res = ctx->res;
	u8 op = req ? BPF_CORE_READ(req, opcode) : 0;
	if (op == TCP_URING_ACCEPT) {
		if (res >= 0 && !BPF_CORE_READ((struct io_accept *)req, file_slot))
			tcp_accept_done(res);
	} else if (op == TCP_URING_CONNECT) {
		tcp_connect_done((u64)BPF_CORE_READ(req, file), (u64)BPF_CORE_READ((struct io_connect *)req, addr),
				 res);
	} else if (op == TCP_URING_SOCKET) {
		struct io_socket *call = (void *)req;
		tcp_socket_done(TCP_CALL_URING, BPF_CORE_READ(call, domain), BPF_CORE_READ(call, type),
				BPF_CORE_READ(call, protocol), res);
	} else if (op == TCP_URING_BIND) {
		tcp_bind_done((u64)BPF_CORE_READ(req, file), 0, res);
	} else if (op == TCP_URING_LISTEN) {
		tcp_listen_done((u64)BPF_CORE_READ(req, file), res);
	}
	return 0;
}

#endif
