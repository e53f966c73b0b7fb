/* SPDX-License-Identifier: MIT */
/* Named lists and macros. */
#include "filter_fixture.h"

static const struct filter_source ini = {"rules.ini", 3, 9};

static void list(struct filter_defs *defs, const char *name, const char *items, enum filter_define how)
{
	struct filter_error error = {0};
	if (filter_define_list(defs, name, items, how, &ini, &error))
		fail_msg("list %s: %u:%u: %s", name, error.line, error.column, error.text);
}

static void macro(struct filter_defs *defs, const char *name, const char *text, enum filter_define how)
{
	struct filter_error error = {0};
	if (filter_define_macro(defs, name, text, how, &ini, &error))
		fail_msg("macro %s: %u:%u: %s", name, error.line, error.column, error.text);
}

static void expect_error(const struct fixture *f, const struct filter_defs *defs, const char *text, uint32_t column,
			 const char *expected)
{
	struct filter *filter = NULL;
	struct filter_error error = {0};
	int err = filter_compile(&filter, text, NULL, f->streams, 2, defs, &error);
	if (err != -EINVAL || error.line != 1 || error.column != column || strcmp(error.text, expected))
		fail_msg("%s\n  expected 1:%u: %s\n  is (%d) %u:%u: %s", text, column, expected, err, error.line,
			 error.column, error.text);
}

/* Whether `text` is true for a record of test.all by a process of that name and user. */
static bool holds(const struct fixture *f, const struct filter_defs *defs, const char *text, const char *comm,
		  uint32_t uid)
{
	struct record r;
	record_begin(&r, f->all);
	strcpy(r.head.comm, comm);
	r.head.uid = uid;
	r.all.daddr = ip4(10, 0, 0, 1);
	struct filter *filter = compile(f, text, defs);
	bool result = match(f, filter, &r);
	filter_destroy(filter);
	return result;
}

static void test_lists(void **state)
{
	struct filter_defs *defs = filter_defs_new();
	list(defs, "shells", "sh, bash, \"zsh\"", FILTER_NEW);
	assert_true(holds(*state, defs, "comm in (shells)", "zsh", 0));
	assert_true(holds(*state, defs, "comm in shells", "bash", 0));
	assert_true(holds(*state, defs, "comm in (x, shells, \"y\")", "y", 0));
	assert_false(holds(*state, defs, "comm in (x, shells, \"y\")", "fish", 0));
	/* In quotes, after =, and where no list is of that name, a word is a text. */
	assert_true(holds(*state, defs, "comm in (\"shells\")", "shells", 0));
	assert_false(holds(*state, defs, "comm in (shells)", "shells", 0));
	assert_true(holds(*state, defs, "comm = shells", "shells", 0));
	assert_true(holds(*state, NULL, "comm in (shells)", "shells", 0));
	/* Lists in lists, seen as they are when used. */
	list(defs, "tools", "shells, make", FILTER_NEW);
	list(defs, "shells", "fish", FILTER_APPEND);
	assert_true(holds(*state, defs, "comm in (tools)", "fish", 0));
	assert_true(holds(*state, defs, "comm in (tools)", "make", 0));
	list(defs, "shells", "ksh", FILTER_REPLACE);
	assert_false(holds(*state, defs, "comm in (tools)", "fish", 0));
	assert_true(holds(*state, defs, "comm in (tools)", "ksh", 0));
	/* One list for several types; an empty one; one that is appended to before it is there. */
	list(defs, "ids", "0, 0x10", FILTER_APPEND);
	assert_true(holds(*state, defs, "uid in ids", "", 16));
	assert_true(holds(*state, defs, "comm in (ids)", "0x10", 9));
	list(defs, "none", "", FILTER_NEW);
	assert_false(holds(*state, defs, "uid in (none)", "", 0));
	assert_false(holds(*state, defs, "comm in none", "", 0));
	assert_false(holds(*state, defs, "daddr in none", "", 0));
	assert_true(holds(*state, defs, "uid in (none, 0)", "", 0));
	list(defs, "nets", "192.168.0.0/16, 10.0.0.0/8, ::1", FILTER_NEW);
	assert_true(holds(*state, defs, "daddr in (nets)", "", 0));
	filter_defs_destroy(defs);
}

static void test_macros(void **state)
{
	struct filter_defs *defs = filter_defs_new();
	macro(defs, "is_root", "uid = 0", FILTER_NEW);
	macro(defs, "admin", "is_root or uid in (4, 5)", FILTER_NEW);
	assert_true(holds(*state, defs, "is_root", "", 0));
	assert_false(holds(*state, defs, "not is_root", "", 0));
	/* A macro stands in parentheses of its own. */
	assert_false(holds(*state, defs, "admin and comm = x", "y", 0));
	assert_false(holds(*state, defs, "not admin", "", 5));
	assert_true(holds(*state, defs, "not admin", "", 6));
	macro(defs, "admin", "comm = su", FILTER_APPEND);
	assert_true(holds(*state, defs, "admin", "su", 6));
	assert_false(holds(*state, defs, "not admin", "su", 6));
	assert_true(holds(*state, defs, "not admin", "sh", 6));
	macro(defs, "admin", "false", FILTER_REPLACE);
	assert_false(holds(*state, defs, "admin", "su", 0));
	/* Its name is one only where a term stands alone. */
	macro(defs, "uid", "comm = uid", FILTER_NEW);
	assert_true(holds(*state, defs, "uid and uid = 3", "uid", 3));
	filter_defs_destroy(defs);
	filter_defs_destroy(NULL);
}

static void test_errors(void **state)
{
	struct filter_defs *defs = filter_defs_new();
	list(defs, "users", "0,\n root", FILTER_NEW);
	macro(defs, "typo", "uid = 1 and dprot = 1", FILTER_NEW);
	macro(defs, "outer", "comm = x or typo", FILTER_NEW);
	macro(defs, "by_user", "uid in (users)", FILTER_NEW);
	macro(defs, "a", "not b", FILTER_NEW);
	macro(defs, "b", "uid = 1 or a", FILTER_NEW);
	list(defs, "self", "1, self", FILTER_NEW);
	expect_error(*state, defs, "uid = 1 or typo", 12,
		     "in macro 'typo' (rules.ini:3:21): unknown field 'dprot' (did you mean 'dport'?)");
	expect_error(*state, defs, "outer", 1,
		     "in macro 'typo' (rules.ini:3:21): unknown field 'dprot' (did you mean 'dport'?)");
	expect_error(*state, defs, "uid in (1, users)", 12, "in list 'users' (rules.ini:4:2): 'root' is not a number");
	expect_error(*state, defs, "not by_user", 5, "in list 'users' (rules.ini:4:2): 'root' is not a number");
	expect_error(*state, defs, "uid = 3 or a", 12,
		     "in macro 'b' (rules.ini:3:20): macro 'a' is used inside of itself");
	expect_error(*state, defs, "uid in self", 8,
		     "in list 'self' (rules.ini:3:12): list 'self' is used inside of itself");
	expect_error(*state, defs, "uid in (usres)", 9, "'usres' is not a number (or the list 'users'?)");
	expect_error(*state, defs, "uid in (1, zzzzz)", 12, "'zzzzz' is not a number");
	expect_error(*state, defs, "outre", 1, "unknown field or macro 'outre' (did you mean 'outer'?)");
	filter_defs_destroy(defs);
}

/* A definition that fails changes nothing. */
static void test_refused(void **state)
{
	static const struct {
		bool is_list;
		const char *name, *text;
		enum filter_define how;
		int err;
		uint32_t column;
		const char *error;
	} rows[] = {
		{true, "l", "2", FILTER_NEW, -EEXIST, 9, "list 'l' is already defined in rules.ini"},
		{false, "m", "uid = 2", FILTER_NEW, -EEXIST, 9, "macro 'm' is already defined in rules.ini"},
		{true, "l", "2,", FILTER_APPEND, -EINVAL, 11, "expected a value after ',', found the end"},
		{true, "l", "2 3", FILTER_REPLACE, -EINVAL, 11, "expected ',' or the end, found '3'"},
		{true, "l", "2)", FILTER_REPLACE, -EINVAL, 10, "expected ',' or the end, found ')'"},
		{false, "m", "uid =", FILTER_APPEND, -EINVAL, 14, "expected a value after '=', found the end"},
		{false, "m", "", FILTER_REPLACE, -EINVAL, 9, "empty expression"},
		{true, "and", "1", FILTER_NEW, -EINVAL, 9,
		 "'and' can't name a list ([A-Za-z_][A-Za-z0-9_.-]*, no word of the language)"},
		{false, "true", "uid = 1", FILTER_NEW, -EINVAL, 9,
		 "'true' can't name a macro ([A-Za-z_][A-Za-z0-9_.-]*, no word of the language)"},
		{false, "a b", "uid = 1", FILTER_NEW, -EINVAL, 9,
		 "'a b' can't name a macro ([A-Za-z_][A-Za-z0-9_.-]*, no word of the language)"},
		{true, "", "1", FILTER_NEW, -EINVAL, 9,
		 "'' can't name a list ([A-Za-z_][A-Za-z0-9_.-]*, no word of the language)"},
		{true, "9", "1", FILTER_NEW, -EINVAL, 9,
		 "'9' can't name a list ([A-Za-z_][A-Za-z0-9_.-]*, no word of the language)"},
	};
	struct filter_defs *defs = filter_defs_new();
	list(defs, "l", "1", FILTER_NEW);
	macro(defs, "m", "uid = 1", FILTER_NEW);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct filter_error error = {0};
		int err = (rows[i].is_list ? filter_define_list : filter_define_macro)(defs, rows[i].name, rows[i].text,
										       rows[i].how, &ini, &error);
		assert_int_equal(err, rows[i].err);
		assert_int_equal(error.line, 3);
		assert_int_equal(error.column, rows[i].column);
		assert_string_equal(error.text, rows[i].error);
		assert_true(holds(*state, defs, "m and uid in l", "", 1));
		assert_false(holds(*state, defs, "m or uid in l", "", 2));
		assert_false(holds(*state, defs, "m or uid in l", "", 3));
	}
	filter_defs_destroy(defs);
}

/* Each level names the one below twice: 2^30 terms, or values, or nothing at all 2^30 times. */
static void test_explosion(void **state)
{
	struct filter_defs *defs = filter_defs_new();
	char name[8], text[32];
	macro(defs, "m0", "uid = 1", FILTER_NEW);
	list(defs, "l0", "1", FILTER_NEW);
	list(defs, "n0", "", FILTER_NEW);
	for (int i = 1; i <= 30; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		snprintf(text, sizeof(text), "m%d or m%d", i - 1, i - 1);
		macro(defs, name, text, FILTER_NEW);
		snprintf(text, sizeof(text), "l%d, l%d", i - 1, i - 1);
		name[0] = 'l';
		list(defs, name, text, FILTER_NEW);
		snprintf(text, sizeof(text), "n%d, n%d", i - 1, i - 1);
		name[0] = 'n';
		list(defs, name, text, FILTER_NEW);
	}
	static const char *const texts[] = {"m30", "uid in l30", "uid in n30"};
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct filter *filter = NULL;
		struct filter_error error = {0};
		const struct fixture *f = *state;
		assert_int_equal(filter_compile(&filter, texts[i], NULL, f->streams, 2, defs, &error), -EINVAL);
		assert_non_null(strstr(error.text, "too large: more than 262144 terms and values"));
	}
	filter_defs_destroy(defs);
}

/* A chain of macros, each in the one before: too long is said, not crashed on. */
static void test_chain(void **state)
{
	struct filter_defs *defs = filter_defs_new();
	char name[16], text[32];
	macro(defs, "m0", "uid = 1", FILTER_NEW);
	list(defs, "l0", "1", FILTER_NEW);
	for (int i = 1; i <= 5000; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		snprintf(text, sizeof(text), "not m%d", i - 1);
		macro(defs, name, text, FILTER_NEW);
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(text, sizeof(text), "l%d", i - 1);
		list(defs, name, text, FILTER_NEW);
	}
	assert_true(holds(*state, defs, "m100", "", 1));
	assert_true(holds(*state, defs, "uid in l100", "", 1));
	expect_error(*state, defs, "m5000", 1,
		     "in macro 'm4873' (rules.ini:3:13): nested too deep: more than 256 steps, macros included");
	expect_error(*state, defs, "uid in l5000", 8,
		     "in list 'l4745' (rules.ini:3:9): lists or macros in each other, more than 256 deep");
	filter_defs_destroy(defs);
}

int main(void)
{
	struct fixture f;
	fixture_init(&f);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_lists, &f),     cmocka_unit_test_prestate(test_macros, &f),
		cmocka_unit_test_prestate(test_errors, &f),    cmocka_unit_test_prestate(test_refused, &f),
		cmocka_unit_test_prestate(test_explosion, &f), cmocka_unit_test_prestate(test_chain, &f),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&f);
	return failed;
}
