/* SPDX-License-Identifier: MIT */
/* Sections to options: every type, its bounds, and what is said of a mistake. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"

struct options {
	const char *text;
	char **list;
	bool flag;
	uint64_t size, window_ms;
	int colour;
};

static const char *const colours[] = {"red", "green", NULL};

static const struct config_option table[] = {
	{"text", CONFIG_TEXT, offsetof(struct options, text), 0, 0, NULL, ""},
	{"list", CONFIG_TEXTS, offsetof(struct options, list), 0, 0, NULL, ""},
	{"flag", CONFIG_BOOL, offsetof(struct options, flag), 0, 0, NULL, ""},
	{"size", CONFIG_UINT, offsetof(struct options, size), 10, 1 << 20, NULL, ""},
	{"window", CONFIG_MS, offsetof(struct options, window_ms), 0, 0, NULL, ""},
	{"colour", CONFIG_ENUM, offsetof(struct options, colour), 0, 0, colours, ""},
	{0},
};

static int apply(const char *keys, struct options *out, struct config **config, struct config_error *error)
{
	char text[512];
	snprintf(text, sizeof(text), "[s]\n%s", keys);
	*error = (struct config_error){0};
	assert_int_equal(config_parse(config, "x.ini", text, strlen(text), error), 0);
	return config_apply(&(*config)->sections[0], table, out, NULL, NULL, error);
}

static void test_all(void **state)
{
	struct options o = {.flag = true};
	struct config *config;
	struct config_error error;
	(void)state;
	assert_int_equal(apply("text = a b\nlist = x , \"y, z\",\n \"q\\\"\\\\\"\nflag = No\nsize = 4k\nwindow = 2m\n"
			       "colour = GREEN\n",
			       &o, &config, &error),
			 0);
	assert_string_equal(o.text, "a b");
	assert_string_equal(o.list[0], "x");
	assert_string_equal(o.list[1], "y, z");
	assert_string_equal(o.list[2], "q\"\\");
	assert_null(o.list[3]);
	assert_false(o.flag);
	assert_int_equal(o.size, 4096);
	assert_int_equal(o.window_ms, 120000);
	assert_int_equal(o.colour, 1);
	for (size_t i = 0; i < config->sections[0].n_keys; i++)
		assert_true(config->sections[0].keys[i].used);
	uint32_t line, column;
	config_texts_place(config_key(&config->sections[0], "list")->value, 2, &line, &column);
	assert_int_equal(line, 2);
	assert_int_equal(column, 2);
	config_texts_free(o.list);
	config_free(config);
}

static void refused(const char *keys, uint32_t line, uint32_t column, const char *part)
{
	struct options o = {0};
	struct config *config;
	struct config_error error;
	assert_int_equal(apply(keys, &o, &config, &error), -EINVAL);
	if (error.line != line || error.column != column || !strstr(error.text, part))
		fail_msg("%u:%u: %s (expected %u:%u: %s)", error.line, error.column, error.text, line, column, part);
	assert_null(o.list);
	config_free(config);
}

static void test_refused(void **state)
{
	(void)state;
	refused("list = a\nwindwo = 3\n", 3, 1, "has no key 'windwo' (did you mean 'window'?)");
	refused("zzz = 3\n", 2, 1, "has no key 'zzz'");
	refused("flag = yes\nflag = no\n", 3, 1, "there twice: first in line 2");
	refused("flag = ja\n", 2, 8, "'ja' is not yes or no");
	refused("size = 9\n", 2, 8, "out of range: 10 to 1048576");
	refused("size = 2m\n", 2, 8, "out of range");
	refused("size = 5 k\n", 2, 8, "is not a number");
	refused("size = -5\n", 2, 8, "is not a number");
	refused("size = 99999999999999999999\n", 2, 8, "is not a number");
	refused("window = 5w\n", 2, 10, "is not a time");
	refused("colour = gren\n", 2, 10, "is not one of red, green (did you mean 'green'?)");
	refused("list = a,,b\n", 2, 8, "an empty item");
	refused("list = \"a\n", 2, 8, "no closing");
	refused("list = \"a\" b\n", 2, 8, "text behind");
}

static int more(void *context, const struct config_section *section, const struct config_key *key,
		struct config_error *error)
{
	++*(int *)context;
	return strcmp(key->name, "other") ? config_fail(section, key, 1, 1, error, "no") : 0;
}

static void test_more(void **state)
{
	struct options o = {0};
	struct config *config;
	struct config_error error = {0};
	int n = 0;
	(void)state;
	const char text[] = "[s]\nother = 1\nlist =\nthird = 2\n";
	assert_int_equal(config_parse(&config, "x.ini", text, strlen(text), &error), 0);
	assert_int_equal(config_apply(&config->sections[0], table, &o, more, &n, &error), -EINVAL);
	assert_int_equal(n, 2);
	assert_int_equal(error.line, 4);
	assert_false(config->sections[0].keys[2].used);
	config_free(config);
}

static void test_nearest(void **state)
{
	static const char *const names[] = {"severity", "streams", "where"};
	(void)state;
	assert_string_equal(config_nearest("severty", names, 3), "severity");
	assert_string_equal(config_nearest("stream", names, 3), "streams");
	assert_null(config_nearest("xyz", names, 3));
	assert_null(config_nearest("xyz", names, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_nearest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
