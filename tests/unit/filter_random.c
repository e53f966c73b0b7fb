/* SPDX-License-Identifier: MIT */
/* Random expressions on random records: the filter must say what the slow evaluator says. The seeds are fixed. */
#include "filter_slow.h"

#define CASES 20000
#define RECORDS 12

struct tally {
	uint64_t passed, failed;
};

static void one_case(const struct fixture *f, uint32_t n, struct tally *tally)
{
	static struct record r;
	struct model models[COUNT(fields)];
	seed = 0x9e3779b97f4a7c15u * (n + 1);
	rnd_theme();
	struct expr *e = rnd_expr(rnd(5));
	struct written t = {.defs = filter_defs_new()};
	t.out = open_memstream(&t.data, &t.size);
	write_expr(&t, t.out, e, S_OR);
	fclose(t.out);
	struct filter *filter = compile(f, t.data, t.defs);
	for (uint32_t i = 0; i < RECORDS; i++) {
		rnd_record(f, &r, models);
		bool expected = slow(e, models, r.head.stream == f->all->id ? 1 : 2);
		if (match(f, filter, &r) != expected)
			fail_msg("case %u, record %u: expected %d: %s", n, i, expected, t.data);
		++*(expected ? &tally->passed : &tally->failed);
	}
	filter_destroy(filter);
	filter_defs_destroy(t.defs);
	free(t.data);
	free_expr(e);
}

static void test_random(void **state)
{
	struct tally tally = {0};
	for (uint32_t n = 0; n < CASES; n++)
		one_case(*state, n, &tally);
	/* Or it would show nothing. */
	assert_true(tally.passed > CASES * RECORDS / 5);
	assert_true(tally.failed > CASES * RECORDS / 5);
}

int main(void)
{
	struct fixture f;
	fixture_init(&f);
	const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(test_random, &f)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&f);
	return failed;
}
