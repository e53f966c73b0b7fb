/* SPDX-License-Identifier: MIT */
#include "event_fixture.h"

#include <stdio.h>

#include "event/escape.h"

typedef void escaper(struct buf *out, const char *bytes, size_t n);

static void assert_escaped(escaper *escape, const char *bytes, size_t n, const char *want)
{
	struct buf out = {0};
	/* A copy of its own, so that a read behind the end is found. */
	char *copy = malloc(n + 1);
	memcpy(copy + 1, bytes, n);
	escape(&out, copy + 1, n);
	buf_char(&out, '\0');
	assert_string_equal(out.data, want);
	free(copy);
	buf_free(&out);
}

#define TEXT(bytes, want) assert_escaped(escape_text, bytes, sizeof(bytes) - 1, want)
#define WORD(bytes, want) assert_escaped(escape_word, bytes, sizeof(bytes) - 1, want)
#define JSON(bytes, want) assert_escaped(escape_json, bytes, sizeof(bytes) - 1, want)

static void text(void **state)
{
	(void)state;
	TEXT("", "");
	TEXT("/etc/passwd", "/etc/passwd");
	TEXT("a b\"'c", "a b\"'c");
	TEXT("a\nb\tc\rd\\e", "a\\nb\\tc\\rd\\\\e");
	TEXT("\x00\x01\x07\x08\x0b\x1b\x1f\x7f", "\\x00\\x01\\x07\\x08\\x0b\\x1b\\x1f\\x7f");
	TEXT("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m");
	TEXT("\x1b]0;title\x07", "\\x1b]0;title\\x07");
	TEXT("\xc2\x9b"
	     "31m",
	     "\\xc2\\x9b31m"); /* CSI as a C1 control */
	TEXT("\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\xc2\xa0");
	TEXT("\x9b", "\\x9b");
	TEXT("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
	TEXT("exe\xe2\x80\xae"
	     "fdp.txt",
	     "exe\\u202efdp.txt");
	TEXT("\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf", "\xe2\x80\xa9\\u202a\\u202e\xe2\x80\xaf");
	TEXT("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa", "\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa");
	TEXT("</script>", "</script>");
}

static void invalid(void **state)
{
	(void)state;
	TEXT("\x80\xbf\xfe\xff", "\\x80\\xbf\\xfe\\xff");
	TEXT("\xc0\xaf", "\\xc0\\xaf");                   /* overlong */
	TEXT("\xe0\x9f\xbf", "\\xe0\\x9f\\xbf");          /* overlong */
	TEXT("\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"); /* overlong */
	TEXT("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* surrogate */
	TEXT("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* above U+10FFFF */
	TEXT("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80");
	TEXT("\xe2\x82", "\\xe2\\x82"); /* cut */
	TEXT("\xe2\x82x", "\\xe2\\x82x");
	TEXT("\xf0\x9f\x98\xe2\x82\xac", "\\xf0\\x9f\\x98\xe2\x82\xac");
	/* One U+FFFD for each maximal subpart: the example of the Unicode standard, table 3-8. */
	JSON("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64",
	     "\"a\\ufffd\\ufffd\\ufffdb\\ufffdc\\ufffd\\ufffdd\"");
	JSON("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
	JSON("\xe2\x82", "\"\\ufffd\"");
}

static void word(void **state)
{
	(void)state;
	WORD("", "\"\"");
	WORD("abc", "abc");
	WORD("a b", "\"a b\"");
	WORD("a\"b", "\"a\\\"b\"");
	WORD("a\\b", "a\\\\b");
	WORD("a \\b", "\"a \\\\b\"");
	WORD("a\nb", "a\\nb");
	WORD("a \n", "\"a \\n\"");
	WORD("a=b,c", "a=b,c");
	WORD(" \xe2\x80\xae", "\" \\u202e\"");
	WORD("\xff", "\\xff");
}

static void json(void **state)
{
	(void)state;
	JSON("", "\"\"");
	JSON("/etc/passwd", "\"/etc/passwd\"");
	JSON("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
	JSON("\n\t\r\b\f", "\"\\n\\t\\r\\u0008\\u000c\"");
	JSON("\x00\x1b\x7f", "\"\\u0000\\u001b\\u007f\"");
	JSON("\xc2\x80\xc2\x9f\xc2\xa0", "\"\\u0080\\u009f\xc2\xa0\"");
	JSON("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae", "\"\xe2\x80\xa7\\u2028\\u2029\\u202e\"");
	JSON("\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"");
	JSON("\xef\xbf\xbe", "\"\xef\xbf\xbe\"");
}

/* Every byte alone: what reaches a terminal is printable ASCII, and different for different bytes. */
static void every_byte(void **state)
{
	char seen[256][8];
	(void)state;
	for (int c = 0; c < 256; c++) {
		struct buf out = {0};
		char byte = (char)c;
		escape_text(&out, &byte, 1);
		for (size_t i = 0; i < out.len; i++)
			assert_in_range(out.data[i], 0x20, 0x7e);
		buf_char(&out, '\0');
		assert_true(out.len <= sizeof(seen[c]));
		memcpy(seen[c], out.data, out.len);
		for (int other = 0; other < c; other++)
			assert_string_not_equal(seen[c], seen[other]);
		buf_free(&out);
	}
}

/* Every code point: either it stays as it is, or it is one that must not, and nothing below U+00A0 passes. */
static void every_code_point(void **state)
{
	(void)state;
	struct buf out = {0};
	for (uint32_t c = 0x80; c <= 0x10ffff; c++) {
		char bytes[4];
		size_t n = 0;
		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		if (c < 0x800) {
			bytes[n++] = (char)(0xc0 | c >> 6);
		} else if (c < 0x10000) {
			bytes[n++] = (char)(0xe0 | c >> 12);
			bytes[n++] = (char)(0x80 | (c >> 6 & 63));
		} else {
			bytes[n++] = (char)(0xf0 | c >> 18);
			bytes[n++] = (char)(0x80 | (c >> 12 & 63));
			bytes[n++] = (char)(0x80 | (c >> 6 & 63));
		}
		bytes[n++] = (char)(0x80 | (c & 63));
		bool turns = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
		out.len = 0;
		escape_text(&out, bytes, n);
		bool same = out.len == n && !memcmp(out.data, bytes, n);
		if (same == (c < 0xa0 || turns))
			fail_msg("U+%04X", c);
		out.len = 0;
		escape_json(&out, bytes, n);
		same = out.len == n + 2 && !memcmp(out.data + 1, bytes, n);
		if (same == (c < 0xa0 || turns || c == 0x2028 || c == 0x2029))
			fail_msg("U+%04X in JSON", c);
	}
	buf_free(&out);
}

static void long_text(void **state)
{
	(void)state;
	const size_t n = 100000;
	char *bytes = malloc(n);
	struct buf out = {0};
	memset(bytes, 'a', n);
	escape_text(&out, bytes, n);
	assert_int_equal(out.len, n);
	assert_memory_equal(out.data, bytes, n);
	memset(bytes, 0x1b, n);
	out.len = 0;
	escape_text(&out, bytes, n);
	assert_int_equal(out.len, 4 * n);
	assert_memory_equal(out.data + 4 * n - 8, "\\x1b\\x1b", 8);
	free(bytes);
	buf_free(&out);
}

static void wrap(void **state)
{
	(void)state;
	const struct {
		const char *text;
		char escape;
		const char *want;
	} cases[] = {
		{"", '"', "\"\""},       {"a,b", '"', "\"a,b\""},   {"a\"b\"", '"', "\"a\"\"b\"\"\""},
		{"\"", '"', "\"\"\"\""}, {"a\\b", '"', "\"a\\b\""}, {"a\\\"b", '\\', "\"a\\\\\\\"b\""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = {0};
		buf_str(&out, "before\"");
		buf_str(&out, cases[i].text);
		escape_wrap(&out, 7, cases[i].escape);
		buf_char(&out, '\0');
		assert_memory_equal(out.data, "before\"", 7);
		assert_string_equal(out.data + 7, cases[i].want);
		buf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),      cmocka_unit_test(invalid),    cmocka_unit_test(word),
		cmocka_unit_test(json),      cmocka_unit_test(every_byte), cmocka_unit_test(every_code_point),
		cmocka_unit_test(long_text), cmocka_unit_test(wrap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
