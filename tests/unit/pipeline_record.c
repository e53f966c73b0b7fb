/* SPDX-License-Identifier: MIT */
/* Recordings that are whole: what is written is what is read. */
#include "pipeline_fixture.h"

#include <time.h>

#define EVENTS 64

/* What a writer makes of a whole run. */
static struct writer *writer_of(enum format format, const struct column *columns, uint32_t n)
{
	struct writer *w = writer_new(&(struct writer_options){
		.format = format, .columns = columns, .n_columns = n, .clock_offset = CLOCK_OFFSET});
	assert_non_null(w);
	return w;
}

static void same_output(void **state)
{
	struct place *p = *state;
	static const struct column columns[] = {
		{.header = "TIME", .field = "time"}, {.header = "PID", .field = "pid"},
		{.header = "PATH", .field = "path"}, {.header = "ARGV", .field = "argv"},
		{.header = "KIND", .field = "kind"}, {.header = "HIST", .field = "hist"},
	};
	struct schema schema = {0};
	struct stream *s = every_add(&schema);
	struct writer *writers[4], *again[4];
	struct buf out[4] = {0}, out_again[4] = {0};
	struct recorder *r = recorder_make(p->file);
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, CLOCK_OFFSET), 0);
	for (enum format f = 0; f < 4; f++) {
		bool csv = f == FORMAT_CSV;
		writers[f] = writer_of(f, csv ? columns : NULL, csv ? 6 : 0);
		again[f] = writer_of(f, csv ? columns : NULL, csv ? 6 : 0);
	}
	for (unsigned i = 0; i < EVENTS; i++) {
		struct record x;
		record_vary(&x, i);
		assert_int_equal(record_event(r, &schema, s->id, &x), 0);
		for (enum format f = 0; f < 4; f++) {
			char *line = record_written(writers[f], &schema, s->id, &x);
			buf_str(&out[f], line);
			free(line);
		}
		if (i % 16 == 5) {
			assert_int_equal(recorder_lost(r, s, i, BOOT_NS + i), 0);
			for (enum format f = 0; f < 4; f++)
				assert_int_equal(writer_lost(writers[f], s, i, BOOT_NS + i, &out[f]), 0);
		}
	}
	recorder_finish(r);
	schema_destroy(&schema);
	struct recording *rec = recording_make(p->file);
	assert_int_equal(recording_clock(rec), CLOCK_OFFSET);
	struct recording_item item;
	char why[WHY];
	while (recording_next(rec, &item, why, sizeof(why)) > 0)
		for (enum format f = 0; f < 4; f++)
			assert_int_equal(
				item.kind == RECORDING_EVENT
					? writer_event(again[f], &item.view, &out_again[f])
					: writer_lost(again[f], item.stream, item.count, item.time, &out_again[f]),
				0);
	assert_next(rec, &item, 0);
	recording_close(rec);
	for (enum format f = 0; f < 4; f++) {
		assert_true(out[f].len > EVENTS * 20);
		assert_int_equal(out[f].len, out_again[f].len);
		assert_memory_equal(out[f].data, out_again[f].data, out[f].len);
		buf_free(&out[f]);
		buf_free(&out_again[f]);
		writer_destroy(writers[f]);
		writer_destroy(again[f]);
	}
}

static void assert_same_field(const struct field *a, const struct field *b)
{
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->help, b->help);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->offset, b->offset);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->index, b->index);
	assert_int_equal(!a->labels, !b->labels);
	for (uint32_t i = 0; a->labels; i++) {
		assert_int_equal(!a->labels[i].name, !b->labels[i].name);
		if (!a->labels[i].name)
			break;
		assert_string_equal(a->labels[i].name, b->labels[i].name);
		assert_int_equal(a->labels[i].value, b->labels[i].value);
	}
}

static void assert_same_stream(const struct stream *a, const struct stream *b)
{
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->plugin, b->plugin);
	assert_string_equal(a->columns, b->columns);
	assert_string_equal(a->help, b->help);
	assert_int_equal(!a->role, !b->role);
	if (a->role)
		assert_string_equal(a->role, b->role);
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->record_size, b->record_size);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->n_fields, b->n_fields);
	for (uint32_t i = 0; i < a->n_fields; i++)
		assert_same_field(&a->fields[i], &b->fields[i]);
}

static const struct eun_stream far_stream = {
	.name = "test.far", .version = 1, .record_size = sizeof(struct eun_event), .help = ""};

/* Streams are given in another order than their ids', and there is a hole in these. */
static void same_schema(void **state)
{
	struct place *p = *state;
	struct schema schema = {0};
	struct stream *bare = stream_add(&schema, &bare_stream), *gone = every_add(&schema),
		      *every = every_add(&schema), *far = stream_add(&schema, &far_stream);
	schema_remove(&schema, gone->id);
	struct recorder *r = recorder_make(p->file);
	assert_int_equal(recorder_meta(r, "host.name", "a"), 0);
	assert_int_equal(recorder_stream(r, far), 0);
	assert_int_equal(recorder_meta(r, "empty", ""), 0);
	assert_int_equal(recorder_stream(r, every), 0);
	assert_int_equal(recorder_stream(r, bare), 0);
	assert_int_equal(recorder_meta(r, "view.columns", "a,\"b\"\n\xff"), 0);
	assert_int_equal(recorder_start(r, -5), 0);
	struct eun_event head = {.time = 9, .stream = bare->id, .len = sizeof(head), .pid = 3, .comm = "x"};
	struct view view;
	assert_true(view_init(&view, &head, sizeof(head), &schema));
	assert_int_equal(recorder_event(r, &view), 0);
	struct record x;
	record_vary(&x, 5);
	assert_int_equal(record_event(r, &schema, every->id, &x), 0);
	assert_int_equal(recorder_mark(r, 1ull << 63), 0);
	assert_int_equal(recorder_lost(r, far, UINT64_MAX, 12), 0);
	recorder_finish(r);

	struct recording *rec = recording_make(p->file);
	struct recording_item item;
	const struct schema *got = recording_schema(rec);
	assert_int_equal(recording_clock(rec), -5);
	assert_string_equal(recording_meta(rec, "host.name"), "a");
	assert_string_equal(recording_meta(rec, "empty"), "");
	assert_string_equal(recording_meta(rec, "view.columns"), "a,\"b\"\n\xff");
	assert_null(recording_meta(rec, "host"));
	assert_same_stream(bare, schema_find(got, "other.bare"));
	assert_same_stream(every, schema_find(got, "test.every"));
	assert_same_stream(far, schema_find(got, "test.far"));
	assert_next(rec, &item, 1);
	assert_int_equal(item.kind, RECORDING_EVENT);
	assert_ptr_equal(item.view.stream, schema_find(got, "other.bare"));
	assert_int_equal(item.view.len, sizeof(head));
	head.stream = item.view.stream->id; /* the one thing that may differ */
	assert_memory_equal(item.view.rec, &head, sizeof(head));
	assert_next(rec, &item, 1);
	assert_ptr_equal(item.view.stream, schema_find(got, "test.every"));
	uint32_t len;
	char *bytes = record_bytes(&x, item.view.stream->id, &len);
	assert_int_equal(item.view.len, len);
	assert_memory_equal(item.view.rec, bytes, len);
	free(bytes);
	assert_next(rec, &item, 1);
	assert_int_equal(item.kind, RECORDING_MARK);
	assert_int_equal(item.time, 1ull << 63);
	assert_next(rec, &item, 1);
	assert_int_equal(item.kind, RECORDING_LOST);
	assert_ptr_equal(item.stream, schema_find(got, "test.far"));
	assert_int_equal(item.count, UINT64_MAX);
	assert_int_equal(item.time, 12);
	assert_next(rec, &item, 0);
	assert_next(rec, &item, 0);
	recording_close(rec);
	schema_destroy(&schema);
}

/*
 * A whole file to the byte: the format of version 1. Made of docs/recording.md by other means; if it differs, old
 * recordings can't be read any more and the version must be another one.
 */
static const char golden[] = "\x45\x55\x4e\x52\x45\x43\x32\x0a\x01\x00\x00\x00\x0c\x00\x00\x00\x0a\x2e\x87\x98\x02\x00"
			     "\x00\x00\x6b\x00\x02\x00"
			     "\x00\x00\x76\x00\x02\x00\x00\x00\x5b\x00\x00\x00\x1d\x3a\x75\x65\x00\x00\x07\x00\x00\x00"
			     "\x4c\x00\x00\x00\x01\x00"
			     "\x00\x00\x04\x00\x00\x00\x61\x2e\x62\x00\x02\x00\x00\x00\x6b\x00\x05\x00\x00\x00\x72\x6f"
			     "\x6c\x65\x00\x01\x00\x00"
			     "\x00\x00\x01\x00\x00\x00\x11\x00\x01\x00\x48\x00\x00\x00\x04\x00\x00\x00\x02\x00\x00\x00"
			     "\x6b\x00\x05\x00\x00\x00"
			     "\x68\x65\x6c\x70\x00\x01\x00\x00\x00\x02\x01\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x4c"
			     "\x00\x03\x00\x00\x00\x0c"
			     "\x00\x00\x00\xe6\x50\x0c\x82\xfe\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x05\x00\x00"
			     "\x00\x12\x00\x00\x00\x39"
			     "\x58\x78\xb5\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x74\x77\x6f\x00\x02\x01\x00\x00\x04"
			     "\x00\x00\x00\x4e\x00\x00"
			     "\x00\xbb\xd2\xc2\x64\x08\x07\x06\x05\x04\x03\x02\x01\x09\x00\x00\x00\x00\x00\x00\x00\x00"
			     "\x00\x02\x00\x4e\x00\x00"
			     "\x00\x01\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05\x00\x00\x00\x06\x00\x00\x00\x07"
			     "\x00\x00\x00\x08\x00\x00"
			     "\x00\x0a\x00\x00\x00\x63\x6f\x6d\x6d\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
			     "\x01\x00\x00\xfe\xff\x06"
			     "\x00\x00\x00\x12\x00\x00\x00\xb0\xde\xe1\x1a\x00\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x0c"
			     "\x00\x00\x00\x00\x00\x00"
			     "\x00\x07\x00\x00\x00\x08\x00\x00\x00\x0f\xd0\x4b\x8c\x0d\x00\x00\x00\x00\x00\x00\x00\x08"
			     "\x00\x00\x00\x18\x00\x00"
			     "\x00\x5c\x3c\x4c\x5a\x01\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x49"
			     "\x01\x00\x00\x00\x00\x00"
			     "\x00";

static int two(void *self, uint32_t stream, uint32_t field, const void *bytes, uint32_t len, char *buf, uint32_t size)
{
	(void)self;
	(void)stream;
	(void)field;
	(void)bytes;
	(void)len;
	return snprintf(buf, size, "two");
}

static void to_the_byte(void **state)
{
	struct place *p = *state;
	struct schema schema = {0};
	static const struct eun_label labels[] = {{258, "L"}, {0, NULL}};
	static const struct eun_field field = {"k", EUN_ENUM, EUN_FIELD_USER, 72, 4, labels, "help"};
	struct eun_stream row = {
		.name = "a.b",
		.version = 7,
		.record_size = 76,
		.flags = EUN_STREAM_DEFAULT,
		.fields = {&field, 1, sizeof(field)},
		.columns = "k",
		.role = "role",
	};
	struct {
		struct eun_event head;
		uint32_t k;
		unsigned char tail[4];
	} record = {
		.head = {0x0102030405060708, 9, 0, 2, 78, 1, 3, 4, 5, 6, 7, 8, 10, "comm"},
		.k = 258,
		.tail = {0xfe, 0xff},
	};
	struct view view;
	if (RECORD_BIG_ENDIAN)
		skip();
	struct stream *s = stream_add(&schema, &row);
	s->format = two;
	struct recorder *r = recorder_make(p->file);
	assert_int_equal(recorder_meta(r, "k", "v"), 0);
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, -2), 0);
	assert_true(view_init(&view, &record, 78, &schema));
	assert_int_equal(recorder_event(r, &view), 0);
	assert_int_equal(recorder_lost(r, s, 12, 11), 0);
	assert_int_equal(recorder_mark(r, 13), 0);
	recorder_finish(r);
	struct buf file = file_bytes(p->file);
	assert_int_equal(file.len, sizeof(golden) - 1);
	assert_memory_equal(file.data, golden, file.len);
	buf_free(&file);
	schema_destroy(&schema);
}

/* A record as long as one may be, and one with many labels in its stream, come back. */
static void extremes(void **state)
{
	struct place *p = *state;
	static struct eun_label labels[4097];
	static char names[4096][16];
	for (unsigned i = 0; i < 4096; i++) {
		snprintf(names[i], sizeof(names[i]), "label%u", i);
		labels[i] = (struct eun_label){i * 3ull, names[i]};
	}
	struct eun_field field = {"call", EUN_ENUM, 0, 72, 8, labels, "many"};
	struct eun_stream row = {
		.name = "test.long",
		.record_size = EUN_RECORD_MAX,
		.fields = {&field, 1, sizeof(field)},
	};
	struct schema schema = {0};
	struct stream *s = stream_add(&schema, &row);
	struct recorder *r = recorder_make(p->file);
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	char *bytes = calloc(1, EUN_RECORD_MAX + 1);
	struct eun_event *head = (struct eun_event *)bytes;
	struct view view;
	for (unsigned i = 0; i < 9; i++) {
		head->len = EUN_RECORD_MAX;
		head->time = i;
		memset(bytes + sizeof(*head), (int)i, EUN_RECORD_MAX - sizeof(*head));
		assert_true(view_init(&view, bytes, head->len, &schema));
		assert_int_equal(recorder_event(r, &view), 0);
	}
	recorder_finish(r);
	struct recording *rec = recording_make(p->file);
	struct recording_item item;
	assert_same_stream(s, schema_find(recording_schema(rec), "test.long"));
	for (unsigned i = 0; i < 9; i++) {
		assert_next(rec, &item, 1);
		assert_int_equal(item.view.len, EUN_RECORD_MAX);
		assert_int_equal(item.view.rec->time, i);
		assert_int_equal(((const char *)item.view.rec)[EUN_RECORD_MAX - 1], i);
	}
	assert_next(rec, &item, 0);
	recording_close(rec);
	/* one byte more is an error that keeps what came before */
	r = recorder_make(p->file);
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	assert_int_equal(recorder_event(r, &view), 0);
	head->len = EUN_RECORD_MAX + 1;
	assert_true(view_init(&view, bytes, head->len, &schema));
	assert_int_equal(recorder_event(r, &view), -E2BIG);
	char why[WHY];
	assert_int_equal(recorder_close(r, why, sizeof(why)), -E2BIG);
	assert_non_null(strstr(why, "a record of test.long has 16385 bytes, at most 16384"));
	rec = recording_make(p->file);
	assert_next(rec, &item, 1);
	assert_int_equal(recording_next(rec, &item, why, sizeof(why)), -EBADMSG);
	recording_close(rec);
	free(bytes);
	schema_destroy(&schema);
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Not a bound, a number to look at. */
static void many(void **state)
{
	enum { N = 100000 };
	struct place *p = *state;
	struct schema schema = {0};
	struct stream *s = every_add(&schema);
	struct recorder *r = recorder_make(p->file);
	struct record x;
	uint32_t len;
	struct view view;
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, 0), 0);
	record_vary(&x, 3);
	struct eun_event *bytes = record_bytes(&x, s->id, &len);
	assert_true(view_init(&view, bytes, len, &schema));
	double start = seconds();
	for (unsigned i = 0; i < N; i++) {
		bytes->time = i;
		assert_int_equal(recorder_event(r, &view), 0);
	}
	recorder_finish(r);
	double middle = seconds();
	struct recording *rec = recording_make(p->file);
	struct recording_item item;
	for (unsigned i = 0; i < N; i++) {
		assert_next(rec, &item, 1);
		assert_int_equal(item.view.rec->time, i);
	}
	assert_next(rec, &item, 0);
	recording_close(rec);
	print_message("%u records of %u bytes: %.0f ns each to write, %.0f ns to read\n", N, len,
		      (middle - start) / N * 1e9, (seconds() - middle) / N * 1e9);
	free(bytes);
	schema_destroy(&schema);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_new, place_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(same_output), IN_PLACE(same_schema), IN_PLACE(to_the_byte), IN_PLACE(extremes), IN_PLACE(many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
