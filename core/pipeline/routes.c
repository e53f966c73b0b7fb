/* SPDX-License-Identifier: MIT */
#include "routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct route {
	struct consumer *consumers;
	size_t n;
	struct route_counts counts;
};

struct routes {
	const struct schema *schema;
	struct route *routes; /* by stream id */
	size_t n;
	uint64_t (*narrow)(void *context, const struct eun_event *event, uint64_t sets);
	void *narrow_context;
};

struct routes *routes_new(const struct schema *schema)
{
	struct routes *r = calloc(1, sizeof(*r));
	if (r)
		r->schema = schema;
	return r;
}

void routes_destroy(struct routes *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		free(r->routes[i].consumers);
	free(r->routes);
	free(r);
}

static int grow(struct routes *r, uint16_t stream)
{
	if (stream < r->n)
		return 0;
	struct route *grown = realloc(r->routes, (stream + 1u) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memset(grown + r->n, 0, (stream + 1u - r->n) * sizeof(*grown));
	r->routes = grown;
	r->n = stream + 1u;
	return 0;
}

int routes_add(struct routes *r, uint16_t stream, const struct consumer *consumer)
{
	if (grow(r, stream))
		return -ENOMEM;
	struct route *route = &r->routes[stream];
	struct consumer *grown = realloc(route->consumers, (route->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	route->consumers = grown;
	grown[route->n++] = *consumer;
	return 0;
}

void routes_remove(struct routes *r, uint16_t stream, const void *context)
{
	if (stream >= r->n)
		return;
	struct route *route = &r->routes[stream];
	size_t kept = 0;
	for (size_t i = 0; i < route->n; i++)
		if (route->consumers[i].context != context)
			route->consumers[kept++] = route->consumers[i];
	route->n = kept;
}

void routes_forget(struct routes *r, uint16_t stream)
{
	if (!r || stream >= r->n)
		return;
	free(r->routes[stream].consumers);
	r->routes[stream] = (struct route){0};
}

void routes_narrow(struct routes *r, uint64_t (*narrow)(void *context, const struct eun_event *event, uint64_t sets),
		   void *context)
{
	r->narrow = narrow;
	r->narrow_context = context;
}

static void deliver(const struct routes *r, const struct route *route, const struct view *view, uint64_t sets)
{
	if (r->narrow)
		sets = r->narrow(r->narrow_context, view->rec, sets);
	for (size_t i = 0; i < route->n; i++) {
		const struct consumer *c = &route->consumers[i];
		if (c->sets & sets && (!c->where || filter_match(c->where, view)))
			c->event(c->context, view);
	}
}

/*
 * The route of a record; NULL where nobody was ever interested in its stream. A record that is not valid may name any
 * stream: one that has no route counts in the first.
 */
static struct route *route_of(struct routes *r, const void *record, uint32_t len, struct view *view, bool *valid)
{
	*valid = view_init(view, record, len, r->schema);
	uint16_t stream = 0;
	if (len >= sizeof(struct eun_event))
		memcpy(&stream, (const char *)record + offsetof(struct eun_event, stream), sizeof(stream));
	if (stream < r->n)
		return &r->routes[stream];
	return !*valid && r->n ? &r->routes[0] : NULL;
}

void routes_deliver(struct routes *r, const void *record, uint32_t len, uint64_t sets)
{
	struct view view;
	bool valid;
	struct route *route = route_of(r, record, len, &view, &valid);
	if (!route)
		return;
	if (!valid) {
		route->counts.invalid++;
		return;
	}
	route->counts.delivered++;
	deliver(r, route, &view, sets);
}

int routes_deliver_row(struct routes *r, const void *record, uint32_t len, uint64_t sets)
{
	struct view view;
	bool valid;
	struct route *route = route_of(r, record, len, &view, &valid);
	if (!valid)
		return -EINVAL;
	if (!route)
		return 0;
	route->counts.rows++;
	deliver(r, route, &view, sets);
	return 0;
}

struct route_counts routes_counts(const struct routes *r, uint16_t stream)
{
	return stream < r->n ? r->routes[stream].counts : (struct route_counts){0};
}
