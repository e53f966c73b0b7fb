/* SPDX-License-Identifier: MIT */
/* Recordings that are damaged, cut off or made to harm: what is before the damage comes, nothing after it does. */
#include "pipeline_fixture.h"

#include <fcntl.h>

#define ITEMS_MAX 32

/* A small recording with an item of every kind, and what is in it. */
struct whole {
	struct place *place;
	struct buf file;
	size_t n_items, start;  /* start: the head's end */
	size_t ends[ITEMS_MAX]; /* of the items' chunks */
	char *items[ITEMS_MAX]; /* each as describe() has it */
	size_t lengths[ITEMS_MAX];
};

/* All that an item says, as bytes. The caller frees. */
static char *describe(const struct recording_item *item, size_t *n)
{
	struct buf out = {0};
	buf_printf(&out, "%d %s %" PRIu64 " %" PRIu64 " ", item->kind, item->stream ? item->stream->name : "",
		   item->count, item->time);
	if (item->kind == RECORDING_EVENT) {
		buf_printf(&out, "%s ", item->view.stream->name);
		buf_add(&out, item->view.rec, item->view.len);
	}
	*n = out.len;
	return out.data;
}

static const struct eun_field two_fields[] = {
	{"path", EUN_PATH, 0, 72, 4, NULL, "a path"},
	{"kind", EUN_ENUM, 0, 76, 4, every_kinds, NULL},
};

static const struct eun_stream two_stream = {
	.name = "test.two",
	.record_size = 80,
	.fields = EUN_TABLE(two_fields),
	.role = "process.exit",
};

/* A plugin's callback: a kind as another word. */
static int kind_word(void *self, uint32_t stream, uint32_t field, const void *bytes, uint32_t len, char *buf,
		     uint32_t size)
{
	(void)self;
	(void)stream;
	if (field != 1 || len != 4)
		return -ENOENT;
	return snprintf(buf, size, "kind-%d", *(const char *)bytes);
}

static void put_event(struct recorder *r, const struct schema *schema, uint16_t id, unsigned i)
{
	struct {
		struct eun_event head;
		eun_ref path;
		uint32_t kind;
		char tail[4];
	} record = {
		.head = {.time = BOOT_NS + i, .stream = id, .len = 80 + i % 4, .pid = i, .comm = "two"},
		.path = EUN_REF(80, i % 4),
		.kind = i % 3,
		.tail = "/ab",
	};
	struct view view;
	assert_true(view_init(&view, &record, record.head.len, schema));
	assert_int_equal(recorder_event(r, &view), 0);
}

static void whole_write(const char *path)
{
	char why[WHY];
	struct schema schema = {0};
	struct stream *s = stream_new(&two_stream, why, sizeof(why));
	assert_non_null(s);
	s->format = kind_word;
	assert_int_equal(schema_add(&schema, s), 0);
	struct recorder *r = recorder_make(path);
	assert_int_equal(recorder_meta(r, "key", "value"), 0);
	assert_int_equal(recorder_stream(r, s), 0);
	assert_int_equal(recorder_start(r, CLOCK_OFFSET), 0);
	for (unsigned i = 0; i < 12; i++) {
		put_event(r, &schema, s->id, i);
		if (i % 4 == 1)
			assert_int_equal(recorder_lost(r, s, i, i), 0);
		if (i % 5 == 2)
			assert_int_equal(recorder_mark(r, i), 0);
	}
	recorder_finish(r);
	schema_destroy(&schema);
}

static int whole_new(void **state)
{
	struct whole *w = calloc(1, sizeof(*w));
	place_new((void **)&w->place);
	whole_write(w->place->file);
	w->file = file_bytes(w->place->file);
	struct recording *rec = recording_make(w->place->file);
	struct recording_item item;
	char why[WHY];
	uint32_t type;
	for (size_t at = RECORD_MAGIC_LEN, end; at < w->file.len; at = end) {
		end = chunk_end_at(&w->file, at, &type);
		if (type == CHUNK_START)
			w->start = end;
		if (type != CHUNK_RECORD && type != CHUNK_LOST && type != CHUNK_MARK)
			continue;
		assert_int_equal(recording_next(rec, &item, why, sizeof(why)), 1);
		w->items[w->n_items] = describe(&item, &w->lengths[w->n_items]);
		w->ends[w->n_items++] = end;
	}
	assert_next(rec, &item, 0);
	assert_int_equal(w->n_items, 12 + 3 + 2);
	recording_close(rec);
	*state = w;
	return 0;
}

static int whole_free(void **state)
{
	struct whole *w = *state;
	place_remove((void **)&w->place);
	for (size_t i = 0; i < w->n_items; i++)
		free(w->items[i]);
	buf_free(&w->file);
	free(w);
	return 0;
}

/* Reads a spoilt copy: the items whose chunks end at `good` or before must come as they were, then an error. */
static void assert_good_until(const struct whole *w, const char *bytes, size_t n, size_t good, char *why)
{
	struct recording_item item;
	struct recording *rec = recording_of(bytes, n, why);
	size_t got = 0, due = 0;
	while (due < w->n_items && w->ends[due] <= good)
		due++;
	if (!rec) {
		assert_true(good < w->start);
		return;
	}
	int found;
	while ((found = recording_next(rec, &item, why, WHY)) == 1) {
		size_t len;
		char *text = describe(&item, &len);
		assert_true(got < due);
		assert_int_equal(len, w->lengths[got]);
		assert_memory_equal(text, w->items[got], len);
		free(text);
		got++;
	}
	assert_true(found < 0);
	assert_int_equal(got, due);
	/* it stays at that */
	char again[WHY];
	assert_int_equal(recording_next(rec, &item, again, sizeof(again)), found);
	assert_string_equal(again, why);
	recording_close(rec);
}

static void flipped(void **state)
{
	struct whole *w = *state;
	char why[WHY], *copy = malloc(w->file.len);
	for (size_t at = 0; at < w->file.len; at++) {
		for (unsigned bit = 0; bit <= 8; bit++) {
			memcpy(copy, w->file.data, w->file.len);
			copy[at] ^= (char)(bit < 8 ? 1u << bit : 0xff);
			assert_good_until(w, copy, w->file.len, at, why);
			assert_true(!strncmp(why, "FILE: ", 6));
		}
	}
	free(copy);
}

static void cut_off(void **state)
{
	struct whole *w = *state;
	char why[WHY], expected[WHY];
	for (size_t n = 1; n < w->file.len; n++) {
		char *copy = malloc(n);
		bool boundary = false;
		uint32_t type;
		for (size_t at = RECORD_MAGIC_LEN; at <= n && !boundary; at = chunk_end_at(&w->file, at, &type))
			boundary = at == n;
		memcpy(copy, w->file.data, n);
		assert_good_until(w, copy, n, n, why);
		snprintf(expected, sizeof(expected),
			 "FILE: ends at byte %zu %s (the run that wrote it was killed, or the file was cut); %s", n,
			 boundary ? "without the end of a recording" : "inside a chunk",
			 n < w->start ? "it has no complete head: nothing can be read"
				      : "everything before it was delivered");
		assert_string_equal(why, n < RECORD_MAGIC_LEN ? "FILE: not a recording" : expected);
		free(copy);
	}
}

/* Reads all of it; how it ended. */
static int read_all(const struct buf *file, char *why)
{
	struct recording_item item;
	struct recording *rec = recording_of(file->data, file->len, why);
	int found = rec ? 1 : -errno;
	while (found == 1)
		found = recording_next(rec, &item, why, WHY);
	recording_close(rec);
	return found;
}

/* A whole chunk that isn't there any more, or is there twice. */
static void miscounted(void **state)
{
	struct whole *w = *state;
	char why[WHY];
	uint32_t type;
	for (size_t at = RECORD_MAGIC_LEN, end; at < w->file.len; at = end) {
		struct buf less = {0}, more = {0};
		end = chunk_end_at(&w->file, at, &type);
		buf_add(&less, w->file.data, at);
		buf_add(&less, w->file.data + end, w->file.len - end);
		buf_add(&more, w->file.data, end);
		buf_add(&more, w->file.data + at, w->file.len - at);
		assert_int_equal(read_all(&less, why), -EBADMSG);
		assert_int_equal(read_all(&more, why), -EBADMSG);
		buf_free(&less);
		buf_free(&more);
	}
}

/* Parts of files made by hand. */
static void head_put(struct buf *out, uint16_t id)
{
	char why[WHY];
	struct stream *s = stream_new(&two_stream, why, sizeof(why));
	assert_non_null(s);
	s->id = id;
	size_t begin = wire_chunk_begin(out, CHUNK_STREAM);
	record_stream_put(out, s);
	wire_chunk_end(out, begin);
	stream_destroy(s);
}

static void start_put(struct buf *out, uint32_t order)
{
	chunk_put(out, CHUNK_START, 8, (uint64_t)1, 4, (uint64_t)order, 0);
}

static void record_put(struct buf *out, uint16_t id, uint32_t len, uint32_t says)
{
	struct eun_event *head = calloc(1, len + sizeof(*head));
	head->stream = id;
	head->len = says;
	size_t begin = wire_chunk_begin(out, CHUNK_RECORD);
	buf_add(out, head, len);
	wire_chunk_end(out, begin);
	free(head);
}

/* A description of a stream with numbers that can't be true. */
static void bad_stream_put(struct buf *out, const char *name, uint32_t n_fields, uint32_t n_labels, uint16_t type,
			   const char *field)
{
	size_t begin = wire_chunk_begin(out, CHUNK_STREAM);
	wire_put_u16(out, 9);
	wire_put_u32(out, 1);
	wire_put_u32(out, 80);
	wire_put_u32(out, 0);
	wire_put_text(out, name);
	wire_put_text(out, NULL);
	wire_put_text(out, NULL);
	wire_put_text(out, NULL);
	wire_put_u32(out, n_fields);
	wire_put_u16(out, type);
	wire_put_u16(out, 0);
	wire_put_u32(out, 72);
	wire_put_u32(out, 4);
	wire_put_text(out, field);
	wire_put_text(out, NULL);
	wire_put_u32(out, n_labels);
	wire_chunk_end(out, begin);
}

/* Chunks with good sums that say what isn't so. */
static void put_case(struct buf *out, const char *name)
{
#define CASE(text) if (!strcmp(name, text))
	CASE("unknown type") chunk_put(out, 77, 8, (uint64_t)0, 0);
	CASE("type 0") chunk_put(out, 0, 0);
	CASE("short record") record_put(out, 3, 71, 71);
	CASE("record shorter than its stream") record_put(out, 3, 79, 79);
	CASE("record that says another length") record_put(out, 3, 80, 81);
	CASE("record of no stream") record_put(out, 0, 80, 80);
	CASE("record too long") record_put(out, 3, 16385, 16385);
	CASE("lost of no stream") chunk_put(out, CHUNK_LOST, 2, (uint64_t)4, 8, (uint64_t)1, 8, (uint64_t)1, 0);
	CASE("long mark") chunk_put(out, CHUNK_MARK, 8, (uint64_t)0, 1, (uint64_t)0, 0);
	CASE("start again") start_put(out, 0);
	CASE("stream after start") head_put(out, 5);
	CASE("text of no field")
	chunk_put(out, CHUNK_TEXT, 2, (uint64_t)3, 4, (uint64_t)2, 4, (uint64_t)2, 2, (uint64_t)'x', 0);
	CASE("text of no stream")
	chunk_put(out, CHUNK_TEXT, 2, (uint64_t)4, 4, (uint64_t)0, 4, (uint64_t)2, 2, (uint64_t)'x', 0);
	CASE("text without end")
	chunk_put(out, CHUNK_TEXT, 2, (uint64_t)3, 4, (uint64_t)1, 4, (uint64_t)2, 2, (uint64_t)0x7878, 0);
	CASE("text longer than its chunk")
	chunk_put(out, CHUNK_TEXT, 2, (uint64_t)3, 4, (uint64_t)1, 4, (uint64_t)9, 2, (uint64_t)'x', 0);
	CASE("wrong end") chunk_put(out, CHUNK_END, 8, (uint64_t)0, 8, (uint64_t)0, 8, (uint64_t)out->len, 0);
	CASE("wrong lost") chunk_put(out, CHUNK_END, 8, (uint64_t)1, 8, (uint64_t)9, 8, (uint64_t)out->len, 0);
	CASE("bytes after the end")
	{
		chunk_put(out, CHUNK_END, 8, (uint64_t)1, 8, (uint64_t)0, 8, (uint64_t)out->len, 0);
		buf_char(out, 'x');
	}
#undef CASE
}

static const char *const bodies[][2] = {
	{"unknown type", "a chunk of the unknown type 77"},
	{"type 0", "a chunk of the unknown type 0"},
	{"short record", "a chunk of type RECORD has 71 bytes, not between 72 and 16384"},
	{"record shorter than its stream", "a record of test.two with 79 bytes that says it has 79, at least 80"},
	{"record that says another length", "a record of test.two with 80 bytes that says it has 81, at least 80"},
	{"record of no stream", "a record of stream 0, which is not in the head"},
	{"record too long", "a chunk of type RECORD has 16385 bytes, not between 72 and 16384"},
	{"lost of no stream", "events lost of a stream that is not in the head"},
	{"long mark", "a chunk of type MARK has 9 bytes, not between 8 and 8"},
	{"start again", "a chunk of type START after the start"},
	{"stream after start", "a chunk of type STREAM after the start"},
	{"text of no field", "a text of a stream or a field that is not in the head"},
	{"text of no stream", "a text of a stream or a field that is not in the head"},
	{"text without end", "a chunk of type TEXT and 12 bytes holds something else"},
	{"text longer than its chunk", "a chunk of type TEXT and 12 bytes holds something else"},
	{"wrong end", "the end tells of 0 records, 0 lost, "},
	{"wrong lost", "the end tells of 1 records, 9 lost, "},
	{"bytes after the end", "bytes follow the end of the recording"},
};

static void false_bodies(void **state)
{
	char why[WHY];
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct buf file = {0};
		struct recording_item item;
		buf_add(&file, RECORD_MAGIC, RECORD_MAGIC_LEN);
		head_put(&file, 3);
		start_put(&file, 0);
		record_put(&file, 3, 80, 80);
		size_t good = file.len;
		put_case(&file, bodies[i][0]);
		assert_true(file.len > good);
		struct recording *rec = recording_of(file.data, file.len, why);
		assert_non_null(rec);
		assert_next(rec, &item, 1);
		assert_int_equal(item.view.rec->stream, item.view.stream->id);
		assert_int_equal(recording_next(rec, &item, why, sizeof(why)), -EBADMSG);
		if (!strstr(why, bodies[i][1]) || !strstr(why, "everything before it was delivered"))
			fail_msg("%s: %s", bodies[i][0], why);
		recording_close(rec);
		buf_free(&file);
	}
}

static void put_head_case(struct buf *out, const char *name)
{
	size_t begin;
#define CASE(text) if (!strcmp(name, text))
	CASE("record before start")
	{
		head_put(out, 3);
		record_put(out, 3, 80, 80);
	}
	CASE("end before start") chunk_put(out, CHUNK_END, 8, (uint64_t)0, 8, (uint64_t)0, 8, (uint64_t)out->len, 0);
	CASE("same name")
	{
		head_put(out, 3);
		head_put(out, 4);
	}
	CASE("other order") start_put(out, !RECORD_BIG_ENDIAN);
	CASE("no order") start_put(out, 2);
	CASE("stream's name") bad_stream_put(out, "bad", 1, 0, EUN_U32, "f");
	CASE("no name") bad_stream_put(out, NULL, 1, 0, EUN_U32, "f");
	CASE("no field name") bad_stream_put(out, "a.b", 1, 0, EUN_U32, NULL);
	CASE("field's name") bad_stream_put(out, "a.b", 1, 0, EUN_U32, "Bad\x1b");
	CASE("field's type") bad_stream_put(out, "a.b", 1, 0, 25, "f");
	CASE("field's size") bad_stream_put(out, "a.b", 1, 0, EUN_U64, "f");
	CASE("fields") bad_stream_put(out, "a.b", 0xffffffff, 0, EUN_U32, "f");
	CASE("two fields of one") bad_stream_put(out, "a.b", 2, 0, EUN_U32, "f");
	CASE("no fields of one") bad_stream_put(out, "a.b", 0, 0, EUN_U32, "f");
	CASE("labels") bad_stream_put(out, "a.b", 1, 0xffffffff, EUN_ENUM, "f");
	CASE("one label of none") bad_stream_put(out, "a.b", 1, 1, EUN_ENUM, "f");
	CASE("meta without value")
	{
		begin = wire_chunk_begin(out, CHUNK_META);
		wire_put_text(out, "0123456789");
		wire_put_text(out, NULL);
		wire_chunk_end(out, begin);
	}
	CASE("meta with more")
	{
		begin = wire_chunk_begin(out, CHUNK_META);
		wire_put_text(out, "key");
		wire_put_text(out, "value");
		buf_char(out, 'x');
		wire_chunk_end(out, begin);
	}
	CASE("huge") /* only its head is there: it must not be waited for, nor room be made */
	{
		wire_put_u32(out, CHUNK_META);
		wire_put_u32(out, 0xfffffff0);
		wire_put_u32(out, 0);
	}
	CASE("long head")
	{
		char *value = calloc(1, (1 << 20) + 1);
		memset(value, 'x', 1 << 20);
		for (int i = 0; i < 16; i++) {
			begin = wire_chunk_begin(out, CHUNK_META);
			wire_put_text(out, "key");
			wire_put_text(out, value);
			wire_chunk_end(out, begin);
		}
		free(value);
	}
#undef CASE
}

static const struct {
	const char *name, *text;
	int err;
} heads[] = {
	{"record before start", "a chunk of type RECORD before the start", EBADMSG},
	{"end before start", "a chunk of type END before the start", EBADMSG},
	{"same name", "stream test.two, number 4, is there twice", EBADMSG},
	{"other order", "-endian machine; replay it on such a one", ENOTSUP},
	{"no order", "an order of bytes 2", EBADMSG},
	{"stream's name", "a stream's name must be plugin.noun", EBADMSG},
	{"no name", "does not have the length that it says", EBADMSG},
	{"no field name", "does not have the length that it says", EBADMSG},
	{"field's name", "field 0 of a.b has no valid name", EBADMSG},
	{"field's type", "field a.b.f has the unknown type 25", EBADMSG},
	{"field's size", "field a.b.f: a u64 can't have 4 bytes", EBADMSG},
	{"fields", "does not have the length that it says", EBADMSG},
	{"two fields of one", "does not have the length that it says", EBADMSG},
	{"no fields of one", "does not have the length that it says", EBADMSG},
	{"labels", "does not have the length that it says", EBADMSG},
	{"one label of none", "does not have the length that it says", EBADMSG},
	{"meta without value", "a chunk of type META and 19 bytes holds something else", EBADMSG},
	{"meta with more", "a chunk of type META and 19 bytes holds something else", EBADMSG},
	{"huge", "a chunk of type META has 4294967280 bytes, not between 10 and 16777216", EBADMSG},
	{"long head", "a head of more than 16777216 bytes", EBADMSG},
};

static void false_heads(void **state)
{
	char why[WHY];
	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct buf file = {0};
		buf_add(&file, RECORD_MAGIC, RECORD_MAGIC_LEN);
		put_head_case(&file, heads[i].name);
		assert_true(file.len > RECORD_MAGIC_LEN);
		assert_null(recording_of(file.data, file.len, why));
		int err = errno;
		if (!strstr(why, heads[i].text) || err != heads[i].err)
			fail_msg("%s: %s (%d)", heads[i].name, why, err);
		buf_free(&file);
	}
}

static void no_recordings(void **state)
{
	struct place *p = *state;
	char why[WHY], expected[WHY];
	assert_null(recording_open(p->file, why, sizeof(why)));
	assert_int_equal(errno, ENOENT);
	snprintf(expected, sizeof(expected), "%s: open: No such file or directory", p->file);
	assert_string_equal(why, expected);
	assert_null(recording_open(p->dir, why, sizeof(why)));
	assert_int_equal(errno, EISDIR);
	assert_non_null(strstr(why, "read at byte 0: Is a directory"));
	assert_null(recording_open("/dev/null", why, sizeof(why)));
	assert_int_equal(errno, EINVAL);
	assert_string_equal(why, "/dev/null: not a recording: it is empty");
	static const char text[] = "TIME     PID     COMM\n";
	assert_null(recording_of(text, sizeof(text), why));
	assert_int_equal(errno, EINVAL);
	assert_string_equal(why, "FILE: not a recording");
	assert_null(recording_of("EUNREC3\nxyz", 11, why));
	assert_int_equal(errno, ENOTSUP);
	assert_string_equal(why, "FILE: recording format 3, this host reads 1 to 2");
	assert_null(recording_of("EUNREC3x", 8, why));
	assert_string_equal(why, "FILE: not a recording");
	recording_close(NULL);
}

#define OF_WHOLE(test) cmocka_unit_test_setup_teardown(test, whole_new, whole_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OF_WHOLE(flipped),
		OF_WHOLE(cut_off),
		OF_WHOLE(miscounted),
		cmocka_unit_test(false_bodies),
		cmocka_unit_test(false_heads),
		cmocka_unit_test_setup_teardown(no_recordings, place_new, place_remove),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
