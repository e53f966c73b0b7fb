/* SPDX-License-Identifier: MIT */
/* What all formats share: options, the layouts that are kept, CSV's rows, and memory that runs out. */
#include "event_fixture.h"

#include <errno.h>

static const struct column some_columns[] = {
	{.header = "PID", .field = "pid", .divisor = 1000, .decimals = 1}, /* for the eyes: text alone heeds it */
	{.header = "ARGS", .field = "argv", .type = EUN_STRINGS},
	{.header = "LIST", .field = "list", .type = EUN_U64S},
	{.header = "STRING", .field = "string", .type = EUN_STRING},
};

static void names(void **state)
{
	static const char *const want[] = {"text", "wide", "json", "csv"};
	enum format format = FORMAT_TEXT;
	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_string_equal(format_names[i], want[i]);
		assert_int_equal(format_parse(want[i], &format), 0);
		assert_int_equal(format, i);
	}
	assert_null(format_names[4]);
	assert_int_equal(format_parse("xml", &format), -EINVAL);
	assert_int_equal(format_parse("", &format), -EINVAL);
	assert_int_equal(format_parse("JSON", &format), -EINVAL);
}

static void csv_needs_columns(void **state)
{
	(void)state;
	errno = 0;
	assert_null(writer_new(&(struct writer_options){.format = FORMAT_CSV}));
	assert_int_equal(errno, EINVAL);
	writer_destroy(NULL);
}

static void csv_rows(void **state)
{
	struct fixture *f = *state;
	struct writer_options o = {.format = FORMAT_CSV, .columns = some_columns, .n_columns = 4};
	char *got = record_output(&o, &f->schema, f->stream->id, &f->x);
	assert_string_equal(got, "pid,argv,list,string\n100,cat -n,\"0,0\",\n");
	free(got);
	f->x.r.string = record_text(&f->x, "a\r\nb\",=1");
	o.no_header = true;
	got = record_output(&o, &f->schema, f->stream->id, &f->x);
	assert_string_equal(got, "100,cat -n,\"0,0\",\"a\\r\\nb\"\",=1\"\n");
	free(got);
	struct writer *w = writer_new(&o);
	struct buf out = {0};
	assert_int_equal(writer_lost(w, f->stream, 1, 2, &out), 0);
	assert_int_equal(out.len, 0);
	writer_destroy(w);
}

/* The stream of an id may go and another come: the new one's fields are shown, wherever it lies in memory. */
static void another_stream(void **state)
{
	struct fixture *f = *state;
	static const struct eun_field fields[] = {{"u8", EUN_U8, 0, sizeof(struct eun_event), 1, NULL, ""}};
	static const struct column columns[] = {
		{.header = "", .field = "u8"},
		{.header = "", .field = "u16"},
		{.header = "", .field = "stream"},
	};
	struct writer *w =
		writer_new(&(struct writer_options){.format = FORMAT_CSV, .columns = columns, .n_columns = 3});
	for (int round = 0; round < 20; round++) {
		char why[256];
		uint16_t id = f->stream->id;
		f->x.r.u8 = 3;
		f->x.r.u16 = 4;
		f->x.r.u64 = 0x11;
		char *got = record_written(w, &f->schema, id, &f->x);
		assert_string_equal(got, "3,4,test.every\n");
		free(got);
		schema_remove(&f->schema, id);
		struct stream *s =
			stream_new(&(struct eun_stream){.name = "a.b", .record_size = 80, .fields = EUN_TABLE(fields)},
				   why, sizeof(why));
		assert_int_equal(schema_add(&f->schema, s), 0);
		assert_int_equal(s->id, id);
		got = record_written(w, &f->schema, id, &f->x);
		assert_string_equal(got, "17,,a.b\n");
		free(got);
		/* The one that takes its place lies where this one lay, or not. */
		schema_remove(&f->schema, id);
		f->stream = every_add(&f->schema);
		assert_int_equal(f->stream->id, id);
	}
	writer_destroy(w);
}

/* The same stream object, changed and given a new serial: what malloc may do with an address is not left to chance. */
static void same_address(void **state)
{
	struct fixture *f = *state;
	static const struct column columns[] = {{.header = "", .field = "u8"}};
	struct writer *w =
		writer_new(&(struct writer_options){.format = FORMAT_CSV, .columns = columns, .n_columns = 1});
	f->x.r.u8 = 3;
	f->x.r.u16 = 4;
	char *got = record_written(w, &f->schema, f->stream->id, &f->x);
	assert_string_equal(got, "3\n");
	free(got);
	/* u8 and u16 swap their names */
	const char *name = f->stream->fields[0].name;
	f->stream->fields[0].name = f->stream->fields[1].name;
	f->stream->fields[1].name = name;
	f->stream->serial++;
	got = record_written(w, &f->schema, f->stream->id, &f->x);
	assert_string_equal(got, "4\n");
	free(got);
	writer_destroy(w);
}

/* Not what a writer is for, but no reason to read a field where it isn't. */
static void another_schema(void **state)
{
	struct fixture *f = *state;
	struct schema other = {0};
	char why[256];
	const struct eun_stream bare = {.name = "t.bare", .record_size = sizeof(struct eun_event)};
	struct writer *w =
		writer_new(&(struct writer_options){.format = FORMAT_CSV, .columns = some_columns, .n_columns = 4});
	assert_int_equal(schema_add(&other, stream_new(&bare, why, sizeof(why))), 0);
	char *got = record_written(w, &f->schema, 0, &f->x);
	assert_string_equal(got, "100,cat -n,\"0,0\",\n");
	free(got);
	got = record_written(w, &other, 0, &f->x);
	assert_string_equal(got, "100,,,\n");
	free(got);
	writer_destroy(w);
	schema_destroy(&other);
}

static void several_streams(void **state)
{
	struct fixture *f = *state;
	static const struct column columns[] = {
		{.header = "", .field = "stream"},
		{.header = "", .field = "u8"},
	};
	struct writer *w =
		writer_new(&(struct writer_options){.format = FORMAT_CSV, .columns = columns, .n_columns = 2});
	char why[256];
	struct eun_stream bare = {.name = "t.bare", .record_size = sizeof(struct eun_event)};
	for (int i = 0; i < 300; i++)
		assert_int_equal(schema_add(&f->schema, stream_new(&bare, why, sizeof(why))), 0);
	for (int round = 0; round < 2; round++) {
		static const uint16_t ids[] = {300, 0, 17, 299};
		for (int i = 0; i < 4; i++) {
			char *got = record_written(w, &f->schema, ids[i], &f->x);
			assert_string_equal(got, ids[i] ? "t.bare,\n" : "test.every,0\n");
			free(got);
		}
	}
	writer_destroy(w);
}

/* Memory that ends anywhere in a line: nothing of the line is left, what was before it stays, and the next one fits. */
static void no_memory(void **state)
{
	struct fixture *f = *state;
	uint32_t len;
	struct view view;
	f->x.r.string = record_text(&f->x, "=a \"quoted\",\x1b\xff string");
	f->x.r.flags = 0x4b;
	f->x.r.caps = 7;
	f->x.r.ret = -2;
	void *bytes = record_bytes(&f->x, f->stream->id, &len);
	assert_true(view_init(&view, bytes, len, &f->schema));
	for (enum format format = FORMAT_TEXT; format <= FORMAT_CSV; format++) {
		for (int with_columns = format == FORMAT_CSV; with_columns < 2; with_columns++) {
			struct writer *w = writer_new(&(struct writer_options){
				.format = format,
				.columns = with_columns ? some_columns : NULL,
				.n_columns = 4,
				.clock_offset = CLOCK_OFFSET,
			});
			struct buf whole = {0};
			assert_int_equal(writer_head(w, &whole), 0);
			size_t head = whole.len;
			assert_int_equal(writer_event(w, &view, &whole), 0);
			size_t event = whole.len;
			assert_int_equal(writer_lost(w, f->stream, 5, BOOT_NS, &whole), 0);
			assert_true(event > head + 20);
			for (size_t limit = 1; limit <= whole.len; limit++) {
				struct buf out = {.limit = limit};
				bool fits = limit >= head;
				assert_int_equal(writer_head(w, &out), fits ? 0 : -ENOMEM);
				assert_int_equal(out.len, fits ? head : 0);
				if (fits) {
					fits = limit >= event;
					assert_int_equal(writer_event(w, &view, &out), fits ? 0 : -ENOMEM);
					assert_int_equal(out.len, fits ? event : head);
				}
				if (fits) {
					fits = limit >= whole.len;
					assert_int_equal(writer_lost(w, f->stream, 5, BOOT_NS, &out),
							 fits ? 0 : -ENOMEM);
					assert_int_equal(out.len, fits ? whole.len : event);
				}
				assert_false(out.failed);
				if (out.len)
					assert_memory_equal(out.data, whole.data, out.len);
				/* and again, with room */
				out.limit = 0;
				size_t before = out.len;
				assert_int_equal(writer_event(w, &view, &out), 0);
				assert_int_equal(out.len - before, event - head);
				assert_memory_equal(out.data + before, whole.data + head, event - head);
				buf_free(&out);
			}
			buf_free(&whole);
			writer_destroy(w);
		}
	}
	free(bytes);
}

static void value_without_memory(void **state)
{
	struct fixture *f = *state;
	uint32_t len;
	struct view view;
	struct buf out = {.limit = 12};
	void *bytes = record_bytes(&f->x, f->stream->id, &len);
	assert_true(view_init(&view, bytes, len, &f->schema));
	buf_str(&out, "ab");
	assert_int_equal(value_text(&view, stream_field(f->stream, "path"), 0, &out), -ENOMEM);
	assert_int_equal(out.len, 2);
	assert_int_equal(value_text(&view, stream_field(f->stream, "pid"), 0, &out), 0);
	assert_int_equal(out.len, 5);
	assert_memory_equal(out.data, "ab100", 5);
	buf_free(&out);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names),           TEST(csv_needs_columns), TEST(csv_rows),
		TEST(another_stream),  TEST(same_address),      TEST(another_schema),
		TEST(several_streams), TEST(no_memory),         TEST(value_without_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
