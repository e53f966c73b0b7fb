/* SPDX-License-Identifier: MIT */
/* Inside of query.h: the history that is read. */
#ifndef CORE_STORE_QUERY_IMPL_H
#define CORE_STORE_QUERY_IMPL_H

#include <sqlite3.h>

#include "store/known.h"
#include "store/query.h"
#include "target/computed.h"

/* Of the file, by its number there. */
struct run {
	int64_t id;
	int64_t shift; /* of times, to the wall clock's */
	const struct field *fields[KEPT_MAX];
	size_t n_fields;
};

struct stored {
	int64_t id;
	struct stream *stream;
};

struct history {
	sqlite3 *db;
	char *path;
	struct schema schema;
	struct computed computed;
	struct stored *stored; /* events' */
	size_t n_stored;
	const struct stream **events; /* the same, for callers */
	const struct stream *own[HISTORY_KINDS];
	struct run *runs;
	size_t n_runs;
	sqlite3_stmt *one; /* history_get()'s; NULL: not made yet */
	const char *texts; /* of the event at hand */
	size_t texts_len;
};

/* What is wrong with it, with its path; that SQLite says so. -EIO. */
int history_fail(const struct history *history, char *why, size_t why_size, const char *text);
int history_sql_fail(const struct history *history, char *why, size_t why_size);

#endif
