/* SPDX-License-Identifier: MIT */
#include "graph_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "connection."

static const char *const role_words[GRAPH_ROLES] = {"open", "accept", "close", "retransmit", "traffic"};

/* ---- streams ---- */

static int role_of(const char *role)
{
	if (!role || strncmp(role, PREFIX, strlen(PREFIX)) != 0)
		return -1;
	for (int i = 0; i < GRAPH_ROLES; i++)
		if (!strcmp(role + strlen(PREFIX), role_words[i]))
			return i;
	return -1;
}

static bool wanted(char *const *roles, int role)
{
	for (; roles && *roles; roles++)
		if (!strcmp(*roles, role_words[role]))
			return true;
	return !roles;
}

const struct shelf_plugin *graph_streams(const struct shelf *shelf, char *const *roles, uint64_t *streams)
{
	for (size_t i = 0; i < shelf->n; i++) {
		const struct plugin *p = shelf->items[i].plugin;
		*streams = 0;
		for (uint32_t s = 0; s < p->abi.streams.count; s++) {
			int role = role_of(p->streams[s].role);
			if (role >= 0 && wanted(roles, role))
				*streams |= EUN_BIT(s);
		}
		if (*streams)
			return &shelf->items[i];
	}
	return NULL;
}

/* ---- edges ---- */

struct graph *graph_new(const struct shelf *shelf, size_t edges, bool traffic)
{
	struct graph *g = calloc(1, sizeof(*g));
	size_t buckets = 64;
	while (buckets < edges)
		buckets *= 2;
	if (!g)
		return NULL;
	g->shelf = shelf;
	g->most = edges;
	g->traffic = traffic;
	g->mask = buckets - 1;
	g->buckets = calloc(buckets, sizeof(struct edge *));
	if (g->buckets)
		return g;
	free(g);
	return NULL;
}

void graph_destroy(struct graph *g)
{
	if (!g)
		return;
	for (struct edge *e = g->newest, *next; e; e = next) {
		next = e->older;
		free(e);
	}
	free(g->buckets);
	free(g);
}

static struct edge **bucket(const struct graph *g, const struct edge_key *k)
{
	uint64_t h = 1469598103934665603ull;
	const unsigned char *ip = (const unsigned char *)&k->peer;
	for (size_t i = 0; i < sizeof(k->peer); i++)
		h = (h ^ ip[i]) * 1099511628211ull;
	h = (h ^ k->pid) * 1099511628211ull;
	h = (h ^ k->port) * 1099511628211ull;
	return &g->buckets[(h ^ h >> 32) & g->mask];
}

static bool same(const struct edge_key *a, const struct edge_key *b)
{
	return a->pid == b->pid && a->port == b->port && a->serves == b->serves &&
	       !memcmp(&a->peer, &b->peer, sizeof(a->peer));
}

static struct edge *find(const struct graph *g, const struct edge_key *k)
{
	struct edge *e = *bucket(g, k);
	while (e && !same(&e->key, k))
		e = e->next;
	return e;
}

static void unlink_age(struct graph *g, struct edge *e)
{
	*(e->newer ? &e->newer->older : &g->newest) = e->older;
	*(e->older ? &e->older->newer : &g->oldest) = e->newer;
}

static void link_newest(struct graph *g, struct edge *e)
{
	e->newer = NULL;
	e->older = g->newest;
	*(g->newest ? &g->newest->newer : &g->oldest) = e;
	g->newest = e;
}

static void forget(struct graph *g, struct edge *e)
{
	struct edge **at = bucket(g, &e->key);
	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	unlink_age(g, e);
	free(e);
	g->n--;
	g->forgotten++;
}

static struct edge *make(struct graph *g, const struct edge_key *k)
{
	struct edge *e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	if (g->n >= g->most)
		forget(g, g->oldest);
	e->key = *k;
	e->number = ++g->numbers;
	struct edge **at = bucket(g, k);
	e->next = *at;
	*at = e;
	link_newest(g, e);
	g->n++;
	return e;
}

/* ---- events ---- */

static struct eun_ip address(const struct view *view, const char *name)
{
	const struct field *f = stream_field(view->stream, name);
	struct eun_ip ip = {0};
	struct value v;
	if (f && view_read(view, f, &v) && v.len == sizeof(ip))
		memcpy(&ip, v.ptr, sizeof(ip));
	return ip;
}

/* The edge of a connection whose direction the event does not tell: the one that is there, else by the ports. */
static struct edge *guess(struct graph *g, uint32_t pid, const struct eun_ip *peer, uint16_t sport, uint16_t dport)
{
	const struct edge_key client = {pid, dport, false, *peer}, server = {pid, sport, true, *peer};
	struct edge *e = find(g, &client);
	if (!e)
		e = find(g, &server);
	return e ? e : make(g, sport < dport ? &server : &client);
}

static void advance(struct edge *e, uint64_t time)
{
	uint64_t slot = time / SLOT_NS;
	if (slot <= e->slot)
		return;
	for (uint64_t s = slot - e->slot > SLOTS ? slot - SLOTS + 1 : e->slot + 1; s <= slot; s++) {
		e->bytes[s % SLOTS] = 0;
		e->opens[s % SLOTS] = 0;
	}
	e->slot = slot;
}

static void add_bytes(struct edge *e, uint64_t tx, uint64_t rx)
{
	e->tx_bytes += tx;
	e->rx_bytes += rx;
	e->bytes[e->slot % SLOTS] += tx + rx;
}

static void on_open(struct graph *g, struct edge *e, const struct view *view)
{
	uint64_t latency = view_number(view, "latency_ns");
	bool failed = view_number(view, "ret");
	(void)g;
	e->opened += !failed;
	e->failed += failed;
	e->opens[e->slot % SLOTS]++;
	if (failed || !latency)
		return;
	e->latencies++;
	e->latency_sum += latency;
	if (latency > e->latency_max)
		e->latency_max = latency;
}

static void on_accept(struct graph *g, struct edge *e, const struct view *view)
{
	(void)g, (void)view;
	e->accepted++;
	e->opens[e->slot % SLOTS]++;
}

static void on_close(struct graph *g, struct edge *e, const struct view *view)
{
	uint64_t srtt = view_number(view, "srtt_ns");
	e->closed++;
	if (srtt)
		e->srtt_ns = srtt;
	if (!g->traffic)
		add_bytes(e, view_number(view, "tx_bytes"), view_number(view, "rx_bytes"));
}

static void on_retransmit(struct graph *g, struct edge *e, const struct view *view)
{
	(void)g, (void)view;
	e->retransmits++;
}

static void on_traffic(struct graph *g, struct edge *e, const struct view *view)
{
	(void)g;
	add_bytes(e, view_number(view, "tx_bytes"), view_number(view, "rx_bytes"));
}

static void (*const handlers[GRAPH_ROLES])(struct graph *g, struct edge *e, const struct view *view) = {
	[GRAPH_OPEN] = on_open,       [GRAPH_ACCEPT] = on_accept,
	[GRAPH_CLOSE] = on_close,     [GRAPH_RETRANSMIT] = on_retransmit,
	[GRAPH_TRAFFIC] = on_traffic,
};

void graph_event(struct graph *g, const struct view *view)
{
	int role = role_of(view->stream->role);
	struct eun_event actor;
	if (role < 0)
		return;
	memcpy(&actor, view->rec, sizeof(actor));
	struct eun_ip peer = address(view, "daddr"), local = address(view, "saddr");
	uint16_t sport = (uint16_t)view_number(view, "sport"), dport = (uint16_t)view_number(view, "dport");
	const struct edge_key key = {actor.pid, role == GRAPH_ACCEPT ? sport : dport, role == GRAPH_ACCEPT, peer};
	struct edge *e = role > GRAPH_ACCEPT ? guess(g, actor.pid, &peer, sport, dport) : find(g, &key);
	if (!e)
		e = make(g, &key);
	if (!e)
		return;
	if (!e->first)
		e->first = actor.time;
	if (actor.time >= e->last)
		e->last = actor.time;
	e->actor = actor;
	e->local = local;
	advance(e, actor.time);
	unlink_age(g, e);
	link_newest(g, e);
	handlers[role](g, e, view);
}

size_t graph_edges(const struct graph *g)
{
	return g->n;
}
