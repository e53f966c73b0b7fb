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
	TCP_SOCKET,
	TCP_TRAFFIC,
	TCP_UDP,
	TCP_UDP_CALL,
	TCP_DNS_QUERY,
	TCP_DNS,
	TCP_STREAMS,
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
	__u32 count; /* 1 */
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
#define TCP_RTT_MS_SLOTS 17

/* A row of the map tcp_rtts. */
struct tcp_rtt {
	struct eun_event h;
	struct eun_ip saddr;
	struct eun_ip daddr;
	__u64 count;
	__u64 sum_us;
	__u64 srtt_us[TCP_RTT_SLOTS];
	__u64 srtt_ms[TCP_RTT_MS_SLOTS];
	__u16 sport;
	__u16 dport;
	__u32 pad;
};

struct tcp_rtt_key {
	__u32 epoch, pad;
	__u64 sets;
	struct eun_ip saddr;
	struct eun_ip daddr;
	__u16 sport, dport;
	__u32 more_pad;
};

struct tcp_listen {
	struct eun_event h;
	struct tcp_socket socket;
	__u32 backlog;
	__s32 ret;
};

/* What was asked for the socket before: bind.options */
enum tcp_bind_option {
	TCP_FREEBIND = 1 << 0,
	TCP_TRANSPARENT = 1 << 1,
	TCP_BIND_ADDRESS_NO_PORT = 1 << 2,
	TCP_REUSEADDR = 1 << 3,
	TCP_REUSEPORT = 1 << 4,
};

struct tcp_bind {
	struct eun_event h;
	struct tcp_socket socket;
	__s32 ret;
	__u32 ifindex;
	__u16 protocol;
	__u8 options;
	__u8 pad[5];
};

/* socket_call.call */
enum tcp_socket_how { TCP_CALL_SOCKET, TCP_CALL_SOCKETPAIR, TCP_CALL_URING };

#define TCP_TYPE_MASK 0xf /* of a socket's type: the rest are flags */

struct tcp_socket_call {
	struct eun_event h;
	__s32 ret;
	__u32 protocol;
	__u32 flags;
	__u16 family;
	__u8 type;
	__u8 call;
};

/* A row of the maps tcp_traffics and tcp_udps. */
struct tcp_traffic {
	struct eun_event h;
	struct eun_ip saddr;
	struct eun_ip daddr;
	__u64 count;
	__u64 sends;
	__u64 receives;
	__u64 bytes; /* of both */
	__u64 tx_bytes;
	__u64 rx_bytes;
	__u16 sport;
	__u16 dport;
	__u8 ip;
	__u8 pad[3];
};

/* A key of theirs. */
struct tcp_row_key {
	__u32 epoch;
	__u32 pid;
	struct eun_ip saddr;
	struct eun_ip daddr;
	__u16 sport, dport;
	__u32 pad;
};

enum tcp_op { TCP_SEND, TCP_RECEIVE };

struct tcp_udp_call {
	struct eun_event h;
	struct tcp_socket socket;
	__s32 ret;
	__u8 op;
	__u8 pad[3];
};

/* A query, or an answer to one: a query has neither rcode nor answers, latency nor tries. */
struct tcp_dns {
	struct eun_event h;
	struct tcp_socket socket;
	__u64 latency_ns;
	eun_ref name;
	__u32 tries;
	__u16 id;
	__u16 type;
	__u16 answers;
	__u8 rcode;
	__u8 truncated;
};

#endif
