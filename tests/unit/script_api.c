/* SPDX-License-Identifier: MIT */
/* What scripts declare and say. */
#include "script_fixture.h"

static void test_rule(void **state)
{
	struct world *w = *state;
	struct script *s = open_text(w, "rule{name = 'A', on = {'test.every', 'x.y'}, where = 'pid = 1', severity = "
					"'critical', message = 'm {pid}', key = {'pid', 'uid'}, window = '90s',\n"
					" tags = 'T1', number = 34, when = function(ev) return ev.pid == 100 end}\n"
					"rule{name = 'B', on = 'test.every', message = 'b'}");
	assert_string_equal(text_of(&w->told.rules), "A|Critical|test.every|pid = 1|m {pid}|90000|34|T1,pid;uid;\n"
						     "B|Warning|test.every|-|b|0|0|\n");
	assert_true(script_has_when(s, 0));
	assert_false(script_has_when(s, 1));
	assert_true(script_when(s, 0, view_of(w)));
	w->f->x.r.head.pid = 2;
	assert_false(script_when(s, 0, view_of(w)));
	assert_false(script_when(s, 7, view_of(w)));
	assert_false(script_wants(s, w->f->stream->id)); /* the engine asks for the rules' streams */
	script_close(s);
}

static void test_on(void **state)
{
	struct world *w = *state;
	struct filter_defs *defs = filter_defs_new();
	assert_int_equal(filter_define_list(defs, "pids", "100, 101", FILTER_NEW, NULL, NULL), 0);
	w->host.defs = defs;
	struct script *s = open_text(w, "on('test.every', {where = 'pid in (pids)'}, function() log('listed') end)\n"
					"on('test.*', {where = 'pid = 7'}, function() log('seven') end)\n"
					"on({'test.every'}, function() log('all') end)\n"
					"on('test.every', {where = 'pid = 7'}, function() end)");
	const char *const *names;
	assert_int_equal(script_streams(s, &names), 2);
	assert_string_equal(names[0], "test.every");
	assert_string_equal(names[1], "test.*");
	script_event(s, view_of(w));
	w->f->x.r.head.pid = 7;
	script_event(s, view_of(w));
	assert_string_equal(text_of(&w->told.logs), "listed\nall\nseven\nall\n");
	const struct filter *filters[8];
	assert_int_equal(script_filters(s, w->f->stream->id, filters, 8), 4);
	assert_non_null(filters[0]);
	assert_null(filters[2]);
	assert_int_equal(script_filters(s, w->f->stream->id, filters, 1), 4);
	/* Bound again: the same. */
	assert_int_equal(script_bind(s, &w->f->schema, &w->error), 0);
	script_event(s, view_of(w));
	assert_int_equal(w->told.n_logs, 6);
	script_close(s);
	filter_destroy(NULL);
	filter_defs_destroy(defs);
}

static void test_every(void **state)
{
	struct world *w = *state;
	struct script *s = open_text(w, "every('5s', function() log(now()) end) every(1, function() end)");
	script_tick(s, 1000000000);
	script_tick(s, 5000000000);
	script_tick(s, 6000000000);
	script_tick(s, 10999999999);
	script_tick(s, 11000000001);
	script_tick(s, 61000000000);
	script_tick(s, 62000000000);
	script_tick(s, 66000000000);
	assert_string_equal(text_of(&w->told.logs), "6000000000\n11000000001\n61000000000\n66000000000\n");
	script_close(s);
}

static void test_alert(void **state)
{
	struct world *w = *state;
	w->limits.alerts = 2;
	struct script *s =
		open_text(w, "on('test.every', function(ev)\n"
			     "alert{rule = 'R', message = 'a\\0b', severity = 'error', tags = {'x', 'y'}, fields = "
			     "{'path', n = 5}}\n"
			     "alert{message = 'plain'} alert{message = 'dropped'} end)\n"
			     "every('1s', function() alert{message = 'tick'} end)");
	script_event(s, view_of(w));
	script_tick(s, 1);
	script_tick(s, 5000000000);
	buf_char(&w->told.alerts, '\0');
	assert_memory_equal(w->told.alerts.data,
			    "Error|R|test.every|x,y,path=@,n=5,|0|a\0b\n"
			    "Warning|test.lua|test.every||0|plain\n",
			    40);
	assert_int_equal(w->told.n_alerts, 3);
	assert_non_null(memmem(w->told.alerts.data, w->told.alerts.len, "Warning|test.lua|script||1|tick\n", 32));
	struct script_stats stats;
	script_stats(s, &stats);
	assert_int_equal(stats.dropped, 1);
	assert_int_equal(stats.alerts, 3);
	script_close(s);
}

static void test_emit(void **state)
{
	struct world *w = *state;
	logged(w,
	       "emit('app.slow', {n = 9007199254740993, f = 0.5, nan = 0/0, s = 'a\"\\n\\xff', t = {1, {a = true}}})");
	const char *said = text_of(&w->told.emits);
	assert_non_null(strstr(said, "app.slow {"));
	assert_non_null(strstr(said, "\"n\":9007199254740993"));
	assert_non_null(strstr(said, "\"f\":0.5"));
	assert_non_null(strstr(said, "\"nan\":null"));
	assert_non_null(strstr(said, "\"s\":\"a\\\"\\n\\ufffd\""));
	assert_non_null(strstr(said, "\"t\":[1,{\"a\":true}]"));
	assert_non_null(strstr(logged(w, "emit('test.every', {})"), "already"));
	assert_non_null(strstr(logged(w, "emit('nodot', {})"), "with a dot"));
	assert_non_null(strstr(logged(w, "emit('a.b', {f = print})"), "a function can't be written"));
	assert_non_null(strstr(logged(w, "local t = {} t.t = t emit('a.b', t)"), "8 deep"));
	assert_non_null(strstr(logged(w, "emit('a.b', {s = ('x'):rep(20000)})"), "more than"));
}

static void add_sample(void *context, const struct metric_sample *s)
{
	struct buf *out = context;
	buf_printf(out, "%s", s->desc->name);
	for (unsigned i = 0; i < s->desc->n_labels; i++)
		buf_printf(out, "{%s=%.*s}", s->desc->labels[i], (int)s->values[i].len, s->values[i].text);
	buf_printf(out, " %g", s->value);
	if (s->buckets)
		buf_printf(out, " %llu %llu %llu", (unsigned long long)s->count, (unsigned long long)s->buckets[0],
			   (unsigned long long)s->buckets[6]);
	buf_char(out, '\n');
}

static void test_metrics(void **state)
{
	struct world *w = *state;
	struct buf out = {0};
	struct script *s = open_text(w, "local c = metric.counter('opens', 'help', 'comm', 'uid')\n"
					"local g = metric.gauge('level')\n"
					"local h = metric.histogram('latency_ns')\n"
					"local many = metric.counter('many', '', 'i')\n"
					"on('test.every', function(ev)\n"
					"c:add(1, ev.comm, ev.uid) c:add(2, ev.comm, ev.uid) c:add()\n"
					"g:set(3) g:set(-1.5) h:observe(0) h:observe(1500)\n"
					"for i = 1, 200 do many:add(1, i) end\n"
					"end)");
	script_event(s, view_of(w));
	metrics_each(script_metrics(s), add_sample, &out);
	const char *said = text_of(&out);
	assert_non_null(strstr(said, "eunomia_script_opens_total{comm=cat}{uid=1000} 3\n"
				     "eunomia_script_opens_total{comm=nil}{uid=nil} 1\n"));
	assert_non_null(strstr(said, "level -1.5\neunomia_script_latency_ns 1500 2 1 1\n"));
	assert_non_null(strstr(said, "many_total{i=128} 1\neunomia_script_many_total{i=other} 72\n"));
	buf_free(&out);
	script_close(s);
}

static void run_at(struct world *w, struct script *s, uint64_t seconds, uint32_t pid, const char *path)
{
	record_init(&w->f->x);
	w->f->x.r.head.time = 1000000000000 + seconds * 1000000000;
	w->f->x.r.head.pid = pid;
	w->f->x.r.path = record_text(&w->f->x, path);
	script_event(s, view_of(w));
}

static void test_windows(void **state)
{
	struct world *w = *state;
	struct script *s =
		open_text(w, "local c, d = count_within('10s'), distinct_within('10s', {values = 4})\n"
			     "local q = sequence('10s', {'a', 'b', 'c'})\n"
			     "on('test.every', function(ev)\n"
			     "log(c:add(ev.pid), d:add(ev.pid, ev.path), #ev.path == 1 and q:step(ev.pid, ev.path), "
			     "q:at(ev.pid), c:count(99)) end)");
	run_at(w, s, 0, 1, "a");
	run_at(w, s, 1, 1, "a");
	run_at(w, s, 2, 2, "c"); /* another key; not the first step */
	run_at(w, s, 3, 1, "b");
	run_at(w, s, 9, 1, "c");  /* whole */
	run_at(w, s, 14, 1, "a"); /* what was at 0, 1 and 3 is gone */
	run_at(w, s, 15, 1, "b");
	run_at(w, s, 24, 1, "c"); /* too late after a */
	run_at(w, s, 24, 1, "p1");
	run_at(w, s, 24, 1, "p2");
	run_at(w, s, 24, 1, "p3");
	run_at(w, s, 24, 1, "p4"); /* no room for a fifth */
	run_at(w, s, 24, 1, "p1");
	assert_string_equal(text_of(&w->told.logs), "1\t1\tfalse\ta\t0\n"
						    "2\t1\tfalse\ta\t0\n"
						    "1\t1\tfalse\tnil\t0\n"
						    "3\t2\tfalse\tb\t0\n"
						    "4\t3\ttrue\tnil\t0\n"
						    "2\t2\tfalse\ta\t0\n"
						    "3\t3\tfalse\tb\t0\n"
						    "2\t2\tfalse\tnil\t0\n"
						    "3\t3\tfalse\tnil\t0\n"
						    "4\t4\tfalse\tnil\t0\n"
						    "5\t4\tfalse\tnil\t0\n"
						    "6\t4\tfalse\tnil\t0\n"
						    "7\t4\tfalse\tnil\t0\n");
	script_close(s);
	assert_non_null(strstr(logged(w, "count_within('10s'):add({})"), "a text, a number"));
	assert_non_null(strstr(logged(w, "count_within('soon')"), "a time like"));
	assert_non_null(strstr(logged(w, "count_within('10s', {keys = 1e9})"), "number has no integer")
				?: strstr(logged(w, "count_within('10s', {keys = 1000000})"), "not between"));
	assert_non_null(strstr(logged(w, "sequence('10s', {'a'})"), "2 to 16"));
	assert_non_null(strstr(logged(w, "sequence('10s', {'a', 'b'}):step(1, 'z')"), "a step of this sequence"));
}

/* More keys than there is room for: the busy one stays. */
static void test_window_keys(void **state)
{
	struct world *w = *state;
	assert_string_equal(logged(w, "local c, most = count_within('10s', {keys = 64}), 0\n"
				      "for i = 1, 3000 do c:add('k' .. i) most = c:add('busy') end log(most)"),
			    "3000\n");
}

static void test_state(void **state)
{
	struct world *w = *state;
	struct script *old = open_text(w, "state.t = {1, 2.5, 'x', [true] = {deep = 'y'}}\n"
					  "state.t.self = state.t state.f = print state.n = 1 << 62\n"
					  "setmetatable(_G, {__index = function() error('no') end})");
	struct script *s =
		open_text(w, "state.t = {old = 1} local t = state.t state.n = 0 state.mine = 5\n"
			     "on('test.every', function() log(state.n, state.mine, t == state.t, t.self == t, "
			     "t[1], t[2], t[3], t[true].deep, t.old, state.f) end)");
	assert_int_equal(script_inherit(s, old), 0);
	script_close(old);
	script_event(s, view_of(w));
	assert_string_equal(text_of(&w->told.logs), "4611686018427387904\t5\ttrue\ttrue\t1\t2.5\tx\ty\t1\tnil\n");
	script_close(s);
}

/* As Lua has them, but for what a metatable gets after it was set. */
static void test_metatables(void **state)
{
	struct world *w = *state;
	assert_string_equal(logged(w,
				   "local C = {} C.__index = C C.__tostring = function(c) return 'C' .. c.n end\n"
				   "local function new(n) return setmetatable({n = n}, C) end\n"
				   "function C:up() self.n = self.n + 1 return self end\n"
				   "local a, b = new(1), new(2)\n"
				   "log(tostring(a:up()), getmetatable(a) == C, getmetatable(b) == C, rawequal(a, b))\n"
				   "setmetatable(a, nil) log(getmetatable(a), (pcall(function() return a:up() end)))\n"
				   "setmetatable(a, {__index = function(_, k) return k end, __call = function(_, x) "
				   "return x end})\n"
				   "log(a.b, a(5))\n"
				   "local p = setmetatable({}, {__metatable = 'mine'})\n"
				   "log(getmetatable(p), pcall(setmetatable, p, {}))\n"
				   "log(pcall(setmetatable, {}, {__call = {}}))\n"
				   "log(pcall(setmetatable, {}, {__gc = print}))\n"),
			    "C2\ttrue\ttrue\tfalse\n"
			    "nil\tfalse\n"
			    "b\t5\n"
			    "mine\tfalse\tcannot change a protected metatable\n"
			    "false\t__call of a metatable is to be a function\n"
			    "false\ta metatable with __gc\n");
}

/* Reloaded again and again: what is counted goes on, and nothing grows. */
static void test_reloads(void **state)
{
	struct world *w = *state;
	static const char text[] =
		"state.n = state.n or 0 state.seen = state.seen or {}\n"
		"on('test.every', function(ev) state.n = state.n + 1 state.seen[ev.path] = {ev.pid} end)";
	struct script_stats stats;
	uint64_t memory = 0;
	struct script *s = open_text(w, text);
	for (int i = 0; i < 1000; i++) {
		script_event(s, view_of(w));
		struct script *next = open_text(w, text);
		assert_int_equal(script_inherit(next, s), 0);
		script_close(s);
		s = next;
		script_stats(s, &stats);
		memory = i == 10 ? stats.memory : memory;
	}
	assert_in_range(stats.memory, memory / 2, memory + 1024);
	struct script *old = s;
	s = open_text(w, "every('1s', function() log(state.n, state.seen['/etc/passwd'][1]) end)");
	assert_int_equal(script_inherit(s, old), 0);
	script_close(old);
	script_tick(s, 1);
	script_tick(s, 2000000000);
	assert_string_equal(text_of(&w->told.logs), "1000\t100\n");
	script_close(s);
}

static void test_require(void **state)
{
	struct world *w = *state;
	static const char module[] = "local m = {n = 0} function m.up() m.n = m.n + 1 return m.n end return m";
	file_of(w, "mod.lua", module, strlen(module));
	file_of(w, "bad.lua", "local x = = 1", 13);
	struct script *s = open_text(w, "local a, b = require('mod'), require 'mod' a.up() log(b.up())\n"
					"on('test.every', function() log(pcall(require, 'other')) end)");
	script_event(s, view_of(w));
	w->host.lib = NULL;
	char lib[96];
	snprintf(lib, sizeof(lib), "%s/lib", w->dir);
	assert_int_equal(mkdir(lib, 0700), 0);
	file_of(w, "lib/near.lua", "log('near') return require 'near'", 33);
	script_close(open_text(w, "require 'near'"));
	assert_non_null(strstr(text_of(&w->told.logs), "near\n"));
	assert_non_null(strstr(text_of(&w->told.logs), "2\n"));
	assert_non_null(strstr(w->told.logs.data, "require() is for the start"));
	script_close(s);
}

/* Mistakes in a script: the place and what is meant. */
static void test_mistakes(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *text, *says;
		unsigned line;
	} mistakes[] = {
		{"x = = 1", "unexpected symbol near '='", 1},
		{"\n\nlocal x = nil + 1", "attempt to perform arithmetic on a nil value", 3},
		{"\non('test.every', {wher = 'x'}, print)", "on(): unknown key 'wher' (did you mean 'where'?)", 2},
		{"on('test.every')", "function expected", 1},
		{"on({}, print)", "a list of 1 to 64 texts", 1},
		{"\nrule{name = 'x', mesage = 'y'}", "unknown key 'mesage' (did you mean 'message'?)", 2},
		{"rule{name = 'x', message = 'y'}", "on (its streams) is missing", 1},
		{"rule{message = 'y'}", "name is missing", 1},
		{"rule{name = 'x', on = 'a.b', message = 'm', severity = 'bad'}", "unknown severity 'bad'", 1},
		{"rule{name = 'x', on = 'a.b', message = 'm', when = 'bad'}", "when is to be a function", 1},
		{"rule{name = 'twice', on = 'a.b', message = 'm'}", "there is one already", 1},
		{"\nevery('often', print)", "a time like", 2},
		{"require('bad')", "unexpected symbol", 1},
		{"require('../test')", "not a path", 1},
		{"require('none')", "No such file", 1},
		{"metric.counter('A')", "can't name a metric", 1},
		{"while true do end", "over its limit of instructions", 1},
		{"local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end", "over its limit of", 1},
		{"\033Lua", "bytecode is not run", 0},
		{"-- \n-- \xff", "not UTF-8", 2},
		{"\non('test.evry', print)", "unknown stream 'test.evry' (did you mean 'test.every'?)", 2},
		{"\non('test.every', {where = 'pth = 1'}, print)", "where: unknown field 'pth' (did you mean 'path'?)",
		 2},
		{"error({})", "an error that is no text", 0},
	};
	file_of(w, "bad.lua", "local x = = 1", 13);
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct script *s = NULL;
		const char *text = mistakes[i].text;
		int err = script_open(&s, file_of(w, "test.lua", text, strlen(text)), NULL, &w->host, &w->error);
		if (!err)
			err = script_bind(s, &w->f->schema, &w->error);
		script_close(s);
		if (err != -EINVAL || !strstr(w->error.text, mistakes[i].says) || w->error.line != mistakes[i].line)
			fail_msg("%s\n  %d, %u: %s\n  not %u: %s", text, err, w->error.line, w->error.text,
				 mistakes[i].line, mistakes[i].says);
		assert_non_null(strstr(w->error.file, ".lua"));
	}
	struct script *s;
	assert_int_equal(script_open(&s, "/nonexistent/x.lua", NULL, &w->host, &w->error), -ENOENT);
	assert_int_equal(script_open(&s, "/tmp", NULL, &w->host, &w->error), -EISDIR);
	char *big = calloc(1, 10 << 20);
	memset(big, '-', 10 << 20);
	assert_int_equal(script_open(&s, file_of(w, "big.lua", big, 10 << 20), NULL, &w->host, &w->error), -EINVAL);
	assert_non_null(strstr(w->error.text, "1 MiB"));
	free(big);
	/* Whatever its limit of memory, it opens or says that it doesn't. */
	for (uint64_t memory = 1000; memory < 60000; memory += 97) {
		struct script_limits limits = {.memory = memory};
		const char *path =
			file_of(w, "small.lua", "local t = {} on('test.every', function(ev) t[ev.path] = 1 end)", 61);
		s = NULL;
		if (!script_open(&s, path, &limits, &w->host, &w->error) && !script_bind(s, &w->f->schema, &w->error))
			script_event(s, view_of(w));
		script_close(s);
	}
}

/* An error ends one call, a flood of them is no flood of lines, ten in a row end the script. */
static void test_errors(void **state)
{
	struct world *w = *state;
	struct script_stats stats;
	struct script *s = open_text(w, "local n = 0 on('test.every', function() n = n + 1\n"
					"if n % 10 ~= 0 and n < 200 then error('bad') end log('fine') end)");
	for (int i = 0; i < 200; i++)
		script_event(s, view_of(w));
	script_stats(s, &stats);
	assert_false(stats.stopped);
	assert_int_equal(stats.errors, 180);
	assert_int_equal(w->told.n_logs, 20 + 8);
	script_close(s);
}

/* Out of memory is caught by nobody. */
static void test_memory(void **state)
{
	struct world *w = *state;
	struct script_stats stats;
	w->limits.memory = 300000;
	struct script *s = open_text(w, "on('test.every', function() while true do local t = {}\n"
					"pcall(function() for i = 1, 1e6 do t[i] = {i} end end) end end)");
	for (int i = 0; i < 3; i++)
		script_event(s, view_of(w));
	assert_non_null(strstr(text_of(&w->told.stops), "test.lua|memory|"));
	script_stats(s, &stats);
	assert_true(stats.memory_most <= 300000 && stats.memory_most > 250000);
	assert_int_equal(stats.strikes, 3);
	script_close(s);
}

static void test_annotations(void **state)
{
	struct world *w = *state;
	struct buf out = {0};
	assert_int_equal(script_annotations(&w->f->schema, &out), 0);
	const char *text = text_of(&out);
	assert_non_null(strstr(text, "---@class test.every: Event\n"));
	assert_non_null(strstr(text, "---@field path? string path\n"));
	assert_non_null(strstr(text, "---@field pid integer process"));
	/* Each function of the API is there: what is annotated is what scripts have. */
	struct script *s = open_text(w, text);
	script_close(s);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(test_rule),        WORLD(test_on),      WORLD(test_every),    WORLD(test_alert),
		WORLD(test_emit),        WORLD(test_metrics), WORLD(test_windows),  WORLD(test_window_keys),
		WORLD(test_state),       WORLD(test_require), WORLD(test_mistakes), WORLD(test_errors),
		WORLD(test_annotations), WORLD(test_memory),  WORLD(test_reloads),  WORLD(test_metatables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
