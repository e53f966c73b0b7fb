/* SPDX-License-Identifier: MIT */
/* Every type in every format: what a value looks like in a column of text, in a name=value pair, in JSON and in CSV. */
#include "event_fixture.h"

#include <stdio.h>

struct example {
	const char *field;
	const void *bytes; /* of the field; of a string, what is in the tail; NULL: no value */
	uint32_t len;
	const char *text, *pair, *json, *csv; /* pair, csv NULL: as text */
};

#define RAW(type, ...) &(type){__VA_ARGS__}, sizeof(type)
#define STR(text) text, sizeof(text) - 1
#define SLOT(n, count) [n] = count
/* clang-format off */
#define V6(...) {__VA_ARGS__}
#define MAPPED(...) {[10] = 0xff, 0xff, __VA_ARGS__}
#define IN(...) {__VA_ARGS__}
/* clang-format on */

typedef __u64 u64s[2];
typedef __u64 hist[SLOTS];
typedef __u64 stack[FRAMES];
typedef char chars[9];

static const struct example examples[] = {
	/* integers, to their ends */
	{"u8", RAW(__u8, 255), "255", NULL, "255", NULL},
	{"u16", RAW(__u16, 65535), "65535", NULL, "65535", NULL},
	{"u32", RAW(__u32, 4294967295u), "4294967295", NULL, "4294967295", NULL},
	{"u64", RAW(__u64, 18446744073709551615ull), "18446744073709551615", NULL, "18446744073709551615", NULL},
	{"u64", RAW(__u64, 0), "0", NULL, "0", NULL},
	{"u64", RAW(__u64, 9007199254740993ull), "9007199254740993", NULL, "9007199254740993", NULL},
	{"s8", RAW(__s8, -128), "-128", NULL, "-128", NULL},
	{"s16", RAW(__s16, -1), "-1", NULL, "-1", NULL},
	{"s32", RAW(__s32, -2147483647 - 1), "-2147483648", NULL, "-2147483648", NULL},
	{"s64", RAW(__s64, INT64_MIN), "-9223372036854775808", NULL, "-9223372036854775808", NULL},
	{"s64", RAW(__s64, 7), "7", NULL, "7", NULL},
	{"mode", RAW(__u32, 0100644), "0100644", NULL, "33188", NULL},
	{"mode", RAW(__u32, 0), "0", NULL, "0", NULL},
	{"address", RAW(__u32, 0xdeadbeef), "0xdeadbeef", NULL, "3735928559", NULL},
	{"address", RAW(__u32, 0), "0x0", NULL, "0", NULL},
	{"yes", RAW(__u8, 1), "true", NULL, "true", NULL},
	{"yes", RAW(__u8, 0), "false", NULL, "false", NULL},
	{"yes", RAW(__u8, 2), "true", NULL, "true", NULL},
	/* time */
	{"when", RAW(__u64, BOOT_NS), "10:11:12", NULL, "\"2026-11-24T10:11:12.123456789Z\"",
	 "2026-11-24T10:11:12.123456789Z"},
	{"when", RAW(__u64, BOOT_NS - 123456789), "10:11:12", NULL, "\"2026-11-24T10:11:12.000000000Z\"",
	 "2026-11-24T10:11:12.000000000Z"},
	{"when", RAW(__u64, BOOT_NS - 123456790), "10:11:11", NULL, "\"2026-11-24T10:11:11.999999999Z\"",
	 "2026-11-24T10:11:11.999999999Z"},
	/* text */
	{"chars", RAW(chars, "ninechars"), "ninechars", NULL, "\"ninechars\"", NULL},
	{"chars", RAW(chars, "a\0b"), "a", NULL, "\"a\"", NULL},
	{"chars", RAW(chars, "\x1b[2J"), "\\x1b[2J", NULL, "\"\\u001b[2J\"", NULL},
	{"string", STR("plain"), "plain", NULL, "\"plain\"", NULL},
	{"string", STR(""), "", "\"\"", "\"\"", "\"\""},
	{"string", STR("a b"), "a b", "\"a b\"", "\"a b\"", NULL},
	{"string", STR("say \"hi\""), "say \"hi\"", "\"say \\\"hi\\\"\"", "\"say \\\"hi\\\"\"", "\"say \"\"hi\"\"\""},
	{"string", STR("a\nb"), "a\\nb", NULL, "\"a\\nb\"", NULL},
	{"string", STR("a\0b"), "a\\x00b", NULL, "\"a\\u0000b\"", NULL},
	{"string", STR("back\\slash"), "back\\\\slash", NULL, "\"back\\\\slash\"", NULL},
	{"string", STR("\xff\xc3\xbc"), "\\xff\xc3\xbc", NULL, "\"\\ufffd\xc3\xbc\"", NULL},
	{"string", STR("</script>"), "</script>", NULL, "\"</script>\"", NULL},
	{"string", STR("a,b"), "a,b", NULL, "\"a,b\"", "\"a,b\""},
	{"string", NULL, 0, "-", NULL, "null", "\"\""},
	{"path",
	 STR("/tmp/\xe2\x80\xae"
	     "gpj.exe"),
	 "/tmp/\\u202egpj.exe", NULL, "\"/tmp/\\u202egpj.exe\"", NULL},
	{"path", NULL, 0, "-", NULL, "null", "\"\""},
	/* formulas, and what is none */
	{"string", STR("=1+1"), "=1+1", NULL, "\"=1+1\"", "'=1+1"},
	{"string", STR("=cmd|' /C calc'!A0"), "=cmd|' /C calc'!A0", "\"=cmd|' /C calc'!A0\"", "\"=cmd|' /C calc'!A0\"",
	 "'=cmd|' /C calc'!A0"},
	{"string", STR("=A(1,\"x\")"), "=A(1,\"x\")", "\"=A(1,\\\"x\\\")\"", "\"=A(1,\\\"x\\\")\"",
	 "\"'=A(1,\"\"x\"\")\""},
	{"string", STR("+1"), "+1", NULL, "\"+1\"", NULL},
	{"string", STR("-2"), "-2", NULL, "\"-2\"", NULL},
	{"string", STR("-2.5"), "-2.5", NULL, "\"-2.5\"", NULL},
	{"string", STR("-2."), "-2.", NULL, "\"-2.\"", "'-2."},
	{"string", STR("-2+3"), "-2+3", NULL, "\"-2+3\"", "'-2+3"},
	{"string", STR("-"), "-", NULL, "\"-\"", "'-"},
	{"string", STR("-rf"), "-rf", NULL, "\"-rf\"", "'-rf"},
	{"string", STR("@SUM(A1)"), "@SUM(A1)", NULL, "\"@SUM(A1)\"", "'@SUM(A1)"},
	{"string", STR("  =1"), "  =1", "\"  =1\"", "\"  =1\"", "'  =1"},
	{"string", STR("\t=1"), "\\t=1", NULL, "\"\\t=1\"", NULL},
	{"string", STR("\r=1"), "\\r=1", NULL, "\"\\r=1\"", NULL},
	{"string",
	 STR("\xef\xbc\x9d"
	     "1"),
	 "\xef\xbc\x9d"
	 "1",
	 NULL,
	 "\"\xef\xbc\x9d"
	 "1\"",
	 "'\xef\xbc\x9d"
	 "1"},
	/* arguments */
	{"argv", STR("cat\0-n\0"), "cat -n", "\"cat -n\"", "[\"cat\",\"-n\"]", NULL},
	{"argv", STR("cat\0"), "cat", NULL, "[\"cat\"]", NULL},
	{"argv", STR("cat"), "cat", NULL, "[\"cat\"]", NULL},
	{"argv", STR("sh\0-c\0echo a b\0"), "sh -c \"echo a b\"", "\"sh -c \\\"echo a b\\\"\"",
	 "[\"sh\",\"-c\",\"echo a b\"]", "\"sh -c \"\"echo a b\"\"\""},
	{"argv", STR("a\0\0b\0"), "a \"\" b", "\"a \\\"\\\" b\"", "[\"a\",\"\",\"b\"]", "\"a \"\"\"\" b\""},
	{"argv", STR("a\n\0b\0"), "a\\n b", "\"a\\\\n b\"", "[\"a\\n\",\"b\"]", NULL},
	{"argv", STR("q\"q\0"), "\"q\\\"q\"", "\"\\\"q\\\\\\\"q\\\"\"", "[\"q\\\"q\"]", "\"\"\"q\\\"\"q\"\"\""},
	{"argv", STR("\0"), "\"\"", "\"\\\"\\\"\"", "[\"\"]", "\"\"\"\"\"\""},
	{"argv", STR(""), "", "\"\"", "[]", "\"\""},
	{"argv", NULL, 0, "-", NULL, "null", "\"\""},
	/* addresses */
	{"ip", RAW(struct eun_ip, MAPPED(192, 168, 0, 255)), "192.168.0.255", NULL, "\"192.168.0.255\"", NULL},
	{"ip", RAW(struct eun_ip, MAPPED(0)), "0.0.0.0", NULL, "\"0.0.0.0\"", NULL},
	{"ip", RAW(struct eun_ip, V6(0)), "::", NULL, "\"::\"", NULL},
	{"ip", RAW(struct eun_ip, V6([15] = 1)), "::1", NULL, "\"::1\"", NULL},
	{"ip", RAW(struct eun_ip, V6(0xfe, 0x80, [15] = 1)), "fe80::1", NULL, "\"fe80::1\"", NULL},
	{"ip", RAW(struct eun_ip, V6(0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1)), "2001:db8:0:1::1", NULL,
	 "\"2001:db8:0:1::1\"", NULL},
	{"ip", RAW(struct eun_ip, V6(0, 1, 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7)), "1:0:2:3:4:5:6:7", NULL,
	 "\"1:0:2:3:4:5:6:7\"", NULL},
	{"addr", RAW(struct eun_sockaddr, IN(MAPPED(10, 0, 0, 1)), 443, 2, 0), "10.0.0.1:443", NULL,
	 "{\"addr\":\"10.0.0.1\",\"port\":443,\"family\":\"inet\"}", NULL},
	{"addr", RAW(struct eun_sockaddr, IN(V6([15] = 1)), 65535, 10, 0), "[::1]:65535", NULL,
	 "{\"addr\":\"::1\",\"port\":65535,\"family\":\"inet6\"}", NULL},
	{"addr", RAW(struct eun_sockaddr, IN(V6(0xfe, 0x80, [15] = 1)), 80, 10, 2), "[fe80::1%2]:80", NULL,
	 "{\"addr\":\"fe80::1%2\",\"port\":80,\"family\":\"inet6\"}", NULL},
	{"addr", RAW(struct eun_sockaddr, IN(V6(0)), 0, 1, 0), "unix", NULL,
	 "{\"addr\":null,\"port\":0,\"family\":\"unix\"}", NULL},
	{"addr", RAW(struct eun_sockaddr, IN(V6(0)), 0, 0, 0), "unspec", NULL,
	 "{\"addr\":null,\"port\":0,\"family\":\"unspec\"}", NULL},
	{"addr", RAW(struct eun_sockaddr, IN(V6(0)), 0, 999, 0), "999", NULL,
	 "{\"addr\":null,\"port\":0,\"family\":999}", NULL},
	/* names */
	{"kind", RAW(__u16, 0), "none", NULL, "\"none\"", NULL},
	{"kind", RAW(__u16, 1), "file", NULL, "\"file\"", NULL},
	{"kind", RAW(__u16, 3), "a \"b\"", "\"a \\\"b\\\"\"", "\"a \\\"b\\\"\"", "\"a \"\"b\"\"\""},
	{"kind", RAW(__u16, 10), "10", NULL, "10", NULL},
	{"kind", RAW(__u16, 65535), "65535", NULL, "65535", NULL},
	{"big", RAW(__u64, 1ull << 40), "far", NULL, "\"far\"", NULL},
	{"big", RAW(__u64, 2), "near", NULL, "\"near\"", NULL},
	{"big", RAW(__u64, 255), "0xff", NULL, "255", NULL},
	{"flags", RAW(__u32, 0), "0", NULL, "[]", NULL},
	{"flags", RAW(__u32, 1), "R", NULL, "[\"R\"]", NULL},
	{"flags", RAW(__u32, 3), "RW", NULL, "[\"RW\"]", NULL},
	{"flags", RAW(__u32, 0x4a), "W|X|0x40", NULL, "[\"W\",\"X\",\"0x40\"]", NULL},
	{"flags", RAW(__u32, 0x80000000), "0x80000000", NULL, "[\"0x80000000\"]", NULL},
	{"ret", RAW(__s32, -2), "ENOENT", NULL, "-2", NULL},
	{"ret", RAW(__s32, -11), "EAGAIN", NULL, "-11", NULL},
	{"ret", RAW(__s32, -512), "ERESTARTSYS", NULL, "-512", NULL},
	{"ret", RAW(__s32, -519), "ENOPARAM", NULL, "-519", NULL},
	{"ret", RAW(__s32, -520), "-520", NULL, "-520", NULL},
	{"ret", RAW(__s32, -2147483647 - 1), "-2147483648", NULL, "-2147483648", NULL},
	{"ret", RAW(__s32, 0), "0", NULL, "0", NULL},
	{"ret", RAW(__s32, 3), "3", NULL, "3", NULL},
	{"caps", RAW(__u64, 0), "0", NULL, "[]", NULL},
	{"caps", RAW(__u64, 1ull << 21), "CAP_SYS_ADMIN", NULL, "[\"CAP_SYS_ADMIN\"]", NULL},
	{"caps", RAW(__u64, 1 | 1ull << 40 | 1ull << 41 | 1ull << 63), "CAP_CHOWN|CAP_CHECKPOINT_RESTORE|41|63", NULL,
	 "[\"CAP_CHOWN\",\"CAP_CHECKPOINT_RESTORE\",41,63]", NULL},
	/* bytes and numbers */
	{"blob", STR("\x00\x9f\xff"), "009fff", NULL, "\"009fff\"", NULL},
	{"blob", STR(""), "", NULL, "\"\"", "\"\""},
	{"blob", NULL, 0, "-", NULL, "null", "\"\""},
	{"list", RAW(u64s, 1, UINT64_MAX), "1,18446744073709551615", NULL, "[1,18446744073709551615]",
	 "\"1,18446744073709551615\""},
	{"hist", RAW(hist, 0), "", NULL, "{\"slots\":[]}", "\"\""},
	{"hist", RAW(hist, SLOT(0, 5), SLOT(2, 7), SLOT(63, 1)),
	 "0-1:5,4-7:7,9223372036854775808-18446744073709551615:1", NULL,
	 "{\"slots\":[{\"lo\":0,\"hi\":1,\"count\":5},{\"lo\":4,\"hi\":7,\"count\":7},"
	 "{\"lo\":9223372036854775808,\"hi\":18446744073709551615,\"count\":1}]}",
	 "\"0-1:5,4-7:7,9223372036854775808-18446744073709551615:1\""},
	{"stack", RAW(stack, 0), "", NULL, "[]", "\"\""},
	{"stack", RAW(stack, 0xffffffff81000000ull, 0x401000, 0, 7), "0xffffffff81000000,0x401000", NULL,
	 "[\"0xffffffff81000000\",\"0x401000\"]", "\"0xffffffff81000000,0x401000\""},
	{"stack", RAW(stack, 1, 2, 3, 4), "0x1,0x2,0x3,0x4", NULL, "[\"0x1\",\"0x2\",\"0x3\",\"0x4\"]",
	 "\"0x1,0x2,0x3,0x4\""},
};

static void put(struct record *x, const struct field *field, const struct example *e)
{
	record_init(x);
	char *at = (char *)&x->r + field->offset;
	if (!type_is_ref(field->type)) {
		assert_int_equal(e->len, field->size);
		memcpy(at, e->bytes, e->len);
		return;
	}
	eun_ref ref = e->bytes ? record_add(x, e->bytes, e->len) : 0;
	memcpy(at, &ref, sizeof(ref));
}

/* The last line written is `before`, `value`, `after`. */
static void assert_shown(const struct example *e, const char *format, char *line, const char *before, const char *value,
			 const char *after)
{
	size_t n = strlen(line), b = strlen(before), v = strlen(value), a = strlen(after);
	const char *start = strstr(line, before);
	if (!start || strlen(start) != b + v + a || memcmp(start + b, value, v) != 0 ||
	    strcmp(line + n - a, after) != 0)
		fail_msg("%s as %s: %swanted: %s", e->field, format, line, value);
	free(line);
}

static char *written(struct fixture *f, enum format format, const struct column *column)
{
	struct writer *w = writer_new(&(struct writer_options){
		.format = format,
		.columns = column,
		.n_columns = 1,
		.clock_offset = CLOCK_OFFSET,
	});
	assert_non_null(w);
	char *line = record_written(w, &f->schema, f->stream->id, &f->x);
	writer_destroy(w);
	return line;
}

static void every_type(void **state)
{
	struct fixture *f = *state;
	bool shown[EUN_TYPES] = {[EUN_NONE] = true};
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *e = &examples[i];
		const struct field *field = stream_field(f->stream, e->field);
		char name[80];
		struct column column = {.header = "H", .field = (char *)e->field};
		assert_non_null(field);
		shown[field->type] = true;
		put(&f->x, field, e);
		assert_shown(e, "text", written(f, FORMAT_TEXT, &column), "", e->text, "\n");
		assert_shown(e, "csv", written(f, FORMAT_CSV, &column), "", e->csv ? e->csv : e->text, "\n");
		snprintf(name, sizeof(name), "{\"%s\":", e->field);
		assert_shown(e, "json", written(f, FORMAT_JSON, &column), name, e->json, "}\n");
		/* As a pair: the stream's only default column. */
		free(f->stream->columns);
		f->stream->columns = strdup(e->field);
		snprintf(name, sizeof(name), " %s=", e->field);
		assert_shown(e, "pair", written(f, FORMAT_TEXT, NULL), name, e->pair ? e->pair : e->text, "\n");
	}
	for (enum eun_type t = EUN_NONE; t < EUN_TYPES; t++)
		if (!shown[t])
			fail_msg("no example of type %s", type_name(t));
}

/* value_text is what a column shows. */
static void alone(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *e = &examples[i];
		const struct field *field = stream_field(f->stream, e->field);
		struct buf out = {0};
		struct view view;
		uint32_t len;
		put(&f->x, field, e);
		void *bytes = record_bytes(&f->x, f->stream->id, &len);
		assert_true(view_init(&view, bytes, len, &f->schema));
		assert_int_equal(value_text(&view, field, CLOCK_OFFSET, &out), 0);
		buf_char(&out, '\0');
		assert_string_equal(out.data, e->text);
		buf_free(&out);
		free(bytes);
	}
}

/* A name for 0 is a flags' value's only when none is set. */
static void flag_of_no_bits(void **state)
{
	struct fixture *f = *state;
	static const struct {
		uint32_t value;
		const char *text;
	} cases[] = {{0, "RDONLY\n"}, {1, "WRONLY\n"}, {4, "0x4\n"}, {5, "WRONLY|0x4\n"}};
	struct field *field = (struct field *)stream_field(f->stream, "flags");
	struct column column = {.header = "F", .field = "flags"};
	field->labels[0].value = 1;
	free((char *)field->labels[0].name);
	field->labels[0].name = strdup("WRONLY");
	field->labels[1].value = 0;
	free((char *)field->labels[1].name);
	field->labels[1].name = strdup("RDONLY");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		record_init(&f->x);
		f->x.r.flags = cases[i].value;
		char *line = written(f, FORMAT_TEXT, &column);
		assert_string_equal(line, cases[i].text);
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_type),
		TEST(alone),
		TEST(flag_of_no_bits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
