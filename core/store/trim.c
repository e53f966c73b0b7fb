/* SPDX-License-Identifier: MIT */
/*
 * The caps. What is too old goes, and where room is short the oldest of what takes the most of it: so a flood of events
 * costs events, not alerts. Pages that become free are used again; the file is made shorter only where it is larger
 * than its cap.
 */
#include "store_impl.h"

#define PAGE 4096
#define FULL(cap) ((cap) / 10 * 9)     /* used bytes from which room is made */
#define ENOUGH(cap) ((cap) / 100 * 85) /* until there are so few */
#define SLICE 4000                     /* rows of one transaction */
#define SLICES 64                      /* before what waits is looked at again */
#define AGE_EVERY 30000000000ull

static const struct {
	const char *table, *size; /* of a row, about */
} kinds[] = {
	{"event", "length(record) + ifnull(length(texts), 0) + 70"},
	{"connections", "200"},
	{"alerts", "length(json) + ifnull(length(ancestors), 0) + ifnull(length(known), 0) + length(output) + 100"},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int used(struct store *s, int64_t *bytes, int64_t *file)
{
	int64_t pages = 0, unused = 0;
	int rc = base_run(&s->base, BASE_PAGES, &pages, "");
	if (rc == SQLITE_OK)
		rc = base_run(&s->base, BASE_FREE, &unused, "");
	*file = pages * PAGE;
	*bytes = (pages - unused) * PAGE;
	return rc;
}

/* What a kind takes, about: its last rows are taken for all. */
static int weigh(struct store *s, size_t kind, int64_t *rows, int64_t *bytes)
{
	int64_t size = 0;
	*rows = 0;
	int rc = base_query(&s->base, rows, "SELECT ifnull(max(id) - min(id) + 1, 0) FROM %s", kinds[kind].table);
	if (rc == SQLITE_OK)
		rc = base_query(
			&s->base, &size,
			"SELECT ifnull(avg(size), 0) FROM (SELECT %s AS size FROM %s ORDER BY id DESC LIMIT 100)",
			kinds[kind].size, kinds[kind].table);
	*bytes = *rows * size;
	return rc;
}

/* Actors that no row refers to. */
static int drop_actors(struct store *s)
{
	int64_t event = s->last_event + 1, connection = s->last_connection + 1;
	int rc = base_query(&s->base, &event, "SELECT ifnull(min(id), %lld) FROM event", (long long)event);
	if (rc == SQLITE_OK)
		rc = base_query(&s->base, &connection, "SELECT ifnull(min(id), %lld) FROM connections",
				(long long)connection);
	if (rc == SQLITE_OK)
		rc = base_run(&s->base, BASE_SEGMENTS, NULL, "ii", event, connection);
	return rc == SQLITE_OK ? base_run(&s->base, BASE_ACTORS, NULL, "") : rc;
}

int store_make_room(struct store *s)
{
	int64_t rows, bytes, most_rows = 0, most = -1;
	size_t which = 0;
	for (size_t i = 0; i < KINDS; i++) {
		int rc = weigh(s, i, &rows, &bytes);
		if (rc != SQLITE_OK)
			return rc;
		if (bytes > most) {
			most = bytes;
			most_rows = rows;
			which = i;
		}
	}
	int64_t slice = most_rows / 32 + 1;
	return base_query(&s->base, NULL, "DELETE FROM %s WHERE id IN (SELECT id FROM %s ORDER BY id LIMIT %lld)",
			  kinds[which].table, kinds[which].table, (long long)(slice < SLICE ? slice : SLICE));
}

static int trim_size(struct store *s)
{
	int64_t bytes, file, cap = (int64_t)s->limit_now;
	int rc = used(s, &bytes, &file);
	if (rc != SQLITE_OK || (bytes <= FULL(cap) && file <= cap))
		return rc;
	for (int i = 0; i < SLICES && rc == SQLITE_OK && bytes > ENOUGH(cap); i++) {
		rc = store_make_room(s);
		if (rc == SQLITE_OK && i % 8 == 7)
			rc = drop_actors(s);
		if (rc == SQLITE_OK)
			rc = used(s, &bytes, &file);
	}
	if (rc == SQLITE_OK)
		rc = drop_actors(s);
	for (int i = 0; i < SLICES && rc == SQLITE_OK && file > cap && bytes <= cap; i++) {
		rc = base_run(&s->base, BASE_VACUUM, NULL, "");
		if (rc == SQLITE_OK)
			rc = used(s, &bytes, &file);
	}
	return rc;
}

static int trim_age(struct store *s)
{
	uint64_t age = atomic_load(&s->max_age_ms), now = store_now();
	if (!age || now < s->trim_at)
		return SQLITE_OK;
	int64_t before = (int64_t)(store_wall() - age * 1000000ull);
	bool all = true;
	int rc = SQLITE_OK;
	for (size_t i = 0; i < KINDS && rc == SQLITE_OK; i++) {
		rc = base_query(
			&s->base, NULL,
			"DELETE FROM %s WHERE id IN (SELECT id FROM %s WHERE time < %lld ORDER BY time LIMIT %d)",
			kinds[i].table, kinds[i].table, (long long)before, SLICE);
		all &= sqlite3_changes(s->base.db) < SLICE;
	}
	if (rc == SQLITE_OK && all) {
		s->trim_at = now + AGE_EVERY;
		rc = base_query(&s->base, NULL, "DELETE FROM lost WHERE time < %lld", (long long)before);
		if (rc == SQLITE_OK)
			rc = drop_actors(s);
	}
	return rc;
}

int store_trim(struct store *s)
{
	int rc = trim_age(s);
	return rc == SQLITE_OK ? trim_size(s) : rc;
}
