/* SPDX-License-Identifier: MIT */
/* Events, alerts, the graph: what was and what comes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/json.h"
#include "server/server_impl.h"
#include "server/start.h"

#define EVENTS_MOST 1000
#define EVENTS_LOOKED_AT 20000 /* of one request: the loop waits for it */
#define ANSWER_MOST (4u << 20)

/* What ?streams= and ?filter= say. False: it is answered. */
static bool read_choice(struct server *s, struct call *c, bool **wants, struct filter **where)
{
	struct config_error error = {0};
	char why[256];
	*where = NULL;
	int err = start_wants(&s->shelf, call_query(c, "streams"), wants, why, sizeof(why));
	if (err == -EINVAL)
		call_fail(c, 400, "invalid", "streams", "%s", why);
	if (!err) {
		err = start_filter(&s->shelf, *wants, call_query(c, "filter"), where, &error);
		if (err == -EINVAL)
			call_wrong(c, 400, &error);
	}
	if (!err)
		return true;
	if (err != -EINVAL)
		call_fail(c, 503, "no_memory", NULL, "no memory");
	free(*wants);
	return false;
}

struct listing {
	struct server *server;
	struct buf *out;
	const struct filter *where;
	uint64_t left;
};

static bool add_event(void *context, const struct view *view, uint64_t number)
{
	struct listing *l = context;
	if (l->where && !filter_match(l->where, view))
		return true;
	put_open(l->out, '{');
	put_number(l->out, "number", number);
	put_key(l->out, "event");
	hub_json(l->server->hub, view, l->out);
	put_close(l->out, '}');
	return --l->left && l->out->len < ANSWER_MOST;
}

void api_events(struct server *s, struct call *c)
{
	struct listing l = {s, &c->out, NULL, 0};
	struct filter *where;
	uint64_t before;
	bool *wants;
	if (!call_query_number(c, "limit", 100, 1, EVENTS_MOST, &l.left) ||
	    !call_query_number(c, "before", UINT64_MAX, 1, UINT64_MAX, &before) || !read_choice(s, c, &wants, &where))
		return;
	l.where = where;
	put_open(&c->out, '{');
	put_key(&c->out, "events");
	put_open(&c->out, '[');
	uint64_t next = hub_recent(s->hub, wants, before, EVENTS_LOOKED_AT, add_event, &l);
	put_close(&c->out, ']');
	put_key(&c->out, "next");
	if (next)
		put_u64(&c->out, next);
	else
		put_null(&c->out);
	put_close(&c->out, '}');
	call_answer(c, 200);
	filter_destroy(where);
	free(wants);
}

static bool is_set(const struct call *c, const char *name, bool usual)
{
	const char *text = call_query(c, name);
	return text ? !strcmp(text, "true") || !strcmp(text, "1") : usual;
}

void api_stream(struct server *s, struct call *c)
{
	struct follow_spec spec = {.n_wants = s->shelf.schema.n_streams};
	if (!read_choice(s, c, &spec.wants, &spec.where))
		return;
	spec.alerts = is_set(c, "alerts", true);
	spec.states = is_set(c, "instances", true);
	if (!is_set(c, "events", true))
		memset(spec.wants, 0, spec.n_wants * sizeof(bool));
	int err = follow_start(&s->follows, c, &spec);
	if (err)
		call_fail(c, 503, err == -EBUSY ? "limit" : "no_memory", NULL,
			  err == -EBUSY ? "%zu live streams are open: see 'streams' in [server]" : "no memory",
			  s->follows.n);
}

void api_alerts(struct server *s, struct call *c)
{
	uint64_t left, before;
	if (!call_query_number(c, "limit", 100, 1, EVENTS_MOST, &left) ||
	    !call_query_number(c, "before", UINT64_MAX, 1, UINT64_MAX, &before))
		return;
	uint64_t at = before <= s->alerts.last ? before - 1 : s->alerts.last;
	const struct kept_alert *k;
	put_open(&c->out, '{');
	put_key(&c->out, "alerts");
	put_open(&c->out, '[');
	for (; (k = alerts_find(&s->alerts, at)) && left; at--, left--)
		alerts_json(k, &c->out);
	put_close(&c->out, ']');
	put_key(&c->out, "next");
	if (k)
		put_u64(&c->out, at + 1);
	else
		put_null(&c->out);
	put_number(&c->out, "total", s->alerts.last);
	put_close(&c->out, '}');
	call_answer(c, 200);
}

void api_alert_acknowledge(struct server *s, struct call *c)
{
	struct kept_alert *k = alerts_find(&s->alerts, strtoull(c->args.text[0], NULL, 10));
	if (!k) {
		call_fail(c, 404, "not_found", "number", "there is no alert %s (any more)", c->args.text[0]);
		return;
	}
	k->acknowledged = true;
	alerts_json(k, &c->out);
	call_answer(c, 200);
}

void api_connections(struct server *s, struct call *c)
{
	uint64_t seconds;
	if (!call_query_number(c, "window", 60, 1, 86400, &seconds))
		return;
	if (!s->graph) {
		call_fail(c, 409, "off", NULL, "there is no graph: 'graph' in [server] is empty");
		return;
	}
	put_open(&c->out, '{');
	put_number(&c->out, "window_s", seconds);
	put_number(&c->out, "rates_s", seconds < GRAPH_WINDOW_S ? seconds : GRAPH_WINDOW_S);
	graph_json(s->graph, (uint32_t)seconds, &s->alerts, clock_boot_ns(), s->clock_offset, &c->out);
	put_close(&c->out, '}');
	call_answer(c, 200);
}
