/* SPDX-License-Identifier: MIT */
/*
 * Live streams: Server-Sent Events. Each has a buffer of its own; what does not fit there because its reader is slow is
 * lost to it alone, counted, and told to it when there is room again. One thread.
 */
#ifndef CORE_SERVER_FOLLOW_H
#define CORE_SERVER_FOLLOW_H

#include "filter/filter.h"
#include "server/alerts.h"
#include "server/call.h"
#include "server/hub.h"

struct follows {
	struct hub *hub;
	struct follow *first;
	size_t n, most;
	uint64_t lost; /* ever, of all */
	uint64_t ticks;
};

/* What one of them wants. All is its own from here on. */
struct follow_spec {
	bool *wants; /* by stream id, n_wants; NULL: no events */
	size_t n_wants;
	struct filter *where; /* NULL: all */
	bool alerts, states;
};

/* Answers the call with a stream that goes on; -ENOMEM, -EBUSY: there are too many, and the spec is freed. */
int follow_start(struct follows *follows, struct call *call, struct follow_spec *spec);
void follow_spec_free(struct follow_spec *spec);

void follows_alert(struct follows *follows, const struct kept_alert *alert);
/* A job's state, as JSON. */
void follows_state(struct follows *follows, const char *json, size_t len);
/* What there is goes on its way: after a round of events. */
void follows_flush(struct follows *follows);
/* Every 100 ms: signs of life. */
void follows_tick(struct follows *follows);
/* All of them end. */
void follows_end(struct follows *follows);

#endif
