/* SPDX-License-Identifier: MIT */
/*
 * The graph of connections: edges from processes of this machine to whom they talk to, made from the streams that have
 * the roles connection.open, .accept, .close, .retransmit and .traffic. Bounded: of too many edges the one goes that
 * was silent longest. One thread.
 */
#ifndef CORE_SERVER_GRAPH_H
#define CORE_SERVER_GRAPH_H

#include "server/alerts.h"
#include "server/shelf.h"

#define GRAPH_WINDOW_S 300 /* rates are known for so long */

struct graph;

/* NULL: no memory. At most `edges`. `traffic`: bytes are told as they go, and not by what closes. */
struct graph *graph_new(const struct shelf *shelf, size_t edges, bool traffic);
void graph_destroy(struct graph *graph);

/* The plugin that has the streams of these roles ("open", ...; ends at NULL), and which. NULL: none. */
const struct shelf_plugin *graph_streams(const struct shelf *shelf, char *const *roles, uint64_t *streams);

void graph_event(struct graph *graph, const struct view *view);

/* What was seen in the last `seconds`, as members "nodes", "edges", "forgotten" of an object that is open. */
void graph_json(struct graph *graph, uint32_t seconds, const struct alerts *alerts, uint64_t now, int64_t clock_offset,
		struct buf *out);

size_t graph_edges(const struct graph *graph);

#endif
