/* SPDX-License-Identifier: MIT */
/*
 * TCP connections. In every stream saddr and sport are this machine's end of the socket, daddr and dport the peer's,
 * whoever began. An event that happens when a packet arrives is laid to the process that connected or accepted the
 * socket, even when another one shares it or got it later; pid 0: nobody has accepted it yet.
 */
#include <eunomia/plugin.h>

#include "tcp.h"

EUN_OBJECT(EUN_OBJECT_FILE);

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
};

static const struct eun_stream streams[] = {
	[TCP_CONNECT] = {.name = "tcp.connect",
			 .version = 1,
			 .record_size = sizeof(struct tcp_connect),
			 .flags = EUN_STREAM_DEFAULT,
			 .fields = EUN_TABLE(connect_fields),
			 .columns = "saddr,sport,daddr,dport,latency_ns,ret",
			 .help = "an attempt to connect, when its outcome is known"},
	[TCP_ACCEPT] = {.name = "tcp.accept",
			.version = 1,
			.record_size = sizeof(struct tcp_accept),
			.flags = EUN_STREAM_DEFAULT,
			.fields = EUN_TABLE(accept_fields),
			.columns = "saddr,sport,daddr,dport,fd",
			.help = "a program takes a connection"},
	[TCP_CLOSE] = {.name = "tcp.close",
		       .version = 1,
		       .record_size = sizeof(struct tcp_close),
		       .flags = EUN_STREAM_DEFAULT,
		       .fields = EUN_TABLE(close_fields),
		       .columns = "saddr,sport,daddr,dport,tx_bytes,rx_bytes,duration_ns,ret",
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
		      .columns = "saddr,sport,ret",
		      .help = "a program gives a socket its local address, or fails to"},
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
};

/* Streams of what happens to a socket later: they need to know whose it is. */
#define LATER (EUN_BIT(TCP_CLOSE) | EUN_BIT(TCP_STATE) | EUN_BIT(TCP_RETRANSMIT) | EUN_BIT(TCP_RTT))
#define CALLS (EUN_BIT(TCP_CONNECT) | EUN_BIT(TCP_ACCEPT) | EUN_BIT(TCP_BIND) | EUN_BIT(TCP_LISTEN))

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
	{.name = "tcp_retransmit", .streams = EUN_BIT(TCP_RETRANSMIT)},
	{.name = "tcp_rtt", .streams = EUN_BIT(TCP_RTT)},
	{.name = "tcp_seed", .streams = LATER | EUN_BIT(TCP_CONNECT), .flags = EUN_PROGRAM_SEED},
};

static const struct eun_aggregate aggregates[] = {
	{.map = "tcp_rtts",
	 .stream = TCP_RTT,
	 .key_size = sizeof(struct tcp_rtt_key),
	 .value_size = sizeof(struct tcp_rtt) + sizeof(__u64)},
};

#define WIDTH_IP 15
#define TIME                                      \
	{                                         \
		.header = "TIME", .field = "time" \
	}
#define PID                                     \
	{                                       \
		.header = "PID", .field = "pid" \
	}
#define COMM                                                             \
	{                                                                \
		.header = "COMM", .field = "comm", .width = EUN_COMM_LEN \
	}
#define IP                                    \
	{                                     \
		.header = "IP", .field = "ip" \
	}
#define ENDS(local, remote)                                                                                        \
	{.header = local "ADDR", .field = "saddr", .width = WIDTH_IP}, {.header = local "PORT", .field = "sport"}, \
		{.header = remote "ADDR", .field = "daddr", .width = WIDTH_IP},                                    \
	{                                                                                                          \
		.header = remote "PORT", .field = "dport"                                                          \
	}
#define MILLISECONDS(name, member)                                                             \
	{                                                                                      \
		.header = name, .field = member, .width = 9, .decimals = 3, .divisor = 1000000 \
	}

static const struct eun_column connect_columns[] = {
	TIME, {.header = "UID", .field = "uid"}, PID, COMM, IP, ENDS("S", "D"), {.header = "RET", .field = "ret"},
};
static const struct eun_tool_option connect_options[] = {
	{.name = "port", .letter = 'P', .value = "PORTS", .help = "only to these ports", .where = "dport in ($)"},
	{.name = "source-port",
	 .letter = 's',
	 .value = "PORTS",
	 .help = "only from these ports",
	 .where = "sport in ($)"},
};

static const struct eun_column accept_columns[] = {
	TIME,
	PID,
	COMM,
	IP,
	{.header = "RADDR", .field = "daddr", .width = WIDTH_IP},
	{.header = "RPORT", .field = "dport"},
	{.header = "LADDR", .field = "saddr", .width = WIDTH_IP},
	{.header = "LPORT", .field = "sport"},
};
static const struct eun_tool_option accept_options[] = {
	{.name = "port", .letter = 'P', .value = "PORTS", .help = "only on these ports", .where = "sport in ($)"},
};

static const struct eun_column latency_columns[] = {
	TIME, PID, COMM, IP, ENDS("S", "D"), MILLISECONDS("LAT_MS", "latency_ns"),
};
static const struct eun_tool_option latency_options[] = {
	{.name = "min-ms",
	 .value = "MS",
	 .help = "only those that took as long, in whole milliseconds",
	 .where = "latency_ns >= $ms"},
};

/* Of tcplife and tcpstates */
static const struct eun_tool_option end_options[] = {
	{.name = "localport",
	 .letter = 'L',
	 .value = "PORTS",
	 .help = "only these local ports",
	 .where = "sport in ($)"},
	{.name = "remoteport",
	 .letter = 'D',
	 .value = "PORTS",
	 .help = "only these ports of peers",
	 .where = "dport in ($)"},
};

static const struct eun_column life_columns[] = {
	TIME,
	PID,
	COMM,
	IP,
	ENDS("L", "R"),
	{.header = "TX_KB", .field = "tx_bytes", .width = 8, .decimals = 1, .divisor = 1024},
	{.header = "RX_KB", .field = "rx_bytes", .width = 8, .decimals = 1, .divisor = 1024},
	MILLISECONDS("MS", "duration_ns"),
};

static const struct eun_column state_columns[] = {
	TIME,
	{.header = "SKADDR", .field = "sock", .width = 18},
	PID,
	COMM,
	ENDS("L", "R"),
	{.header = "OLD", .field = "old", .width = 12},
	{.header = "NEW", .field = "new", .width = 12},
	MILLISECONDS("MS", "duration_ns"),
};

static const struct eun_column retransmit_columns[] = {
	TIME, PID, IP, ENDS("L", "R"), {.header = "STATE", .field = "state", .width = 12},
};

static const struct eun_column rtt_columns[] = {
	{.header = "LADDR", .field = "saddr", .width = WIDTH_IP},
	{.header = "RADDR", .field = "daddr", .width = WIDTH_IP},
	{.header = "COUNT", .field = "count"},
	{.header = "SRTT_US", .field = "srtt_us"},
};
static const struct eun_tool_option rtt_options[] = {
	{.name = "byladdr", .letter = 'b', .help = "a histogram for each local address", .set = "by_local=true"},
	{.name = "byraddr", .letter = 'B', .help = "a histogram for each peer's address", .set = "by_remote=true"},
};

static const struct eun_tool tools[] = {
	{.name = "tcpconnect",
	 .help = "attempts to connect and their outcome",
	 .stream = TCP_CONNECT,
	 .columns = EUN_TABLE(connect_columns),
	 .options = EUN_TABLE(connect_options)},
	{.name = "tcpaccept",
	 .help = "connections that programs accept",
	 .stream = TCP_ACCEPT,
	 .columns = EUN_TABLE(accept_columns),
	 .options = EUN_TABLE(accept_options)},
	{.name = "tcpconnlat",
	 .help = "time that connecting takes, until the peer accepts or refuses",
	 .stream = TCP_CONNECT,
	 .columns = EUN_TABLE(latency_columns),
	 .options = EUN_TABLE(latency_options),
	 .where = "latency_ns > 0 and ret != ECANCELED"},
	{.name = "tcplife",
	 .help = "connections that end: bytes and duration",
	 .stream = TCP_CLOSE,
	 .columns = EUN_TABLE(life_columns),
	 .options = EUN_TABLE(end_options)},
	{.name = "tcpstates",
	 .help = "changes of sockets' states, and the time in each",
	 .stream = TCP_STATE,
	 .columns = EUN_TABLE(state_columns),
	 .options = EUN_TABLE(end_options)},
	{.name = "tcpretrans",
	 .help = "segments that are sent again",
	 .stream = TCP_RETRANSMIT,
	 .columns = EUN_TABLE(retransmit_columns),
	 .where = "ret = 0",
	 .unless = "failed"},
	{.name = "tcprtt",
	 .help = "round-trip times, as a histogram",
	 .stream = TCP_RTT,
	 .interval_ms = 1000,
	 .columns = EUN_TABLE(rtt_columns),
	 .options = EUN_TABLE(rtt_options),
	 .key = "saddr,daddr"},
};

EUN_EXPORT const struct eun_plugin eunomia_plugin = {
	EUN_PLUGIN_HEAD,
	.name = "tcp",
	.version = "1.0",
	.license = "Dual MIT/GPL",
	.help = "TCP connections: who connects, accepts and listens, how long, how much, how fast",
	.object = eun_object,
	.object_end = eun_object_end,
	.streams = EUN_TABLE(streams),
	.options = EUN_TABLE(options),
	.programs = EUN_TABLE(programs),
	.aggregates = EUN_TABLE(aggregates),
	.tools = EUN_TABLE(tools),
};
