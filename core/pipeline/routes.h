/* SPDX-License-Identifier: MIT */
/*
 * From a record to those who asked for it: one look in a table by stream id, then for each consumer of the stream its
 * target sets and its filter. A consumer gets a view that dies when it returns. One thread.
 */
#ifndef CORE_PIPELINE_ROUTES_H
#define CORE_PIPELINE_ROUTES_H

#include "event/view.h"
#include "filter/filter.h"

struct consumer {
	uint64_t sets;              /* bits of target sets; an event of another set is not for it */
	const struct filter *where; /* NULL: all */
	void (*event)(void *context, const struct view *view);
	void *context;
};

struct route_counts {
	uint64_t delivered; /* records that passed the three checks */
	uint64_t invalid;   /* records that did not; of an unknown stream: in stream 0's */
	uint64_t rows;      /* records drained from aggregates or made in user space: no ring brought them */
};

struct routes; /* borrows the schema */

struct routes *routes_new(const struct schema *schema);
void routes_destroy(struct routes *routes);

/* Adds a consumer of a stream; -ENOMEM. It is copied. */
int routes_add(struct routes *routes, uint16_t stream, const struct consumer *consumer);
/* Removes the consumers of a stream that have this context. */
void routes_remove(struct routes *routes, uint16_t stream, const void *context);

/* The stream is gone and its number may be another's: no consumers, counts of 0. `routes` may be NULL. */
void routes_forget(struct routes *routes, uint16_t stream);

/*
 * Asked before a record is delivered: which of the sets that the kernel let pass want it indeed. For what a kernel
 * can't know in time. One at most.
 */
void routes_narrow(struct routes *routes,
		   uint64_t (*narrow)(void *context, const struct eun_event *event, uint64_t sets), void *context);

/* One record from a ring; `len` 0: it was malformed. */
void routes_deliver(struct routes *routes, const void *record, uint32_t len, uint64_t sets);
/* One record that no ring brought. -EINVAL: it is none of its stream. */
int routes_deliver_row(struct routes *routes, const void *record, uint32_t len, uint64_t sets);

/* Counts of one stream since the start. */
struct route_counts routes_counts(const struct routes *routes, uint16_t stream);

#endif
