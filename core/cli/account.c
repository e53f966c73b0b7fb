/* SPDX-License-Identifier: MIT */
#include "account.h"

#include <errno.h>
#include <stdlib.h>

#include "say.h"

int account_add(struct account *a, const struct instance *instance, uint32_t stream)
{
	struct account_item *grown = realloc(a->items, (a->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	a->items = grown;
	grown[a->n++] = (struct account_item){instance, stream, 0};
	return 0;
}

void account_free(struct account *a)
{
	free(a->items);
}

/* Not in the output: no room in a ring or no scratch, no room in an aggregate, malformed. */
static uint64_t lost_of(const struct stream_counts *c)
{
	return c->bpf.lost + c->bpf.full + c->host.invalid;
}

void account_losses(struct account *a, void (*lost)(void *context, const struct stream *stream, uint64_t count),
		    void *context)
{
	for (size_t i = 0; i < a->n; i++) {
		struct account_item *it = &a->items[i];
		struct stream_counts c;
		if (instance_counts(it->instance, it->stream, &c))
			continue;
		uint64_t n = lost_of(&c);
		if (n > it->lost)
			lost(context, instance_stream(it->instance, it->stream), n - it->lost);
		it->lost = n;
	}
}

static void line(const struct stream *s, const struct stream_counts *c, int64_t error)
{
	const struct eun_counts *b = &c->bpf;
	say("account %s seen=%llu not_target=%llu not_where=%llu aggregated=%llu full=%llu sent=%llu lost=%llu "
	    "delivered=%llu invalid=%llu rows=%llu error=%lld",
	    s->name, b->seen, b->not_target, b->not_where, b->aggregated, b->full, b->sent, b->lost,
	    (unsigned long long)c->host.delivered, (unsigned long long)c->host.invalid,
	    (unsigned long long)c->host.rows, (long long)error);
}

void account_summary(const struct account *a, uint64_t events, uint64_t dropped_rows, bool all)
{
	uint64_t lost = 0, missed = 0;
	const struct instance *last = NULL;
	for (size_t i = 0; i < a->n; i++) {
		const struct account_item *it = &a->items[i];
		struct stream_counts c;
		if (instance_counts(it->instance, it->stream, &c))
			continue;
		int64_t error = stream_counts_error(&c);
		lost += lost_of(&c);
		if (all || error)
			line(instance_stream(it->instance, it->stream), &c, error);
		else if (lost_of(&c))
			say("lost %llu events of %s", (unsigned long long)lost_of(&c),
			    instance_stream(it->instance, it->stream)->name);
		if (it->instance != last)
			missed += instance_missed(it->instance);
		last = it->instance;
	}
	if (dropped_rows)
		say("%llu events did not fit into the table", (unsigned long long)dropped_rows);
	if (missed)
		say("%llu program runs were skipped by the kernel", (unsigned long long)missed);
	say("%llu events, %llu lost", (unsigned long long)events, (unsigned long long)lost);
}
