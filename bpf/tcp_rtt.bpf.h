/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Smoothed round-trip times, as a histogram of them at each acknowledgement. Part of tcp.bpf.c. */
#ifndef EUNOMIA_TCP_RTT_BPF_H
#define EUNOMIA_TCP_RTT_BPF_H

const volatile bool by_local = false;
const volatile bool by_remote = false;
const volatile bool by_local_port = false;
const volatile bool by_remote_port = false;

struct tcp_rtt_row {
	struct tcp_rtt record;
	u64 sets;
};

/*
 * key: epoch, target sets that the owner is in, ends (0: not asked for apart); value: a record and the sets.
 * Inserted and added to by tcp_rtt(); read and deleted by the host, at the interval.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct tcp_rtt_key);
	__type(value, struct tcp_rtt_row);
} tcp_rtts SEC(".maps");

static __always_inline u32 tcp_log2(u32 v)
{
	u32 shift = (v > 0xffff) << 4, log = shift;
	v >>= shift;
	shift = (v > 0xff) << 3;
	v >>= shift;
	log |= shift;
	shift = (v > 0xf) << 2;
	v >>= shift;
	log |= shift;
	shift = (v > 0x3) << 1;
	v >>= shift;
	return log | shift | v >> 1;
}

/* A new row. It is of many sockets, so of nobody in particular. False: there was no slot to build it in. */
static __always_inline bool tcp_rtt_begin(const struct tcp_rtt_key *key)
{
	struct eun_slot *s = eun_make_as(TCP_RTT, sizeof(struct tcp_rtt), key->sets, NULL);
	if (!s)
		return false;
	struct tcp_rtt *e = eun_record(s);
	e->saddr = key->saddr;
	e->daddr = key->daddr;
	e->sport = key->sport;
	e->dport = key->dport;
	eun_row_insert(s, &tcp_rtts, key);
	return true;
}

SEC("?tp_btf/tcp_probe")
int BPF_PROG(tcp_rtt, struct sock *sk)
{
	struct tcp_rtt_key key = {};
	struct tcp_socket ends;
	struct tcp_sock *tp = eun_wanted(TCP_RTT) ? bpf_skc_to_tcp_sock(sk) : NULL;
	if (!tp)
		return 0;
	struct tcp_life *life = tcp_find(sk);
	key.sets = eun_enter_as(TCP_RTT, life && life->owner.pid ? &life->owner : NULL);
	if (!key.sets)
		return 0;
	key.epoch = eun_epoch(TCP_RTT);
	if (by_local || by_remote || by_local_port || by_remote_port) {
		tcp_fill(&ends, sk);
		if (by_local)
			key.saddr = ends.saddr;
		if (by_remote)
			key.daddr = ends.daddr;
		if (by_local_port)
			key.sport = ends.sport;
		if (by_remote_port)
			key.dport = ends.dport;
	}
	struct tcp_rtt_row *row = bpf_map_lookup_elem(&tcp_rtts, &key);
	if (!row) {
		if (!tcp_rtt_begin(&key))
			return 0;
		row = bpf_map_lookup_elem(&tcp_rtts, &key);
	}
	eun_count(TCP_RTT, aggregated, 1);
	if (!row) {
		eun_count(TCP_RTT, full, 1);
		return 0;
	}
	u32 srtt = tp->srtt_us >> 3;
	u64 slot = tcp_log2(srtt), slot_ms = tcp_log2(srtt / 1000);
	EUN_HIDE(slot); /* older verifiers know the bounds of its low half only */
	EUN_HIDE(slot_ms);
	if (slot >= TCP_RTT_SLOTS)
		slot = TCP_RTT_SLOTS - 1;
	if (slot_ms >= TCP_RTT_MS_SLOTS)
		slot_ms = TCP_RTT_MS_SLOTS - 1;
	__sync_fetch_and_add(&row->record.srtt_us[slot], 1);
	__sync_fetch_and_add(&row->record.srtt_ms[slot_ms], 1);
	__sync_fetch_and_add(&row->record.sum_us, srtt);
	__sync_fetch_and_add(&row->record.count, 1);
	return 0;
}

#endif
