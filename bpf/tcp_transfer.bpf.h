/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* What processes send and receive: added up by process and connection or peer; datagrams also one by one. Part of
 * tcp.bpf.c. */
#ifndef EUNOMIA_TCP_TRANSFER_BPF_H
#define EUNOMIA_TCP_TRANSFER_BPF_H

#define TCP_TRANSFERS (1ull << TCP_TRAFFIC | 1ull << TCP_UDP | 1ull << TCP_UDP_CALL)

/* A row with the target sets behind it, as eun_row_insert() writes it. */
struct tcp_row {
	struct tcp_traffic record;
	u64 sets;
};

/*
 * key: epoch, process, both ends; inserted by the first message of an interval, added to by the others, drained and
 * deleted by the host. Bound: the option `rows`; messages that find no place are counted as full.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct tcp_row_key);
	__type(value, struct tcp_row);
} tcp_traffics SEC(".maps"), tcp_udps SEC(".maps");

static __always_inline void tcp_add(u32 stream, void *rows, const struct tcp_message *m)
{
	u64 sets = eun_enter(stream);
	if (!sets)
		return;
	struct tcp_socket ends = {};
	tcp_fill_message(&ends, m);
	struct tcp_row_key key = {
		.epoch = eun_epoch(stream),
		.pid = bpf_get_current_task_btf()->tgid,
		.saddr = ends.saddr,
		.daddr = ends.daddr,
		.sport = ends.sport,
		.dport = ends.dport,
	};
	struct tcp_row *row = bpf_map_lookup_elem(rows, &key);
	if (!row) {
		struct eun_slot *s = eun_make_seldom(stream, sizeof(struct tcp_traffic), sets);
		if (!s)
			return;
		struct tcp_traffic *e = eun_record(s);
		e->saddr = key.saddr;
		e->daddr = key.daddr;
		e->sport = key.sport;
		e->dport = key.dport;
		e->ip = ends.ip;
		eun_row_insert(s, rows, &key);
		row = bpf_map_lookup_elem(rows, &key);
	}
	eun_count(stream, aggregated, 1);
	if (!row) {
		eun_count(stream, full, 1);
		return;
	}
	__sync_fetch_and_add(&row->record.count, 1);
	__sync_fetch_and_add(&row->record.bytes, m->ret);
	if (m->sends) {
		__sync_fetch_and_add(&row->record.sends, 1);
		__sync_fetch_and_add(&row->record.tx_bytes, m->ret);
	} else {
		__sync_fetch_and_add(&row->record.receives, 1);
		__sync_fetch_and_add(&row->record.rx_bytes, m->ret);
	}
}

/* The end of a stream's data is no message, an empty datagram is one. */
__noinline int tcp_transferred(struct tcp_message *m)
{
	if (!m)
		return 0;
	if (m->protocol == IPPROTO_TCP) {
		if (m->ret > 0)
			tcp_add(TCP_TRAFFIC, &tcp_traffics, m);
	} else if (m->ret >= 0) {
		tcp_add(TCP_UDP, &tcp_udps, m);
	}
	return 0;
}

__noinline int tcp_datagram(struct tcp_message *m)
{
	struct eun_event who = {};
	if (!m || m->protocol != IPPROTO_UDP || !eun_wanted(TCP_UDP_CALL))
		return 0;
	tcp_current(&who);
	int level = tcp_open(TCP_UDP_CALL, sizeof(struct tcp_udp_call), &who);
	struct tcp_udp_call *e = tcp_record(level);
	if (!e)
		return 0;
	tcp_fill_message(&e->socket, m);
	e->ret = m->ret;
	e->op = m->sends ? TCP_SEND : TCP_RECEIVE;
	return tcp_submit(level);
}

__noinline int tcp_moved(struct tcp_message *m)
{
	if (!m || !tcp_read_header(m))
		return 0;
	tcp_datagram(m);
	return tcp_transferred(m);
}

static __always_inline int tcp_transfer_ends(u32 nr, s64 ret)
{
	tcp_messages(nr, ret, false, TCP_TRANSFERS, true, tcp_moved);
	return 0;
}

SEC("?tp")
int tcp_transfer(struct trace_event_raw_sys_exit *ctx)
{
	return tcp_transfer_ends(ctx->id, ctx->ret);
}

/* IORING_OP_..., include/uapi/linux/io_uring.h */
#define URING_SENDS (1ull << 2 | 1ull << 5 | 1ull << 9 | 1ull << 23 | 1ull << 26 | 1ull << 47 | 1ull << 48)
#define URING_RECEIVES (1ull << 1 | 1ull << 4 | 1ull << 10 | 1ull << 22 | 1ull << 27)

/* Where the caller's memory has the peer of a datagram isn't known here: it is the socket's, or none. */
SEC("?tp")
int tcp_uring_transfer(struct trace_event_raw_io_uring_complete *ctx)
{
	struct io_kiocb *req = ctx->req;
	u64 op = req ? 1ull << (tcp_get(io_kiocb, req, opcode) & 63) : 0;
	if (!(op & (URING_SENDS | URING_RECEIVES)) || !tcp_meant(TCP_TRANSFERS))
		return 0;
	struct sock *sk = tcp_inet_of_file(tcp_get(io_kiocb, req, file));
	struct tcp_message m = {.sock = (u64)sk, .ret = ctx->res, .sends = !!(op & URING_SENDS)};
	m.protocol = sk ? tcp_get(sock, sk, sk_protocol) : 0;
	if (m.protocol == IPPROTO_TCP || m.protocol == IPPROTO_UDP)
		tcp_moved(&m);
	return 0;
}

#endif
