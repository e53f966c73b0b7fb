/* SPDX-License-Identifier: MIT */
/*
 * Records of all types with hostile and random contents, written as JSON, CSV and wide text, and read back by Python's
 * own modules (event_oracle.py, beside this file), which take the raw records apart themselves.
 */
#include "event_fixture.h"

#include <libgen.h>
#include <stdio.h>

#define RANDOM_RECORDS 1500

struct oracle {
	struct schema schema;
	struct stream *stream;
	struct column columns[64];
	struct writer *json, *csv, *wide;
	FILE *python;
	unsigned count;
	uint64_t seed;
};

static uint64_t next(struct oracle *o)
{
	o->seed ^= o->seed << 13;
	o->seed ^= o->seed >> 7;
	o->seed ^= o->seed << 17;
	return o->seed;
}

static void hex_word(struct oracle *o, const void *bytes, size_t n)
{
	struct buf out = {0};
	buf_char(&out, ' ');
	buf_hex_bytes(&out, bytes, n);
	fwrite(out.data, 1, out.len, o->python);
	buf_free(&out);
}

static void written(struct oracle *o, struct writer *writer, const struct view *view)
{
	struct buf out = {0};
	assert_int_equal(writer_event(writer, view, &out), 0);
	hex_word(o, out.data, out.len);
	buf_free(&out);
}

static void check(struct oracle *o, struct record *x)
{
	struct view view;
	uint32_t len;
	void *bytes = record_bytes(x, o->stream->id, &len);
	assert_true(view_init(&view, bytes, len, &o->schema));
	fputs("record", o->python);
	hex_word(o, bytes, len);
	written(o, o->json, &view);
	written(o, o->csv, &view);
	written(o, o->wide, &view);
	fputc('\n', o->python);
	o->count++;
	free(bytes);
}

static void describe(struct oracle *o)
{
	fprintf(o->python, "clock %lld\n", (long long)CLOCK_OFFSET);
	for (uint32_t i = 0; i < o->stream->n_fields; i++) {
		const struct field *f = &o->stream->fields[i];
		fprintf(o->python, "field %s %s %u %u\n", f->name, type_name(f->type), f->offset, f->size);
		for (const struct eun_label *l = f->labels; l && l->name; l++) {
			fprintf(o->python, "label %s %llu", f->name, (unsigned long long)l->value);
			hex_word(o, l->name, strlen(l->name));
			fputc('\n', o->python);
		}
	}
}

static int start(void **state)
{
	struct oracle *o = calloc(1, sizeof(*o));
	char file[] = __FILE__, command[4096];
	uint32_t n = 0;
	setenv("TZ", "UTC0", 1);
	tzset();
	o->seed = 88172645463325252ull;
	o->stream = every_add(&o->schema);
	for (uint32_t i = 0; i < n_header_fields; i++)
		o->columns[n++].field = (char *)header_fields[i].name;
	for (uint32_t i = 0; i < o->stream->n_fields; i++)
		o->columns[n++].field = (char *)o->stream->fields[i].name;
	for (uint32_t i = 0; i < n; i++)
		o->columns[i].header = o->columns[i].field;
	o->json = writer_new(&(struct writer_options){.format = FORMAT_JSON, .clock_offset = CLOCK_OFFSET});
	o->wide = writer_new(&(struct writer_options){.format = FORMAT_WIDE, .clock_offset = CLOCK_OFFSET});
	o->csv = writer_new(&(struct writer_options){
		.format = FORMAT_CSV,
		.clock_offset = CLOCK_OFFSET,
		.columns = o->columns,
		.n_columns = n,
	});
	snprintf(command, sizeof(command), "python3 '%s/event_oracle.py'", dirname(file));
	o->python = popen(command, "w");
	assert_non_null(o->python);
	describe(o);
	*state = o;
	return 0;
}

static int finish(void **state)
{
	struct oracle *o = *state;
	if (o->python)
		pclose(o->python);
	writer_destroy(o->json);
	writer_destroy(o->csv);
	writer_destroy(o->wide);
	schema_destroy(&o->schema);
	free(o);
	return 0;
}

/* The same bytes as every kind of string. */
static void check_string(struct oracle *o, const char *bytes, size_t n)
{
	struct record x;
	record_init(&x);
	x.r.string = x.r.path = x.r.argv = x.r.blob = record_add(&x, bytes, n);
	memcpy(x.r.chars, bytes, n < sizeof(x.r.chars) ? n : sizeof(x.r.chars));
	memcpy(x.r.head.comm, bytes, n < sizeof(x.r.head.comm) ? n : sizeof(x.r.head.comm));
	check(o, &x);
}

#define STRING(text)                   \
	{                              \
		text, sizeof(text) - 1 \
	}
static const struct {
	const char *bytes;
	size_t len;
} hostile[] = {
	STRING(""),
	STRING(" "),
	STRING("\""),
	STRING("\"\""),
	STRING("\\"),
	STRING("\\x41\\n\\u202e\\\""),
	STRING("a b"),
	STRING("'=1+1"),
	STRING("=1+1"),
	STRING(" =cmd|' /C calc'!A0"),
	STRING("@SUM(1,\"2\")"),
	STRING("-2"),
	STRING("+2.50"),
	STRING("-2e5"),
	STRING("\t=1"),
	STRING("\r\n=1"),
	STRING("\xef\xbc\x9d"
	       "1,\xef\xbc\x8b\xef\xbc\x8d\xef\xbc\xa0"),
	STRING("</script><script>alert(1)</script><!--"),
	STRING("\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J"),
	STRING("\xc2\x9b"
	       "2J\xc2\x85"),
	STRING("\xe2\x80\xae"
	       "gpj.exe\xe2\x81\xa6\xe2\x81\xa9"),
	STRING("\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\xef\xbf\xbe"),
	STRING("\xed\xa0\x80\xed\xb0\x80"),
	STRING("\xf0\x9f\x98\x80\xf0\x9f\x98"),
	STRING("\xc0\x80\xe0\x80\x80\xf4\x90\x80\x80\xf8\x88\x80\x80\x80"),
	STRING("\xf1\x80\x80\xe1\x80\xc2"),
	STRING("a\0b\0\0c\0"),
	STRING("\0"),
	STRING("\0\0"),
	STRING("sh\0-c\0echo \"a b\" \\ 'c'\n\0"),
	STRING("a,b;c\td|e"),
	STRING("name=value other=\"x\""),
};

static void strings(void **state)
{
	struct oracle *o = *state;
	char bytes[1024];
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		check_string(o, hostile[i].bytes, hostile[i].len);
	/* each byte alone and among others, then all of them, then very long ones */
	for (int c = 0; c < 256; c++) {
		check_string(o, (char[]){(char)c}, 1);
		check_string(o, (char[]){'a', (char)c, 'b'}, 3);
		check_string(o, (char[]){'\xe2', (char)c, '\x80'}, 3);
		bytes[c] = (char)c;
	}
	check_string(o, bytes, 256);
	struct record x;
	record_init(&x);
	char *many = malloc(3 * EUN_STRING_MAX);
	for (int i = 0; i < EUN_STRING_MAX; i++)
		many[i] = hostile[3 + i % 5].bytes[0];
	memset(many + EUN_STRING_MAX, 'x', EUN_STRING_MAX);
	memset(many + 2 * EUN_STRING_MAX, '\x80', EUN_STRING_MAX);
	x.r.string = record_add(&x, many, EUN_STRING_MAX);
	x.r.path = record_add(&x, many + EUN_STRING_MAX, EUN_STRING_MAX);
	x.r.argv = record_add(&x, many + 2 * EUN_STRING_MAX, EUN_STRING_MAX);
	x.r.blob = x.r.string;
	check(o, &x);
	free(many);
}

/* A random number, most often one at some end of its range. */
static uint64_t number(struct oracle *o)
{
	static const uint64_t ends[] = {0,
					1,
					2,
					10,
					127,
					128,
					255,
					32767,
					65535,
					1ull << 31,
					(1ull << 32) - 1,
					1ull << 53,
					(1ull << 53) + 1,
					1ull << 63,
					UINT64_MAX,
					UINT64_MAX - 1};
	uint64_t n = next(o);
	return n & 1 ? ends[n >> 1 & 15] : next(o) >> (n >> 1 & 63);
}

static eun_ref random_ref(struct oracle *o, struct record *x)
{
	char bytes[300];
	size_t n = 0;
	switch (next(o) % 8) {
	case 0:
		return 0;
	case 1:
		return (eun_ref)next(o); /* most often outside of the record */
	default:
		break;
	}
	for (uint64_t pieces = next(o) % 6; pieces > 0; pieces--) {
		size_t i = next(o) % (sizeof(hostile) / sizeof(hostile[0]));
		size_t len = hostile[i].len ? next(o) % hostile[i].len + 1 : 0;
		memcpy(bytes + n, hostile[i].bytes, len);
		n += len;
	}
	return record_add(x, bytes, n);
}

static void random_records(void **state)
{
	struct oracle *o = *state;
	for (int i = 0; i < RANDOM_RECORDS; i++) {
		struct record x;
		memset(&x, 0, sizeof(x));
		for (size_t at = 0; at < sizeof(x.r); at += 8) {
			uint64_t n = next(o) % 4 ? number(o) : next(o);
			memcpy((char *)&x.r + at, &n, sizeof(x.r) - at < 8 ? sizeof(x.r) - at : 8);
		}
		/* What is seldom in random bytes: values that have names, addresses of both kinds. */
		x.r.kind = (uint16_t)(next(o) % 12);
		x.r.ret = -(int32_t)(next(o) % 600);
		x.r.flags = (uint32_t)(next(o) % 64);
		x.r.big = next(o) % 4;
		x.r.addr.family = (uint16_t)(next(o) % 12);
		if (next(o) % 2)
			x.r.ip = ip4((unsigned)number(o), 0, (unsigned)number(o), 255);
		if (next(o) % 2)
			x.r.addr.addr = ip4(10, (unsigned)number(o), 0, 1);
		for (int b = 0; b < 16 && next(o) % 3; b++) /* runs of zeros */
			memset(x.r.ip.b + next(o) % 15, 0, 2);
		x.r.stack[next(o) % FRAMES] = 0;
		x.r.string = random_ref(o, &x);
		x.r.path = random_ref(o, &x);
		x.r.argv = random_ref(o, &x);
		x.r.blob = random_ref(o, &x);
		check(o, &x);
	}
}

/* Python's word. */
static void read_back(void **state)
{
	struct oracle *o = *state;
	fprintf(o->python, "end %u\n", o->count);
	int status = pclose(o->python);
	o->python = NULL;
	assert_int_equal(status, 0);
	assert_true(o->count > RANDOM_RECORDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings),
		cmocka_unit_test(random_records),
		cmocka_unit_test(read_back),
	};
	return cmocka_run_group_tests(tests, start, finish);
}
