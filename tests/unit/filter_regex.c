/* SPDX-License-Identifier: MIT */
/* The regular expressions against libc's: the same patterns are good, and the same texts fit. The seed is fixed. */
#include <regex.h>

#include "filter_fixture.h"

#include "filter/pattern.h"

#define CASES 30000
#define TEXTS 8

static uint64_t seed = 88172645463325252u;

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 20) % below);
}

static bool fits(const char *pattern, const char *text, uint32_t len, bool spaces)
{
	struct pool pool = {0};
	const char *why;
	const struct pattern *p = pattern_new(&pool, pattern, (uint32_t)strlen(pattern), spaces, &why);
	if (!p)
		fail_msg("%s: %s", pattern, why);
	bool result = pattern_match(p, text, len);
	pool_free(&pool);
	return result;
}

/* ^ and $ only at the ends of the outer branches: inside of what is repeated glibc 2.36 gets them wrong. */
static void rnd_pattern(char **at, char *end, uint32_t depth, bool outer)
{
	static const char *const atoms[] = {"a",
					    "b",
					    "c",
					    "ab",
					    ".",
					    "[ab]",
					    "[^a]",
					    "[a-c]",
					    "[^b-z]",
					    "[]a]",
					    "[^]b]",
					    "[a-]",
					    "[[:digit:]b]",
					    "[^[:alpha:]]",
					    "\\.",
					    "\\(",
					    "\\w",
					    "\\S",
					    "/",
					    "]",
					    "}",
					    "-",
					    "[[.a.]-[.b.]]",
					    "[[=a=]c]",
					    "[\\]"};
	static const char *const repeats[] = {"",    "",      "",      "",     "*",   "+",    "?",
					      "{2}", "{0,1}", "{1,3}", "{2,}", "{0}", "{0,}", "{,2}"};
	uint32_t branches = 1 + !rnd(3), pieces;
	for (uint32_t i = 0; i < branches; i++) {
		if (i)
			*(*at)++ = '|';
		if (outer && !rnd(3))
			*(*at)++ = '^';
		for (pieces = 1 + rnd(4); pieces && end - *at > 64; pieces--) {
			const char *atom = atoms[rnd(COUNT(atoms))];
			if (depth && !rnd(3)) {
				*(*at)++ = '(';
				rnd_pattern(at, end, depth - 1, false);
				*(*at)++ = ')';
			} else {
				*at = stpcpy(*at, atom);
			}
			*at = stpcpy(*at, repeats[rnd(COUNT(repeats))]);
		}
		if (outer && !rnd(3))
			*(*at)++ = '$';
	}
	**at = '\0';
}

static void test_libc(void **state)
{
	(void)state;
	uint32_t matched = 0;
	for (uint32_t n = 0; n < CASES; n++) {
		char pattern[400], text[16], *at = pattern;
		rnd_pattern(&at, pattern + sizeof(pattern) - 64, 2, true);
		struct pool pool = {0};
		const char *why;
		regex_t regex;
		const struct pattern *p = pattern_new(&pool, pattern, (uint32_t)strlen(pattern), false, &why);
		int err = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
		if (!p || err)
			fail_msg("case %u: %s: %s, libc: %d", n, pattern, p ? "good" : why, err);
		for (uint32_t i = 0; i < TEXTS; i++) {
			/* No newline: glibc lets $ stand before one, against its word. */
			uint32_t len = rnd(10);
			for (uint32_t j = 0; j < len; j++)
				text[j] = "aaabbc1./-] \\("[rnd(14)];
			text[len] = '\0';
			bool expected = !regexec(&regex, text, 0, NULL, 0);
			if (pattern_match(p, text, len) != expected)
				fail_msg("case %u: %s on '%s': libc says %d", n, pattern, text, expected);
			matched += expected;
		}
		regfree(&regex);
		pool_free(&pool);
	}
	assert_in_range(matched, CASES * TEXTS / 5, CASES * TEXTS * 4 / 5);
}

/* What libc does otherwise, or not at all. */
static void test_own(void **state)
{
	(void)state;
	assert_true(fits("^\\d+\\D\\s\\S\\w\\W$", "12x y_-", 7, false));
	assert_false(fits("\\d", "d", 1, false));
	assert_true(fits("a.b", "a\0b", 3, false));
	assert_false(fits("a b", "a\0b", 3, false));
	assert_true(fits("^a b$", "a\0b", 3, true));
	assert_true(fits("a[[:space:]]b", "a\0b", 3, true));
	assert_true(fits("\xff$", "\xff", 1, false));
	assert_true(fits("^[\x80-\xff]+$", "\xc3\xa4", 2, false));
	assert_true(fits("(^a|b)c", "xbc", 3, false));
	assert_false(fits("(^a|b)c", "xac", 3, false));
	assert_true(fits("^^a$$", "a", 1, false));
	assert_true(fits("^$", "", 0, false));
	assert_true(fits("x*$", "yyy", 3, false));
	assert_false(fits("a^b", "ab", 2, false));
	assert_true(fits("(){2000}a", "ba", 2, false));
}

/* As long as a pattern can be, and positions in every word. */
static void test_long(void **state)
{
	(void)state;
	char text[512];
	memset(text, 'a', sizeof(text));
	assert_true(fits("^a{509}$", text, 509, false));
	assert_false(fits("^a{509}$", text, 508, false));
	assert_false(fits("^a{509}$", text, 510, false));
	text[300] = 'b';
	assert_true(fits("^a{300}b", text, 512, false));
	assert_true(fits("ba{200}", text, 512, false));
	assert_false(fits("ba{212}", text, 512, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libc),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
