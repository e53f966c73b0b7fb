/* SPDX-License-Identifier: MIT */
/* Rows that are added up, sorted and cut: by hand, against a naive table on random events, with hostile records. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sink/table.h"

struct sample {
	struct eun_event head;
	__u64 count;
	__u64 hist[4];
	__s32 delta;
	__u16 small;
	char name[8];
	eun_ref path;
	__u32 group;
};

#define SAMPLE(member, type, flags) EUN_FIELD(struct sample, member, type, flags, #member)
static const struct eun_field sample_fields[] = {
	SAMPLE(count, EUN_U64, EUN_FIELD_SUM),
	SAMPLE(hist, EUN_HIST, EUN_FIELD_SUM),
	SAMPLE(delta, EUN_S32, EUN_FIELD_SUM),
	SAMPLE(small, EUN_U16, EUN_FIELD_SUM),
	SAMPLE(name, EUN_CHARS, 0),
	SAMPLE(path, EUN_PATH, 0),
	SAMPLE(group, EUN_U32, 0),
};
static const struct eun_stream sample_row = {.name = "test.sample",
					     .version = 1,
					     .record_size = sizeof(struct sample),
					     .fields = EUN_TABLE(sample_fields),
					     .columns = "count",
					     .help = "a sample"};

struct other {
	struct eun_event head;
	__u64 count;
};
static const struct eun_field other_fields[] = {EUN_FIELD(struct other, count, EUN_U64, EUN_FIELD_SUM, "count")};
static const struct eun_stream other_row = {.name = "test.other",
					    .version = 1,
					    .record_size = sizeof(struct other),
					    .fields = EUN_TABLE(other_fields),
					    .columns = "count",
					    .help = "another stream"};

struct fixture {
	struct schema schema;
	const struct stream *streams[2]; /* sample, other */
	struct table *table;
	struct writer *writer;
	struct buf out;
	char why[256];
};

static struct column columns[] = {
	{.header = (char *)"N", .field = (char *)"name"},  {.header = (char *)"C", .field = (char *)"count"},
	{.header = (char *)"D", .field = (char *)"delta"}, {.header = (char *)"S", .field = (char *)"small"},
	{.header = (char *)"H", .field = (char *)"hist"},  {.header = (char *)"P", .field = (char *)"path"}};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct eun_stream *rows[] = {&sample_row, &other_row};
	for (int i = 0; i < 2; i++) {
		struct stream *s = stream_new(rows[i], f->why, sizeof(f->why));
		if (!s || schema_add(&f->schema, s))
			fail_msg("%s", f->why);
		f->streams[i] = s;
	}
	const struct writer_options options = {
		.format = FORMAT_CSV, .columns = columns, .n_columns = sizeof(columns) / sizeof(columns[0])};
	f->writer = writer_new(&options);
	assert_non_null(f->writer);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	table_destroy(f->table);
	writer_destroy(f->writer);
	schema_destroy(&f->schema);
	buf_free(&f->out);
	free(f);
	return 0;
}

static void make(struct fixture *f, size_t streams, const char *key, const char *sort, size_t top)
{
	table_destroy(f->table);
	f->table = NULL;
	if (table_new(&f->table, f->streams, streams, key, sort, top, f->why, sizeof(f->why)))
		fail_msg("%s", f->why);
}

static int add(struct fixture *f, const struct sample *sample)
{
	struct sample copy = *sample;
	copy.head.stream = f->streams[0]->id;
	copy.head.len = sizeof(copy);
	return table_add(f->table, &(struct view){.rec = &copy.head, .len = sizeof(copy), .stream = f->streams[0]});
}

static void add_named(struct fixture *f, const char *name, uint64_t count, int32_t delta)
{
	struct sample s = {.count = count, .delta = delta};
	snprintf(s.name, sizeof(s.name), "%s", name);
	assert_int_equal(add(f, &s), 0);
}

/* What the table prints, as CSV. Valid until the next call. */
static const char *print(struct fixture *f)
{
	f->out.len = 0;
	assert_int_equal(table_print(f->table, f->writer, &f->out), 0);
	buf_char(&f->out, '\0');
	return f->out.data;
}

static void arrival(void **state)
{
	struct fixture *f = *state;
	make(f, 1, NULL, NULL, 0);
	add_named(f, "b", 1, 0);
	add_named(f, "a", 2, 0);
	add_named(f, "b", 3, 0);
	assert_int_equal(table_rows(f->table), 3);
	assert_string_equal(print(f), "b,1,0,0,,\na,2,0,0,,\nb,3,0,0,,\n");
	assert_int_equal(table_rows(f->table), 0);
	assert_string_equal(print(f), "");
}

static void sums(void **state)
{
	struct fixture *f = *state;
	make(f, 1, "name", NULL, 0);
	struct sample s = {.count = UINT64_MAX, .delta = -5, .small = 65535, .hist = {1, 0, 2, 3}, .name = "x"};
	for (int i = 0; i < 3; i++)
		assert_int_equal(add(f, &s), 0);
	add_named(f, "y", 7, 1);
	assert_int_equal(table_rows(f->table), 2);
	/* modulo the width of each field, and no further */
	assert_string_equal(print(f), "x,18446744073709551613,-15,65533,\"0-1:3,4-7:6,8-15:9\",\ny,7,1,0,,\n");
	add_named(f, "x", 1, 0); /* a new round knows nothing of the one before */
	assert_string_equal(print(f), "x,1,0,0,,\n");
}

static void orders(void **state)
{
	static const struct {
		const char *sort, *names;
	} cases[] = {
		{"count", "abcd"}, {"-count", "dcba"},        {"name", "abcd"},        {"-name", "dcba"},
		{"delta", "cbda"}, {"-delta", "abdc"},        {"small,-name", "dcba"}, {"small", "abcd"},
		{NULL, "abcd"},    {"-group,-delta", "bcad"}, {"group,delta", "dacb"}, {"pid,-count", "dcba"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sample samples[] = {
			{.name = "a", .count = 1, .delta = 9, .group = 1},
			{.name = "b", .count = 2, .delta = 0, .group = 2},
			{.name = "c", .count = 1ull << 63, .delta = -7, .group = 2},
			{.name = "d", .count = UINT64_MAX, .delta = 0, .group = 1},
		};
		char names[8] = "";
		make(f, 1, NULL, cases[i].sort, 0);
		for (size_t k = 0; k < 4; k++)
			add(f, &samples[k]);
		for (const char *line = print(f); *line; line = strchr(line, '\n') + 1)
			strncat(names, line, 1);
		if (strcmp(names, cases[i].names) != 0)
			fail_msg("sorted by %s: %s, not %s", cases[i].sort, names, cases[i].names);
	}
}

static void top(void **state)
{
	struct fixture *f = *state;
	make(f, 1, NULL, "-count", 2);
	add_named(f, "a", 1, 0);
	add_named(f, "b", 3, 0);
	add_named(f, "c", 2, 0);
	assert_string_equal(print(f), "b,3,0,0,,\nc,2,0,0,,\n");
	add_named(f, "d", 1, 0);
	assert_string_equal(print(f), "d,1,0,0,,\n");
}

/* A round in which nothing happened, from a table that was never filled. */
static void nothing(void **state)
{
	struct fixture *f = *state;
	make(f, 1, "name", "-count", 0);
	assert_int_equal(table_print(f->table, f->writer, &f->out), 0);
	assert_int_equal(f->out.len, 0);
}

static void streams(void **state)
{
	struct fixture *f = *state;
	make(f, 2, "count", "-count", 0);
	struct other o = {.head = {.stream = f->streams[1]->id, .len = sizeof(o)}, .count = 5};
	const struct view view = {.rec = &o.head, .len = sizeof(o), .stream = f->streams[1]};
	add_named(f, "a", 5, 0);
	assert_int_equal(table_add(f->table, &view), 0); /* the same key, but of another stream */
	add_named(f, "b", 9, 0);
	assert_string_equal(print(f), "b,9,0,0,,\na,5,0,0,,\n,5,,,,\n");
	make(f, 1, NULL, NULL, 0);
	assert_int_equal(table_add(f->table, &view), -EINVAL); /* it was not made for this one */
}

static void wrong_fields(void **state)
{
	static const struct {
		const char *key, *sort, *why;
		size_t streams;
	} cases[] = {
		{"nmae", NULL, "stream test.sample has no field 'nmae' to sort by, did you mean 'name'?", 1},
		{NULL, "-cuont", "stream test.sample has no field 'cuont' to sort by, did you mean 'count'?", 2},
		{NULL, "name", "stream test.other has no field 'name' to sort by", 2},
		{NULL, "", NULL, 1},
		{NULL, "-", "no field named ''", 1},
		{NULL, "count,,name", "no field named ''", 1},
		{NULL, "a23456789a23456789a23456789a23456789a23456789a23456789a23456789a23456789",
		 "no field named 'a23", 1},
		{NULL, "pid,pid,pid,pid,pid,pid,pid,pid,pid,pid,pid,pid,pid,pid,pid,pid,pid", "more than 16 fields", 1},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f->why[0] = '\0';
		int err =
			table_check(f->streams, cases[i].streams, cases[i].key, cases[i].sort, f->why, sizeof(f->why));
		if (!err != !cases[i].why || (err && !strstr(f->why, cases[i].why)))
			fail_msg("%zu: %d, \"%s\"", i, err, f->why);
	}
}

/* References to a tail that is not there: no value, the same row for all of them, in the first place when ascending. */
static void hostile(void **state)
{
	static const eun_ref refs[] = {EUN_REF(0xffff, 0xffff), EUN_REF(sizeof(struct sample), 1), EUN_REF(0, 40), 0};
	struct fixture *f = *state;
	make(f, 1, "path", "path", 0);
	for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		struct sample s = {.name = "none", .count = 1, .path = refs[i]};
		assert_int_equal(add(f, &s), 0);
	}
	struct {
		struct sample s;
		char tail[4];
	} long_one = {.s = {.name = "one", .count = 1, .path = EUN_REF(sizeof(struct sample), 4)}, .tail = "/\n=,"};
	long_one.s.head.stream = f->streams[0]->id;
	long_one.s.head.len = offsetof(typeof(long_one), tail) + 4;
	assert_int_equal(offsetof(typeof(long_one), tail), sizeof(struct sample));
	const struct view view = {.rec = &long_one.s.head, .len = long_one.s.head.len, .stream = f->streams[0]};
	for (int i = 0; i < 2; i++)
		assert_int_equal(table_add(f->table, &view), 0);
	assert_string_equal(print(f), "none,4,0,0,,\none,2,0,0,,\"/\\n=,\"\n");
}

static void bounds(void **state)
{
	struct fixture *f = *state;
	make(f, 1, "count", NULL, 1);
	for (uint64_t i = 0; i < TABLE_ROWS_MAX + 10; i++) {
		struct sample s = {.count = i};
		assert_int_equal(add(f, &s), 0);
	}
	assert_int_equal(table_rows(f->table), TABLE_ROWS_MAX);
	assert_int_equal(table_dropped(f->table), 10);
	struct sample s = {.count = 5};
	add(f, &s); /* of a row that is there: no new place is needed */
	assert_int_equal(table_dropped(f->table), 10);
	print(f);
	add(f, &s);
	assert_int_equal(table_rows(f->table), 1);

	/* long rows: by their bytes */
	static char record[EUN_RECORD_MAX];
	struct eun_event *head = (struct eun_event *)record;
	*head = (struct eun_event){.stream = f->streams[0]->id, .len = sizeof(record)};
	make(f, 1, NULL, NULL, 1);
	for (size_t i = 0; i < TABLE_BYTES_MAX / sizeof(record) + 3; i++)
		assert_int_equal(table_add(f->table,
					   &(struct view){.rec = head, .len = sizeof(record), .stream = f->streams[0]}),
				 0);
	assert_int_equal(table_rows(f->table), TABLE_BYTES_MAX / sizeof(record));
	assert_int_equal(table_dropped(f->table), 3);
	print(f);
	assert_int_equal(
		table_add(f->table, &(struct view){.rec = head, .len = sizeof(record), .stream = f->streams[0]}), 0);
	assert_int_equal(table_rows(f->table), 1);
}

/* Against an array that is searched from front to end. */
static void random_events(void **state)
{
	struct fixture *f = *state;
	unsigned seed = 1;
	make(f, 1, "name,group", "-count,name,group", 0);
	for (int turn = 0; turn < 20; turn++) {
		struct sample naive[400];
		size_t n = 0;
		for (int i = 0; i < 3000; i++) {
			struct sample s = {.count = (uint64_t)rand_r(&seed) % 9,
					   .delta = rand_r(&seed) % 7 - 3,
					   .group = (uint32_t)rand_r(&seed) % 20};
			snprintf(s.name, sizeof(s.name), "%d", rand_r(&seed) % 20);
			add(f, &s);
			size_t at = 0;
			while (at < n && (strcmp(naive[at].name, s.name) != 0 || naive[at].group != s.group))
				at++;
			if (at == n)
				naive[n++] = s;
			else
				naive[at].count += s.count, naive[at].delta += s.delta;
		}
		assert_int_equal(table_rows(f->table), n);
		const char *line = print(f);
		for (size_t i = 0; i < n; i++) {
			size_t best = 0;
			for (size_t k = 1; k < n - i; k++) {
				const struct sample *a = &naive[k], *b = &naive[best];
				int c = a->count != b->count ? (a->count > b->count ? -1 : 1)
							     : strcmp(a->name, b->name);
				if (c < 0 || (!c && a->group < b->group))
					best = k;
			}
			char want[64];
			int len = snprintf(want, sizeof(want), "%s,%llu,%d,0,,\n", naive[best].name, naive[best].count,
					   naive[best].delta);
			assert_memory_equal(line, want, len);
			line += len;
			naive[best] = naive[n - i - 1];
		}
		assert_string_equal(line, "");
	}
}

/* Computed fields: a row has what they were when its event came, and is ordered by that. */
static const char *now; /* what there is to know */

static bool get_now(const struct view *view, const struct field *field, struct value *out)
{
	(void)view;
	(void)field;
	out->ptr = now;
	out->len = now ? (uint32_t)strlen(now) : 0;
	return now != NULL;
}

static const struct field computed[] = {
	{.name = "kept", .type = EUN_STRING, .get = get_now},
	{.name = "asked", .type = EUN_STRING, .get = get_now},
};

static void kept(void **state)
{
	static struct column shown[] = {
		{.header = (char *)"N", .field = (char *)"name"},
		{.header = (char *)"K", .field = (char *)"kept"},
		{.header = (char *)"A", .field = (char *)"asked"},
	};
	static const char *const values[] = {"zebra", NULL, "", "ant"};
	const struct field *keep[] = {&computed[0]};
	struct fixture *f = *state;
	f->schema.computed = computed;
	f->schema.n_computed = 2;
	writer_destroy(f->writer);
	f->writer = writer_new(&(struct writer_options){.format = FORMAT_CSV, .columns = shown, .n_columns = 3});
	make(f, 1, NULL, "-kept", 0);
	assert_int_equal(table_keep(f->table, keep, 1), 0);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char name[] = {(char)('a' + i), '\0'};
		now = values[i];
		add_named(f, name, 1, 0);
	}
	now = "later";
	assert_string_equal(print(f), "a,zebra,later\nd,ant,later\nc,,later\nb,,later\n");
	/* rows of one key have that of the first */
	make(f, 1, "kept", "kept", 0);
	assert_int_equal(table_keep(f->table, keep, 1), 0);
	for (size_t i = 0; i < 6; i++) {
		now = i & 1 ? "x" : "y";
		add_named(f, now, i, 0);
	}
	now = NULL;
	assert_string_equal(print(f), "x,x,\ny,y,\n");
	const struct field *many[100] = {0};
	assert_int_equal(table_keep(f->table, many, 100), -ENOMEM);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(arrival),      TEST(sums),    TEST(orders), TEST(top),           TEST(nothing), TEST(streams),
		TEST(wrong_fields), TEST(hostile), TEST(bounds), TEST(random_events), TEST(kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
