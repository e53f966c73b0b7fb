/* SPDX-License-Identifier: MIT */
/* Lines and tables of text; what single values look like is in event_types.c. */
#include "event_fixture.h"

#include <stdio.h>

static void assert_output(struct fixture *f, const struct writer_options *options, const char *want)
{
	struct writer_options with_clock = *options;
	with_clock.clock_offset = CLOCK_OFFSET;
	char *got = record_output(&with_clock, &f->schema, f->stream->id, &f->x);
	assert_string_equal(got, want);
	free(got);
}

/* Numbers to the right, text to the left, each as wide as its type, its header or the caller wants; the last is free.
 */
static void table(void **state)
{
	struct fixture *f = *state;
	static const struct column columns[] = {
		{.header = "TIME", .field = "time"},
		{.header = "PID", .field = "pid"},
		{.header = "COMM", .field = "comm", .width = 6},
		{.header = "A_LONG_HEADER", .field = "u8", .type = EUN_U8},
		{.header = "RET", .field = "ret", .type = EUN_ERRNO},
		{.header = "NONE", .field = "no_such_field"},
		{.header = "PATH", .field = "path", .type = EUN_PATH},
	};
	const struct writer_options options = {.columns = columns, .n_columns = 7};
	f->x.r.ret = -13;
	f->x.r.u8 = 7;
	assert_output(f, &options,
		      "TIME         PID COMM   A_LONG_HEADER RET     NONE PATH\n"
		      "10:11:12     100 cat                7 EACCES  -    /etc/passwd\n");
	memcpy(f->x.r.head.comm, "a\nlong one", 11);
	f->x.r.head.pid = 4294967295u;
	f->x.r.path = 0;
	assert_output(f, &options,
		      "TIME         PID COMM   A_LONG_HEADER RET     NONE PATH\n"
		      "10:11:12 4294967295 a\\nlong one             7 EACCES  -    -\n");
	/* Characters are counted, not bytes. */
	memcpy(f->x.r.head.comm, "gr\xc3\xbc\xc3\x9f\0......", 13);
	f->x.r.head.pid = 1;
	assert_output(f, &options,
		      "TIME         PID COMM   A_LONG_HEADER RET     NONE PATH\n"
		      "10:11:12       1 gr\xc3\xbc\xc3\x9f               7 EACCES  -    -\n");
}

/* A number stands right in the last column too; a text there has no blanks behind it. */
static void last_column(void **state)
{
	struct fixture *f = *state;
	static const struct column columns[] = {
		{.header = "COMM", .field = "comm"},
		{.header = "UID", .field = "uid"},
	};
	assert_output(f, &(struct writer_options){.columns = columns, .n_columns = 2},
		      "COMM                 UID\ncat                 1000\n");
	assert_output(f, &(struct writer_options){.columns = columns, .n_columns = 1}, "COMM\ncat\n");
}

static void no_header(void **state)
{
	struct fixture *f = *state;
	static const struct column columns[] = {{.header = "COMM", .field = "comm"}};
	assert_output(f, &(struct writer_options){.columns = columns, .n_columns = 1, .no_header = true}, "cat\n");
}

static void scaled(void **state)
{
	struct fixture *f = *state;
	static const struct {
		int64_t value;
		uint64_t divisor;
		uint32_t decimals;
		const char *s64, *u64;
	} cases[] = {
		{1999, 1000, 0, "2\n", NULL},
		{1499, 1000, 0, "1\n", NULL},
		{1500, 1000, 3, "1.500\n", NULL},
		{5, 1000, 3, "0.005\n", NULL},
		{50, 1000, 3, "0.050\n", NULL},
		{9, 100, 2, "0.09\n", NULL},
		{99, 1000, 3, "0.099\n", NULL},
		{10, 100, 2, "0.10\n", NULL},
		{9, 1, 2, "9.00\n", NULL},
		{9, 0, 1, "9.0\n", NULL},
		{999999, 1000000, 2, "1.00\n", NULL},
		{1, 3, 9, "0.333333333\n", NULL},
		{2, 3, 20, "0.666666667\n", NULL}, /* nine at most */
		{0, 1000, 2, "0.00\n", NULL},
		{-1500, 1000, 1, "-1.5\n", "18446744073709550.1\n"},
		{-1, 1000, 1, "0.0\n", "18446744073709551.6\n"},
		{INT64_MIN, 1, 1, "-9223372036854775808.0\n", "9223372036854775808.0\n"},
		{-1, 0, 9, "-1.000000000\n", "18446744073709551615.000000000\n"},
		{INT64_MAX, UINT64_MAX, 9, "0.500000000\n", NULL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct column c = {
			.header = "", .field = "s64", .divisor = cases[i].divisor, .decimals = cases[i].decimals};
		const struct writer_options o = {.columns = &c, .n_columns = 1, .no_header = true};
		f->x.r.s64 = cases[i].value;
		f->x.r.u64 = (uint64_t)cases[i].value;
		assert_output(f, &o, cases[i].s64);
		c.field = "u64";
		assert_output(f, &o, cases[i].u64 ? cases[i].u64 : cases[i].s64);
	}
}

/* Without columns: where from, then the stream's default columns as pairs. */
static void line(void **state)
{
	struct fixture *f = *state;
	static const char head[] = "TIME         PID COMM             STREAM\n";
	char want[512];
	snprintf(want, sizeof(want), "%s%s", head,
		 "10:11:12     100 cat              test.every       path=/etc/passwd ret=0 argv=\"cat -n\"\n");
	assert_output(f, &(struct writer_options){0}, want);
	memcpy(f->x.r.head.comm, "tmux: server", 13);
	f->x.r.path = record_text(&f->x, "a b=\"c\"\\");
	f->x.r.argv = 0;
	f->x.r.ret = -1;
	snprintf(want, sizeof(want), "%s%s", head,
		 "10:11:12     100 tmux: server     test.every       path=\"a b=\\\"c\\\"\\\\\" ret=EPERM argv=-\n");
	assert_output(f, &(struct writer_options){0}, want);
}

/* The list may name header fields; what the stream hasn't got is left out, as is a name that nothing can have. */
static void default_columns(void **state)
{
	struct fixture *f = *state;
	static const char start[] = "10:11:12     100 cat              test.every      ";
	static const struct {
		const char *columns, *pairs;
	} cases[] = {
		{"uid,nothing,ret", " uid=1000 ret=0\n"},
		{",,ret,", " ret=0\n"},
		{"a23456789012345678901234567890123456789012345678901234567890123456789,u8", " u8=0\n"},
	};
	char want[512];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		free(f->stream->columns);
		f->stream->columns = strdup(cases[i].columns);
		snprintf(want, sizeof(want), "%s%s", start, cases[i].pairs);
		assert_output(f, &(struct writer_options){.no_header = true}, want);
	}
	free(f->stream->columns);
	f->stream->columns = strdup("nothing");
	assert_output(f, &(struct writer_options){.no_header = true}, "10:11:12     100 cat              test.every\n");
	/* No list: all fields. */
	f->stream->columns[0] = '\0';
	f->stream->n_fields = 3;
	snprintf(want, sizeof(want), "%s%s", start, " u8=0 u16=0 u32=0\n");
	assert_output(f, &(struct writer_options){.no_header = true}, want);
}

static void wide(void **state)
{
	struct fixture *f = *state;
	f->x.r.head.flags = EUN_TRUNCATED | EUN_CHROOTED | 0x8000;
	f->x.r.when = BOOT_NS - 1;
	memcpy(f->x.r.head.comm, "a b", 4);
	assert_output(f, &(struct writer_options){.format = FORMAT_WIDE},
		      "time=10:11:12.123456789 stream=test.every event_flags=truncated|chrooted|0x8000 cpu=1 pid=100 "
		      "tid=101 ppid=99 uid=1000 gid=1001 comm=\"a b\" cgroup=77 pidns=4026531836 mntns=4026531841 u8=0 "
		      "u16=0 u32=0 u64=0 s8=0 s16=0 s32=0 s64=0 yes=false when=10:11:12.123456788 chars=\"\" string=- "
		      "argv=\"cat -n\" path=/etc/passwd ip=10.0.0.1 addr=10.0.0.2:443 kind=none big=0x0 flags=0 ret=0 "
		      "caps=0 blob=- list=0,0 hist= stack= mode=0 address=0x0\n");
	static const struct column columns[] = {
		{.header = "TIME", .field = "time"},
		{.header = "PID", .field = "pid"},
	};
	assert_output(f, &(struct writer_options){.format = FORMAT_WIDE, .columns = columns, .n_columns = 2},
		      "TIME         PID\n10:11:12.123     100\n");
}

/* An own field hides a header field of its name. */
static void hidden_header(void **state)
{
	struct fixture *f = *state;
	free((char *)f->stream->fields[0].name);
	f->stream->fields[0].name = strdup("uid");
	f->stream->n_fields = 2;
	f->x.r.u8 = 5;
	assert_output(f, &(struct writer_options){.format = FORMAT_WIDE},
		      "time=10:11:12.123456789 stream=test.every event_flags=0 cpu=1 pid=100 tid=101 ppid=99 gid=1001 "
		      "comm=cat cgroup=77 pidns=4026531836 mntns=4026531841 uid=5 u16=0\n");
}

/* Times are those of where the host is, and change with the second. */
static void local_time(void **state)
{
	struct fixture *f = *state;
	static const struct column columns[] = {{.header = "", .field = "time"}};
	struct writer *w = writer_new(&(struct writer_options){
		.columns = columns,
		.n_columns = 1,
		.clock_offset = CLOCK_OFFSET,
	});
	static const struct {
		const char *zone;
		int64_t shift; /* ns */
		const char *text;
	} cases[] = {
		{"UTC0", 0, "10:11:12\n"},
		{"UTC0", 876543210, "10:11:12\n"},
		{"UTC0", 876543211, "10:11:13\n"},
		{"UTC0", 0, "10:11:12\n"}, /* back again: rounds of a table may */
		{"IST-5:30", 3000000000, "15:41:15\n"},
		{"EST5", 4000000000, "05:11:16\n"},
		{"EST5", 49728000000000, "19:00:00\n"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setenv("TZ", cases[i].zone, 1);
		tzset();
		f->x.r.head.time = BOOT_NS + (uint64_t)cases[i].shift;
		char *got = record_written(w, &f->schema, f->stream->id, &f->x);
		assert_string_equal(got, cases[i].text);
		free(got);
	}
	writer_destroy(w);
}

static void lost(void **state)
{
	struct fixture *f = *state;
	static const struct {
		enum format format;
		const char *want;
	} cases[] = {
		{FORMAT_TEXT, "lost 12 events of test.every before 10:11:12\n"},
		{FORMAT_WIDE, "lost 12 events of test.every before 10:11:12.123456789\n"},
	};
	for (size_t i = 0; i < 2; i++) {
		struct writer *w = writer_new(&(struct writer_options){
			.format = cases[i].format,
			.clock_offset = CLOCK_OFFSET,
		});
		struct buf out = {0};
		assert_int_equal(writer_lost(w, f->stream, 12, BOOT_NS, &out), 0);
		buf_char(&out, '\0');
		assert_string_equal(out.data, cases[i].want);
		buf_free(&out);
		writer_destroy(w);
	}
}

/* A plugin's callback: of u8 hostile text, of u16 too much, of path what it was given, of u32 a lie; else nothing. */
static int format(void *self, uint32_t stream, uint32_t field, const void *bytes, uint32_t len, char *buf,
		  uint32_t size)
{
	assert_string_equal(self, "self");
	assert_int_equal(stream, 4);
	assert_int_equal(size, 256);
	switch (field) {
	case 0:
		assert_int_equal(len, 1);
		return snprintf(buf, size, "<\x1b \"%u\">", *(const unsigned char *)bytes);
	case 1:
		memset(buf, 'x', size);
		return 100000;
	case 2:
		return 200; /* but wrote nothing */
	case 13:
		return snprintf(buf, size, "[%.*s]", (int)len, (const char *)bytes);
	default:
		return -1;
	}
}

static void plugin_format(void **state)
{
	struct fixture *f = *state;
	char self[] = "self", want[1024], many[256];
	f->stream->format = format;
	f->stream->format_self = self;
	f->stream->format_stream = 4;
	free(f->stream->columns);
	f->stream->columns = strdup("u8,pid,ret,u32,path,string,u16");
	f->x.r.u8 = 9;
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	snprintf(want, sizeof(want),
		 "10:11:12     100 cat              test.every       u8=\"<\\x1b \\\"9\\\">\" pid=100 ret=0 u32=\"\" "
		 "path=[/etc/passwd] string=- u16=%s\n",
		 many);
	assert_output(f, &(struct writer_options){.no_header = true}, want);
	static const struct column columns[] = {
		{.header = "U8", .field = "u8", .type = EUN_U8},
		{.header = "PATH", .field = "path", .type = EUN_PATH},
	};
	assert_output(f, &(struct writer_options){.columns = columns, .n_columns = 2},
		      " U8 PATH\n<\\x1b \"9\"> [/etc/passwd]\n");
	/* JSON and CSV are for programs: as the host would. */
	assert_output(f, &(struct writer_options){.columns = columns, .n_columns = 2, .format = FORMAT_CSV},
		      "u8,path\n9,/etc/passwd\n");
	assert_output(f, &(struct writer_options){.columns = columns, .n_columns = 2, .format = FORMAT_JSON},
		      "{\"u8\":9,\"path\":\"/etc/passwd\"}\n");
	/* unless the field says otherwise */
	f->stream->fields[0].flags |= EUN_FIELD_TEXT;
	assert_output(f, &(struct writer_options){.columns = columns, .n_columns = 2, .format = FORMAT_CSV},
		      "u8,path\n\"<\\x1b \"\"9\"\">\",/etc/passwd\n");
	assert_output(f, &(struct writer_options){.columns = columns, .n_columns = 2, .format = FORMAT_JSON},
		      "{\"u8\":\"<\\u001b \\\"9\\\">\",\"path\":\"/etc/passwd\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(table),           TEST(last_column), TEST(no_header),     TEST(scaled),     TEST(line),
		TEST(default_columns), TEST(wide),        TEST(hidden_header), TEST(local_time), TEST(lost),
		TEST(plugin_format),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
