/* SPDX-License-Identifier: MIT */
/*
 * Where events of all subscriptions meet: the recent ones of each stream, as records, and those who follow. Streams are
 * the shelf's. What is kept of a stream is a ring of so many bytes: the oldest go. One thread.
 */
#ifndef CORE_SERVER_HUB_H
#define CORE_SERVER_HUB_H

#include "event/writer.h"
#include "server/shelf.h"

struct hub;

/* `bytes`: of each stream's recent events. NULL and errno. */
struct hub *hub_new(const struct shelf *shelf, uint64_t bytes, int64_t clock_offset);
void hub_destroy(struct hub *hub);

/* One event; the view's stream is the shelf's. */
void hub_event(struct hub *hub, const struct view *view);

/* Who is told of each event, after it is kept. The follower is unlinked by hub_unfollow(). */
struct hub_follower {
	void (*event)(struct hub_follower *follower, const struct view *view, uint64_t number);
	struct hub_follower *next, **at;
};
void hub_follow(struct hub *hub, struct hub_follower *follower);
void hub_unfollow(struct hub_follower *follower);

/* An event as JSON, without a newline: the line of --fmt json, with integers beyond 2^53 as strings. */
void hub_json(struct hub *hub, const struct view *view, struct buf *out);

struct hub_counts {
	uint64_t events, kept; /* ever, now */
	uint64_t last;         /* number of the last one; 0: none yet */
};
void hub_counts(const struct hub *hub, uint16_t stream, struct hub_counts *out);
uint64_t hub_number(const struct hub *hub);

/*
 * Recent events from the newest on: with a number below `before`, of streams of which wants[id] is true. Calls `each`
 * until it returns false or `most` were looked at. Returns the number from which to go on, 0: there are no more.
 */
uint64_t hub_recent(struct hub *hub, const bool *wants, uint64_t before, size_t most,
		    bool (*each)(void *context, const struct view *view, uint64_t number), void *context);

#endif
