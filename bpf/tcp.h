/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* What the tcp plugin's programs and its tables agree on. */
#ifndef EUNOMIA_TCP_H
#define EUNOMIA_TCP_H

#include <eunomia/event.h>

enum tcp_stream {
	TCP_CONNECT,
	TCP_ACCEPT,
	TCP_CLOSE,
	TCP_STATE,
	TCP_RETRANSMIT,
	TCP_RTT,
	TCP_LISTEN,
	TCP_BIND,
};

/* Where a record's addresses come from. */
enum tcp_source {
	TCP_FROM_KERNEL, /* the socket */
	TCP_FROM_USER,   /* a call that failed: read at its end from the caller's memory */
};

/* Which socket: the same in every stream of events. */
struct tcp_socket {
	__u64 sock; /* the kernel's address of it: one socket at a time */
	struct eun_ip saddr;
	struct eun_ip daddr;
	__u16 sport; /* host byte order */
	__u16 dport;
	__u8 ip;          /* 4 or 6: what is on the wire; 0: neither family was asked for */
	__u8 addr_source; /* enum tcp_source */
	__u8 pad[2];
};

struct tcp_connect {
	struct eun_event h;
	struct tcp_socket socket;
	__u64 latency_ns;
	__s32 ret;
	__u32 pad;
};

struct tcp_accept {
	struct eun_event h;
	struct tcp_socket socket;
	__s32 fd;
	__u32 pad;
};

struct tcp_close {
	struct eun_event h;
	struct tcp_socket socket;
	__u64 tx_bytes;
	__u64 rx_bytes;
	__u64 duration_ns;
	__u64 srtt_ns;
	__u32 retransmits;
	__s32 ret;
	__u8 state;
	__u8 pad[7];
};

struct tcp_state {
	struct eun_event h;
	struct tcp_socket socket;
	__u64 duration_ns;
	__u8 old;
	__u8 new;
	__u8 pad[6];
};

struct tcp_retransmit {
	struct eun_event h;
	struct tcp_socket socket;
	__s32 ret;
	__u8 state;
	__u8 pad[3];
};

#define TCP_RTT_SLOTS 27 /* up to 134 s */

/* A row of the map tcp_rtts. */
struct tcp_rtt {
	struct eun_event h;
	struct eun_ip saddr;
	struct eun_ip daddr;
	__u64 count;
	__u64 sum_us;
	__u64 srtt_us[TCP_RTT_SLOTS];
};

struct tcp_rtt_key {
	__u32 epoch, pad;
	__u64 sets;
	struct eun_ip saddr;
	struct eun_ip daddr;
};

struct tcp_listen {
	struct eun_event h;
	struct tcp_socket socket;
	__u32 backlog;
	__s32 ret;
};

struct tcp_bind {
	struct eun_event h;
	struct tcp_socket socket;
	__s32 ret;
	__u32 pad;
};

#endif
