/* SPDX-License-Identifier: MIT */
/* Inside of the graph: what an edge is. */
#ifndef CORE_SERVER_GRAPH_IMPL_H
#define CORE_SERVER_GRAPH_IMPL_H

#include "server/graph.h"

#define SLOTS 60
#define SLOT_NS (GRAPH_WINDOW_S * 1000000000ull / SLOTS)

/* Who talks with whom: of a client the peer's port counts, of a server its own. */
struct edge_key {
	uint32_t pid;
	uint16_t port;
	bool serves;
	struct eun_ip peer;
};

struct edge {
	struct edge_key key;
	uint64_t number;        /* its id */
	struct eun_event actor; /* the newest event's header: who it is can be asked for later */
	struct eun_ip local;
	uint64_t opened, failed, accepted, closed, retransmits;
	uint64_t tx_bytes, rx_bytes;
	uint64_t latency_sum, latency_max, latencies, srtt_ns;
	uint64_t first, last; /* boot clock, ns */
	uint64_t slot;        /* number of the newest slot that is in use */
	uint64_t bytes[SLOTS];
	uint32_t opens[SLOTS];
	struct edge *next;          /* of its bucket */
	struct edge *newer, *older; /* by `last` */
};

enum graph_role { GRAPH_OPEN, GRAPH_ACCEPT, GRAPH_CLOSE, GRAPH_RETRANSMIT, GRAPH_TRAFFIC, GRAPH_ROLES };

struct graph {
	const struct shelf *shelf;
	struct edge **buckets;
	size_t mask, n, most;
	struct edge *newest, *oldest;
	uint64_t numbers, forgotten;
	bool traffic; /* closes need not tell of bytes */
};

#endif
