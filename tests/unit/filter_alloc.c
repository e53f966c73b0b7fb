/* SPDX-License-Identifier: MIT */
/* Memory: evaluation takes none, and compiling survives when there is none. */
#include "filter_fixture.h"

#include "alloc.h"

/* Every operator. */
static const char evaluated[] =
	"(u8 = 1 or s8 < -1 or u32 in (1,2,3,4,5,6,7,8,9,10) or flags has O_CREAT or state = listen or ret = ENOENT or "
	"daddr in (10.0.0.0/8, ::1) or peer = ::1 or name = x or name in (a, b) or string = x or string startswith x "
	"or "
	"string endswith x or string contains x or string icontains x or string glob '*x?' or string regex "
	"'^a.*(b|c){3}$' or string in (a, b) or "
	"argv = x or argv has x or argv glob '*x*' or argv regex 'x+ y' or argv icontains x or bytes = 00 or "
	"container.name = x or depth = "
	"1) "
	"or path exists";

static void test_evaluation(void **state)
{
	const struct fixture *f = *state;
	static struct record r;
	record_begin(&r, f->all);
	r.all.string = record_str(&r, "some tale");
	r.all.argv = record_put(&r, "some\0tale", 10);
	r.all.bytes = record_put(&r, "\1\2", 2);
	struct filter *filter = compile(f, evaluated, NULL);
	struct view view;
	assert_true(view_init(&view, &r, r.head.len, &f->schema));
	allocations = 0;
	assert_false(filter_match(filter, &view));
	assert_int_equal(allocations, 0);
	filter_destroy(filter);
}

/* Defines and compiles; 0, or the first error. */
static int build(const struct fixture *f, struct filter_error *error)
{
	struct filter *filter = NULL;
	struct filter_defs *defs = filter_defs_new();
	int err = defs ? 0 : -ENOMEM;
	if (!err)
		err = filter_define_list(defs, "shells", "sh, bash", FILTER_NEW, NULL, error);
	if (!err)
		err = filter_define_list(defs, "shells", "zsh", FILTER_APPEND, NULL, error);
	if (!err)
		err = filter_define_macro(defs, "known", "comm in (shells, x) or argv regex '^a+ b'", FILTER_NEW, NULL,
					  error);
	if (!err)
		err = filter_define_macro(defs, "known", "uid in (1, 2)", FILTER_REPLACE, NULL, error);
	if (!err)
		err = filter_compile(
			&filter,
			"known and not (comm in (shells) or daddr in (10.0.0.0/8, ::1) or argv regex '^a+ b') "
			"and bytes = 7f45",
			NULL, f->streams, 2, defs, error);
	filter_destroy(filter);
	filter_defs_destroy(defs);
	return err;
}

/* Each allocation fails in turn: -ENOMEM, nothing leaks (the sanitizer looks), nothing crashes. */
static void test_compilation(void **state)
{
	struct filter_error error;
	allocations = 0;
	assert_int_equal(build(*state, &error), 0);
	uint32_t n = allocations;
	assert_in_range(n, 50, 1000);
	for (uint32_t i = 1; i <= n; i++) {
		allocations = 0;
		fail_at = i;
		int err = build(*state, &error);
		fail_at = 0;
		if (err != -ENOMEM)
			fail_msg("allocation %u of %u failed: %d", i, n, err);
	}
}

int main(void)
{
	struct fixture f;
	fixture_init(&f);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_evaluation, &f),
		cmocka_unit_test_prestate(test_compilation, &f),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&f);
	return failed;
}
