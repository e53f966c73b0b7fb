/* SPDX-License-Identifier: MIT */
/* For the tests of the history: a folder, a stream with a field of every type, and what is known of actors. */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include "event_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/query.h"
#include "store/store.h"
#include "target/computed.h"

#define SETTLE_MS 30000
#define WHY 512

struct place {
	char dir[64], path[96]; /* the history's, in it */
	struct schema schema;
	struct stream *every;
	struct computed computed;
	struct alert_style style;
	char said[1024]; /* by the thread, a line each */
	struct record x;
};

static inline int place_new(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	snprintf(p->dir, sizeof(p->dir), "/tmp/eunomia-store-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/history.db", p->dir);
	setenv("TZ", "UTC0", 1);
	tzset();
	assert_int_equal(computed_init(&p->computed), 0);
	computed_offer(&p->computed, &p->schema);
	p->every = every_add(&p->schema);
	p->style = (struct alert_style){.clock_offset = CLOCK_OFFSET, .hostname = "host"};
	alarm(110); /* what waits for ever is killed */
	*state = p;
	return 0;
}

static inline int place_remove(void **state)
{
	struct place *p = *state;
	char name[512];
	DIR *dir = opendir(p->dir);
	for (const struct dirent *e; (e = readdir(dir));) {
		snprintf(name, sizeof(name), "%s/%s", p->dir, e->d_name);
		if (*e->d_name != '.')
			unlink(name);
	}
	closedir(dir);
	assert_int_equal(rmdir(p->dir), 0);
	computed_free(&p->computed);
	schema_destroy(&p->schema);
	free(p);
	return 0;
}

#define PLACE(function) cmocka_unit_test_setup_teardown(function, place_new, place_remove)

static inline void place_say(void *context, const char *text)
{
	struct place *p = context;
	strncat(p->said, text, sizeof(p->said) - strlen(p->said) - 2);
	strcat(p->said, "\n");
}

static inline struct store_config place_config(struct place *p)
{
	return (struct store_config){.path = p->path,
				     .style = &p->style,
				     .computed = p->computed.fields,
				     .n_computed = p->computed.n_fields,
				     .say = place_say,
				     .context = p};
}

static inline struct store *store_make(const struct store_config *config)
{
	struct store *s = NULL;
	char why[WHY];
	if (store_open(&s, config, why, sizeof(why)))
		fail_msg("%s", why);
	return s;
}

static inline struct store *place_store(struct place *p)
{
	const struct store_config config = place_config(p);
	return store_make(&config);
}

/* Nothing may be lost. Returns what was written. */
static inline uint64_t store_finish(struct store *s)
{
	struct store_counts c;
	store_close(s, SETTLE_MS, &c);
	if (c.lost || c.errors)
		fail_msg("%llu lost, %llu errors: %s", (unsigned long long)c.lost, (unsigned long long)c.errors,
			 c.last_error);
	assert_int_equal(c.taken, c.written);
	return c.written;
}

/* The i-th event, at boot time BOOT_NS + i. */
static inline void offer_event(struct place *p, struct store *s, unsigned i)
{
	struct view view;
	uint32_t len;
	p->x.r.u32 = i;
	p->x.r.head.time = BOOT_NS + i;
	void *bytes = record_bytes(&p->x, p->every->id, &len);
	assert_true(view_init(&view, bytes, len, &p->schema));
	store_event(s, &view);
	free(bytes);
}

static inline struct history *history_make(const char *path)
{
	struct history *h = NULL;
	char why[WHY];
	if (history_open(&h, path, why, sizeof(why)))
		fail_msg("%s", why);
	return h;
}

static inline void history_all(struct history *h, const struct history_query *query,
			       int (*each)(void *context, const struct history_item *item), void *context)
{
	char why[WHY];
	if (history_find(h, query, each, context, why, sizeof(why)))
		fail_msg("%s", why);
}

static inline int count_item(void *context, const struct history_item *item)
{
	(void)item;
	++*(uint64_t *)context;
	return 0;
}

static inline uint64_t history_count(const char *path, enum history_kind kind)
{
	uint64_t n = 0;
	struct history *h = history_make(path);
	history_all(h, &(struct history_query){.kind = kind}, count_item, &n);
	history_close(h);
	return n;
}

/* What SQLite itself says of the file: one number. */
static inline int64_t sql_number(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	int64_t n = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : -1;
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static inline void assert_sound(const char *path)
{
	assert_int_equal(sql_number(path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
			 1);
}

/* A condition that must come true. */
#define UNTIL(condition)                                           \
	do {                                                       \
		for (int until_n = 0; !(condition); until_n++) {   \
			if (until_n > SETTLE_MS)                   \
				fail_msg("never: %s", #condition); \
			usleep(1000);                              \
		}                                                  \
	} while (0)

#endif
