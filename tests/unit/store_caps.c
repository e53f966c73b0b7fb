/* SPDX-License-Identifier: MIT */
/* The file stays under its caps, the oldest goes, and a flood of one kind costs nothing of another. */
#include "store_fixture.h"

#define CAP STORE_BYTES_MIN

static uint64_t bytes_of(const char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	uint64_t sum = 0;
	for (size_t i = 0; i < 3; i++) {
		char name[128];
		struct stat st;
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		sum += stat(name, &st) ? 0 : (uint64_t)st.st_size;
	}
	return sum;
}

static void put_alert(struct place *p, struct store *s, unsigned i)
{
	char message[32];
	(void)p;
	snprintf(message, sizeof(message), "%u", i);
	store_alert(s, &(struct alert){.time = BOOT_NS + i,
				       .rule = "r",
				       .source = "s",
				       .message = message,
				       .message_len = strlen(message),
				       .count = 1});
}

static void size(void **state)
{
	struct place *p = *state;
	struct store_config config = place_config(p);
	const unsigned n = 30000; /* some 50 MB */
	config.max_bytes = CAP;
	record_init(&p->x);
	struct store *s = store_make(&config);
	for (unsigned i = 0; i < 100; i++)
		put_alert(p, s, i);
	for (unsigned i = 0; i < n; i++) {
		offer_event(p, s, i);
		if (i % 500 == 499) {
			assert_int_equal(store_flush(s, SETTLE_MS), 0);
			assert_true(bytes_of(p->path) <= CAP);
		}
	}
	assert_int_equal(store_finish(s), n + 100);
	assert_true(bytes_of(p->path) <= CAP);
	assert_sound(p->path);
	/* the last ones are there, without a gap, and fill a good part of it; so are all alerts */
	int64_t left = sql_number(p->path, "SELECT count(*) FROM event");
	assert_int_equal(sql_number(p->path, "SELECT max(time) FROM event"), (int64_t)BOOT_NS + CLOCK_OFFSET + n - 1);
	assert_int_equal(sql_number(p->path, "SELECT max(time) - min(time) + 1 FROM event"), left);
	assert_true((uint64_t)left * sizeof(struct every) > CAP / 3);
	assert_int_equal(history_count(p->path, HISTORY_ALERTS), 100);
}

/* Actors that nothing refers to go as well: each event here has its own. */
static bool own_exe(const struct view *view, const struct field *field, struct value *out)
{
	static char exe[64];
	(void)field;
	out->len = (uint32_t)snprintf(exe, sizeof(exe), "/bin/%u", ((const struct every *)view->rec)->u32);
	out->ptr = exe;
	return true;
}

static void actors(void **state)
{
	struct place *p = *state;
	struct store_config config = place_config(p);
	const unsigned n = 30000;
	config.max_bytes = CAP;
	for (uint32_t i = 0; i < p->computed.n_fields; i++)
		if (!strcmp(p->computed.fields[i].name, "exe"))
			p->computed.fields[i].get = own_exe;
	record_init(&p->x);
	struct store *s = store_make(&config);
	for (unsigned i = 0; i < n; i++) {
		offer_event(p, s, i);
		if (i % 500 == 499)
			assert_int_equal(store_flush(s, SETTLE_MS), 0);
	}
	store_finish(s);
	assert_true(bytes_of(p->path) <= CAP);
	/* none too few, and no more than of the segments that are left */
	assert_int_equal(sql_number(p->path, "SELECT count(*) FROM event WHERE actor NOT IN (SELECT id FROM actors)"),
			 0);
	assert_true(sql_number(p->path, "SELECT count(*) FROM actors") < 20000);
	assert_true(sql_number(p->path, "SELECT count(*) FROM events WHERE exe LIKE '/bin/%'") > 100);
}

/* A smaller cap than the file has: it becomes shorter. */
static void smaller(void **state)
{
	struct place *p = *state;
	record_init(&p->x);
	struct store *s = place_store(p);
	for (unsigned i = 0; i < 10000; i++) {
		offer_event(p, s, i);
		if (i % 1000 == 999)
			assert_int_equal(store_flush(s, SETTLE_MS), 0);
	}
	assert_true(bytes_of(p->path) > 2 * CAP);
	store_limit(s, CAP, 0);
	for (unsigned i = 10000; bytes_of(p->path) > CAP; i++) {
		assert_true(i < 11000);
		offer_event(p, s, i);
		assert_int_equal(store_flush(s, SETTLE_MS), 0);
	}
	store_finish(s);
	assert_true(history_count(p->path, HISTORY_EVENTS) > 100);
	/* and at the start */
	struct store_config config = place_config(p);
	assert_true(bytes_of(p->path) <= CAP);
	config.max_bytes = CAP;
	s = store_make(&config);
	store_finish(s);
	assert_sound(p->path);
}

static void age(void **state)
{
	struct place *p = *state;
	struct store *s;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	/* the events' times are on a scale of their own: now is half way between the first and the last */
	p->style.clock_offset = now.tv_sec * 1000000000ll - (int64_t)BOOT_NS - 3600000000000ll;
	record_init(&p->x);
	s = place_store(p);
	for (unsigned i = 0; i < 100; i++)
		offer_event(p, s, i);
	put_alert(p, s, 1);
	p->style.clock_offset += 3600000000000ll;
	store_finish(s);
	s = place_store(p);
	for (unsigned i = 0; i < 50; i++)
		offer_event(p, s, i);
	put_alert(p, s, 2);
	store_finish(s);
	assert_int_equal(history_count(p->path, HISTORY_EVENTS), 150);
	struct store_config config = place_config(p);
	config.max_age_ms = 1800 * 1000;
	s = store_make(&config);
	UNTIL(history_count(p->path, HISTORY_EVENTS) == 50);
	UNTIL(history_count(p->path, HISTORY_ALERTS) == 1);
	store_finish(s);
}

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A reader that stays where it is holds the log; it may not make it grow without end, and stops nobody. */
static void slow_reader(void **state)
{
	struct place *p = *state;
	struct store_config config = place_config(p);
	struct store_counts c;
	sqlite3 *db;
	uint64_t longest = 0;
	config.max_bytes = CAP;
	config.queue_bytes = 1 << 20;
	record_init(&p->x);
	struct store *s = store_make(&config);
	offer_event(p, s, 0);
	assert_int_equal(store_flush(s, SETTLE_MS), 0);
	assert_int_equal(sqlite3_open_v2(p->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM event", NULL, NULL, NULL), SQLITE_OK);
	unsigned n = 1;
	do {
		for (int i = 0; i < 100; i++) {
			uint64_t begin = now_ns();
			offer_event(p, s, n++);
			if (now_ns() - begin > longest)
				longest = now_ns() - begin;
		}
		usleep(1000);
		store_counts(s, &c);
		assert_true(bytes_of(p->path) <= CAP);
	} while (!c.lost || !c.errors);
	assert_true(longest < 200000000);
	sqlite3_close(db);
	UNTIL((store_counts(s, &c), c.taken == c.written + c.lost));
	store_close(s, SETTLE_MS, &c);
	assert_true(c.written > 500);
	assert_true(bytes_of(p->path) <= CAP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE(size), PLACE(actors), PLACE(smaller), PLACE(age), PLACE(slow_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
