/* SPDX-License-Identifier: MIT */
/*
 * The rules of one stream as one program. Conjuncts that several rules have are asked once for all of them, those that
 * say no to the most rules for the least time first; a test that stands in several places is answered once an event.
 */
#ifndef CORE_RULE_PLAN_H
#define CORE_RULE_PLAN_H

#include "filter/pool.h"
#include "filter/program.h"

struct plan;

/* A rule's condition for the stream, and what plan_run() says when it is true. */
struct plan_rule {
	const struct clause *clause;
	void *hit;
};

/* In `pool`, as all that it points to must outlive it. NULL: no memory. */
struct plan *plan_new(struct pool *pool, const struct plan_rule *rules, size_t n);
/* Calls `hit` for each rule that means the event. */
void plan_run(struct plan *plan, const struct view *view, void (*hit)(void *context, void *rule, const struct view *),
	      void *context);
/* As text, a step a line: for tests and people. */
struct buf;
void plan_dump(const struct plan *plan, struct buf *out);

#endif
