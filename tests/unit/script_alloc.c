/* SPDX-License-Identifier: MIT */
/* Memory: events that are like others cost none. */
#include "script_fixture.h"

#include "alloc.h"

static void test_event(void **state)
{
	struct world *w = *state;
	struct script *s = open_text(
		w, "local n, opens, ports, step = 0, count_within('10s'), distinct_within('10s'), sequence('1s', {'a', "
		   "'b'})\n"
		   "local total = metric.counter('total', '', 'comm')\n"
		   "on('test.every', {where = 'path = /etc/passwd'}, function(ev)\n"
		   "  if ev.pid == 100 and ev.comm == 'cat' and ev.path ~= 'x' and ev.argv and ev.ip and ev.addr then "
		   "n = n + 1 end\n"
		   "  opens:add(ev.pid) ports:add(ev.comm, ev.u8) step:step(ev.path, 'a') total:add(1, ev.comm)\n"
		   "  if ev:has('flags', 'X') then n = 0 end\n"
		   "end)\n"
		   "rule{name = 'r', on = 'test.every', message = 'm', when = function(ev) return ev.pid == 1 end}");
	const struct view *view = view_of(w);
	for (int i = 0; i < 2000; i++)
		script_event(s, view);
	allocations = 0;
	for (int i = 0; i < 10000; i++) {
		script_event(s, view);
		script_when(s, 0, view);
		script_tick(s, view->rec->time);
	}
	assert_int_equal(allocations, 0);
	struct script_stats stats;
	script_stats(s, &stats);
	assert_int_equal(stats.calls, 22000);
	assert_int_equal(stats.errors + stats.strikes, 0);
	script_close(s);
}

/* Each allocation fails in turn: it opens or it doesn't, nothing leaks (the sanitizer looks), nothing crashes. */
static void test_failing(void **state)
{
	struct world *w = *state;
	static const char text[] = "local c = metric.counter('total', '', 'comm')\n"
				   "rule{name = 'r', on = 'test.every', message = 'm', when = function() end}\n"
				   "every('1s', function() end)\n"
				   "on({'test.every', 'test.*'}, {where = 'pid > 1'}, function(ev)\n"
				   "  c:add(1, ev.comm) emit('a.b', {path = ev.path, argv = ev:list('argv')}) end)";
	const char *path = file_of(w, "test.lua", text, sizeof(text) - 1);
	const struct view *view = view_of(w);
	uint32_t failed = 0;
	for (uint32_t i = 1; i < 1200; i++) {
		struct script *s = NULL;
		allocations = 0;
		fail_at = i;
		int err = script_open(&s, path, NULL, &w->host, &w->error);
		if (!err)
			err = script_bind(s, &w->f->schema, &w->error);
		if (!err)
			script_event(s, view);
		fail_at = 0;
		failed += err != 0;
		script_close(s);
	}
	assert_in_range(failed, 20, 1199);
}

int main(void)
{
	const struct CMUnitTest tests[] = {WORLD(test_event), WORLD(test_failing)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
