/* SPDX-License-Identifier: MIT */
/* What the fields of tcp's streams are, and the names of their values. Part of tcp.c. */
#ifndef EUNOMIA_PLUGIN_TCP_FIELDS_H
#define EUNOMIA_PLUGIN_TCP_FIELDS_H

#include <eunomia/plugin.h>

#include "tcp.h"

/* enum in include/net/tcp_states.h */
static const struct eun_label states[] = {
	{1, "ESTABLISHED"}, {2, "SYN_SENT"},      {3, "SYN_RECV"},        {4, "FIN_WAIT1"}, {5, "FIN_WAIT2"},
	{6, "TIME_WAIT"},   {7, "CLOSE"},         {8, "CLOSE_WAIT"},      {9, "LAST_ACK"},  {10, "LISTEN"},
	{11, "CLOSING"},    {12, "NEW_SYN_RECV"}, {13, "BOUND_INACTIVE"}, {0, NULL},
};

static const struct eun_label sources[] = {
	{TCP_FROM_KERNEL, "kernel"},
	{TCP_FROM_USER, "user"},
	{0, NULL},
};

/* bits/socket.h */
static const struct eun_label families[] = {
	{0, "AF_UNSPEC"},    {1, "AF_UNIX"},   {2, "AF_INET"},     {3, "AF_AX25"},    {4, "AF_IPX"},
	{5, "AF_APPLETALK"}, {6, "AF_NETROM"}, {8, "AF_ATMPVC"},   {9, "AF_X25"},     {10, "AF_INET6"},
	{11, "AF_ROSE"},     {15, "AF_KEY"},   {16, "AF_NETLINK"}, {17, "AF_PACKET"}, {19, "AF_ECONET"},
	{20, "AF_ATMSVC"},   {21, "AF_RDS"},   {23, "AF_IRDA"},    {24, "AF_PPPOX"},  {26, "AF_LLC"},
	{27, "AF_IB"},       {28, "AF_MPLS"},  {29, "AF_CAN"},     {30, "AF_TIPC"},   {31, "AF_BLUETOOTH"},
	{32, "AF_IUCV"},     {33, "AF_RXRPC"}, {34, "AF_ISDN"},    {35, "AF_PHONET"}, {36, "AF_IEEE802154"},
	{37, "AF_CAIF"},     {38, "AF_ALG"},   {39, "AF_NFC"},     {40, "AF_VSOCK"},  {41, "AF_KCM"},
	{42, "AF_QIPCRTR"},  {43, "AF_SMC"},   {44, "AF_XDP"},     {45, "AF_MCTP"},   {0, NULL},
};

static const struct eun_label types[] = {
	{1, "SOCK_STREAM"},    {2, "SOCK_DGRAM"}, {3, "SOCK_RAW"},     {4, "SOCK_RDM"},
	{5, "SOCK_SEQPACKET"}, {6, "SOCK_DCCP"},  {10, "SOCK_PACKET"}, {0, NULL},
};

static const struct eun_label type_flags[] = {
	{04000, "SOCK_NONBLOCK"},
	{02000000, "SOCK_CLOEXEC"},
	{0, NULL},
};

static const struct eun_label makers[] = {
	{TCP_CALL_SOCKET, "socket"},
	{TCP_CALL_SOCKETPAIR, "socketpair"},
	{TCP_CALL_URING, "io_uring"},
	{0, NULL},
};

static const struct eun_label protocols[] = {
	{6, "TCP"},
	{17, "UDP"},
	{262, "MPTCP"},
	{0, NULL},
};

static const struct eun_label bind_options[] = {
	{TCP_FREEBIND, "IP_FREEBIND"},
	{TCP_TRANSPARENT, "IP_TRANSPARENT"},
	{TCP_BIND_ADDRESS_NO_PORT, "IP_BIND_ADDRESS_NO_PORT"},
	{TCP_REUSEADDR, "SO_REUSEADDR"},
	{TCP_REUSEPORT, "SO_REUSEPORT"},
	{0, NULL},
};

static const struct eun_label ops[] = {
	{TCP_SEND, "send"},
	{TCP_RECEIVE, "receive"},
	{0, NULL},
};

/* The registry of DNS types and response codes (IANA, dns-parameters) */
static const struct eun_label query_types[] = {
	{1, "A"},       {2, "NS"},          {5, "CNAME"},  {6, "SOA"},    {12, "PTR"},    {13, "HINFO"}, {15, "MX"},
	{16, "TXT"},    {17, "RP"},         {28, "AAAA"},  {29, "LOC"},   {33, "SRV"},    {35, "NAPTR"}, {39, "DNAME"},
	{43, "DS"},     {44, "SSHFP"},      {46, "RRSIG"}, {47, "NSEC"},  {48, "DNSKEY"}, {50, "NSEC3"}, {52, "TLSA"},
	{53, "SMIMEA"}, {61, "OPENPGPKEY"}, {64, "SVCB"},  {65, "HTTPS"}, {99, "SPF"},    {249, "TKEY"}, {250, "TSIG"},
	{251, "IXFR"},  {252, "AXFR"},      {255, "ANY"},  {256, "URI"},  {257, "CAA"},   {0, NULL},
};

static const struct eun_label rcodes[] = {
	{0, "NOERROR"},  {1, "FORMERR"}, {2, "SERVFAIL"}, {3, "NXDOMAIN"}, {4, "NOTIMP"},   {5, "REFUSED"},
	{6, "YXDOMAIN"}, {7, "YXRRSET"}, {8, "NXRRSET"},  {9, "NOTAUTH"},  {10, "NOTZONE"}, {0, NULL},
};

#define LOCAL(record)                                                                       \
	EUN_NAMED("ip", record, socket.ip, EUN_U8, 0, NULL,                                 \
		  "4 or 6, as it is on the wire; 0: an address of neither was given"),      \
		EUN_NAMED("saddr", record, socket.saddr, EUN_IP, 0, NULL, "local address"), \
		EUN_NAMED("sport", record, socket.sport, EUN_U16, 0, NULL, "local port; 0: none yet")
#define REMOTE(record)                                                                   \
	EUN_NAMED("daddr", record, socket.daddr, EUN_IP, 0, NULL, "the peer's address"), \
		EUN_NAMED("dport", record, socket.dport, EUN_U16, 0, NULL, "the peer's port")
#define SOCK(record)                                                         \
	EUN_NAMED("sock", record, socket.sock, EUN_U64, EUN_FIELD_HEX, NULL, \
		  "the socket: its address in the kernel, the same until it is closed")
#define SOURCE(record, help) EUN_NAMED("addr_source", record, socket.addr_source, EUN_ENUM, 0, sources, help)

static const struct eun_field connect_fields[] = {
	LOCAL(struct tcp_connect),
	REMOTE(struct tcp_connect),
	EUN_FIELD(struct tcp_connect, ret, EUN_ERRNO, EUN_FIELD_ERROR,
		  "outcome; ECANCELED: its program gave up before there was one"),
	EUN_FIELD(struct tcp_connect, latency_ns, EUN_U64, 0, "from the first SYN to the outcome; 0: no SYN was sent"),
	SOURCE(struct tcp_connect, "who says what the peer's address is; user: the call, which failed at once"),
	SOCK(struct tcp_connect),
	EUN_FIELD(struct tcp_connect, count, EUN_U32, EUN_FIELD_SUM, "1: what a table adds up"),
};

static const struct eun_field accept_fields[] = {
	LOCAL(struct tcp_accept),
	REMOTE(struct tcp_accept),
	EUN_FIELD(struct tcp_accept, fd, EUN_S32, 0, "the new descriptor"),
	SOCK(struct tcp_accept),
};

#define CLOSE(member, type, flags, help) EUN_FIELD(struct tcp_close, member, type, flags, help)

static const struct eun_field close_fields[] = {
	LOCAL(struct tcp_close),
	REMOTE(struct tcp_close),
	CLOSE(tx_bytes, EUN_U64, 0, "payload sent, each byte once"),
	CLOSE(rx_bytes, EUN_U64, 0, "payload received"),
	CLOSE(duration_ns, EUN_U64, 0, "how long it was connected; 0: it was before the tracer started"),
	CLOSE(retransmits, EUN_U32, 0, "segments sent again"),
	CLOSE(srtt_ns, EUN_U64, 0, "smoothed round-trip time at the end"),
	CLOSE(ret, EUN_ERRNO, EUN_FIELD_ERROR, "error that ended it: ECONNRESET, ETIMEDOUT...; 0: it was closed"),
	EUN_LABELLED(struct tcp_close, state, EUN_ENUM, 0, states, "state that it was in before"),
	SOCK(struct tcp_close),
};

static const struct eun_field state_fields[] = {
	LOCAL(struct tcp_state),
	REMOTE(struct tcp_state),
	EUN_LABELLED(struct tcp_state, old, EUN_ENUM, 0, states, "state that it leaves"),
	EUN_LABELLED(struct tcp_state, new, EUN_ENUM, 0, states, "state that it enters"),
	EUN_FIELD(struct tcp_state, duration_ns, EUN_U64, 0, "time in the old state; 0: not known"),
	SOCK(struct tcp_state),
};

static const struct eun_field retransmit_fields[] = {
	LOCAL(struct tcp_retransmit),
	REMOTE(struct tcp_retransmit),
	EUN_LABELLED(struct tcp_retransmit, state, EUN_ENUM, 0, states, "state of the socket"),
	EUN_FIELD(struct tcp_retransmit, ret, EUN_ERRNO, EUN_FIELD_ERROR,
		  "why it could not be sent; older kernels show only those that could"),
	SOCK(struct tcp_retransmit),
};

#define RTT(member, type, flags, help) EUN_FIELD(struct tcp_rtt, member, type, flags, help)

static const struct eun_field rtt_fields[] = {
	RTT(saddr, EUN_IP, 0, "local address; :: unless by_local"),
	RTT(daddr, EUN_IP, 0, "the peer's address; :: unless by_remote"),
	RTT(count, EUN_U64, EUN_FIELD_SUM, "acknowledgements"),
	RTT(sum_us, EUN_U64, EUN_FIELD_SUM, "sum of the times"),
	RTT(srtt_us, EUN_HIST, EUN_FIELD_SUM, "smoothed round-trip time at each acknowledgement"),
	RTT(srtt_ms, EUN_HIST, EUN_FIELD_SUM, "the same in milliseconds"),
	RTT(sport, EUN_U16, 0, "local port; 0 unless by_local_port"),
	RTT(dport, EUN_U16, 0, "the peer's port; 0 unless by_remote_port"),
};

static const struct eun_field listen_fields[] = {
	LOCAL(struct tcp_listen),
	EUN_FIELD(struct tcp_listen, backlog, EUN_U32, 0, "connections that may wait for accept()"),
	EUN_FIELD(struct tcp_listen, ret, EUN_ERRNO, EUN_FIELD_ERROR, "result"),
	SOCK(struct tcp_listen),
};

static const struct eun_field bind_fields[] = {
	LOCAL(struct tcp_bind),
	EUN_FIELD(struct tcp_bind, ret, EUN_ERRNO, EUN_FIELD_ERROR, "result"),
	SOURCE(struct tcp_bind, "who says what the address is; user: the call, which failed"),
	SOCK(struct tcp_bind),
	EUN_LABELLED(struct tcp_bind, protocol, EUN_ENUM, 0, protocols, "TCP or UDP"),
	EUN_LABELLED(struct tcp_bind, options, EUN_FLAGS, 0, bind_options, "what the socket was set to before"),
	EUN_FIELD(struct tcp_bind, ifindex, EUN_U32, 0, "the interface that it is bound to; 0: any"),
};

static const struct eun_field socket_fields[] = {
	EUN_LABELLED(struct tcp_socket_call, family, EUN_ENUM, 0, families, "family of addresses"),
	EUN_LABELLED(struct tcp_socket_call, type, EUN_ENUM, 0, types, "type"),
	EUN_FIELD(struct tcp_socket_call, protocol, EUN_U32, 0, "protocol, in the family's numbers; 0: the usual one"),
	EUN_LABELLED(struct tcp_socket_call, flags, EUN_FLAGS, 0, type_flags, "flags that came with the type"),
	EUN_LABELLED(struct tcp_socket_call, call, EUN_ENUM, 0, makers, "how it was asked for"),
	EUN_FIELD(struct tcp_socket_call, ret, EUN_ERRNO, EUN_FIELD_ERROR, "the descriptor; of socketpair: 0"),
};

#define TRAFFIC(member, type, flags, help) EUN_FIELD(struct tcp_traffic, member, type, flags, help)

/* Of tcp.traffic and tcp.udp */
static const struct eun_field traffic_fields[] = {
	TRAFFIC(ip, EUN_U8, 0, "4 or 6, as it is on the wire"),
	TRAFFIC(saddr, EUN_IP, 0, "local address"),
	TRAFFIC(sport, EUN_U16, 0, "local port"),
	TRAFFIC(daddr, EUN_IP, 0, "the peer's address"),
	TRAFFIC(dport, EUN_U16, 0, "the peer's port"),
	TRAFFIC(count, EUN_U64, EUN_FIELD_SUM, "calls, of datagrams: messages"),
	TRAFFIC(bytes, EUN_U64, EUN_FIELD_SUM, "sent and received"),
	TRAFFIC(tx_bytes, EUN_U64, EUN_FIELD_SUM, "sent"),
	TRAFFIC(rx_bytes, EUN_U64, EUN_FIELD_SUM, "received"),
	TRAFFIC(sends, EUN_U64, EUN_FIELD_SUM, "of `count`, those that sent"),
	TRAFFIC(receives, EUN_U64, EUN_FIELD_SUM, "those that received"),
};

static const struct eun_field udp_call_fields[] = {
	EUN_LABELLED(struct tcp_udp_call, op, EUN_ENUM, 0, ops, "direction"),
	LOCAL(struct tcp_udp_call),
	REMOTE(struct tcp_udp_call),
	EUN_FIELD(struct tcp_udp_call, ret, EUN_ERRNO, EUN_FIELD_ERROR, "bytes, or why there were none"),
	SOURCE(struct tcp_udp_call, "who says what the peer's address is; user: the call's memory"),
	SOCK(struct tcp_udp_call),
};

#define DNS_QUERY                                                                                                     \
	EUN_FIELD(struct tcp_dns, id, EUN_U16, EUN_FIELD_USER, "number of the query"),                                \
		EUN_LABELLED(struct tcp_dns, type, EUN_ENUM, EUN_FIELD_USER, query_types, "type that is asked for"),  \
		EUN_FIELD(                                                                                            \
			struct tcp_dns, name, EUN_STRING, EUN_FIELD_USER,                                             \
			"name that is asked for, without the last dot; bytes that can't be seen, and a label's dots " \
			"and backslashes, as \\DDD"),                                                                 \
		LOCAL(struct tcp_dns), REMOTE(struct tcp_dns),                                                        \
		SOURCE(struct tcp_dns, "who says what the server's address is; user: the call's memory"),             \
		SOCK(struct tcp_dns)

static const struct eun_field query_fields[] = {DNS_QUERY};

static const struct eun_field answer_fields[] = {
	DNS_QUERY,
	EUN_LABELLED(struct tcp_dns, rcode, EUN_ENUM, EUN_FIELD_USER | EUN_FIELD_ERROR, rcodes, "response code"),
	EUN_FIELD(struct tcp_dns, answers, EUN_U16, EUN_FIELD_USER, "records in the answer"),
	EUN_FIELD(struct tcp_dns, latency_ns, EUN_U64, 0, "from the query, the first time it was sent, to the answer"),
	EUN_FIELD(struct tcp_dns, tries, EUN_U32, 0, "how often the query was sent"),
	EUN_FIELD(struct tcp_dns, truncated, EUN_BOOL, EUN_FIELD_USER, "the answer says that it is cut"),
};

#endif
