/* SPDX-License-Identifier: MIT */
/* The recent events of streams: rings of bytes against a list that forgets nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/hub.h"

#define BYTES 65536
#define STREAMS 3

struct record {
	struct eun_event event;
	uint64_t value;
	char rest[4096];
};

static const struct eun_field fields[] = {
	{.name = "value", .type = EUN_U64, .offset = offsetof(struct record, value), .size = 8, .help = "a number"},
};

static const struct eun_stream row = {
	.name = "test.some",
	.version = 1,
	.record_size = offsetof(struct record, rest),
	.fields = EUN_TABLE(fields),
	.columns = "value",
	.help = "for the test",
};

static void fill(struct shelf *shelf)
{
	char why[256];
	*shelf = (struct shelf){0};
	for (int i = 0; i < STREAMS; i++) {
		struct stream *s = stream_new(&row, why, sizeof(why));
		assert_non_null(s);
		assert_int_equal(schema_add(&shelf->schema, s), 0);
	}
}

static void put(struct hub *hub, const struct shelf *shelf, uint16_t stream, uint64_t value, uint32_t rest)
{
	static struct record record;
	uint32_t len = (uint32_t)offsetof(struct record, rest) + rest;
	record.event.len = len;
	record.value = value;
	memset(record.rest, (int)value, sizeof(record.rest));
	const struct view view = {&record.event, len, schema_stream(&shelf->schema, stream), NULL};
	hub_event(hub, &view);
}

struct expected {
	const uint16_t *streams;
	const uint32_t *rests;
	bool wants[STREAMS];
	uint64_t next; /* number that comes, if it is kept and wanted */
	uint64_t seen[STREAMS];
	size_t most;
};

static bool check(void *context, const struct view *view, uint64_t number)
{
	struct expected *e = context;
	const struct record *r = (const struct record *)view->rec;
	assert_true(number <= e->next);
	e->next = number - 1;
	assert_int_equal(r->value, number);
	assert_int_equal(view->stream->id, e->streams[number]);
	assert_true(e->wants[view->stream->id]);
	assert_int_equal(view->len, offsetof(struct record, rest) + e->rests[number]);
	for (uint32_t i = 0; i < e->rests[number]; i++)
		assert_int_equal((unsigned char)r->rest[i], (unsigned char)number);
	e->seen[view->stream->id]++;
	return --e->most;
}

/* Random sizes: the newest of each stream are there, whole, in order, as many as the bytes hold. */
static void test_random(void **state)
{
	const uint64_t n = 20000;
	uint16_t *streams = calloc(n + 1, sizeof(*streams));
	uint32_t *rests = calloc(n + 1, sizeof(*rests));
	struct shelf shelf;
	fill(&shelf);
	struct hub *hub = hub_new(&shelf, BYTES, 0);
	(void)state;
	srand(1);
	for (uint64_t i = 1; i <= n; i++) {
		streams[i] = (uint16_t)(rand() % STREAMS);
		rests[i] = (uint32_t)(rand() % (rand() % 8 ? 200 : 4000));
		put(hub, &shelf, streams[i], i, rests[i]);
		if (i % 97)
			continue;
		struct expected e = {streams, rests, {true, i % 2, true}, i, {0}, SIZE_MAX};
		assert_int_equal(hub_recent(hub, e.wants, UINT64_MAX, SIZE_MAX, check, &e), 0);
		for (uint16_t s = 0; s < STREAMS; s++) {
			struct hub_counts counts;
			uint64_t last = i, bytes = 0;
			hub_counts(hub, s, &counts);
			if (e.wants[s])
				assert_int_equal(e.seen[s], counts.kept);
			while (last && streams[last] != s)
				last--;
			assert_int_equal(counts.last, last);
			/* what is kept is not less than half of the room, unless there never was more */
			uint64_t kept = counts.kept;
			for (uint64_t k = i; k && kept; k--)
				if (streams[k] == s) {
					bytes += offsetof(struct record, rest) + rests[k] + 16;
					kept--;
				}
			assert_true(counts.kept == counts.events || bytes > BYTES / 2);
			assert_true(bytes <= BYTES + 16 * counts.kept);
		}
	}
	hub_destroy(hub);
	schema_destroy(&shelf.schema);
	free(streams);
	free(rests);
}

/* Page by page it is the same as at once. */
static void test_pages(void **state)
{
	static uint16_t streams[301];
	static uint32_t rests[301];
	struct shelf shelf;
	fill(&shelf);
	struct hub *hub = hub_new(&shelf, 1 << 20, 0);
	(void)state;
	for (uint64_t i = 1; i <= 300; i++) {
		streams[i] = (uint16_t)(i * 7 % STREAMS);
		put(hub, &shelf, streams[i], i, 0);
	}
	uint64_t before = UINT64_MAX, total = 0;
	for (int pages = 0; before; pages++) {
		struct expected e = {streams, rests, {true, true, false}, 300, {0}, 7};
		before = hub_recent(hub, e.wants, before, pages % 2 ? 5 : SIZE_MAX, check, &e);
		total += e.seen[0] + e.seen[1];
		assert_true(pages < 100);
	}
	assert_int_equal(total, 200);
	hub_destroy(hub);
	schema_destroy(&shelf.schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random), cmocka_unit_test(test_pages)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
