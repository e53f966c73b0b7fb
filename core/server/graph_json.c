/* SPDX-License-Identifier: MIT */
/* The graph as JSON: nodes are processes, with the container they are in, and hosts elsewhere. */
#include <stdlib.h>
#include <string.h>

#include "event/address.h"
#include "graph_impl.h"
#include "server/json.h"

struct node {
	const struct edge *edge; /* the newest that has it */
	uint64_t alerts;
	enum severity worst;
};

struct drawing {
	struct graph *graph;
	struct edge **edges; /* that are shown */
	size_t n;
	struct node *nodes; /* by pid, open addressing */
	size_t mask;
	const struct edge **targets; /* of each: the server's, where it is of this machine too */
	uint32_t *servers;           /* which of the edges are those of servers */
	size_t n_servers;
	bool *drawn;                 /* a server's edge that some client's stands for */
	const struct eun_ip **hosts; /* open addressing: those that have a node */
};

static struct node *node_of(const struct drawing *d, uint32_t pid)
{
	size_t i = pid * 2654435761u & d->mask;
	while (d->nodes[i].edge && d->nodes[i].edge->key.pid != pid)
		i = (i + 1) & d->mask;
	return &d->nodes[i];
}

static bool is_any(const struct eun_ip *ip)
{
	static const struct eun_ip zero;
	return !memcmp(ip, &zero, sizeof(zero));
}

/* Who of this machine is the other end of a client's edge. What both sides tell of is drawn once. */
static const struct edge *server_of(const struct drawing *d, const struct edge *client)
{
	for (size_t i = 0; i < d->n_servers; i++) {
		const struct edge *s = d->edges[d->servers[i]];
		if (s->key.port != client->key.port ||
		    (!is_any(&s->local) && memcmp(&s->local, &client->key.peer, sizeof(s->local)) != 0) ||
		    memcmp(&s->key.peer, &client->local, sizeof(s->key.peer)) != 0)
			continue;
		d->drawn[d->servers[i]] = true;
		return s;
	}
	return NULL;
}

/* True: it has a node from here on, and had none. */
static bool add_host(const struct drawing *d, const struct eun_ip *ip)
{
	uint64_t low;
	memcpy(&low, ip->b + 8, sizeof(low));
	size_t i = (low * 0x9e3779b97f4a7c15ull >> 32) & d->mask;
	for (; d->hosts[i]; i = (i + 1) & d->mask)
		if (!memcmp(d->hosts[i], ip, sizeof(*ip)))
			return false;
	d->hosts[i] = ip;
	return true;
}

static void address_member(struct buf *out, const char *key, const struct eun_ip *ip)
{
	put_key(out, key);
	buf_char(out, '"');
	address_text(out, ip, 0);
	buf_char(out, '"');
}

static void field_member(struct buf *out, const char *key, const struct graph *g, const struct edge *e,
			 const char *name)
{
	const struct stream *stream = NULL;
	for (uint32_t i = 0; i < g->shelf->schema.n_streams && !stream; i++)
		stream = schema_stream(&g->shelf->schema, (uint16_t)i);
	const struct view view = {&e->actor, sizeof(e->actor), stream, NULL};
	const struct field *field = NULL;
	struct value v;
	for (uint32_t i = 0; i < g->shelf->schema.n_computed && !field; i++)
		if (!strcmp(g->shelf->schema.computed[i].name, name))
			field = &g->shelf->schema.computed[i];
	put_key(out, key);
	if (field && stream && view_read(&view, field, &v))
		put_text(out, v.ptr, v.len);
	else
		put_null(out);
}

static void process_json(const struct drawing *d, const struct node *n, struct buf *out)
{
	const struct eun_event *actor = &n->edge->actor;
	put_open(out, '{');
	put_key(out, "id");
	buf_printf(out, "\"p%u\"", actor->pid);
	put_member(out, "kind", "local");
	put_number(out, "pid", actor->pid);
	put_number(out, "ppid", actor->ppid);
	put_number(out, "uid", actor->uid);
	put_key(out, "comm");
	put_text(out, actor->comm, strnlen(actor->comm, sizeof(actor->comm)));
	field_member(out, "exe", d->graph, n->edge, "exe");
	field_member(out, "container", d->graph, n->edge, "container.id");
	field_member(out, "container_name", d->graph, n->edge, "container.name");
	put_number(out, "alerts", n->alerts);
	put_member(out, "severity", n->alerts ? severity_names[n->worst] : NULL);
	put_close(out, '}');
}

static void hosts_json(const struct drawing *d, struct buf *out)
{
	for (size_t i = 0; i < d->n; i++) {
		if (d->targets[i] || d->drawn[i] || !add_host(d, &d->edges[i]->key.peer))
			continue;
		put_open(out, '{');
		put_key(out, "id");
		buf_str(out, "\"h");
		address_text(out, &d->edges[i]->key.peer, 0);
		buf_char(out, '"');
		put_member(out, "kind", "host");
		address_member(out, "address", &d->edges[i]->key.peer);
		put_close(out, '}');
	}
}

static void window_sums(const struct edge *e, uint64_t slot, uint32_t seconds, uint64_t *bytes, uint64_t *opens)
{
	uint64_t slots = ((uint64_t)seconds * 1000000000ull + SLOT_NS - 1) / SLOT_NS;
	*bytes = *opens = 0;
	if (slots > SLOTS)
		slots = SLOTS;
	for (uint64_t s = slot + 1 > slots ? slot + 1 - slots : 0; s <= slot; s++) {
		if (s > e->slot || s + SLOTS <= e->slot)
			continue;
		*bytes += e->bytes[s % SLOTS];
		*opens += e->opens[s % SLOTS];
	}
}

static void edge_json(const struct edge *e, const struct edge *target, uint32_t seconds, uint64_t now, int64_t offset,
		      struct buf *out)
{
	uint64_t bytes, opens;
	window_sums(e, now / SLOT_NS, seconds, &bytes, &opens);
	put_open(out, '{');
	put_number(out, "id", e->number);
	put_key(out, "from");
	buf_printf(out, "\"p%u\"", e->key.pid);
	put_key(out, "to");
	if (target) {
		buf_printf(out, "\"p%u\"", target->key.pid);
	} else {
		buf_str(out, "\"h");
		address_text(out, &e->key.peer, 0);
		buf_char(out, '"');
	}
	put_member(out, "direction", e->key.serves ? "in" : "out");
	address_member(out, "local", &e->local);
	address_member(out, "address", &e->key.peer);
	put_number(out, "port", e->key.port);
	put_number(out, "opened", e->opened + e->accepted);
	put_number(out, "failed", e->failed);
	put_number(out, "closed", e->closed);
	put_number(out, "tx_bytes", e->tx_bytes);
	put_number(out, "rx_bytes", e->rx_bytes);
	put_number(out, "window_bytes", bytes);
	put_number(out, "window_opened", opens);
	put_number(out, "bytes_per_s", bytes / (seconds ? seconds : 1));
	put_number(out, "latency_ns", e->latencies ? e->latency_sum / e->latencies : 0);
	put_number(out, "latency_max_ns", e->latency_max);
	put_number(out, "srtt_ns", e->srtt_ns ? e->srtt_ns : target ? target->srtt_ns : 0);
	put_number(out, "retransmits", e->retransmits + (target ? target->retransmits : 0));
	put_time(out, "first", e->first, offset);
	put_time(out, "last", e->last, offset);
	put_close(out, '}');
}

static bool collect(struct drawing *d, uint32_t seconds, uint64_t now)
{
	struct graph *g = d->graph;
	uint64_t span = seconds * 1000000000ull, from = now > span ? now - span : 0;
	d->mask = 63;
	while (d->mask < 2 * g->n)
		d->mask = d->mask * 2 + 1;
	d->edges = calloc(g->n + 1, sizeof(struct edge *));
	d->targets = calloc(g->n + 1, sizeof(struct edge *));
	d->nodes = calloc(d->mask + 1, sizeof(*d->nodes));
	d->servers = calloc(g->n + 1, sizeof(*d->servers));
	d->drawn = calloc(g->n + 1, sizeof(*d->drawn));
	d->hosts = calloc(d->mask + 1, sizeof(*d->hosts));
	if (!d->edges || !d->targets || !d->nodes || !d->servers || !d->drawn || !d->hosts)
		return false;
	for (struct edge *e = g->newest; e && e->last >= from; e = e->older) {
		struct node *n = node_of(d, e->key.pid);
		if (!n->edge)
			n->edge = e;
		if (e->key.serves)
			d->servers[d->n_servers++] = (uint32_t)d->n;
		d->edges[d->n++] = e;
	}
	for (size_t i = 0; i < d->n; i++)
		if (!d->edges[i]->key.serves)
			d->targets[i] = server_of(d, d->edges[i]);
	return true;
}

static void count_alerts(const struct drawing *d, const struct alerts *alerts)
{
	for (size_t i = 0; i < alerts->n; i++) {
		const struct kept_alert *a = &alerts->items[i];
		struct node *n = a->number && !a->acknowledged && a->pid ? node_of(d, a->pid) : NULL;
		if (!n || !n->edge)
			continue;
		if (!n->alerts++ || a->severity < n->worst)
			n->worst = a->severity;
	}
}

void graph_json(struct graph *g, uint32_t seconds, const struct alerts *alerts, uint64_t now, int64_t clock_offset,
		struct buf *out)
{
	struct drawing d = {.graph = g};
	out->failed |= !collect(&d, seconds, now);
	if (!out->failed)
		count_alerts(&d, alerts);
	put_key(out, "nodes");
	put_open(out, '[');
	for (size_t i = 0; !out->failed && i <= d.mask; i++)
		if (d.nodes[i].edge)
			process_json(&d, &d.nodes[i], out);
	if (!out->failed)
		hosts_json(&d, out);
	put_close(out, ']');
	put_key(out, "edges");
	put_open(out, '[');
	for (size_t i = 0; !out->failed && i < d.n; i++)
		if (!d.drawn[i])
			edge_json(d.edges[i], d.targets[i], seconds, now, clock_offset, out);
	put_close(out, ']');
	put_number(out, "forgotten", g->forgotten);
	free(d.edges);
	free(d.targets);
	free(d.nodes);
	free(d.servers);
	free(d.drawn);
	free(d.hosts);
}
