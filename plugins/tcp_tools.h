/* SPDX-License-Identifier: MIT */
/* The tools of tcp: their columns and options. Part of tcp.c. */
#ifndef EUNOMIA_PLUGIN_TCP_TOOLS_H
#define EUNOMIA_PLUGIN_TCP_TOOLS_H

#include <eunomia/plugin.h>

#include "tcp.h"

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
static const struct eun_column connect_totals[] = {
	{.header = "SADDR", .field = "saddr", .width = WIDTH_IP},
	{.header = "DADDR", .field = "daddr", .width = WIDTH_IP},
	{.header = "DPORT", .field = "dport"},
	{.header = "COUNT", .field = "count"},
};
static const struct eun_tool_option connect_options[] = {
	{.name = "totals",
	 .help = "how many there were from and to which address and port",
	 .instead = EUN_TABLE(connect_totals),
	 .key = "saddr,daddr,dport",
	 .sort = "-count"},
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

static const struct eun_column bind_columns[] = {
	TIME,
	PID,
	COMM,
	{.header = "RET", .field = "ret"},
	{.header = "PROTO", .field = "protocol"},
	{.header = "OPTS", .field = "options"},
	{.header = "IF", .field = "ifindex"},
	{.header = "PORT", .field = "sport"},
	{.header = "ADDR", .field = "saddr"},
};

static const struct eun_tool_option bind_tool_options[] = {
	{.name = "port", .letter = 'P', .value = "PORTS", .help = "only these ports", .where = "sport in ($)"},
};

#define RTT_COLUMNS(name, member)                                                                                \
	{.header = "LADDR", .field = "saddr", .width = WIDTH_IP},                                                \
		{.header = "RADDR", .field = "daddr", .width = WIDTH_IP}, {.header = "COUNT", .field = "count"}, \
	{                                                                                                        \
		.header = name, .field = member                                                                  \
	}

static const struct eun_column rtt_columns[] = {RTT_COLUMNS("SRTT_US", "srtt_us")};
static const struct eun_column rtt_ms_columns[] = {RTT_COLUMNS("SRTT_MS", "srtt_ms")};
static const struct eun_tool_option rtt_options[] = {
	{.name = "localport", /* -p is every tool's */
	 .value = "PORTS",
	 .help = "only these local ports",
	 .where = "sport in ($)",
	 .set = "by_local_port=true"},
	{.name = "remoteport",
	 .letter = 'P',
	 .value = "PORTS",
	 .help = "only these ports of peers",
	 .where = "dport in ($)",
	 .set = "by_remote_port=true"},
	{.name = "localaddr",
	 .letter = 'a',
	 .value = "ADDRESSES",
	 .help = "only these local addresses",
	 .where = "saddr in ($)",
	 .set = "by_local=true"},
	{.name = "remoteaddr",
	 .letter = 'A',
	 .value = "ADDRESSES",
	 .help = "only these addresses of peers",
	 .where = "daddr in ($)",
	 .set = "by_remote=true"},
	{.name = "byladdr", .letter = 'b', .help = "a histogram for each local address", .set = "by_local=true"},
	{.name = "byraddr", .letter = 'B', .help = "a histogram for each peer's address", .set = "by_remote=true"},
	{.name = "milliseconds",
	 .letter = 'm',
	 .help = "histograms of milliseconds",
	 .instead = EUN_TABLE(rtt_ms_columns)},
};

#define KB(name, member)                                                                    \
	{                                                                                   \
		.header = name, .field = member, .width = 8, .decimals = 1, .divisor = 1024 \
	}

static const struct eun_column top_columns[] = {
	PID,
	COMM,
	{.header = "LADDR", .field = "saddr", .width = WIDTH_IP},
	{.header = "RADDR", .field = "daddr", .width = WIDTH_IP},
	KB("RX_KB", "rx_bytes"),
	KB("TX_KB", "tx_bytes"),
};

static const struct eun_column udp_columns[] = {
	PID,
	COMM,
	{.header = "RADDR", .field = "daddr", .width = WIDTH_IP},
	{.header = "RPORT", .field = "dport"},
	{.header = "RECVS", .field = "receives"},
	{.header = "SENDS", .field = "sends"},
	KB("RX_KB", "rx_bytes"),
	KB("TX_KB", "tx_bytes"),
};

static const struct eun_column dns_columns[] = {
	TIME,
	PID,
	COMM,
	{.header = "SERVER", .field = "daddr", .width = WIDTH_IP},
	{.header = "QTYPE", .field = "type"},
	{.header = "NAME", .field = "name", .width = 30},
	{.header = "RCODE", .field = "rcode", .width = 8},
	MILLISECONDS("LAT_MS", "latency_ns"),
};
static const struct eun_tool_option dns_options[] = {
	{.name = "min-ms",
	 .value = "MS",
	 .help = "only those that took as long, in whole milliseconds",
	 .where = "latency_ns >= $ms"},
	{.name = "port",
	 .letter = 'P',
	 .value = "PORT",
	 .help = "a port of servers beside 53 and 5353",
	 .set = "dns_port=$"},
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
	{.name = "tcptop",
	 .help = "who sends and receives how much over TCP",
	 .stream = TCP_TRAFFIC,
	 .interval_ms = 1000,
	 .columns = EUN_TABLE(top_columns),
	 .key = "pid,saddr,daddr",
	 .sort = "-bytes"},
	{.name = "udptop",
	 .help = "who sends and receives how much over UDP",
	 .stream = TCP_UDP,
	 .interval_ms = 1000,
	 .columns = EUN_TABLE(udp_columns),
	 .key = "pid,daddr,dport",
	 .sort = "-bytes"},
	{.name = "bindsnoop",
	 .help = "sockets of TCP and UDP that get a local address",
	 .stream = TCP_BIND,
	 .columns = EUN_TABLE(bind_columns),
	 .options = EUN_TABLE(bind_tool_options)},
	{.name = "dnssnoop",
	 .help = "DNS queries over UDP that are answered, and the time that took",
	 .stream = TCP_DNS,
	 .columns = EUN_TABLE(dns_columns),
	 .options = EUN_TABLE(dns_options)},
};

#endif
