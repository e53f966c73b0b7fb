/* SPDX-License-Identifier: MIT */
/* Events as a script sees them. */
#include "script_fixture.h"

static void expect(struct world *w, const char *body, const char *said)
{
	const char *got = logged(w, body);
	char want[512];
	snprintf(want, sizeof(want), "%s\n", said);
	if (strcmp(got, want))
		fail_msg("%s\n  says %s  not  %s", body, got, said);
}

static void test_types(void **state)
{
	struct world *w = *state;
	struct every *r = &w->f->x.r;
	r->u8 = 200;
	r->u16 = 65535;
	r->u32 = 4000000000u;
	r->u64 = UINT64_MAX;
	r->s8 = -1;
	r->s64 = INT64_MIN;
	r->yes = 1;
	r->when = 1234567890123456789ull;
	r->caps = 1ull << 21;
	r->kind = 2;
	r->flags = 9;
	r->ret = -2;
	r->list[0] = 7;
	r->stack[0] = 1;
	memcpy(r->chars, "ninechars", 9);
	r->string = record_text(&w->f->x, "a string");
	r->blob = record_add(&w->f->x, "\0\xff", 2);
	expect(w, "log(ev.u8, ev.u16, ev.u32, ev.u64, ev.s8, ev.s64)",
	       "200\t65535\t4000000000\t-1\t-1\t-9223372036854775808");
	expect(w, "log(ev.yes, ev.when, ev.caps, ev.kind, ev.flags, ev.ret)",
	       "true\t1234567890123456789\t2097152\tdir\t9\t-2");
	expect(w, "log(ev.chars, ev.string, ev.path, ev.argv, ev.ip, ev.addr)",
	       "ninechars\ta string\t/etc/passwd\tcat -n\t10.0.0.1\t10.0.0.2:443");
	expect(w, "local l = ev:copy().list log(l[1], #l, #ev.hist, #ev.stack, #ev.blob, ev.blob:byte(2))",
	       "7\t2\t64\t1\t2\t255");
	expect(w, "log(ev.pid, ev.comm, ev.stream, ev.time, math.type(ev.time))",
	       "100\tcat\ttest.every\t3600123456789\tinteger");
	expect(w, "local l = ev:list('argv') log(#l, l[1], l[2])", "2\tcat\t-n");
	expect(w, "log(ev:has('flags', 'X'), ev:has('flags', 'RW'), ev:has('caps', 'CAP_SYS_ADMIN'))",
	       "true\tfalse\ttrue");
	expect(w, "log(ev:text('flags'), ev:text('ret'), ev:text('mode'))", "R|X\tENOENT\t0");
	r->string = 0;
	expect(w, "log(ev.string)", "nil");
}

/* Texts come from a cache: still the right one, whatever was there before. */
static void test_texts(void **state)
{
	struct world *w = *state;
	struct script *s = open_text(w, "on('test.every', function(ev) log(ev.path) end)");
	char path[300];
	w->limits.alerts = 5000;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 400; i++) {
			record_init(&w->f->x);
			int n = snprintf(
				path, sizeof(path), "/p/%.*s%d", i % 7 ? i % 7 : 260,
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxx",
				i);
			w->f->x.r.path = record_add(&w->f->x, path, (size_t)n);
			w->f->x.r.head.time += (uint64_t)i * 1000000000;
			w->told.logs.len = 0;
			script_event(s, view_of(w));
			text_of(&w->told.logs);
			w->told.logs.data[w->told.logs.len - 1] = '\0';
			assert_string_equal(w->told.logs.data, path);
		}
	}
	script_close(s);
}

static void test_stale(void **state)
{
	struct world *w = *state;
	struct script *s =
		open_text(w, "local kept, copy\n"
			     "on('test.every', function(ev)\n"
			     "  if kept then log(pcall(function() return kept.pid end)) log(copy.pid, copy.path) end\n"
			     "  kept, copy = ev, ev:copy()\n"
			     "end)\n"
			     "every('1s', function() log(pcall(function() return kept:copy() end)) end)\n");
	script_tick(s, 1);
	script_event(s, view_of(w));
	w->f->x.r.head.pid = 55;
	script_event(s, view_of(w));
	script_tick(s, 2000000000);
	const char *logs = text_of(&w->told.logs);
	assert_non_null(strstr(logs, "false\ttest.lua:3: stale event: use ev:copy()")
				?: strstr(logs, "stale event: use ev:copy()"));
	assert_non_null(strstr(logs, "100\t/etc/passwd"));
	assert_int_equal(w->told.n_logs, 3);
	const char *second = strstr(logs, "/etc/passwd\n");
	assert_non_null(strstr(second, "stale event"));
	script_close(s);
}

static void test_unknown(void **state)
{
	struct world *w = *state;
	const char *said = logged(w, "local x = ev.pth");
	assert_non_null(strstr(said, "test.lua:1: test.every has no field 'pth' (did you mean 'path'?)"));
	assert_non_null(strstr(logged(w, "local x = ev[1]"), "no field '1'"));
	assert_non_null(strstr(logged(w, "local x = ev[{}]"), "not by a table"));
	assert_non_null(strstr(logged(w, "ev.pid = 2"), "can't be changed"));
	assert_non_null(strstr(logged(w, "ev:has('flags', 'NO')"), "no label 'NO'"));
	assert_non_null(strstr(logged(w, "ev:has('pid', 'NO')"), "flags and capabilities"));
}

static bool get_depth(const struct view *view, const struct field *field, struct value *out)
{
	(void)field;
	out->u = view->rec->pid * 2;
	return view->rec->pid != 1;
}

static bool get_exe(const struct view *view, const struct field *field, struct value *out)
{
	(void)view;
	(void)field;
	out->ptr = "/usr/bin/x";
	out->len = 10;
	return true;
}

static void test_computed(void **state)
{
	struct world *w = *state;
	static const struct field computed[] = {
		{.name = "depth", .type = EUN_U64, .get = get_depth},
		{.name = "parent.exe", .type = EUN_PATH, .get = get_exe},
	};
	w->f->schema.computed = computed;
	w->f->schema.n_computed = 2;
	expect(w, "log(ev.depth, ev['parent.exe'], ev.parent_exe, ev:copy()['parent.exe'])",
	       "200\t/usr/bin/x\t/usr/bin/x\t/usr/bin/x");
	w->f->x.r.head.pid = 1;
	expect(w, "log(ev.depth)", "nil");
	struct script *s = open_text(w, "on('test.every', function(ev) return ev.parent_exe end) -- depths");
	assert_true(script_names(s, "parent.exe"));
	assert_false(script_names(s, "depth"));
	script_close(s);
}

/* A field of another stream of the schema is no mistake. */
static void test_other_stream(void **state)
{
	struct world *w = *state;
	static const struct eun_field fields[] = {EUN_FIELD(struct every, u8, EUN_U8, 0, "other")};
	struct eun_field field = fields[0];
	field.name = "elsewhere";
	const struct eun_stream row = {
		.name = "test.other", .record_size = sizeof(struct every), .fields = {&field, 1, sizeof(field)}};
	char why[256];
	struct stream *other = stream_new(&row, why, sizeof(why));
	assert_non_null(other);
	assert_int_equal(schema_add(&w->f->schema, other), 0);
	expect(w, "log(ev.elsewhere)", "nil");
	struct script *s = open_text(w, "on({'test.o*', 'nothing.there'}, function() log('x') end)");
	assert_true(script_wants(s, other->id));
	assert_false(script_wants(s, w->f->stream->id));
	script_close(s);
}

/* Where a field lies is known by stream. */
static void test_same_name(void **state)
{
	struct world *w = *state;
	struct eun_field field = EUN_FIELD(struct every, s64, EUN_S64, 0, "of the same name");
	field.name = "u32";
	const struct eun_stream row = {
		.name = "other.one", .record_size = sizeof(struct every), .fields = {&field, 1, sizeof(field)}};
	char why[256];
	struct stream *other = NULL;
	while (w->f->schema.n_streams <= 256) { /* until ids meet modulo the cache's size */
		other = stream_new(&row, why, sizeof(why));
		assert_non_null(other);
		assert_int_equal(schema_add(&w->f->schema, other), 0);
	}
	w->f->x.r.u32 = 1;
	w->f->x.r.s64 = 2;
	struct script *s = open_text(w, "on('*', function(ev) log(ev.u32) end)");
	for (int i = 0; i < 3; i++) {
		script_event(s, view_of(w));
		w->view.stream = other;
		script_event(s, &w->view);
	}
	assert_string_equal(text_of(&w->told.logs), "1\n2\n1\n2\n1\n2\n");
	script_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(test_types),    WORLD(test_texts),        WORLD(test_stale),     WORLD(test_unknown),
		WORLD(test_computed), WORLD(test_other_stream), WORLD(test_same_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
