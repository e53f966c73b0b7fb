/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * DNS over UDP, as the asking side has it: queries that are sent, and the answers to them. A query is known by its
 * socket and number and, as resolvers do, an answer is one when it repeats the question. Part of tcp.bpf.c.
 */
#ifndef EUNOMIA_TCP_DNS_BPF_H
#define EUNOMIA_TCP_DNS_BPF_H

#define TCP_DNS_STREAMS (1ull << TCP_DNS_QUERY | 1ull << TCP_DNS)

#define TCP_DNS_PORT 53
#define TCP_MDNS_PORT 5353

const volatile u32 dns_port = 0;

/* The head of a message. */
struct tcp_dns_head {
	__be16 id, flags, questions, answers, authorities, more;
};

#define TCP_DNS_ANSWER 0x8000
#define TCP_DNS_OPCODE 0x7800
#define TCP_DNS_CUT 0x0200
#define TCP_DNS_RCODE 0x000f

#define TCP_DNS_NAME 255 /* as it is sent, with the lengths of its labels and the last, empty one */
#define TCP_DNS_LABELS 128
#define TCP_DNS_WORDS 33

/* A question, and when it was asked first. */
struct tcp_dns_asked {
	u64 time;
	u64 tries;
	union {
		u8 question[TCP_DNS_WORDS * 8]; /* as it is sent: name, type, class; then zeros */
		u64 words[TCP_DNS_WORDS];
	};
};

/* What is read of a message, into the space where a slot's path would be built. */
struct tcp_dns_read {
	struct tcp_dns_head head;
	u32 len; /* of the name */
	struct tcp_dns_asked asked;
};

struct tcp_dns_key {
	u64 sock;
	u64 id;
};

/*
 * key: socket and number of a query; value: the question. Inserted when it is sent, deleted by its answer. One that
 * gets none is overwritten by the next query of that key or, as the least used, forgotten.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct tcp_dns_key);
	__type(value, struct tcp_dns_asked);
} tcp_dns_queries SEC(".maps");

static __always_inline struct tcp_dns_read *tcp_dns_space(struct eun_slot *s)
{
	_Static_assert(sizeof(struct tcp_dns_read) + 256 <= sizeof(s->path), "what a masked index may reach is there");
	return (void *)s->path;
}

/* Reads head and question of a message into a slot. The length of the name; 0: there is no whole question. */
__noinline int tcp_dns_parse(u32 level, u64 from, u32 bytes)
{
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	if (!s || bytes < sizeof(struct tcp_dns_head))
		return 0;
	struct tcp_dns_read *r = tcp_dns_space(s);
	volatile struct eun_slot *v = s;
	__builtin_memset(r, 0, sizeof(*r));
	if (bpf_probe_read_user(&r->head, sizeof(r->head), (void *)from))
		return 0;
	u32 room = bytes - sizeof(r->head);
	if (room > TCP_DNS_NAME)
		room = TCP_DNS_NAME;
	EUN_HIDE(room);
	room &= 255;
	from += sizeof(r->head);
	if (!r->head.questions || bpf_probe_read_user(r->asked.question, room, (void *)from))
		return 0;
	v->pos = 0;
	u32 at = 0;
	for (int i = 0; i < TCP_DNS_LABELS; i++) {
		at = v->pos;
		EUN_HIDE(at);
		at &= 255;
		u32 label = r->asked.question[at];
		if (!label || label > 63)
			break;
		v->pos = at + 1 + label;
		if (at + 1 + label >= TCP_DNS_NAME)
			return 0;
	}
	u32 len = at + 1, whole = len + 2 * sizeof(u16);
	if (r->asked.question[at & 255] || whole > bytes - sizeof(r->head))
		return 0;
	__builtin_memset(r->asked.question, 0, sizeof(r->asked.question));
	EUN_HIDE(whole);
	if (whole > TCP_DNS_NAME + 2 * sizeof(u16) || bpf_probe_read_user(r->asked.question, whole, (void *)from))
		return 0;
	r->len = len;
	return len;
}

/* 1: a label's byte is not shown as it is. By arithmetic: the verifier follows branches, new ones masks of a sign too.
 */
static __always_inline u32 tcp_dns_escapes(u32 c)
{
	u32 low = c - '!', high = '~' - c, dot = (c ^ '.') - 1, backslash = (c ^ '\\') - 1;
	return (low | high | dot | backslash) >> 31;
}

/* Appends a byte; or, `escape` 1, four. */
static __always_inline void tcp_dns_put(struct eun_slot *s, u32 c, u32 escape)
{
	u32 at = *(volatile u32 *)&s->len;
	EUN_HIDE(escape);
	EUN_HIDE(at);
	at &= EUN_RECORD_MAX - 1;
	s->rec[at] = c + escape * ('\\' - c);
	s->rec[at + 1] = '0' + c / 100;
	s->rec[at + 2] = '0' + c / 10 % 10;
	s->rec[at + 3] = '0' + c % 10;
	*(volatile u32 *)&s->len = at + 1 + 3 * escape;
}

/*
 * The name in a slot as text, appended to a record: labels with dots between, the root as one dot. Bytes that would be
 * taken for something else, or can't be seen, are \DDD as in a zone's file (RFC 1035, 5.1). Its reference.
 */
__noinline u32 tcp_dns_text(u32 from_level, u32 to_level)
{
	struct eun_slot *from = bpf_map_lookup_elem(&eun_scratch, &from_level);
	struct eun_slot *to = bpf_map_lookup_elem(&eun_scratch, &to_level);
	if (!from || !to)
		return 0;
	struct tcp_dns_read *r = tcp_dns_space(from);
	volatile struct eun_slot *v = from;
	u32 begin = to->len, first = r->asked.question[0];
	if (!first) {
		tcp_dns_put(to, '.', 0);
		return EUN_REF(begin, 1);
	}
	v->pos = first; /* bytes left of the label */
	for (u32 i = 1; i < TCP_DNS_NAME; i++) {
		u32 c = r->asked.question[i], left = v->pos;
		if (!(left | c))
			break;
		u32 between = --left >> 31; /* 1: c is the next label's length */
		EUN_HIDE(between);
		tcp_dns_put(to, c + between * ('.' - c), tcp_dns_escapes(c) * (1 - between));
		v->pos = left + between * (c - left);
	}
	return EUN_REF(begin, to->len - begin);
}

static __always_inline bool tcp_dns_same(const struct tcp_dns_asked *one, const struct tcp_dns_asked *other)
{
	u64 differ = 0;
	for (int i = 0; i < TCP_DNS_WORDS; i++)
		differ |= one->words[i] ^ other->words[i];
	return !differ;
}

static __always_inline bool tcp_dns_serves(u16 port)
{
	return port == TCP_DNS_PORT || port == TCP_MDNS_PORT || (port && port == dns_port);
}

/* Notes a query. One that is sent again is the same as before. */
__noinline int tcp_dns_ask(u32 level, u64 sock)
{
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	if (!s || !eun_wanted(TCP_DNS))
		return 0;
	struct tcp_dns_read *r = tcp_dns_space(s);
	struct tcp_dns_key key = {.sock = sock, .id = r->head.id};
	struct tcp_dns_asked *asked = bpf_map_lookup_elem(&tcp_dns_queries, &key);
	if (asked && tcp_dns_same(asked, &r->asked)) {
		asked->tries++;
		return 0;
	}
	r->asked.time = bpf_ktime_get_boot_ns();
	r->asked.tries = 1;
	bpf_map_update_elem(&tcp_dns_queries, &key, &r->asked, BPF_ANY);
	return 0;
}

/* The query that an answer is to is taken out, its time and tries are put to what was read of the answer. 0: none. */
__noinline int tcp_dns_answer(u32 level, u64 sock)
{
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	if (!s)
		return 0;
	struct tcp_dns_read *r = tcp_dns_space(s);
	struct tcp_dns_key key = {.sock = sock, .id = r->head.id};
	struct tcp_dns_asked *asked = bpf_map_lookup_elem(&tcp_dns_queries, &key);
	if (!asked || !tcp_dns_same(asked, &r->asked))
		return 0;
	r->asked.time = asked->time;
	r->asked.tries = asked->tries;
	bpf_map_delete_elem(&tcp_dns_queries, &key);
	return 1;
}

static __always_inline void tcp_dns_report(u32 stream, const struct tcp_socket *ends, u32 from, struct tcp_dns_read *r)
{
	struct eun_event who = {};
	tcp_current(&who);
	int level = tcp_open(stream, sizeof(struct tcp_dns), &who);
	struct tcp_dns *e = tcp_record(level);
	if (!e)
		return;
	u32 len = r->len;
	EUN_HIDE(len);
	len &= 255;
	e->socket = *ends;
	e->id = bpf_ntohs(r->head.id);
	e->type = r->asked.question[len] << 8 | r->asked.question[len + 1];
	if (stream == TCP_DNS) {
		e->latency_ns = e->h.time - r->asked.time;
		e->tries = r->asked.tries;
		e->answers = bpf_ntohs(r->head.answers);
		e->rcode = bpf_ntohs(r->head.flags) & TCP_DNS_RCODE;
		e->truncated = !!(r->head.flags & bpf_htons(TCP_DNS_CUT));
	}
	e->name = tcp_dns_text(from, level);
	tcp_submit(level);
}

__noinline int tcp_dns_message(struct tcp_message *m)
{
	struct tcp_socket ends = {};
	if (!m || !tcp_read_header(m) || m->ret <= 0)
		return 0;
	tcp_fill_message(&ends, m);
	if (!tcp_dns_serves(ends.dport))
		return 0;
	u32 stream = m->sends ? TCP_DNS_QUERY : TCP_DNS;
	struct eun_slot *s = eun_slot_take();
	if (!s) {
		eun_count(stream, seen, 1);
		eun_count(stream, lost, 1);
		return 0;
	}
	struct tcp_dns_read *r = tcp_dns_space(s);
	u32 level = s->level, len = tcp_dns_parse(level, m->data, m->piece), flags = bpf_ntohs(r->head.flags);
	if (len && m->sends && !(flags & (TCP_DNS_ANSWER | TCP_DNS_OPCODE))) {
		tcp_dns_ask(level, m->sock);
		tcp_dns_report(TCP_DNS_QUERY, &ends, level, r);
	} else if (len && !m->sends && flags & TCP_DNS_ANSWER && tcp_dns_answer(level, m->sock)) {
		tcp_dns_report(TCP_DNS, &ends, level, r);
	}
	eun_drop(s);
	return 0;
}

/* A query is noted before it is sent: a resolver that is near may be quicker than the call. */
static __always_inline int tcp_dns_send_begins(u32 nr)
{
	tcp_messages(nr, 1, true, TCP_DNS_STREAMS, false, tcp_dns_message);
	return 0;
}

SEC("?tp")
int tcp_dns_send(struct trace_event_raw_sys_enter *ctx)
{
	return tcp_dns_send_begins(ctx->id);
}

static __always_inline int tcp_dns_receive_ends(u32 nr, s64 ret)
{
	tcp_messages(nr, ret, false, TCP_DNS_STREAMS, false, tcp_dns_message);
	return 0;
}

SEC("?tp")
int tcp_dns_receive(struct trace_event_raw_sys_exit *ctx)
{
	return tcp_dns_receive_ends(ctx->id, ctx->ret);
}

#endif
