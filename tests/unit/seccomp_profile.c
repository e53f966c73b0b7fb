/* SPDX-License-Identifier: MIT */
/* Rules that meet, and the laws of merge, diff and subtract, on profiles made at random. */
#include "seccomp_fixture.h"

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Few numbers, actions and conditions, so that they meet. */
static struct profile random_profile(uint32_t *seed)
{
	static const enum profile_arch arches[] = {PROFILE_X86_64, PROFILE_X86};
	struct profile p = {.def = {PROFILE_ERRNO, EPERM}};
	for (uint32_t n = next(seed) % 40; n; n--) {
		struct profile_rule r = {.nr = next(seed) % 8, .n_conds = next(seed) % 3};
		r.action.act = (enum profile_act)(next(seed) % PROFILE_ACTS);
		r.action.value = r.action.act == PROFILE_ERRNO ? 1 + next(seed) % 2 : 0;
		for (uint32_t i = 0; i < r.n_conds; i++)
			r.conds[i] = (struct profile_cond){(uint8_t)(next(seed) % 2), PROFILE_EQ, next(seed) % 2, 0};
		assert_int_equal(profile_add(&p, arches[next(seed) % 2], &r), 0);
	}
	return p;
}

/* By definition: the weakest action of all rules that were ever added and hold. */
static void test_add_is_weakest(void **state)
{
	uint32_t seed = 7;
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct profile p = {.def = {PROFILE_KILL, 0}};
		struct profile_rule added[12];
		size_t n = 0;
		for (; n < 12; n++) {
			struct profile_rule r = {.nr = next(&seed) % 2, .n_conds = next(&seed) % 3};
			r.action.act = (enum profile_act)(next(&seed) % PROFILE_KILL);
			for (uint32_t i = 0; i < r.n_conds; i++)
				r.conds[i] = (struct profile_cond){(uint8_t)(i), (uint8_t)(1 + next(&seed) % 7),
								   next(&seed) % 4, 3};
			added[n] = r;
			assert_int_equal(profile_add(&p, PROFILE_X86_64, &r), 0);
		}
		for (uint32_t k = 0; k < 32; k++) {
			uint64_t args[6] = {k & 3, k >> 2 & 3};
			uint32_t nr = k >> 4;
			enum profile_act least = PROFILE_KILL;
			for (size_t i = 0; i < n; i++) {
				struct profile one = {.def = {PROFILE_KILL, 0}};
				profile_add(&one, PROFILE_X86_64, &added[i]);
				enum profile_act act = profile_decide(&one, PROFILE_X86_64, nr, args).act;
				least = act < least ? act : least;
				profile_free(&one);
			}
			assert_int_equal(profile_decide(&p, PROFILE_X86_64, nr, args).act, least);
		}
		profile_free(&p);
	}
}

static struct profile merged(const struct profile *a, const struct profile *b)
{
	struct profile p = profile_copy(a);
	assert_int_equal(profile_merge(&p, b), 0);
	return p;
}

static void test_laws(void **state)
{
	uint32_t seed = 1;
	(void)state;
	for (int round = 0; round < 500; round++) {
		struct profile a = random_profile(&seed), b = random_profile(&seed), c = random_profile(&seed);
		struct profile ab = merged(&a, &b), ba = merged(&b, &a), bc = merged(&b, &c);
		struct profile ab_c = merged(&ab, &c), a_bc = merged(&a, &bc), aa = merged(&a, &a);
		assert_same(&ab, &ba);
		assert_same(&ab_c, &a_bc);
		assert_same(&aa, &a);
		assert_int_equal(profile_diff(&a, &a, NULL, NULL), 0);
		assert_int_equal(profile_diff(&a, &b, NULL, NULL), profile_diff(&b, &a, NULL, NULL));
		struct profile left = profile_copy(&ab);
		profile_subtract(&left, &b);
		struct profile again = merged(&left, &b);
		assert_same(&again, &ab);
		profile_subtract(&left, &left);
		assert_int_equal(left.of[PROFILE_X86_64].n + left.of[PROFILE_X86].n, 0);
		struct profile *all[] = {&a, &b, &c, &ab, &ba, &bc, &ab_c, &a_bc, &aa, &left, &again};
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			profile_free(all[i]);
	}
}

static void collect(void *context, enum profile_arch arch, const struct profile_rule *a, const struct profile_rule *b)
{
	struct buf *out = context;
	buf_char(out, a && b ? '~' : a ? '-' : '+');
	profile_rule_text(arch, a ? a : b, out);
	buf_char(out, ' ');
}

static void test_diff(void **state)
{
	(void)state;
	struct profile a = parsed("@arch x86_64 read write ioctl[1=1] mount:errno(1)", NULL);
	struct profile b = parsed("@arch x86_64 read ioctl[1=2] mount:errno(2) @arch x86 read", NULL);
	struct buf out = {0};
	assert_int_equal(profile_diff(&a, &b, collect, &out), 5);
	buf_char(&out, '\0');
	assert_string_equal(out.data, "-write -ioctl[1=0x1] +ioctl[1=0x2] ~mount +read ");
	buf_free(&out);
	profile_free(&a);
	profile_free(&b);
}

static void test_refused(void **state)
{
	(void)state;
	struct profile p = {0};
	struct profile_rule r = {.nr = 1u << 24};
	assert_int_equal(profile_add(&p, PROFILE_X86_64, &r), -EINVAL);
	r = (struct profile_rule){.nr = 1, .n_conds = 1, .conds = {{6, PROFILE_EQ, 0, 0}}};
	assert_int_equal(profile_add(&p, PROFILE_X86_64, &r), -EINVAL);
	r.conds[0] = (struct profile_cond){0, PROFILE_OPS, 0, 0};
	assert_int_equal(profile_add(&p, PROFILE_X86_64, &r), -EINVAL);
	assert_int_equal(p.arches, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_is_weakest),
		cmocka_unit_test(test_laws),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
