/* SPDX-License-Identifier: MIT */
#include "event_fixture.h"

#include <errno.h>

#include "event/schema.h"

#define HEAD sizeof(struct eun_event)

static const struct eun_label two_labels[] = {{1, "one"}, {2, "two"}, {0, NULL}};
static const struct eun_label endless[5000] = {[0 ... 4999] = {1, "x"}};
static const char name_63[] = "a234567890123456789012345678901234567890123456789012345678901.b";
static const char name_64[] = "a2345678901234567890123456789012345678901234567890123456789012.b";

/* A stream with one field (the second one where `more` says so), and what is said of it. */
static const struct refusal {
	const char *stream;
	uint32_t record_size;
	struct eun_field field;
	const char *why; /* NULL: it is fine */
	struct eun_field more;
} refusals[] = {
	{"t.x", HEAD + 8, {"f", EUN_U64, 0, HEAD, 8, NULL, ""}, NULL, {0}},
	{name_63, HEAD + 8, {"f", EUN_U64, 0, HEAD, 8, NULL, NULL}, NULL, {0}},
	{"t-1_a.x.y-z", HEAD + 8, {"f.g_2", EUN_U64, 0, HEAD, 8, NULL, ""}, NULL, {0}},
/* names of streams */
#define BAD_STREAM "a stream's name must be plugin.noun, in [a-z0-9_.-], at most 63"
	{NULL, HEAD, {0}, BAD_STREAM, {0}},
	{"", HEAD, {0}, BAD_STREAM, {0}},
	{"tcp", HEAD, {0}, BAD_STREAM, {0}},
	{".x", HEAD, {0}, BAD_STREAM, {0}},
	{"t.", HEAD, {0}, BAD_STREAM, {0}},
	{"T.x", HEAD, {0}, BAD_STREAM, {0}},
	{"t.\xc3\xa4", HEAD, {0}, BAD_STREAM, {0}},
	{"t.x y", HEAD, {0}, BAD_STREAM, {0}},
	{name_64, HEAD, {0}, BAD_STREAM, {0}},
	/* size of the record */
	{"t.x", HEAD - 1, {0}, "stream t.x: a record of 71 bytes is not between 72 and 16384", {0}},
	{"t.x", 16385, {0}, "stream t.x: a record of 16385 bytes is not between 72 and 16384", {0}},
/* names of fields */
#define BAD_FIELD "field 0 of t.x has no valid name ([a-z0-9_.], at most 63)"
	{"t.x", 100, {NULL, EUN_U8, 0, HEAD, 1, NULL, ""}, BAD_FIELD, {0}},
	{"t.x", 100, {"", EUN_U8, 0, HEAD, 1, NULL, ""}, BAD_FIELD, {0}},
	{"t.x", 100, {"F", EUN_U8, 0, HEAD, 1, NULL, ""}, BAD_FIELD, {0}},
	{"t.x", 100, {"a-b", EUN_U8, 0, HEAD, 1, NULL, ""}, BAD_FIELD, {0}},
	{"t.x", 100, {"a\"", EUN_U8, 0, HEAD, 1, NULL, ""}, BAD_FIELD, {0}},
	{"t.x", 100, {name_64, EUN_U8, 0, HEAD, 1, NULL, ""}, BAD_FIELD, {0}},
	/* types */
	{"t.x", 100, {"f", EUN_NONE, 0, HEAD, 1, NULL, ""}, "field t.x.f has the unknown type 0", {0}},
	{"t.x", 100, {"f", EUN_TYPES, 0, HEAD, 1, NULL, ""}, "field t.x.f has the unknown type 25", {0}},
	{"t.x", 100, {"f", 65535, 0, HEAD, 1, NULL, ""}, "field t.x.f has the unknown type 65535", {0}},
	/* sizes that a type can't have */
	{"t.x", 100, {"f", EUN_U8, 0, HEAD, 2, NULL, ""}, "field t.x.f: a u8 can't have 2 bytes", {0}},
	{"t.x", 100, {"f", EUN_U16, 0, HEAD, 1, NULL, ""}, "field t.x.f: a u16 can't have 1 bytes", {0}},
	{"t.x", 100, {"f", EUN_U32, 0, HEAD, 8, NULL, ""}, "field t.x.f: a u32 can't have 8 bytes", {0}},
	{"t.x", 100, {"f", EUN_U64, 0, HEAD, 4, NULL, ""}, "field t.x.f: a u64 can't have 4 bytes", {0}},
	{"t.x", 100, {"f", EUN_S8, 0, HEAD, 0, NULL, ""}, "field t.x.f: a s8 can't have 0 bytes", {0}},
	{"t.x", 100, {"f", EUN_S16, 0, HEAD, 4, NULL, ""}, "field t.x.f: a s16 can't have 4 bytes", {0}},
	{"t.x", 100, {"f", EUN_S32, 0, HEAD, 3, NULL, ""}, "field t.x.f: a s32 can't have 3 bytes", {0}},
	{"t.x", 100, {"f", EUN_S64, 0, HEAD, 16, NULL, ""}, "field t.x.f: a s64 can't have 16 bytes", {0}},
	{"t.x", 100, {"f", EUN_BOOL, 0, HEAD, 4, NULL, ""}, "field t.x.f: a bool can't have 4 bytes", {0}},
	{"t.x", 100, {"f", EUN_TIME, 0, HEAD, 4, NULL, ""}, "field t.x.f: a time can't have 4 bytes", {0}},
	{"t.x", 100, {"f", EUN_CHARS, 0, HEAD, 0, NULL, ""}, "field t.x.f: a chars can't have 0 bytes", {0}},
	{"t.x", 100, {"f", EUN_STRING, 0, HEAD, 8, NULL, ""}, "field t.x.f: a string can't have 8 bytes", {0}},
	{"t.x", 100, {"f", EUN_STRINGS, 0, HEAD, 2, NULL, ""}, "field t.x.f: a strings can't have 2 bytes", {0}},
	{"t.x", 100, {"f", EUN_PATH, 0, HEAD, 8, NULL, ""}, "field t.x.f: a path can't have 8 bytes", {0}},
	{"t.x", 100, {"f", EUN_IP, 0, HEAD, 4, NULL, ""}, "field t.x.f: a ip can't have 4 bytes", {0}},
	{"t.x", 100, {"f", EUN_SOCKADDR, 0, HEAD, 16, NULL, ""}, "field t.x.f: a sockaddr can't have 16 bytes", {0}},
	{"t.x", 100, {"f", EUN_ENUM, 0, HEAD, 3, NULL, ""}, "field t.x.f: a enum can't have 3 bytes", {0}},
	{"t.x", 100, {"f", EUN_FLAGS, 0, HEAD, 16, NULL, ""}, "field t.x.f: a flags can't have 16 bytes", {0}},
	{"t.x", 100, {"f", EUN_ERRNO, 0, HEAD, 8, NULL, ""}, "field t.x.f: a errno can't have 8 bytes", {0}},
	{"t.x", 100, {"f", EUN_CAPS, 0, HEAD, 4, NULL, ""}, "field t.x.f: a caps can't have 4 bytes", {0}},
	{"t.x", 100, {"f", EUN_BYTES, 0, HEAD, 1, NULL, ""}, "field t.x.f: a bytes can't have 1 bytes", {0}},
	{"t.x", 100, {"f", EUN_U64S, 0, HEAD, 12, NULL, ""}, "field t.x.f: a u64s can't have 12 bytes", {0}},
	{"t.x", 100, {"f", EUN_HIST, 0, HEAD, 0, NULL, ""}, "field t.x.f: a hist can't have 0 bytes", {0}},
	{"t.x", 900, {"f", EUN_HIST, 0, HEAD, 65 * 8, NULL, ""}, "field t.x.f: a hist can't have 520 bytes", {0}},
	{"t.x", 900, {"f", EUN_HIST, 0, HEAD, 64 * 8, NULL, ""}, NULL, {0}},
	{"t.x", 100, {"f", EUN_STACK, 0, HEAD, 4, NULL, ""}, "field t.x.f: a stack can't have 4 bytes", {0}},
	/* places */
	{"t.x",
	 80,
	 {"f", EUN_U64, 0, HEAD - 1, 8, NULL, ""},
	 "field t.x.f: bytes 71 to 79 are outside the record's 72 to 80",
	 {0}},
	{"t.x",
	 80,
	 {"f", EUN_U64, 0, HEAD + 1, 8, NULL, ""},
	 "field t.x.f: bytes 73 to 81 are outside the record's 72 to 80",
	 {0}},
	{"t.x",
	 80,
	 {"f", EUN_U64, 0, 4294967290u, 8, NULL, ""},
	 "field t.x.f: bytes 4294967290 to 4294967298 are outside the record's 72 to 80",
	 {0}},
	{"t.x",
	 80,
	 {"f", EUN_CHARS, 0, HEAD, 4294967295u, NULL, ""},
	 "field t.x.f: bytes 72 to 4294967367 are outside the record's 72 to 80",
	 {0}},
	{"t.x",
	 80,
	 {"f", EUN_U32, 0, HEAD, 4, NULL, ""},
	 "field t.x.f is there twice",
	 {"f", EUN_U32, 0, HEAD + 4, 4, NULL, ""}},
	{"t.x",
	 80,
	 {"pid", EUN_U32, 0, HEAD, 4, NULL, ""},
	 "field t.x.pid: the header of every record has a field pid; name it otherwise",
	 {0}},
	{"t.x",
	 80,
	 {"f", EUN_U32, 0, HEAD, 4, NULL, ""},
	 "fields t.x.f and t.x.g overlap at byte 73",
	 {"g", EUN_U16, 0, HEAD + 1, 2, NULL, ""}},
	{"t.x",
	 80,
	 {"f", EUN_U16, 0, HEAD + 2, 2, NULL, ""},
	 "fields t.x.f and t.x.g overlap at byte 74",
	 {"g", EUN_U32, 0, HEAD, 4, NULL, ""}},
	{"t.x", 80, {"f", EUN_U32, 0, HEAD + 4, 4, NULL, ""}, NULL, {"g", EUN_U32, 0, HEAD, 4, NULL, ""}},
	/* labels */
	{"t.x",
	 80,
	 {"f", EUN_U32, 0, HEAD, 4, two_labels, ""},
	 "field t.x.f: a u32 has no labels, only enum and flags have",
	 {0}},
	{"t.x",
	 80,
	 {"f", EUN_FLAGS, 0, HEAD, 4, endless, ""},
	 "field t.x.f: more than 4096 labels, or their end (name NULL) is missing",
	 {0}},
	{"t.x", 80, {"f", EUN_ENUM, 0, HEAD, 4, NULL, ""}, NULL, {0}},
};

static void refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];
		const struct eun_field fields[] = {r->field, r->more};
		char why[256] = "";
		struct stream *s = stream_new(
			&(struct eun_stream){
				.name = r->stream,
				.record_size = r->record_size,
				.fields = {fields,
					   r->more.name      ? 2
					   : r->field.offset ? 1
							     : 0,
					   sizeof(fields[0])},
			},
			why, sizeof(why));
		if (r->why)
			assert_null(s);
		assert_string_equal(why, r->why ? r->why : "");
		if (!r->why)
			assert_non_null(s);
		stream_destroy(s);
	}
}

static void refused_tables(void **state)
{
	(void)state;
	static const struct eun_field fields[257];
	static const struct {
		struct eun_table table;
		const char *why;
	} cases[] = {
		{{fields, 257, sizeof(fields[0])}, "stream t.x: 257 fields, at most 256"},
		{{fields, 4000000000u, sizeof(fields[0])}, "stream t.x: 4000000000 fields, at most 256"},
		{{NULL, 3, sizeof(fields[0])}, "stream t.x: the table of its 3 fields is missing"},
		{{fields, 3, 23}, "stream t.x: a row of fields has 23 bytes, at least 24"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char why[256] = "";
		assert_null(
			stream_new(&(struct eun_stream){.name = "t.x", .record_size = HEAD, .fields = cases[i].table},
				   why, sizeof(why)));
		assert_string_equal(why, cases[i].why);
	}
}

/* The message is cut, never longer than its buffer. */
static void short_message(void **state)
{
	char why[] = "0123456789";
	(void)state;
	assert_null(stream_new(&(struct eun_stream){.name = "t.x"}, why, 5));
	assert_string_equal(why, "stre");
	assert_string_equal(why + 5, "56789");
}

/* The stream is a copy: nothing of the plugin's tables is needed later. */
static void copied(void **state)
{
	(void)state;
	char name[] = "t.x", field[] = "f", help[] = "what", label[] = "one", columns[] = "f,pid", role[] = "container";
	struct eun_label labels[] = {{1, label}, {0, NULL}};
	struct eun_field fields[] = {{field, EUN_ENUM, EUN_FIELD_USER, HEAD + 2, 2, labels, help}};
	char why[256];
	struct stream *s = stream_new(
		&(struct eun_stream){
			.name = name,
			.version = 3,
			.record_size = HEAD + 8,
			.flags = EUN_STREAM_CRITICAL,
			.fields = EUN_TABLE(fields),
			.columns = columns,
			.role = role,
			.help = help,
		},
		why, sizeof(why));
	assert_non_null(s);
	memset(name, 'x', 3);
	memset(field, 'x', 1);
	memset(help, 'x', 4);
	memset(label, 'x', 3);
	memset(columns, 'x', 5);
	memset(role, 'x', 9);
	memset(labels, 0, sizeof(labels));
	memset(fields, 0, sizeof(fields));
	assert_string_equal(s->name, "t.x");
	assert_string_equal(s->plugin, "t");
	assert_string_equal(s->columns, "f,pid");
	assert_string_equal(s->role, "container");
	assert_string_equal(s->help, "what");
	assert_int_equal(s->version, 3);
	assert_int_equal(s->flags, EUN_STREAM_CRITICAL);
	assert_int_equal(s->n_fields, 1);
	const struct field *f = stream_field(s, "f");
	assert_ptr_equal(f, &s->fields[0]);
	assert_string_equal(f->name, "f");
	assert_string_equal(f->help, "what");
	assert_int_equal(f->type, EUN_ENUM);
	assert_int_equal(f->flags, EUN_FIELD_USER);
	assert_int_equal(f->offset, HEAD + 2);
	assert_int_equal(f->size, 2);
	assert_string_equal(f->labels[0].name, "one");
	assert_null(f->labels[1].name);
	assert_ptr_equal(stream_field(s, "time"), &header_fields[0]);
	assert_null(stream_field(s, "x"));
	stream_destroy(s);
	stream_destroy(NULL);
}

/* Rows of a younger plugin are longer, those of an older one shorter than what the host knows. */
static void rows(void **state)
{
	(void)state;
	struct {
		uint32_t a, b, c;
	} wide[] = {{1, 2, 3}, {4, 5, 6}};
	struct {
		uint32_t a, b;
	} got;
	table_row(&(struct eun_table)EUN_TABLE(wide), 1, &got, sizeof(got));
	assert_int_equal(got.a, 4);
	assert_int_equal(got.b, 5);
	table_row(&(struct eun_table){wide, 6, 4}, 4, &got, sizeof(got));
	assert_int_equal(got.a, 5);
	assert_int_equal(got.b, 0);
}

/* Ids are used again, serials never. */
static void ids(void **state)
{
	(void)state;
	struct schema schema = {0};
	char why[256];
	const struct eun_stream row = {.name = "t.x", .record_size = HEAD},
				other = {.name = "t.y", .record_size = HEAD};
	for (uint16_t i = 0; i < 3; i++) {
		struct stream *s = stream_new(i == 1 ? &other : &row, why, sizeof(why));
		assert_int_equal(schema_add(&schema, s), 0);
		assert_int_equal(s->id, i);
		assert_ptr_equal(schema_stream(&schema, i), s);
	}
	assert_string_equal(schema_find(&schema, "t.y")->name, "t.y");
	assert_int_equal(schema_find(&schema, "t.x")->id, 0);
	assert_null(schema_find(&schema, "t.z"));
	assert_null(schema_stream(&schema, 3));
	assert_null(schema_stream(&schema, 65535));
	uint32_t serial = schema.streams[1]->serial;
	schema_remove(&schema, 1);
	schema_remove(&schema, 1);
	schema_remove(&schema, 9);
	assert_null(schema_stream(&schema, 1));
	assert_null(schema_find(&schema, "t.y"));
	struct stream *s = stream_new(&other, why, sizeof(why));
	assert_int_equal(schema_add(&schema, s), 0);
	assert_int_equal(s->id, 1);
	assert_int_not_equal(s->serial, serial);
	schema_destroy(&schema);
	assert_int_equal(schema.n_streams, 0);
	schema_destroy(&schema);
}

static void all_ids_taken(void **state)
{
	(void)state;
	struct schema schema = {.streams = calloc(65536, sizeof(struct stream *)), .n_streams = 65536};
	struct stream full = {0}, one = {0};
	for (uint32_t i = 0; i < schema.n_streams; i++)
		schema.streams[i] = &full;
	assert_int_equal(schema_add(&schema, &one), -E2BIG);
	schema.streams[65535] = NULL;
	assert_int_equal(schema_add(&schema, &one), 0);
	assert_int_equal(one.id, 65535);
	free(schema.streams);
}

static void types(void **state)
{
	(void)state;
	assert_string_equal(type_name(EUN_U16), "u16");
	assert_string_equal(type_name(EUN_STACK), "stack");
	assert_string_equal(type_name(EUN_NONE), "none");
	assert_string_equal(type_name(EUN_TYPES), "?");
	for (enum eun_type t = EUN_NONE; t < EUN_TYPES; t++) {
		assert_non_null(type_name(t));
		assert_int_equal(type_is_ref(t),
				 t == EUN_STRING || t == EUN_STRINGS || t == EUN_PATH || t == EUN_BYTES);
		assert_int_equal(type_is_text(t),
				 t == EUN_STRING || t == EUN_STRINGS || t == EUN_PATH || t == EUN_CHARS);
	}
}

static void nearest(void **state)
{
	(void)state;
	const char *const names[] = {"path", "latency_ns", "dport", "sport", "pid", "ppid"};
	const size_t n = sizeof(names) / sizeof(names[0]);
	char long_name[200];
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	const char *const long_names[] = {long_name, "path"};
	assert_string_equal(nearest_name("paht", names, n), "path");
	assert_string_equal(nearest_name("latency", names, n), "latency_ns");
	assert_string_equal(nearest_name("sport", names, n), "sport");
	assert_string_equal(nearest_name("pidd", names, n), "pid");
	assert_string_equal(nearest_name("ppid", names, n), "ppid");
	assert_null(nearest_name("quite_another", names, n));
	assert_null(nearest_name("", names, n));
	assert_null(nearest_name("path", names, 0));
	assert_null(nearest_name(long_name, names, n));
	assert_string_equal(nearest_name("path", long_names, 2), "path");
	assert_null(nearest_name(long_name, long_names, 2));           /* too long to be compared */
	assert_string_equal(nearest_name("xport", names, n), "dport"); /* of equals the first */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused),       cmocka_unit_test(refused_tables), cmocka_unit_test(short_message),
		cmocka_unit_test(copied),        cmocka_unit_test(rows),           cmocka_unit_test(ids),
		cmocka_unit_test(all_ids_taken), cmocka_unit_test(types),          cmocka_unit_test(nearest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
