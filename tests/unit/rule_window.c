/* SPDX-License-Identifier: MIT */
/* Windows, by the time of events: what is told at once, what is counted, and when that is told. */
#include "rule_fixture.h"

#define S 1000000000ull

static const char text[] =
	"[rule W]\nstreams = test.*\nwhere = uid = 7\nmessage = {pid} {path}\nkey = dport, path\n"
	"window = 10s\n[rule N]\nstreams = test.all\nwhere = uid = 8\nwindow = 10s\nmessage = n {pid}\n";

struct run {
	const struct fixture *f;
	struct rules *rules;
	struct engine *engine;
};

static struct run begin(const struct fixture *f, struct told *told)
{
	struct run run = {.f = f, .rules = rules_of(text)};
	run.engine = engine_of(f, run.rules, told);
	return run;
}

static void send(const struct run *run, const char *path, uint16_t dport, uint32_t pid, uint64_t time)
{
	static struct record r;
	record_begin(&r, run->f->all);
	r.head.uid = 7;
	r.head.pid = pid;
	r.all.dport = dport;
	r.all.path = record_str(&r, path);
	event(run->f, run->engine, &r, time);
}

static void end(struct run *run)
{
	engine_destroy(run->engine);
	rules_free(run->rules);
}

static void test_window(void **state)
{
	struct told told = {0};
	struct run run = begin(*state, &told);
	send(&run, "/a", 1, 1, 1 * S);
	told_check(&told, "W 4 test.all 1 1 /a\n");
	for (uint32_t i = 0; i < 1000; i++)
		send(&run, "/a", 1, 2 + i, 2 * S);
	told_check(&told, "");
	/* other kinds */
	send(&run, "/a", 2, 1, 2 * S);
	send(&run, "/b", 1, 1, 2 * S);
	send(&run, "", 1, 1, 2 * S);
	told_check(&told, "W 4 test.all 1 1 /a\nW 4 test.all 1 1 /b\nW 4 test.all 1 1 \n");
	engine_tick(run.engine, 11 * S - 1);
	told_check(&told, "");
	engine_tick(run.engine, 11 * S);
	told_check(&told, "W 4 test.all 1000 1 /a\n");
	/* as long as more come one window follows the other */
	send(&run, "/a", 1, 5, 12 * S);
	told_check(&told, "");
	engine_tick(run.engine, 21 * S);
	told_check(&told, "W 4 test.all 1 1 /a\n");
	engine_tick(run.engine, 31 * S);
	told_check(&told, "");
	send(&run, "/a", 1, 6, 32 * S);
	told_check(&told, "W 4 test.all 1 6 /a\n");
	struct rule_counts counts;
	engine_counts(run.engine, 0, &counts);
	assert_int_equal(counts.matched, 1006);
	assert_int_equal(counts.suppressed, 1001);
	assert_int_equal(counts.alerts, 7);
	end(&run);
	told_free(&told);
}

/* Without a tick, as in a recording: the next event of the kind ends the window; the end of all tells the rest. */
static void test_no_tick(void **state)
{
	struct told told = {0};
	struct run run = begin(*state, &told);
	send(&run, "/a", 1, 1, 1 * S);
	send(&run, "/a", 1, 2, 2 * S);
	send(&run, "/a", 1, 3, 15 * S); /* in the second window */
	send(&run, "/a", 1, 4, 50 * S); /* long after it */
	send(&run, "/a", 1, 5, 51 * S);
	told_check(&told, "W 4 test.all 1 1 /a\nW 4 test.all 1 1 /a\nW 4 test.all 1 1 /a\nW 4 test.all 1 4 /a\n");
	engine_flush(run.engine);
	told_check(&told, "W 4 test.all 1 4 /a\n");
	engine_flush(run.engine);
	told_check(&told, "");
	end(&run);
	told_free(&told);
}

/* The oldest ends early, and nothing is lost. */
static void test_eviction(void **state)
{
	struct told told = {0};
	struct run run = begin(*state, &told);
	uint64_t events = 0;
	for (uint32_t i = 0; i < 10000; i++) {
		char path[32];
		snprintf(path, sizeof(path), "/%u", i);
		for (int k = 0; k < 3; k++, events++)
			send(&run, path, 1, 1, 1 * S + i);
	}
	assert_int_equal(told.n, 10000 + 10000 - 4096);
	engine_flush(run.engine);
	struct rule_counts counts;
	engine_counts(run.engine, 0, &counts);
	assert_int_equal(counts.suppressed, 20000);
	assert_int_equal(counts.alerts, 20000);
	uint64_t sum = 0;
	buf_char(&told.lines, '\0');
	for (char *at = told.lines.data; *at; at = strchr(at, '\n') + 1) {
		unsigned count;
		assert_int_equal(sscanf(at, "W 4 test.all %u", &count), 1);
		sum += count;
	}
	assert_int_equal(sum, events);
	end(&run);
	told_free(&told);
}

/* A value is not another kind's because of where it is cut. */
static void test_kinds(void **state)
{
	struct told told = {0};
	struct rules *rules = rules_of("[rule W]\nstreams = test.all\nkey = string, path\nwindow = 1m\n");
	const struct fixture *f = *state;
	struct engine *e = engine_of(f, rules, &told);
	static const char *const pairs[][2] = {{"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"", "abc"}, {"", ""}};
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < COUNT(pairs); i++) {
			static struct record r;
			record_begin(&r, f->all);
			r.all.string = record_str(&r, pairs[i][0]);
			r.all.path = record_str(&r, pairs[i][1]);
			event(f, e, &r, S);
		}
	assert_int_equal(told.n, COUNT(pairs));
	engine_destroy(e);
	rules_free(rules);
	told_free(&told);
}

static void test_inherit(void **state)
{
	struct told told = {0}, second = {0};
	struct run run = begin(*state, &told);
	send(&run, "/a", 1, 1, 1 * S);
	send(&run, "/a", 1, 2, 2 * S);
	told.lines.len = 0;
	struct rules *rules = rules_of(text);
	struct engine *next = engine_of(run.f, rules, &second);
	engine_inherit(next, run.engine);
	engine_destroy(run.engine);
	rules_free(run.rules);
	told_check(&told, "");
	run.engine = next;
	run.rules = rules;
	send(&run, "/a", 1, 3, 3 * S);
	told_check(&second, "");
	engine_tick(next, 20 * S);
	told_check(&second, "W 4 test.all 2 1 /a\n");
	struct rule_counts counts;
	engine_counts(next, 0, &counts);
	assert_int_equal(counts.matched, 3);
	/* a rule that is gone tells what it has */
	send(&run, "/a", 1, 3, 20 * S + 1);
	struct rules *none = rules_new();
	struct engine *empty = engine_of(run.f, none, &told);
	engine_inherit(empty, next);
	told_check(&second, "W 4 test.all 1 1 /a\n");
	engine_destroy(empty);
	rules_free(none);
	end(&run);
	told_free(&told);
	told_free(&second);
}

int main(void)
{
	struct fixture f;
	fixture_init(&f);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_window, &f),   cmocka_unit_test_prestate(test_no_tick, &f),
		cmocka_unit_test_prestate(test_eviction, &f), cmocka_unit_test_prestate(test_kinds, &f),
		cmocka_unit_test_prestate(test_inherit, &f),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&f);
	return failed;
}
