/* SPDX-License-Identifier: MIT */
/* Scripts that try to hang, crash or leave the host: stopped in time and memory, while another one works on. */
#include <time.h>

#include "script_fixture.h"

#if defined(__SANITIZE_ADDRESS__)
#define SLOWER 20
#else
#define SLOWER 1
#endif
#define STOP_MS (100 * SLOWER)

static double cpu_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void hostile(struct world *w, const char *name, const char *limit)
{
	struct script *bad = NULL, *good = open_text(w, "on('test.every', function(ev) alert{message = 'seen'} end)");
	struct script_stats stats = {0};
	char path[256];
	snprintf(path, sizeof(path), "%s/%s.lua", HOSTILE, name);
	if (script_open(&bad, path, &w->limits, &w->host, &w->error) || script_bind(bad, &w->f->schema, &w->error))
		fail_msg("%s:%u: %s", w->error.file, w->error.line, w->error.text);
	double spent = 0, longest = 0;
	unsigned calls = 0;
	const struct view *view = view_of(w);
	for (; !w->told.n_stops && calls < 50; calls++) {
		double start = cpu_ms();
		script_event(bad, view);
		double took = cpu_ms() - start;
		uint64_t wrong = stats.strikes + stats.errors;
		script_stats(bad, &stats);
		spent += stats.strikes + stats.errors > wrong ? took : 0; /* not those in which it behaved */
		longest = took > longest ? took : longest;
		script_event(good, view);
	}
	script_stats(bad, &stats);
	printf("%-18s %2u calls %6.1f ms in all, %5.1f ms the longest, %5.2f MiB: %s", name, calls, spent, longest,
	       (double)stats.memory_most / 1048576, text_of(&w->told.stops));
	assert_int_equal(w->told.n_stops, 1);
	assert_true(stats.stopped);
	assert_true(stats.memory_most <= 16 << 20);
	if (spent > STOP_MS || longest > 45 * SLOWER)
		fail_msg("%s: stopped after %.1f ms, its longest call took %.1f ms", name, spent, longest);
	/* A slow machine's limit is time. */
	snprintf(path, sizeof(path), "%s.lua|%s|", name, limit);
	if (limit && strncmp(text_of(&w->told.stops), path, strlen(path)) &&
	    (!strcmp(limit, "error") || !strstr(w->told.stops.data, "|time|")))
		fail_msg("not stopped by %s but: %s", limit, w->told.stops.data);
	assert_null(strstr(text_of(&w->told.alerts), "ESCAPED"));
	script_stats(good, &stats);
	assert_int_equal(stats.calls, calls);
	assert_int_equal(stats.alerts, calls);
	/* It is not called any more, and its host goes on. */
	script_event(bad, view);
	script_tick(bad, 1);
	assert_int_equal(w->told.n_stops, 1);
	script_close(bad);
	script_close(good);
}

#define HOSTILE_TEST(name, limit)              \
	static void test_##name(void **state)  \
	{                                      \
		hostile(*state, #name, limit); \
	}

HOSTILE_TEST(endless_loop, "instructions")
HOSTILE_TEST(pcall_loop, "instructions")
HOSTILE_TEST(coroutine_loop, "instructions")
HOSTILE_TEST(pattern_bomb, "instructions")
HOSTILE_TEST(rep_bomb, NULL) /* memory or time, whichever comes first */
HOSTILE_TEST(table_growth, NULL)
HOSTILE_TEST(starved, NULL)
HOSTILE_TEST(gc_close, "instructions")
HOSTILE_TEST(bytecode, "error")
HOSTILE_TEST(registry, "error")
HOSTILE_TEST(error_in_handler, NULL)
HOSTILE_TEST(bad_sort, NULL)
HOSTILE_TEST(alert_storm, NULL)

/* One bad call after the other. */
static void test_library_ranges(void **state)
{
	struct world *w = *state;
	w->limits.strikes = 9;
	hostile(w, "library_ranges", "instructions");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(test_endless_loop),   WORLD(test_pcall_loop),  WORLD(test_coroutine_loop),
		WORLD(test_pattern_bomb),   WORLD(test_rep_bomb),    WORLD(test_table_growth),
		WORLD(test_library_ranges), WORLD(test_starved),     WORLD(test_gc_close),
		WORLD(test_bytecode),       WORLD(test_registry),    WORLD(test_error_in_handler),
		WORLD(test_bad_sort),       WORLD(test_alert_storm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
