/* SPDX-License-Identifier: MIT */
/*
 * TCP connections, UDP datagrams, DNS, and sockets of any kind when they are made. In every stream saddr and sport are
 * this machine's end of the socket, daddr and dport the peer's, whoever began. An event that happens when a packet
 * arrives is laid to the process that connected or accepted the socket, even when another one shares it or got it
 * later; pid 0: nobody has accepted it yet.
 */
#include <eunomia/plugin.h>

#include "tcp.h"
#include "tcp_fields.h"
#include "tcp_metrics.h"
#include "tcp_tools.h"

EUN_OBJECT(EUN_OBJECT_FILE);

static const struct eun_stream streams[] = {
	[TCP_CONNECT] = {.name = "tcp.connect",
			 .version = 1,
			 .record_size = sizeof(struct tcp_connect),
			 .flags = EUN_STREAM_DEFAULT,
			 .fields = EUN_TABLE(connect_fields),
			 .columns = "saddr,sport,daddr,dport,latency_ns,ret",
			 .role = "connection.open",
			 .help = "an attempt to connect, when its outcome is known"},
	[TCP_ACCEPT] = {.name = "tcp.accept",
			.version = 1,
			.record_size = sizeof(struct tcp_accept),
			.flags = EUN_STREAM_DEFAULT,
			.fields = EUN_TABLE(accept_fields),
			.columns = "saddr,sport,daddr,dport,fd",
			.role = "connection.accept",
			.help = "a program takes a connection"},
	[TCP_CLOSE] = {.name = "tcp.close",
		       .version = 1,
		       .record_size = sizeof(struct tcp_close),
		       .flags = EUN_STREAM_DEFAULT,
		       .fields = EUN_TABLE(close_fields),
		       .columns = "saddr,sport,daddr,dport,tx_bytes,rx_bytes,duration_ns,ret",
		       .role = "connection.close",
		       .help = "a connection ends; one event for each end that is on this machine"},
	[TCP_STATE] = {.name = "tcp.state",
		       .version = 1,
		       .record_size = sizeof(struct tcp_state),
		       .fields = EUN_TABLE(state_fields),
		       .columns = "saddr,sport,daddr,dport,old,new,duration_ns",
		       .help = "a socket goes from one state to another"},
	[TCP_RETRANSMIT] = {.name = "tcp.retransmit",
			    .version = 1,
			    .record_size = sizeof(struct tcp_retransmit),
			    .fields = EUN_TABLE(retransmit_fields),
			    .columns = "saddr,sport,daddr,dport,state,ret",
			    .help = "a segment is sent again"},
	[TCP_RTT] = {.name = "tcp.rtt",
		     .version = 1,
		     .record_size = sizeof(struct tcp_rtt),
		     .flags = EUN_STREAM_AGGREGATE,
		     .fields = EUN_TABLE(rtt_fields),
		     .columns = "saddr,daddr,count,srtt_us",
		     .help = "round-trip times of connections, as a histogram"},
	[TCP_LISTEN] = {.name = "tcp.listen",
			.version = 1,
			.record_size = sizeof(struct tcp_listen),
			.flags = EUN_STREAM_DEFAULT,
			.fields = EUN_TABLE(listen_fields),
			.columns = "saddr,sport,backlog,ret",
			.help = "a program listens for connections, or fails to"},
	[TCP_BIND] = {.name = "tcp.bind",
		      .version = 1,
		      .record_size = sizeof(struct tcp_bind),
		      .fields = EUN_TABLE(bind_fields),
		      .columns = "protocol,saddr,sport,ret",
		      .help = "a program gives a socket of TCP or UDP its local address, or fails to"},
	[TCP_SOCKET] = {.name = "tcp.socket",
			.version = 1,
			.record_size = sizeof(struct tcp_socket_call),
			.fields = EUN_TABLE(socket_fields),
			.columns = "family,type,protocol,ret",
			.help = "a program makes a socket, of whatever family, or fails to"},
	[TCP_TRAFFIC] = {.name = "tcp.traffic",
			 .version = 1,
			 .record_size = sizeof(struct tcp_traffic),
			 .flags = EUN_STREAM_AGGREGATE,
			 .fields = EUN_TABLE(traffic_fields),
			 .columns = "saddr,sport,daddr,dport,tx_bytes,rx_bytes",
			 .help = "what a process sends and receives on a TCP connection"},
	[TCP_UDP] = {.name = "tcp.udp",
		     .version = 1,
		     .record_size = sizeof(struct tcp_traffic),
		     .flags = EUN_STREAM_AGGREGATE,
		     .fields = EUN_TABLE(traffic_fields),
		     .columns = "saddr,sport,daddr,dport,sends,tx_bytes,receives,rx_bytes",
		     .help = "UDP datagrams between a process and a peer"},
	[TCP_UDP_CALL] = {.name = "tcp.udp_call",
			  .version = 1,
			  .record_size = sizeof(struct tcp_udp_call),
			  .fields = EUN_TABLE(udp_call_fields),
			  .columns = "op,saddr,sport,daddr,dport,ret",
			  .help = "a UDP datagram is sent or received, or fails to be"},
	[TCP_DNS_QUERY] = {.name = "tcp.dns_query",
			   .version = 1,
			   .record_size = sizeof(struct tcp_dns),
			   .fields = EUN_TABLE(query_fields),
			   .columns = "daddr,type,name",
			   .help = "a DNS query is sent over UDP, whether or not there will be an answer"},
	[TCP_DNS] = {.name = "tcp.dns",
		     .version = 1,
		     .record_size = sizeof(struct tcp_dns),
		     .fields = EUN_TABLE(answer_fields),
		     .columns = "daddr,type,name,rcode,answers,latency_ns",
		     .help = "the answer to a DNS query arrives; a query without one gives none"},
};

static const struct eun_option options[] = {
	{.key = "sockets",
	 .type = EUN_OPTION_UINT,
	 .def = "16384",
	 .min = 1024,
	 .max = 1048576,
	 .help = "how many open sockets are remembered, with their owner and times",
	 .map = "tcp_lives"},
	{.key = "by_local",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "tcp.rtt: a histogram for each local address",
	 .var = "by_local"},
	{.key = "by_remote",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "tcp.rtt: a histogram for each peer's address",
	 .var = "by_remote"},
	{.key = "by_local_port",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "tcp.rtt: a histogram for each local port",
	 .var = "by_local_port"},
	{.key = "by_remote_port",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "tcp.rtt: a histogram for each port of peers",
	 .var = "by_remote_port"},
	{.key = "rows",
	 .type = EUN_OPTION_UINT,
	 .def = "8192",
	 .min = 1024,
	 .max = 1048576,
	 .help = "tcp.traffic: how many connections and processes an interval has room for",
	 .map = "tcp_traffics"},
	{.key = "udp_rows",
	 .type = EUN_OPTION_UINT,
	 .def = "8192",
	 .min = 1024,
	 .max = 1048576,
	 .help = "tcp.udp: how many peers and processes an interval has room for",
	 .map = "tcp_udps"},
	{.key = "dns_port",
	 .type = EUN_OPTION_UINT,
	 .def = "0",
	 .max = 65535,
	 .help = "tcp.dns, tcp.dns_query: a port of DNS servers beside 53 and 5353; 0: none",
	 .var = "dns_port"},
};

/* Streams of what happens to a socket later: they need to know whose it is. */
#define LATER (EUN_BIT(TCP_CLOSE) | EUN_BIT(TCP_STATE) | EUN_BIT(TCP_RETRANSMIT) | EUN_BIT(TCP_RTT))
#define CALLS \
	(EUN_BIT(TCP_CONNECT) | EUN_BIT(TCP_ACCEPT) | EUN_BIT(TCP_BIND) | EUN_BIT(TCP_LISTEN) | EUN_BIT(TCP_SOCKET))

#define TRANSFERS (EUN_BIT(TCP_TRAFFIC) | EUN_BIT(TCP_UDP) | EUN_BIT(TCP_UDP_CALL))
#define DNS (EUN_BIT(TCP_DNS_QUERY) | EUN_BIT(TCP_DNS))

#define TRANSFER(call)                                                                        \
	{                                                                                     \
		.name = "tcp_transfer", .at = "syscalls/sys_exit_" call, .streams = TRANSFERS \
	}
#define DNS_SEND(call)                                                                   \
	{                                                                                \
		.name = "tcp_dns_send", .at = "syscalls/sys_enter_" call, .streams = DNS \
	}
#define DNS_RECEIVE(call)                                                                               \
	{                                                                                               \
		.name = "tcp_dns_receive", .at = "syscalls/sys_exit_" call, .streams = EUN_BIT(TCP_DNS) \
	}

static const struct eun_program programs[] = {
	{.name = "tcp_set_state", .streams = LATER | EUN_BIT(TCP_CONNECT)},
	{.name = "tcp_connect", .at = "syscalls/sys_exit_connect", .streams = EUN_BIT(TCP_CONNECT)},
	{.name = "tcp_accept", .at = "syscalls/sys_exit_accept", .streams = LATER | EUN_BIT(TCP_ACCEPT)},
	{.name = "tcp_accept", .at = "syscalls/sys_exit_accept4", .streams = LATER | EUN_BIT(TCP_ACCEPT)},
	{.name = "tcp_listen", .at = "syscalls/sys_exit_listen", .streams = EUN_BIT(TCP_LISTEN)},
	{.name = "tcp_bind", .at = "syscalls/sys_exit_bind", .streams = EUN_BIT(TCP_BIND)},
	{.name = "tcp_uring",
	 .at = "io_uring/io_uring_complete",
	 .streams = LATER | CALLS,
	 .flags = EUN_PROGRAM_OPTIONAL},
	{.name = "tcp_socket", .at = "syscalls/sys_exit_socket", .streams = EUN_BIT(TCP_SOCKET)},
	{.name = "tcp_socket", .at = "syscalls/sys_exit_socketpair", .streams = EUN_BIT(TCP_SOCKET)},
	TRANSFER("read"),
	TRANSFER("readv"),
	TRANSFER("recvfrom"),
	TRANSFER("recvmsg"),
	TRANSFER("recvmmsg"),
	TRANSFER("write"),
	TRANSFER("writev"),
	TRANSFER("sendto"),
	TRANSFER("sendmsg"),
	TRANSFER("sendmmsg"),
	TRANSFER("sendfile64"),
	{.name = "tcp_uring_transfer",
	 .at = "io_uring/io_uring_complete",
	 .streams = TRANSFERS,
	 .flags = EUN_PROGRAM_OPTIONAL},
	DNS_SEND("write"),
	DNS_SEND("writev"),
	DNS_SEND("sendto"),
	DNS_SEND("sendmsg"),
	DNS_SEND("sendmmsg"),
	DNS_RECEIVE("read"),
	DNS_RECEIVE("readv"),
	DNS_RECEIVE("recvfrom"),
	DNS_RECEIVE("recvmsg"),
	DNS_RECEIVE("recvmmsg"),
	{.name = "ia32_enter", .streams = DNS, .flags = EUN_PROGRAM_IA32},
	{.name = "ia32_exit", .streams = LATER | CALLS | TRANSFERS | EUN_BIT(TCP_DNS), .flags = EUN_PROGRAM_IA32},
	{.name = "tcp_retransmit", .streams = EUN_BIT(TCP_RETRANSMIT)},
	{.name = "tcp_rtt", .streams = EUN_BIT(TCP_RTT)},
	{.name = "tcp_seed", .streams = LATER | EUN_BIT(TCP_CONNECT), .flags = EUN_PROGRAM_SEED},
};

static const struct eun_aggregate aggregates[] = {
	{.map = "tcp_rtts",
	 .stream = TCP_RTT,
	 .key_size = sizeof(struct tcp_rtt_key),
	 .value_size = sizeof(struct tcp_rtt) + sizeof(__u64)},
	{.map = "tcp_traffics",
	 .stream = TCP_TRAFFIC,
	 .key_size = sizeof(struct tcp_row_key),
	 .value_size = sizeof(struct tcp_traffic) + sizeof(__u64)},
	{.map = "tcp_udps",
	 .stream = TCP_UDP,
	 .key_size = sizeof(struct tcp_row_key),
	 .value_size = sizeof(struct tcp_traffic) + sizeof(__u64)},
};

EUN_EXPORT const struct eun_plugin eunomia_plugin = {
	EUN_PLUGIN_HEAD,
	.name = "tcp",
	.version = "1.1",
	.license = "Dual MIT/GPL",
	.help = "TCP connections: who connects, accepts and listens, how long, how much, how fast; UDP, DNS",
	.object = eun_object,
	.object_end = eun_object_end,
	.streams = EUN_TABLE(streams),
	.options = EUN_TABLE(options),
	.programs = EUN_TABLE(programs),
	.aggregates = EUN_TABLE(aggregates),
	.tools = EUN_TABLE(tools),
	.metrics = EUN_TABLE(metrics),
};
