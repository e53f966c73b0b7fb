/* SPDX-License-Identifier: MIT */
/*
 * The history, read: what store.h wrote, as events that filters and writers take as they take a run's. Reads while it
 * is written, and sees what was there when a reading began.
 *
 * Of alerts and connections, too: they are events of two streams that exist here alone, history.alert and
 * history.connection. Times are those of the wall clock (ns since 1970), in all of an event's fields, so that events of
 * several starts of the machine stand in one order: writers get a clock_offset of 0.
 *
 * One thread.
 */
#ifndef CORE_STORE_QUERY_H
#define CORE_STORE_QUERY_H

#include "event/view.h"
#include "filter/filter.h"

enum history_kind { HISTORY_EVENTS, HISTORY_ALERTS, HISTORY_CONNECTIONS, HISTORY_KINDS };
extern const char *const history_kinds[]; /* "events"..., ends at NULL */

struct history;

/* -errno with why: "PATH: ...". -EINVAL: it is no history; -ENOTSUP: of a later version. */
int history_open(struct history **out, const char *path, char *why, size_t why_size);
void history_close(struct history *history);

/* The streams of a kind, as stored; of one name there may be several. They live as long as the history. */
void history_streams(const struct history *history, enum history_kind kind, const struct stream *const **streams,
		     size_t *n);
/* Looks for streams that were not stored yet when the history was opened. -errno: why. */
int history_refresh(struct history *history, char *why, size_t why_size);

struct history_item {
	int64_t id;       /* grows as things are stored */
	struct view view; /* valid during the call */
	const char *json; /* of an alert: the line that outputs got, without the newline */
	const char
		*ancestors; /* of an alert: a JSON array of objects: pid, comm, exe, argv; the nearest first. Or NULL */
};

struct history_query {
	enum history_kind kind;
	int64_t from, to;                    /* wall clock, ns, both included; `to` 0: no end */
	int64_t before;                      /* only numbers below this one; 0: all. For paging */
	const struct stream *const *streams; /* only these; NULL: all of the kind */
	size_t n_streams;
	const struct filter *where; /* compiled for them; NULL: all */
	uint64_t limit;             /* the last so many; 0: all */
};

/*
 * Calls `each` for what is asked for, in the order of time. What it returns, if not 0, ends it and is returned. -errno:
 * why.
 */
int history_find(struct history *history, const struct history_query *query,
		 int (*each)(void *context, const struct history_item *item), void *context, char *why,
		 size_t why_size);

/* Calls `each` for the event of that number, if there is one. As history_find(). */
int history_get(struct history *history, int64_t id, int (*each)(void *context, const struct history_item *item),
		void *context, char *why, size_t why_size);

/* What was offered between the two times and lost. -errno: why. */
int history_lost(struct history *history, int64_t from, int64_t to, uint64_t *lost, char *why, size_t why_size);

#endif
