/* SPDX-License-Identifier: MIT */
/* Families and series: their shapes, the cap, "other", what goes on over a reload, and that updates allocate nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stdio.h>
#include <cmocka.h>
#include <math.h>

#include "alloc.h"
#include "metric/metric.h"

static const char *const one_label[] = {"comm"};
static const double bounds[] = {0.001, 0.01, 1};

static struct metric *family(struct metrics *m, const char *name, enum metric_type type, uint32_t most)
{
	char why[256] = "";
	struct metric_desc d = {name, "What it counts.", type, one_label, 1, NULL, 0, most};
	if (type == METRIC_HISTOGRAM) {
		d.bounds = bounds;
		d.n_bounds = 3;
	}
	struct metric *f = metric_new(m, &d, why, sizeof(why));
	if (!f)
		fail_msg("%s", why);
	return f;
}

static struct series *at(struct metric *m, const char *value)
{
	return metric_at(m, &value);
}

struct found {
	const char *value;
	struct metric_sample sample;
	bool found;
	size_t n;
};

static void look(void *context, const struct metric_sample *s)
{
	struct found *f = context;
	f->n++;
	if (s->values[0].len == strlen(f->value) && !memcmp(s->values[0].text, f->value, s->values[0].len)) {
		f->sample = *s;
		f->found = true;
	}
}

static double value_of(const struct metrics *m, const char *value)
{
	struct found f = {.value = value};
	metrics_each(m, look, &f);
	return f.found ? f.sample.value : NAN;
}

static void test_types(void **state)
{
	(void)state;
	struct metrics *m = metrics_new("eunomia_", NULL, NULL);
	struct metric *c = family(m, "opens_total", METRIC_COUNTER, 0);
	series_add(at(c, "cat"), 2);
	series_add(at(c, "cat"), 0.5);
	series_add(at(c, "cat"), -1); /* a counter only grows */
	series_add(at(c, "cat"), NAN);
	assert_true(value_of(m, "cat") == 2.5);
	series_follow(at(c, "other's"), 10, 1);
	series_follow(at(c, "other's"), 15, 1);
	series_follow(at(c, "other's"), 4, 1); /* began anew */
	assert_true(value_of(m, "other's") == 19);
	metric_clear(c);
	assert_true(isnan(value_of(m, "cat")));

	struct metric *h = family(m, "latency_seconds", METRIC_HISTOGRAM, 0);
	series_observe(at(h, "x"), 0.001); /* a bound belongs to its bucket */
	series_observe(at(h, "x"), 0.002);
	series_observe(at(h, "x"), 7);
	series_observe_many(at(h, "x"), 0.5, 10, 3);
	struct found f = {.value = "x"};
	metrics_each(m, look, &f);
	assert_int_equal(f.sample.count, 13);
	assert_true(fabs(f.sample.value - 10.003) < 1e-9);
	const uint64_t expected[] = {1, 1, 10, 1};
	assert_memory_equal(f.sample.buckets, expected, sizeof(expected));
	metrics_free(m);
}

static void refused(struct metrics *m, struct metric_desc d, const char *text)
{
	char why[256] = "";
	assert_null(metric_new(m, &d, why, sizeof(why)));
	if (!strstr(why, text))
		fail_msg("'%s' is not in '%s'", text, why);
}

static void test_shapes(void **state)
{
	static const char *const le[] = {"le"}, *const twice[] = {"a", "a"}, *const ours[] = {"script"};
	static const double falling[] = {2, 1}, infinite[] = {1, INFINITY};
	(void)state;
	struct metrics *m = metrics_new("eunomia_", "script", "x.lua");
	struct metric *c = family(m, "opens_total", METRIC_COUNTER, 0);
	assert_ptr_equal(family(m, "opens_total", METRIC_COUNTER, 0), c);
	refused(m, (struct metric_desc){.name = "opens_total", .help = ""}, "another type or labels");
	refused(m, (struct metric_desc){.name = "opens", .help = ""}, "_total");
	refused(m, (struct metric_desc){.name = "a_total", .help = "", .type = METRIC_GAUGE}, "_total");
	refused(m, (struct metric_desc){.name = "a{}_total", .help = ""}, "letters");
	refused(m, (struct metric_desc){.name = "", .help = ""}, "letters");
	refused(m, (struct metric_desc){"a_total", "", METRIC_COUNTER, le, 1, NULL, 0, 0}, "label");
	refused(m, (struct metric_desc){"a_total", "", METRIC_COUNTER, ours, 1, NULL, 0, 0}, "label");
	refused(m, (struct metric_desc){"a_total", "", METRIC_COUNTER, twice, 2, NULL, 0, 0}, "twice");
	refused(m, (struct metric_desc){"a", "", METRIC_HISTOGRAM, NULL, 0, falling, 2, 0}, "grow");
	refused(m, (struct metric_desc){"a", "", METRIC_HISTOGRAM, NULL, 0, infinite, 2, 0}, "grow");
	refused(m, (struct metric_desc){"a", "", METRIC_HISTOGRAM, NULL, 0, NULL, 0, 0}, "bounds");
	metrics_free(m);
}

/* 100,000 values: the cap holds, what is beyond is one series, and no update is forgotten. */
static void test_cap(void **state)
{
	(void)state;
	struct metrics *m = metrics_new(NULL, NULL, NULL);
	struct metric *c = family(m, "paths_total", METRIC_COUNTER, 0);
	char value[32];
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 100000; i++) {
			snprintf(value, sizeof(value), "/proc/%d/status", i);
			series_add(at(c, value), 1);
		}
	assert_int_equal(metrics_series(m), METRIC_SERIES_MAX + 1);
	assert_int_equal(metrics_folded(m), 2 * (100000 - METRIC_SERIES_MAX));
	assert_true(value_of(m, "other") == 2 * (100000 - METRIC_SERIES_MAX));
	assert_true(value_of(m, "/proc/999/status") == 2);
	assert_true(isnan(value_of(m, "/proc/1000/status")));
	metrics_free(m);
}

static void test_idle_ones_make_room(void **state)
{
	const uint64_t minute = 60000000000u;
	(void)state;
	struct metrics *m = metrics_new(NULL, NULL, NULL);
	struct metric *c = family(m, "a_total", METRIC_COUNTER, 2);
	metrics_tick(m, 100 * minute);
	series_add(at(c, "gone"), 1);
	series_add(at(c, "busy"), 1);
	metrics_tick(m, 150 * minute);
	series_add(at(c, "busy"), 1);
	series_add(at(c, "new"), 1);
	assert_int_equal(metrics_folded(m), 1); /* nobody was idle for an hour */
	metrics_tick(m, 161 * minute);
	series_add(at(c, "new"), 1);
	assert_true(isnan(value_of(m, "gone")));
	assert_true(value_of(m, "busy") == 2);
	assert_true(value_of(m, "new") == 1 || value_of(m, "other") == 2); /* "other" is busy too: one of them stays */
	assert_true(metrics_series(m) <= 3);
	metrics_free(m);
}

/* Values that only differ behind what is kept are one series; bytes of any kind are values. */
static void test_values(void **state)
{
	char long_a[300], long_b[300];
	(void)state;
	struct metrics *m = metrics_new(NULL, NULL, NULL);
	struct metric *c = family(m, "a_total", METRIC_COUNTER, 0);
	memset(long_a, 'x', sizeof(long_a) - 1);
	long_a[299] = 0;
	memcpy(long_b, long_a, sizeof(long_b));
	long_b[200] = 'y';
	series_add(at(c, long_a), 1);
	series_add(at(c, long_b), 1);
	assert_int_equal(metrics_series(m), 1);
	const struct metric_text zero = {"a\0b", 3}, one = {"a", 1}, none = {NULL, 0};
	series_add(metric_series(c, &zero), 1);
	series_add(metric_series(c, &one), 1);
	series_add(metric_series(c, &none), 1);
	series_add(at(c, ""), 1);
	assert_int_equal(metrics_series(m), 4);
	metrics_free(m);
}

static void test_inherit(void **state)
{
	(void)state;
	struct metrics *before = metrics_new("p_", "script", "x"), *after = metrics_new("p_", "script", "x");
	struct metrics *all = metrics_new(NULL, NULL, NULL);
	series_add(at(family(before, "a_total", METRIC_COUNTER, 0), "x"), 5);
	series_set(at(family(before, "level", METRIC_GAUGE, 0), "g"), 7);
	series_observe(at(family(before, "h_seconds", METRIC_HISTOGRAM, 0), "h"), 0.5);
	series_add(at(family(after, "a_total", METRIC_COUNTER, 0), "x"), 1);
	family(after, "level", METRIC_GAUGE, 0);
	family(after, "h_seconds", METRIC_HISTOGRAM, 0);
	metrics_inherit(after, before);
	assert_true(value_of(after, "x") == 6);
	assert_true(value_of(after, "g") == 7);
	assert_true(value_of(after, "h") == 0.5);
	metrics_tick(all, 100 * 3600000000000u);
	assert_int_equal(metrics_join(all, after), 0);
	/* what is counted from here on is not an hour old */
	struct metric *full = family(after, "full_total", METRIC_COUNTER, 1);
	series_add(at(full, "first"), 1);
	series_add(at(full, "second"), 1);
	assert_true(value_of(after, "first") == 1);
	metric_clear(full);
	assert_int_equal(metrics_join(all, before), -EEXIST); /* its series would be there twice */
	assert_int_equal(metrics_series(all), 3);
	metrics_leave(all, after);
	assert_int_equal(metrics_series(all), 0);
	metrics_free(before);
	metrics_free(after);
	metrics_free(all);
}

static void test_updates_allocate_nothing(void **state)
{
	(void)state;
	struct metrics *m = metrics_new(NULL, NULL, NULL);
	struct metric *c = family(m, "a_total", METRIC_COUNTER, 100);
	struct metric *h = family(m, "b_seconds", METRIC_HISTOGRAM, 100);
	char value[32];
	for (int round = 0; round < 2; round++) {
		uint32_t before = allocations;
		for (int i = 0; i < 1000; i++) {
			snprintf(value, sizeof(value), "%d", i);
			series_add(at(c, value), 1);
			series_observe(at(h, value), i);
		}
		if (round)
			assert_int_equal(allocations, before);
	}
	metrics_free(m);
}

/* Each allocation fails once: nothing is broken, and no update of what is there is lost. */
static void test_no_memory(void **state)
{
	(void)state;
	for (uint32_t n = 1; n < 40; n++) {
		char why[256];
		const struct metric_desc d = {"a_total", "", METRIC_COUNTER, one_label, 1, NULL, 0, 4};
		fail_at = 0;
		allocations = 0;
		fail_at = n;
		struct metrics *m = metrics_new("p_", "l", "v");
		struct metric *c = m ? metric_new(m, &d, why, sizeof(why)) : NULL;
		static const char *const values[] = {"a", "b", "c", "d", "e", "f", "a"};
		for (size_t i = 0; c && i < 7; i++)
			series_add(at(c, values[i]), 1);
		if (m && fail_at < n)
			assert_true(value_of(m, "a") == 2);
		metrics_free(m);
	}
	fail_at = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_idle_ones_make_room),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_inherit),
		cmocka_unit_test(test_updates_allocate_nothing),
		cmocka_unit_test(test_no_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
