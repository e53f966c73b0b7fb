/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * TCP connections: attempts, accepts, ends, states, retransmissions, round-trip times.
 *
 * Most of it happens in an interrupt, where the current task has nothing to do with it. So a socket's owner is stored
 * when it connects, listens or is accepted, and is the actor of what happens later.
 */
#include "common.bpf.h"
#include "tcp.h"
#include "tcp_socket.bpf.h"
#include "tcp_life.bpf.h"
#include "tcp_call.bpf.h"
#include "tcp_message.bpf.h"
#include "tcp_transfer.bpf.h"
#include "tcp_dns.bpf.h"
#include "tcp_rtt.bpf.h"
#include "tcp_ia32.bpf.h"

static __always_inline const struct eun_event *tcp_owner(const struct tcp_life *life)
{
	return life ? &life->owner : NULL;
}

static __always_inline void tcp_report_state(const struct sock *sk, struct tcp_life *life, int old, int new)
{
	u64 now = bpf_ktime_get_boot_ns(), since = life && life->state == old ? life->since : 0;
	if (life) {
		life->state = new;
		life->since = now;
	}
	int level = tcp_open(TCP_STATE, sizeof(struct tcp_state), tcp_owner(life));
	struct tcp_state *e = tcp_record(level);
	if (!e)
		return;
	tcp_fill(&e->socket, sk);
	if (since)
		e->duration_ns = now - since;
	e->old = old;
	e->new = new;
	tcp_submit(level);
}

/* The counts of payload are exact: the kernel's bytes_acked and bytes_received count SYN and FIN as a byte each. */
static __always_inline void tcp_report_close(const struct sock *sk, const struct tcp_life *life, int old)
{
	const struct tcp_sock *tp = EUN_CASTS ? eun_cast(tcp_sock, sk) : bpf_skc_to_tcp_sock((void *)sk);
	int level = tcp_open(TCP_CLOSE, sizeof(struct tcp_close), tcp_owner(life));
	struct tcp_close *e = tcp_record(level);
	if (!e)
		return;
	tcp_fill(&e->socket, sk);
	if (tp) {
		e->tx_bytes = tp->bytes_sent - tp->bytes_retrans;
		e->rx_bytes = tp->bytes_received - (sk->__sk_common.skc_flags >> SOCK_DONE & 1);
		e->srtt_ns = (u64)(tp->srtt_us >> 3) * 1000;
		e->retransmits = tp->total_retrans;
	}
	if (life && life->established)
		e->duration_ns = e->h.time - life->established;
	e->ret = -sk->sk_err;
	e->state = old;
	tcp_submit(level);
}

/*
 * A connect ends, in ESTABLISHED or CLOSE. There with an error: the peer refused, or nobody answered. Without one: its
 * program gave up, or, inside connect() itself, something was missing (a free port); then the call's end knows the
 * reason and reports. The time of the report; 0: there is none.
 */
static __always_inline u64 tcp_report_connect(const struct sock *sk, const struct tcp_life *life, int new)
{
	int err = 0;
	if (!eun_wanted(TCP_CONNECT))
		return 0;
	if (new == BPF_TCP_CLOSE) {
		err = sk->sk_err;
		if (!err && tcp_in_connect())
			return 0;
		u64 key = (u64)sk, inode = BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino);
		if (inode)
			bpf_map_update_elem(&tcp_failed, &key, &inode, BPF_ANY);
		if (!err)
			err = ECANCELED;
	}
	int level = tcp_open(TCP_CONNECT, sizeof(struct tcp_connect), tcp_owner(life));
	struct tcp_connect *e = tcp_record(level);
	if (!e)
		return 0;
	tcp_fill(&e->socket, sk);
	if (life && life->start)
		e->latency_ns = e->h.time - life->start;
	e->ret = -err;
	e->count = 1;
	u64 time = e->h.time;
	tcp_submit(level);
	return time;
}

/*
 * A transition that only the program itself makes: shutdown(), or the end of the last descriptor. When a thread of the
 * kernel does it (a descriptor that a message carried), that says nothing.
 */
static __always_inline bool tcp_ends_itself(const struct sock *sk, int old, int new)
{
	bool ends = new == BPF_TCP_FIN_WAIT1 || new == BPF_TCP_LAST_ACK ||
		    (new == BPF_TCP_CLOSE && (old == BPF_TCP_ESTABLISHED || old == BPF_TCP_CLOSE_WAIT) && !sk->sk_err);
	return ends && !(bpf_get_current_task_btf()->flags & PF_KTHREAD);
}

/* Whatever was at this address before is forgotten. */
static __always_inline void tcp_begin_life(const struct sock *sk, bool own, int state)
{
	u64 key = (u64)sk;
	struct tcp_life fresh = {};
	if (own)
		tcp_current(&fresh.owner);
	if (state == BPF_TCP_SYN_SENT) {
		fresh.start = bpf_ktime_get_boot_ns();
		fresh.connecting = 1;
	} else if (state == BPF_TCP_ESTABLISHED) {
		fresh.established = bpf_ktime_get_boot_ns();
	}
	bpf_map_update_elem(&tcp_lives, &key, &fresh, BPF_ANY);
}

/*
 * A socket that a handshake makes is remembered when that is complete: until then it is nobody's, and only tcp.state
 * tells of it. One that has a file then was accepted before (fast open) or is a client's (simultaneous open).
 */
SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_set_state, const struct sock *sk, int old, int new)
{
	u64 key = (u64)sk;
	if (old == new || sk->sk_protocol != IPPROTO_TCP)
		return 0;
	bool states = eun_wanted(TCP_STATE);
	bool made = old == BPF_TCP_LISTEN && new == BPF_TCP_SYN_RECV;
	if (!states && (made || new == BPF_TCP_CLOSE_WAIT || new == BPF_TCP_FIN_WAIT2 || new == BPF_TCP_CLOSING))
		return 0;
	bool shaken = old == BPF_TCP_SYN_RECV && new == BPF_TCP_ESTABLISHED && !states && !tcp_get(sock, sk, sk_socket);
	bool born = old == BPF_TCP_CLOSE || made || shaken;
	struct tcp_life *life = born ? NULL : tcp_find(sk);
	bool own = old == BPF_TCP_CLOSE || (!(life && life->owner.pid) && tcp_ends_itself(sk, old, new));
	if (born || (own && !life)) {
		tcp_begin_life(sk, own, new);
		if (born && !states)
			return 0;
		life = tcp_find(sk);
	} else if (own) {
		tcp_current(&life->owner);
	}
	if (states)
		tcp_report_state(sk, life, old, new);
	bool connecting = life ? life->connecting : old == BPF_TCP_SYN_SENT;
	u64 time = 0;
	if (connecting && (new == BPF_TCP_ESTABLISHED || new == BPF_TCP_CLOSE))
		time = tcp_report_connect(sk, life, new);
	else if (new == BPF_TCP_CLOSE && !(old == BPF_TCP_LISTEN || old == BPF_TCP_SYN_RECV))
		tcp_report_close(sk, life, old);
	if (new == BPF_TCP_CLOSE) {
		bpf_map_delete_elem(&tcp_lives, &key);
	} else if (new == BPF_TCP_ESTABLISHED && life) {
		life->established = time ? time : bpf_ktime_get_boot_ns();
		life->connecting = 0;
	}
	return 0;
}

SEC("?tp_btf/tcp_retransmit_skb")
int tcp_retransmit(u64 *ctx)
{
	const struct sock *sk = (void *)ctx[0];
	s32 err = 0;
	if (!eun_wanted(TCP_RETRANSMIT))
		return 0;
	if (bpf_core_field_exists(struct trace_event_raw_tcp_retransmit_skb, err))
		err = ctx[2];
	int level = tcp_open(TCP_RETRANSMIT, sizeof(struct tcp_retransmit), tcp_owner(tcp_find(sk)));
	struct tcp_retransmit *e = tcp_record(level);
	if (!e)
		return 0;
	tcp_fill(&e->socket, sk);
	e->state = sk->__sk_common.skc_state;
	e->ret = err;
	return tcp_submit(level);
}

/* The sockets that are open when the tracer starts: their owner is the first process that has them. */
SEC("?iter/task_file")
int tcp_seed(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket *socket = task && file ? bpf_sock_from_file(file) : NULL;
	if (!socket)
		return 0;
	struct sock *sk = BPF_CORE_READ(socket, sk);
	u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (!tcp_is(sk) || state == BPF_TCP_CLOSE)
		return 0;
	u64 key = (u64)sk;
	struct tcp_life life = {};
	eun_actor_of(&life.owner, task);
	eun_keep(&life.owner, life.owner.pid);
	life.connecting = state == BPF_TCP_SYN_SENT;
	bpf_map_update_elem(&tcp_lives, &key, &life, BPF_NOEXIST);
	return 0;
}
