/* SPDX-License-Identifier: MIT */
/*
 * What the kernel is asked, run here by the very code of bpf/where.bpf.h: for random filters and records it never stops
 * a record that a filter wants, and where it is said to be exact it stops all others.
 */
#include "filter_expr.h"

#include "host/where.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef __u64 u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef __s64 s64;

/* The least of libbpf's and common.bpf.h's world that the file needs. */
#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, type) type *name
#define __noinline __attribute__((noinline))
#define EUN_HIDE(var) __asm__ volatile("" : "+r"(var))
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_HASH 1
#define BPF_F_MMAPABLE 1024
#define BPF_F_NO_PREALLOC 1

struct eun_slot {
	u32 level, len;
	char rec[EUN_RECORD_MAX + 64];
};

static struct eun_slot slot;
static struct eun_where where;
static struct where_members members;
static int eun_scratch;

static void *lookup(const void *map, const void *key);
#define bpf_map_lookup_elem(map, key) lookup(map, key)

int eun_where_test(u32 level, u32 where, u32 at);
/* Unaligned words are what BPF loads; here the compiler is to be told. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include "../../bpf/where.bpf.h"
#pragma GCC diagnostic pop

static void *lookup(const void *map, const void *key)
{
	const struct eun_member_key *k = key;
	if (map == &eun_scratch)
		return &slot;
	if (map == &eun_wheres)
		return &where;
	for (size_t i = 0; i < members.n; i++)
		if (members.keys[i].value == k->value && members.keys[i].set == k->set)
			return &members.keys[i];
	return NULL;
}

static bool kernel_passes(const struct record *r)
{
	slot.len = r->head.len;
	memcpy(slot.rec, r, r->head.len);
	return eun_where_pass(&slot, 1);
}

struct tally {
	uint64_t cases, exact, stopped, passed;
};

static void on_clause(void *context, const struct clause *clause, enum where_place place)
{
	(void)clause;
	*(bool *)context &= place == WHERE_KERNEL;
}

static const struct stream *stream_of(const struct fixture *f, const struct record *r)
{
	return r->head.stream == f->all->id ? f->all : f->few;
}

static void random_text(struct written *t)
{
	struct expr *e = rnd_expr(rnd(5));
	*t = (struct written){.defs = filter_defs_new()};
	t->out = open_memstream(&t->data, &t->size);
	write_expr(t, t->out, e, S_OR);
	fclose(t->out);
	free_expr(e);
}

static void ask(const struct fixture *f, const struct filter *const *filters, size_t n, struct tally *tally)
{
	static struct record r;
	struct model models[COUNT(fields)];
	for (uint32_t i = 0; i < 8; i++) {
		rnd_record(f, &r, models);
		const struct stream *stream = stream_of(f, &r);
		bool wanted = false, exact = n == 1;
		for (size_t k = 0; k < n; k++)
			wanted |= match(f, filters[k], &r);
		if (n == 1)
			where_explain(filters[0], stream, on_clause, &exact);
		members.n = 0;
		members.sets = 0;
		int tests = where_build(&where, &members, filters, n, stream);
		assert_in_range(tests, 0, EUN_WHERE_TESTS);
		bool passes = !tests || kernel_passes(&r);
		if (wanted && !passes)
			fail_msg("the kernel stops what is wanted");
		if (tests && exact && passes != wanted)
			fail_msg("the kernel passes what is not wanted, and is said to be exact");
		tally->cases++;
		tally->exact += tests && exact;
		++*(passes ? &tally->passed : &tally->stopped);
	}
}

/* One filter, and the union of three. */
static void random_filters(void **state)
{
	struct tally one = {0}, three = {0};
	const struct fixture *f = *state;
	for (uint32_t n = 0; n < 20000; n++) {
		struct written t[3];
		struct filter *filters[3];
		seed = 0x9e3779b97f4a7c15u * (n + 1);
		rnd_theme();
		for (size_t i = 0; i < 3; i++) {
			random_text(&t[i]);
			filters[i] = compile(f, t[i].data, t[i].defs);
		}
		ask(f, (const struct filter *const *)filters, 1, &one);
		ask(f, (const struct filter *const *)filters, 3, &three);
		for (size_t i = 0; i < 3; i++) {
			filter_destroy(filters[i]);
			filter_defs_destroy(t[i].defs);
			free(t[i].data);
		}
	}
	/* or it would show nothing */
	assert_true(one.exact > one.cases / 10);
	assert_true(one.stopped > one.cases / 10);
	assert_true(three.stopped > three.cases / 50);
}

static void one_wants_all(void **state)
{
	const struct fixture *f = *state;
	struct filter *filter = compile(f, "uid = 1", NULL);
	assert_int_equal(where_build(&where, &members, (const struct filter *const[]){filter}, 1, f->all), 1);
	assert_int_equal(where_build(&where, &members, (const struct filter *const[]){filter, NULL}, 2, f->all), 0);
	filter_destroy(filter);
}

static bool asked(const struct fixture *f, const char *text, const struct record *r, enum where_place place)
{
	struct filter *filter = compile(f, text, NULL);
	bool exact = true;
	where_explain(filter, f->all, on_clause, &exact);
	assert_int_equal(exact, place == WHERE_KERNEL);
	members.n = 0;
	members.sets = 0;
	assert_true(where_build(&where, &members, (const struct filter *const[]){filter}, 1, f->all) > 0);
	filter_destroy(filter);
	return kernel_passes(r);
}

#define TEN "0123456789"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

/* Of a text that is longer than what a test holds, its begin or end is asked; a list that is long is a set. */
static void long_ones(void **state)
{
	static struct record r;
	const struct fixture *f = *state;
	record_begin(&r, f->all);
	r.head.uid = 17;
	r.all.path = record_str(&r, SEVENTY "x");
	assert_true(asked(f, "path = \"" SEVENTY "x\"", &r, WHERE_WIDER));
	assert_true(asked(f, "path = \"" SEVENTY "y\"", &r, WHERE_WIDER)); /* it differs later */
	assert_false(asked(f, "path = \"x" SEVENTY "\"", &r, WHERE_WIDER));
	assert_true(asked(f, "path endswith \"" SEVENTY "x\"", &r, WHERE_WIDER));
	assert_false(asked(f, "path endswith \"" SEVENTY "y\"", &r, WHERE_WIDER));
	assert_true(asked(f, "uid in (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18)", &r, WHERE_KERNEL));
	assert_false(asked(f, "uid in (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,18,19)", &r, WHERE_KERNEL));
}

/* 65 comparisons do not fit: the cheapest do, and more passes. */
static void too_many(void **state)
{
	const struct fixture *f = *state;
	char text[4096] = "uid = 1";
	for (int i = 0; i < 64; i++)
		sprintf(text + strlen(text), " and pid != %d", i);
	struct filter *filter = compile(f, text, NULL);
	int tests = where_build(&where, &members, (const struct filter *const[]){filter}, 1, f->all);
	assert_int_equal(tests, EUN_WHERE_TESTS);
	filter_destroy(filter);
}

static int tests_of(const struct fixture *f, const char *one, const char *two)
{
	struct filter *filters[] = {compile(f, one, NULL), compile(f, two, NULL)};
	int tests = where_build(&where, &members, (const struct filter *const *)filters, 2, f->all);
	filter_destroy(filters[0]);
	filter_destroy(filters[1]);
	return tests;
}

/* What one lets pass the other does too: that one is asked alone. */
static void covered(void **state)
{
	const struct fixture *f = *state;
	assert_int_equal(tests_of(f, "uid = 1", "uid = 1 and pid = 2"), 1);
	assert_int_equal(tests_of(f, "pid = 2 and uid = 1", "uid = 1"), 1);
	assert_int_equal(tests_of(f, "uid = 1 and pid = 2", "uid = 1 and pid = 2"), 2);
	assert_int_equal(tests_of(f, "uid = 1 and path contains x", "uid = 1 and path startswith /x"), 1);
	assert_int_equal(tests_of(f, "(uid = 1 or pid = 2) and tid = 3", "uid = 1 or pid = 2"), 2);
	/* these are not */
	assert_int_equal(tests_of(f, "uid = 1", "uid = 2 and pid = 2"), 3);
	assert_int_equal(tests_of(f, "uid = 1", "uid != 1 and pid = 2"), 3);
	assert_int_equal(tests_of(f, "not path = x", "path = x"), 2);
	assert_int_equal(tests_of(f, "uid = 1 or pid = 2", "uid = 1 or pid = 3"), 4);
	assert_int_equal(tests_of(f, "path startswith /x", "path startswith /xy"), 2);
	assert_int_equal(tests_of(f, "path startswith /x", "path endswith /x"), 2);
}

int main(void)
{
	struct fixture f;
	fixture_init(&f);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(random_filters, &f), cmocka_unit_test_prestate(one_wants_all, &f),
		cmocka_unit_test_prestate(long_ones, &f),      cmocka_unit_test_prestate(too_many, &f),
		cmocka_unit_test_prestate(covered, &f),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&f);
	free(members.keys);
	return failed;
}
