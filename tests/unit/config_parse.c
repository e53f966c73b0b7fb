/* SPDX-License-Identifier: MIT */
/* INI text to sections, keys and places; what is refused, and where the message points. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"

static struct config *parse(const char *text)
{
	struct config *config = NULL;
	struct config_error error = {0};
	int err = config_parse(&config, "x.ini", text, strlen(text), &error);
	if (err)
		fail_msg("%u:%u: %s", error.line, error.column, error.text);
	return config;
}

static void refused_bytes(const char *text, size_t len, uint32_t line, uint32_t column, const char *part)
{
	struct config *config = NULL;
	struct config_error error = {0};
	assert_int_equal(config_parse(&config, "x.ini", text, len, &error), -EINVAL);
	assert_string_equal(error.file, "x.ini");
	if (error.line != line || error.column != column || !strstr(error.text, part))
		fail_msg("%u:%u: %s (expected %u:%u: %s)", error.line, error.column, error.text, line, column, part);
}

static void refused(const char *text, uint32_t line, uint32_t column, const char *part)
{
	refused_bytes(text, strlen(text), line, column, part);
}

static void test_sections(void **state)
{
	(void)state;
	struct config *c = parse("\xef\xbb\xbf# comment\r\nfirst = 1\r\n[empty]\n[rule A b]\n  where = x ; comment\n"
				 "[ rule  A b ] # again\nk:v\n");
	assert_int_equal(c->n_sections, 4);
	assert_string_equal(c->sections[0].name, "");
	assert_string_equal(c->sections[0].keys[0].value, "1");
	assert_string_equal(c->sections[1].name, "empty");
	assert_int_equal(c->sections[1].n_keys, 0);
	assert_int_equal(c->sections[1].line, 3);
	assert_string_equal(config_named(&c->sections[2], "rule"), "A b");
	assert_string_equal(config_named(&c->sections[3], "rule"), "A b");
	assert_null(config_named(&c->sections[3], "rul"));
	assert_null(config_named(&c->sections[1], "empty"));
	assert_string_equal(config_key(&c->sections[2], "where")->value, "x");
	assert_int_equal(config_key(&c->sections[2], "where")->line, 5);
	assert_int_equal(config_key(&c->sections[2], "where")->column, 11);
	assert_string_equal(config_key(&c->sections[3], "k")->value, "v");
	assert_null(config_key(&c->sections[3], "where"));
	config_free(c);
}

static void test_long_values(void **state)
{
	(void)state;
	struct config *c = parse("[rule \xc3\xa4]\nwhere = a =\n\n   ; not this\n\tb and\n [c]\nx = \xc3\xa4  =y\n");
	const struct config_section *s = &c->sections[0];
	struct config_error error;
	assert_int_equal(s->n_keys, 2);
	assert_string_equal(s->keys[0].value, "a =\n\n\n\tb and\n [c]");
	config_fail(s, &s->keys[0], 1, 3, &error, "here %d", 1);
	assert_int_equal(error.line, 2);
	assert_int_equal(error.column, 11);
	assert_string_equal(error.text, "here 1");
	config_fail(s, &s->keys[0], 4, 2, &error, "there");
	assert_int_equal(error.line, 5);
	assert_int_equal(error.column, 2);
	assert_string_equal(s->keys[1].value, "\xc3\xa4  =y");
	config_free(c);
}

static void test_refused(void **state)
{
	(void)state;
	char line[256];
	refused("[a]\n  b\n", 2, 3, "neither");
	refused("[a]\nx = 1\n[b\n", 3, 1, "no closing ]");
	refused("[a] b\n", 1, 5, "behind the ]");
	refused("[]\n", 1, 1, "without a name");
	refused("[a]\n= 3\n", 2, 1, "no name");
	memset(line, 'a', sizeof(line));
	snprintf(line + 41, sizeof(line) - 41, " = 1\n");
	refused(line, 1, 1, "41 bytes, at most 40");
	snprintf(line, sizeof(line), "\n[rule %041d]\n", 0);
	refused(line, 2, 1, "41 bytes, at most 40");
	snprintf(line, sizeof(line), "[exception %040d]\n", 0);
	config_free(parse(line));
	snprintf(line, sizeof(line), "[a]\nx = %0186d\n", 0);
	config_free(parse(line));
	snprintf(line, sizeof(line), "[a]\nx = %0187d\n", 0);
	refused(line, 2, 1, "191 bytes, at most 190");
	snprintf(line, sizeof(line), "[a]\n; %0190d\n", 0);
	refused(line, 2, 1, "at most 190");
}

static void test_bytes(void **state)
{
	(void)state;
	refused_bytes("a = 1\nb\0 = 2\n", 13, 2, 2, "NUL");
	static const char *const bad[] = {
		"\xff",     "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x9f\xbf", "\xf0\x8f\x80", "\xc3",
		"\xe2\x82", "\x80",     "\xf5",         "\xf0\x80\x80\x80", "\xc1\x80"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[32];
		snprintf(text, sizeof(text), "a = \xc3\xa4%s", bad[i]);
		refused(text, 1, 6, "not UTF-8");
	}
	config_free(parse("a = \xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
}

static void test_files(void **state)
{
	(void)state;
	struct config *config = NULL;
	struct config_error error;
	char path[] = "/tmp/config-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(config_read(&config, "/nowhere/x.ini", &error), -ENOENT);
	assert_string_equal(error.file, "/nowhere/x.ini");
	assert_int_equal(config_read(&config, "/tmp", &error), -EISDIR);
	assert_int_equal(config_read(&config, "/dev/zero", &error), -EINVAL);
	assert_int_equal(write(fd, "[a]\nb=1", 7), 7);
	assert_int_equal(config_read(&config, path, &error), 0);
	assert_string_equal(config->sections[0].keys[0].value, "1");
	assert_string_equal(config->sections[0].file, path);
	config_free(config);
	assert_int_equal(ftruncate(fd, 10000000), 0);
	assert_int_equal(config_read(&config, path, &error), -EFBIG);
	assert_non_null(strstr(error.text, "too large"));
	close(fd);
	unlink(path);
}

/* Every prefix and every byte changed of a text that has all there is: no crash (with ASan), and places within it. */
static void test_mutations(void **state)
{
	static const char text[] = "a=1\n[rule x]\n k = \"v\"\n  more ; c\n# d\n\n[x]\nl: a, \"b,\"\n\te\n";
	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		for (unsigned c = 0; c < 256; c++) {
			char copy[sizeof(text)];
			struct config *config = NULL;
			struct config_error error = {0};
			memcpy(copy, text, sizeof(text));
			copy[i] = (char)c;
			size_t len = c == 0 ? i : sizeof(text) - 1;
			int err = config_parse(&config, "x", copy, len, &error);
			assert_true(!err || err == -EINVAL);
			assert_true(!err == !error.text[0]);
			assert_true(error.line <= 20);
			if (!err)
				config_free(config);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections), cmocka_unit_test(test_long_values), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bytes),    cmocka_unit_test(test_files),       cmocka_unit_test(test_mutations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
