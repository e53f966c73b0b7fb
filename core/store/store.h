/* SPDX-License-Identifier: MIT */
/*
 * The history: alerts, chosen events and what became of connections, in a file of SQLite's that others may read at any
 * time (query.h does). docs/history.md has the tables.
 *
 * What is offered is copied into a bounded queue and written by a thread of its own, in batches, each one transaction:
 * a full queue, a full disk or a slow one loses what is offered, counted, and holds nobody up. What could not be
 * written is tried again until it can, so a full disk loses only what the queue does not hold. A process that is killed
 * leaves a good file behind, without what it was offered in the last half second.
 *
 * A file that is damaged is moved aside, to FILE.corrupt-TIME, when that is found, and a new one begun.
 *
 * store_open() to store_close(), and what is offered, from one thread, which may be another's for each; the rest as
 * said.
 */
#ifndef CORE_STORE_STORE_H
#define CORE_STORE_STORE_H

#include "event/view.h"
#include "sink/alert.h"
#include "target/proc.h"

#define STORE_PATH "/var/lib/eunomia/history.db"
#define STORE_BYTES_MIN (4ull << 20)
#define STORE_BYTES (256ull << 20) /* where no cap is given */

struct store_config {
	const char *path;
	uint64_t max_bytes;  /* of the file and what belongs to it; 0: STORE_BYTES */
	uint64_t max_age_ms; /* what is older goes; 0: as long as there is room */
	size_t queue_bytes;  /* 0: 32 MiB; taken as they are needed */
	const struct alert_style *style;
	/* What is known of actors: kept with each event, as it is then. Borrowed. */
	const struct field *computed;
	uint32_t n_computed;
	const struct procs *procs; /* whose ancestors are kept with an alert; NULL: nobody's. Borrowed */
	/* A line for people: the file was moved aside, the disk is full. Called by the thread. */
	void (*say)(void *context, const char *text);
	void *context;
};

struct store_counts {
	uint64_t taken;   /* offered */
	uint64_t written; /* in the file for good */
	uint64_t lost;    /* neither, and never will be; taken - written - lost is on its way */
	uint64_t errors;  /* batches that could not be written, at each try */
	uint64_t bytes;   /* of the file and what belongs to it, as the last batch left it */
	char last_error[200];
};

struct store;

/*
 * Opens the file, which is made (mode 0600, and its folder with 0700) if it is not there. All is copied but what is
 * borrowed. -errno with why, "PATH: what; remedy": the folder can't be written, another process writes the history, it
 * is another program's, or of a later version.
 */
int store_open(struct store **out, const struct store_config *config, char *why, size_t why_size);

/* True: store_open() with this would give the same, but for the caps, which store_limit() changes. */
bool store_same(const struct store *store, const struct store_config *config);
void store_limit(struct store *store, uint64_t max_bytes, uint64_t max_age_ms);

/*
 * Offers; none of them waits. store_event(): one that was chosen. store_connection(): of a stream with one of the roles
 * connection.open, connection.accept, connection.close (their fields by name); others are ignored.
 */
void store_event(struct store *store, const struct view *view);
void store_connection(struct store *store, const struct view *view);
void store_alert(struct store *store, const struct alert *alert);
/* Somebody has seen the alert of this number; `who` may be any text. */
void store_acknowledge(struct store *store, int64_t alert, const char *who);

/* True: the stream is one that store_connection() knows. */
bool store_is_connection(const char *role);

/* Any thread. */
void store_counts(const struct store *store, struct store_counts *out);

/* Until all that was offered is written or lost. -ETIMEDOUT. */
int store_flush(struct store *store, unsigned patience_ms);

/* Writes what is queued, for at most `patience_ms`; what is left is counted as lost in `last` (may be NULL). NULL:
 * nothing. */
void store_close(struct store *store, unsigned patience_ms, struct store_counts *last);

#endif
