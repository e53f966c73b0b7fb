/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The messages that calls send and receive, seen at the calls' ends: there a receiver has its message, and its memory
 * says from whom. Part of tcp.bpf.c.
 */
#ifndef EUNOMIA_TCP_MESSAGE_BPF_H
#define EUNOMIA_TCP_MESSAGE_BPF_H

#define MSG_PEEK 0x2
#define MSG_ERRQUEUE 0x2000
#define UIO_MAXIOV 1024

/* One message. Pointers are the caller's, 0: there is no such thing. */
struct tcp_message {
	u64 sock;    /* struct sock */
	u64 address; /* where it says, or gets, the peer's address */
	u64 data;    /* the message's first piece */
	u64 header;  /* struct msghdr or mmsghdr, which has what is not known above */
	u32 piece;   /* bytes of that */
	s32 ret;     /* bytes of the whole message, or a negative errno */
	u32 sends;   /* 0: received */
	u32 protocol;
	u32 ret_in_header; /* the result is in the mmsghdr */
	u32 ret_is_piece;  /* the call is only entered */
};

/* How a call says where its messages are. */
enum tcp_form {
	TCP_NO_FORM,
	TCP_BUFFER,    /* second argument, nothing more */
	TCP_ADDRESSED, /* the same, flags in the fourth, address in the fifth */
	TCP_PIECES,    /* struct iovec */
	TCP_HEADER,    /* struct msghdr */
	TCP_HEADERS,   /* struct mmsghdr, as many as the result says */
	TCP_ELSEWHERE, /* in a file */
};

struct tcp_transfer_call {
	u8 form, sends;
};

static const struct tcp_transfer_call tcp_transfer_calls[NR_CALLS] = {
	[NR_read] = {TCP_BUFFER, 0},      [NR_write] = {TCP_BUFFER, 1},       [NR_readv] = {TCP_PIECES, 0},
	[NR_writev] = {TCP_PIECES, 1},    [NR_recvfrom] = {TCP_ADDRESSED, 0}, [NR_sendto] = {TCP_ADDRESSED, 1},
	[NR_recvmsg] = {TCP_HEADER, 0},   [NR_sendmsg] = {TCP_HEADER, 1},     [NR_recvmmsg] = {TCP_HEADERS, 0},
	[NR_sendmmsg] = {TCP_HEADERS, 1}, [NR_sendfile] = {TCP_ELSEWHERE, 1},
};

/* struct iovec, and struct mmsghdr as far as it is read */
struct tcp_piece {
	u64 base, len;
};
struct tcp_header {
	u64 name, name_len;
	u64 pieces, n_pieces;
	u64 control, control_len;
	u64 flags;
	u32 len;
};

/* The same of 32-bit programs. */
struct tcp_compat_piece {
	u32 base, len;
};
struct tcp_compat_header {
	u32 name, name_len;
	u32 pieces, n_pieces;
	u32 control, control_len;
	u32 flags;
	u32 len;
};

static __always_inline void tcp_first_piece(struct tcp_message *m, u64 pieces)
{
	struct tcp_piece piece = {};
	if (eun_in_ia32()) {
		struct tcp_compat_piece compat = {};
		bpf_probe_read_user(&compat, sizeof(compat), (void *)pieces);
		piece.base = compat.base;
		piece.len = compat.len;
	} else {
		bpf_probe_read_user(&piece, sizeof(piece), (void *)pieces);
	}
	m->data = piece.base;
	m->piece = piece.len < 0xffff ? piece.len : 0xffff;
}

/* A header, as far as it is one: `whole`, with what only struct mmsghdr has. */
static __always_inline bool tcp_copy_header(struct tcp_header *h, u64 from, bool whole)
{
	if (!eun_in_ia32()) {
		u32 size = whole ? sizeof(*h) : offsetof(struct tcp_header, len);
		return !bpf_probe_read_user(h, size, (void *)from);
	}
	struct tcp_compat_header compat = {};
	u32 size = whole ? sizeof(compat) : offsetof(struct tcp_compat_header, len);
	if (bpf_probe_read_user(&compat, size, (void *)from))
		return false;
	h->name = compat.name;
	h->pieces = compat.pieces;
	h->n_pieces = compat.n_pieces;
	h->len = compat.len;
	return true;
}

/* What the header of a message says. False: it can't be read. */
static __always_inline bool tcp_read_header(struct tcp_message *m)
{
	struct tcp_header h = {};
	if (!m->header)
		return true;
	if (!tcp_copy_header(&h, m->header, m->ret_in_header))
		return false;
	m->address = h.name;
	tcp_first_piece(m, h.n_pieces ? h.pieces : 0);
	if (m->ret_in_header)
		m->ret = m->ret_is_piece ? m->piece : h.len;
	return true;
}

/* The sets that want one of the streams (a bit each) and contain the current task. Counts nothing. */
static __always_inline u64 tcp_meant(u64 streams)
{
	u64 sets = 0;
	for (u32 i = 0; i < TCP_STREAMS; i++) {
		u32 key = i;
		struct eun_stream_ctl *ctl = streams >> i & 1 ? bpf_map_lookup_elem(&eun_streams, &key) : NULL;
		if (ctl)
			sets |= ctl->sets;
	}
	return sets ? eun_current(sets) : 0;
}

/*
 * Calls `each` for every message of the current call, if it is made on a socket of UDP or, `tcp`, TCP. `each` reads
 * what is in a message's header: a loop that is short costs the verifier little. At the call's entry the result is not
 * known: messages are as long as their first piece. Nothing is looked up of a task that is
 * no target.
 */
static __always_inline void tcp_messages(u64 nr, s64 ret, bool entry, u64 streams, bool tcp,
					 int (*each)(struct tcp_message *))
{
	if (!tcp_meant(streams))
		return;
	EUN_HIDE(nr); /* or an older verifier forgets the bound */
	nr &= NR_CALLS - 1;
	struct tcp_transfer_call call = tcp_transfer_calls[nr];
	struct sock *sk = tcp_inet_of_file((void *)tcp_fd(eun_arg(1)));
	struct tcp_message m = {.sock = (u64)sk, .ret = ret, .sends = call.sends, .ret_is_piece = entry};
	if (!sk)
		return;
	m.protocol = tcp_get(sock, sk, sk_protocol);
	if (!(tcp && m.protocol == IPPROTO_TCP) && m.protocol != IPPROTO_UDP)
		return;
	u64 at = eun_arg(2), n = eun_arg(3), flags = 0;
	if (call.form == TCP_ADDRESSED || call.form == TCP_HEADERS)
		flags = eun_arg(4);
	else if (call.form == TCP_HEADER)
		flags = n;
	if (!call.sends && flags & (MSG_PEEK | MSG_ERRQUEUE))
		return;
	if (call.form == TCP_HEADERS && ret > 0) {
		m.ret_in_header = 1;
		u32 size = eun_in_ia32() ? sizeof(struct tcp_compat_header) : sizeof(struct tcp_header);
		if (!entry)
			n = ret;
		for (u32 i = 0; i < UIO_MAXIOV; i++) {
			if (i >= n)
				return;
			m.header = at + i * size;
			each(&m);
		}
		return;
	}
	if (call.form == TCP_HEADER || call.form == TCP_HEADERS) {
		m.header = at;
	} else if (call.form == TCP_PIECES) {
		tcp_first_piece(&m, at);
	} else if (call.form != TCP_ELSEWHERE) {
		u64 bytes = entry ? n : ret < 0 ? 0 : ret;
		m.data = at;
		m.piece = bytes < 0xffff ? bytes : 0xffff;
		if (call.form == TCP_ADDRESSED)
			m.address = eun_arg(5);
	}
	if (entry && !m.header)
		m.ret = m.piece;
	each(&m);
}

/* A socket's ends; of a datagram the call's address counts where the socket has none, or is not asked. */
static __always_inline void tcp_fill_message(struct tcp_socket *to, const struct tcp_message *m)
{
	tcp_fill(to, (void *)m->sock);
	if (m->protocol != IPPROTO_UDP || !m->address || (!m->sends && to->dport))
		return;
	struct tcp_sockaddr peer = {};
	tcp_read_sockaddr(&peer, (void *)m->address);
	tcp_fill_user(to, &to->daddr, &to->dport, &peer);
}

#endif
