/* SPDX-License-Identifier: MIT */
/* Texts of options to values and back. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "host/option.h"

#define NS_MAX (3600ull * 1000000000)

static const struct eun_option truth = {.key = "deep", .type = EUN_OPTION_BOOL};
static const struct eun_option number = {.key = "rows", .type = EUN_OPTION_UINT, .min = 1, .max = 1ull << 40};
static const struct eun_option any = {.key = "any", .type = EUN_OPTION_UINT, .max = UINT64_MAX};
static const struct eun_option span = {.key = "wait", .type = EUN_OPTION_TIME, .max = 24 * NS_MAX};
static const struct eun_option text = {.key = "tag", .type = EUN_OPTION_STRING, .min = 1, .max = 4};
static const struct eun_option odd = {.key = "odd", .type = 77};

static const struct {
	const struct eun_option *option;
	const char *text;
	int err;
	uint64_t number;
	const char *why; /* part of the message */
} cases[] = {
	{&truth, "true", 0, 1, NULL},
	{&truth, "false", 0, 0, NULL},
	{&truth, "yes", -EINVAL, 0, "option deep: 'yes' is not valid; give true or false"},
	{&truth, "", -EINVAL, 0, "true or false"},
	{&number, "1", 0, 1, NULL},
	{&number, "4096", 0, 4096, NULL},
	{&number, "4k", 0, 4096, NULL},
	{&number, "3M", 0, 3 << 20, NULL},
	{&number, "2g", 0, 2ull << 30, NULL},
	{&number, "0", -ERANGE, 0, "option rows: 0 is out of bounds; give 1 to 1024g"},
	{&number, "1025g", -ERANGE, 0, "out of bounds"},
	{&number, "", -EINVAL, 0, "option rows: '' is not valid; give a number, as 4096 or 4k"},
	{&number, "k", -EINVAL, 0, "not valid"},
	{&number, "-1", -EINVAL, 0, "not valid"},
	{&number, "+1", -EINVAL, 0, "not valid"},
	{&number, " 1", -EINVAL, 0, "not valid"},
	{&number, "1 ", -EINVAL, 0, "not valid"},
	{&number, "0x10", -EINVAL, 0, "not valid"},
	{&number, "1.5", -EINVAL, 0, "not valid"},
	{&number, "4kb", -EINVAL, 0, "not valid"},
	{&number, "4ms", -EINVAL, 0, "not valid"},
	{&any, "0", 0, 0, NULL},
	{&any, "18446744073709551615", 0, UINT64_MAX, NULL},
	{&any, "18446744073709551616", -ERANGE, 0, "out of bounds"},
	{&any, "184467440737095516150", -ERANGE, 0, "out of bounds"},
	{&any, "17179869183g", 0, 17179869183ull << 30, NULL},
	{&any, "17179869184g", -ERANGE, 0, "out of bounds"},
	{&span, "0", 0, 0, NULL},
	{&span, "1ns", 0, 1, NULL},
	{&span, "7us", 0, 7000, NULL},
	{&span, "10ms", 0, 10000000, NULL},
	{&span, "2s", 0, 2000000000, NULL},
	{&span, "3m", 0, 180000000000, NULL},
	{&span, "24h", 0, 24 * NS_MAX, NULL},
	{&span, "25h", -ERANGE, 0, "option wait: 25h is out of bounds; give 0ns to 24h"},
	{&span, "10", -EINVAL, 0, "option wait: '10' is not valid; give a time with its unit, as 10ms or 2s"},
	{&span, "1d", -EINVAL, 0, "not valid"},
	{&span, "9999999999h", -ERANGE, 0, "out of bounds"},
	{&text, "abcd", 0, 4, NULL},
	{&text, "", -ERANGE, 0, "option tag: '' has 0 bytes; give 1 to 4"},
	{&text, "abcde", -ERANGE, 0, "option tag: 'abcde' has 5 bytes; give 1 to 4"},
	{&odd, "1", -ENOTSUP, 0, "option odd has the unknown type 77"},
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct option_value value;
		char why[256] = "";
		int err = option_parse(cases[i].option, cases[i].text, &value, why, sizeof(why));
		if (err != cases[i].err || (!err && value.number != cases[i].number) ||
		    (cases[i].why && !strstr(why, cases[i].why)))
			fail_msg("%s='%s': %d, %" PRIu64 ", %s", cases[i].option->key, cases[i].text, err,
				 (uint64_t)value.number, why);
		assert_true((err == 0) == (*why == 0));
		if (!err && cases[i].option == &text)
			assert_ptr_equal(value.text, cases[i].text);
	}
}

/* Every number that is written is read as the same. */
static void test_round(void **state)
{
	(void)state;
	static const uint64_t numbers[] = {0, 1, 999, 1000, 1023, 1024, 60000000000, 3600000000000, 1ull << 39};
	const struct eun_option *options[] = {&any, &span};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		for (size_t j = 0; j < 2; j++) {
			struct option_value value;
			char buf[32], why[256];
			option_number(options[j], numbers[i], buf, sizeof(buf));
			assert_int_equal(option_parse(options[j], buf, &value, why, sizeof(why)), 0);
			assert_int_equal(value.number, numbers[i]);
		}
	char buf[32];
	option_number(&number, 65536, buf, sizeof(buf));
	assert_string_equal(buf, "64k");
	option_number(&span, 1500000000, buf, sizeof(buf));
	assert_string_equal(buf, "1500ms");
	option_number(&span, 3600000000000, buf, sizeof(buf));
	assert_string_equal(buf, "1h");
	option_number(&truth, 1, buf, sizeof(buf));
	assert_string_equal(buf, "true");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_round),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
