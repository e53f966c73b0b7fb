/* SPDX-License-Identifier: MIT */
/* Texts that a plugin makes of its fields: a recording shows them without the plugin. */
#include "pipeline_fixture.h"

#include "pipeline/texts.h"

static void known(void **state)
{
	struct texts *t = texts_new(4096);
	(void)state;
	assert_null(texts_find(t, 1, 2, "abc", 3));
	assert_int_equal(texts_add(t, 1, 2, "abc", 3, "one"), 0);
	assert_int_equal(texts_add(t, 1, 2, "", 0, "nothing"), 0);
	assert_int_equal(texts_add(t, 1, 2, "a\0c", 3, ""), 0);
	assert_string_equal(texts_find(t, 1, 2, "abc", 3), "one");
	assert_string_equal(texts_find(t, 1, 2, "", 0), "nothing");
	assert_string_equal(texts_find(t, 1, 2, "a\0c", 3), "");
	assert_null(texts_find(t, 2, 2, "abc", 3));
	assert_null(texts_find(t, 1, 3, "abc", 3));
	assert_null(texts_find(t, 1, 2, "abc", 2));
	assert_null(texts_find(t, 1, 2, "abd", 3));
	/* a plugin says the same of the same bytes */
	assert_int_equal(texts_add(t, 1, 2, "abc", 3, "two"), 0);
	assert_string_equal(texts_find(t, 1, 2, "abc", 3), "one");
	texts_destroy(t);
	texts_destroy(NULL);
}

/* The last `limit` bytes are known, and not many more. */
static void bounded(void **state)
{
	enum { LIMIT = 64 << 10, N = 20000 };
	struct texts *t = texts_new(LIMIT);
	unsigned kept = 0;
	(void)state;
	for (unsigned i = 0; i < N; i++) {
		char text[32];
		snprintf(text, sizeof(text), "text of %u", i);
		assert_int_equal(texts_add(t, 0, 0, &i, sizeof(i), text), 0);
		for (unsigned back = 0; back < 1000 && back <= i; back += 111) {
			unsigned j = i - back;
			snprintf(text, sizeof(text), "text of %u", j);
			assert_non_null(texts_find(t, 0, 0, &j, sizeof(j)));
			assert_string_equal(texts_find(t, 0, 0, &j, sizeof(j)), text);
		}
	}
	for (unsigned i = 0; i < N; i++)
		kept += texts_find(t, 0, 0, &i, sizeof(i)) != NULL;
	assert_in_range(kept, 1000, 2 * LIMIT / 32);
	texts_destroy(t);
}

/* A callback of every answer: a text, an empty one, one that is too long, none. `self` is a count of its calls. */
static int words(void *self, uint32_t stream, uint32_t field, const void *bytes, uint32_t len, char *buf, uint32_t size)
{
	uint32_t n = 0;
	assert_int_equal(stream, 5);
	++*(unsigned *)self;
	memcpy(&n, bytes, len < sizeof(n) ? len : sizeof(n));
	switch (field) {
	case 0: /* u8 */
		return snprintf(buf, size, "u8<%u>", n);
	case 2: /* u32 */
		if (n % 3 == 0)
			return -ENOENT;
		return n % 3 == 1 ? 0 : snprintf(buf, size, "%0300u", n);
	case 13: /* path */
		return snprintf(buf, size, "%u \x1b \"%.*s\"", len, (int)len, (const char *)bytes);
	default:
		return -ENOENT;
	}
}

#define EVENTS 300

static void event_of(struct record *x, unsigned i)
{
	char path[32];
	record_init(x);
	x->r.u8 = (__u8)(i % 7);
	x->r.u32 = i % 9;
	snprintf(path, sizeof(path), "/path/%u", i % 50);
	x->r.path = i % 10 ? record_text(x, path) : 0;
}

static void without_the_plugin(void **state)
{
	struct place *p = *state;
	static const enum format formats[] = {FORMAT_TEXT, FORMAT_WIDE, FORMAT_JSON, FORMAT_CSV};
	static const struct column columns[] = {
		{.header = "A", .field = "u8"}, {.header = "B", .field = "u32"}, {.header = "C", .field = "path"}};
	unsigned calls = 0;
	struct schema schema = {0};
	struct stream *s = every_add(&schema);
	s->format = words;
	s->format_self = &calls;
	s->format_stream = 5;
	struct recorder *r = recorder_make(p->file);
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, CLOCK_OFFSET), 0);
	for (unsigned i = 0; i < EVENTS; i++) {
		struct record x;
		event_of(&x, i);
		assert_int_equal(record_event(r, &schema, s->id, &x), 0);
	}
	recorder_finish(r);
	assert_true(calls >= EVENTS);
	/* a text is written once: 7 of u8, 6 of u32, 45 of path */
	struct buf file = file_bytes(p->file);
	unsigned texts = 0;
	uint32_t type;
	for (size_t at = RECORD_MAGIC_LEN; at < file.len;) {
		at = chunk_end_at(&file, at, &type);
		texts += type == CHUNK_TEXT;
	}
	buf_free(&file);
	assert_int_equal(texts, 7 + 6 + 45);
	for (unsigned f = 0; f < 4; f++) {
		for (int with = formats[f] == FORMAT_CSV; with < 2; with++) {
			struct writer_options options = {
				.format = formats[f],
				.columns = with ? columns : NULL,
				.n_columns = with ? 3 : 0,
				.clock_offset = CLOCK_OFFSET,
			};
			struct writer *live = writer_new(&options), *again = writer_new(&options);
			struct recording *rec = recording_make(p->file);
			struct recording_item item;
			for (unsigned i = 0; i < EVENTS; i++) {
				struct record x;
				struct buf out = {0};
				event_of(&x, i);
				char *line = record_written(live, &schema, s->id, &x);
				assert_next(rec, &item, 1);
				calls = 0;
				assert_int_equal(writer_event(again, &item.view, &out), 0);
				assert_int_equal(calls, 0);
				buf_char(&out, '\0');
				assert_string_equal(out.data, line);
				buf_free(&out);
				free(line);
			}
			assert_next(rec, &item, 0);
			recording_close(rec);
			writer_destroy(live);
			writer_destroy(again);
		}
	}
	schema_destroy(&schema);
}

static int number_word(void *self, uint32_t stream, uint32_t field, const void *bytes, uint32_t len, char *buf,
		       uint32_t size)
{
	uint64_t n;
	(void)self;
	(void)stream;
	if (field != 3 || len != sizeof(n))
		return -ENOENT;
	memcpy(&n, bytes, sizeof(n));
	return snprintf(buf, size, "<%" PRIu64 ">%.200s", n, "a long text, so that the memory for texts is soon full");
}

/* More different texts than the writer remembers: each is there for its event, also for one that comes again late. */
static void many_texts(void **state)
{
	enum { N = 20000 };
	struct place *p = *state;
	struct schema schema = {0};
	struct stream *s = every_add(&schema);
	s->format = number_word;
	struct recorder *r = recorder_make(p->file);
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	struct record x;
	record_init(&x);
	for (unsigned i = 0; i < N; i++) {
		x.r.u64 = i % 3 ? i : i % 1000;
		assert_int_equal(record_event(r, &schema, s->id, &x), 0);
	}
	recorder_finish(r);
	struct recording *rec = recording_make(p->file);
	struct recording_item item;
	const struct stream *got = schema_find(recording_schema(rec), "test.every");
	for (unsigned i = 0; i < N; i++) {
		struct buf out = {0};
		char text[64];
		assert_next(rec, &item, 1);
		assert_int_equal(value_text(&item.view, stream_field(got, "u64"), 0, &out), 0);
		snprintf(text, sizeof(text), "<%u>a long", i % 3 ? i : i % 1000);
		assert_true(out.len > strlen(text) && !memcmp(out.data, text, strlen(text)));
		buf_free(&out);
	}
	assert_next(rec, &item, 0);
	recording_close(rec);
	schema_destroy(&schema);
}

/* What a replay shows can be recorded again. */
static void recorded_twice(void **state)
{
	struct place *p = *state;
	struct schema schema = {0};
	struct stream *s = every_add(&schema);
	char first[96], why[WHY];
	s->format = number_word;
	snprintf(first, sizeof(first), "%s/first", p->dir);
	struct recorder *r = recorder_make(first);
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	struct record x;
	record_init(&x);
	for (unsigned i = 0; i < 20; i++) {
		x.r.u64 = i % 4;
		assert_int_equal(record_event(r, &schema, s->id, &x), 0);
	}
	recorder_finish(r);
	schema_destroy(&schema);
	struct recording *rec = recording_make(first);
	struct recording_item item;
	r = recorder_make(p->file);
	assert_int_equal(recorder_stream(r, schema_find(recording_schema(rec), "test.every")), 0);
	assert_int_equal(recorder_start(r, recording_clock(rec)), 0);
	while (recording_next(rec, &item, why, sizeof(why)) == 1)
		assert_int_equal(recorder_event(r, &item.view), 0);
	recorder_finish(r);
	recording_close(rec);
	struct buf a = file_bytes(first), b = file_bytes(p->file);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	buf_free(&a);
	buf_free(&b);
	unlink(first);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_new, place_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known), cmocka_unit_test(bounded), IN_PLACE(without_the_plugin),
		IN_PLACE(many_texts),    IN_PLACE(recorded_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
