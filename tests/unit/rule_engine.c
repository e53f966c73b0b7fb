/* SPDX-License-Identifier: MIT */
/* Rules asked together: what fires, what is told of it, and that it is what each rule alone would say. */
#include "filter_expr.h"
#include "rule_fixture.h"

#define CASES 3000
#define RECORDS 12
#define RULES 9
#define PARTS 5

static void test_alert(void **state)
{
	const struct fixture *f = *state;
	static struct record r;
	struct told told = {0};
	struct rules *rules = rules_of("[rule A]\nstreams = test.all, test.few\nwhere = uid = 7\nseverity = error\n"
				       "message = {comm}: {path}, {argv} {{ {string} {flags}} {daddr}\n  {only} {at}\n"
				       "key = dport\n[rule B]\nstreams = test.all\nwhere = uid = 7 and pid = 5\n");
	struct engine *e = engine_of(f, rules, &told);
	record_begin(&r, f->all);
	memcpy(r.head.comm, "a\nb", 4);
	r.head.uid = 7;
	r.head.pid = 5;
	r.all.path = record_str(&r, "/tmp/\x1b[31m\xff");
	r.all.argv = record_put(&r, "sh\0-c\0x y", 9);
	r.all.flags = 0101;
	r.all.daddr = ip4(10, 0, 0, 1);
	r.all.dport = 80;
	event(f, e, &r, 1);
	buf_char(&told.fields, '\0');
	told_check(&told,
		   "A 3 test.all 1 a\nb: /tmp/\x1b[31m\xff, sh -c x y { - O_WRONLY|O_CREAT} 10.0.0.1 - 00:00:00\n"
		   "B 4 test.all 1 B\n");
	record_begin(&r, f->few);
	r.head.uid = 7;
	r.few.dport = 90;
	r.few.only = 1;
	event(f, e, &r, 2);
	buf_char(&told.fields, '\0');
	told_check(&told, "A 3 test.few 1 : -, - { - -} - true -\n");
	assert_non_null(strstr(told.fields.data, "only=true dport=90 pid=0 uid=7 container.name=- "));
	assert_null(strstr(told.fields.data, "argv="));
	r.head.uid = 8;
	event(f, e, &r, 3);
	told_check(&told, "");
	struct rule_counts counts;
	engine_counts(e, 0, &counts);
	assert_int_equal(counts.events, 3);
	assert_int_equal(counts.matched, 2);
	assert_int_equal(counts.alerts, 2);
	engine_counts(e, 1, &counts);
	assert_int_equal(counts.events, 1);
	engine_destroy(e);
	rules_free(rules);
	told_free(&told);
}

static void test_wants(void **state)
{
	const struct fixture *f = *state;
	struct told told = {0};
	const struct filter *filters[4];
	struct rules *rules = rules_of("[rule A]\nstreams = test.all\n[rule B]\nstreams = test.few\nenabled = no\n"
				       "[rule C]\nstreams = not.there\n[rule D]\nstreams = test.few\nwhere = false\n");
	struct engine *e = engine_of(f, rules, &told);
	assert_true(engine_wants(e, f->all->id));
	assert_false(engine_wants(e, f->few->id));
	assert_false(engine_wants(e, 999));
	assert_int_equal(engine_skipped(e), 1);
	assert_int_equal(engine_filters(e, f->all->id, filters, 4), 1);
	assert_int_equal(engine_filters(e, f->few->id, filters, 4), 0);
	assert_null(engine_filter(e, 2));
	engine_destroy(e);
	rules_free(rules);
}

static bool is_depth(const struct field *field)
{
	return !strcmp(field->name, "depth");
}

static void reads_depth(const struct fixture *f, const char *text, bool expected)
{
	struct told told = {0};
	struct rules *rules = rules_of(text);
	struct engine *e = engine_of(f, rules, &told);
	assert_int_equal(engine_reads(e, is_depth), expected);
	engine_destroy(e);
	rules_free(rules);
}

static void test_reads(void **state)
{
	reads_depth(*state, "[rule A]\nstreams = test.all\n", false);
	reads_depth(*state, "[rule A]\nstreams = test.all\nwhere = depth = 1\n", true);
	reads_depth(*state, "[rule A]\nstreams = test.all\nwhere = depth = 1\nenabled = no\n", false);
	reads_depth(*state, "[rule A]\nstreams = test.all\nmessage = {depth}\n", true);
	reads_depth(*state, "[rule A]\nstreams = test.all\nkey = depth\n", true);
	reads_depth(*state, "[rule A]\nstreams = test.all\n[exception A]\nwhere = depth = 1\n", true);
}

static bool only_odd(void *context, size_t index, const struct view *view)
{
	assert_int_equal(index, 4);
	++*(int *)context;
	return view->rec->pid & 1;
}

/* The script is asked last, and only for what is not excepted. */
static void test_when(void **state)
{
	const struct fixture *f = *state;
	static struct record r;
	int asked = 0;
	struct told told = {0};
	struct config_error error;
	const char *streams[] = {"test.all"};
	struct rules *rules = rules_of("[exception L]\nwhere = pid = 3\n");
	const struct rule rule = {.name = "L",
				  .severity = SEVERITY_ERROR,
				  .streams = streams,
				  .n_streams = 1,
				  .where = "uid = 7",
				  .enabled = true,
				  .file = "a.lua",
				  .line = 7,
				  .when = only_odd,
				  .when_context = &asked,
				  .when_index = 4};
	assert_int_equal(rules_add_rule(rules, &rule, &error), 0);
	struct engine *e = engine_of(f, rules, &told);
	record_begin(&r, f->all);
	for (uint32_t pid = 1; pid < 6; pid++) {
		r.head.pid = pid;
		r.head.uid = 7;
		event(f, e, &r, pid);
		r.head.uid = 6;
		event(f, e, &r, pid);
	}
	assert_int_equal(asked, 4);
	assert_int_equal(told.n, 2);
	struct rule_counts counts;
	engine_counts(e, 0, &counts);
	assert_int_equal(counts.matched, 5);
	assert_int_equal(counts.excepted, 3);
	engine_destroy(e);
	rules_free(rules);
	told_free(&told);
}

/* ---- together as alone ---- */

struct rule_text {
	char *data;
	size_t size;
};

/* "((a) and (b)) and not (c)": parts come from one pool, so that rules have some in common. */
static void combine(struct rule_text *out, const struct rule_text *parts, uint32_t n)
{
	FILE *file = open_memstream(&out->data, &out->size);
	uint32_t terms = 1 + rnd(4);
	fputs("u64 >= 0", file);
	for (uint32_t i = 0; i < terms; i++)
		fprintf(file, " and %s(%s)", rnd(6) ? "" : "not ", parts[rnd(n)].data);
	fclose(file);
}

static void on_fired(void *context, const struct rule *rule, const struct alert *alert)
{
	(void)alert;
	*(uint32_t *)context |= 1u << atoi(rule->name);
}

static void one_case(const struct fixture *f, uint32_t n, uint64_t *fired_in_all)
{
	static struct record r;
	struct rule_text parts[PARTS], texts[RULES];
	struct filter *alone[RULES];
	struct model models[COUNT(fields)];
	struct config_error error = {0};
	struct engine *e = NULL;
	struct rules *rules = rules_new();
	uint32_t fired = 0, n_defs = 0;
	seed = 0x9e3779b97f4a7c15u * (n + 1);
	rnd_theme();
	for (int i = 0; i < PARTS; i++) {
		struct expr *x = rnd_expr(rnd(3));
		struct written t = {.defs = (struct filter_defs *)rules_defs(rules), .n_defs = n_defs};
		t.out = open_memstream(&t.data, &t.size);
		write_expr(&t, t.out, x, S_OR);
		fclose(t.out);
		n_defs = t.n_defs;
		parts[i].data = t.data;
		free_expr(x);
	}
	const char *streams[] = {"test.*"};
	for (int i = 0; i < RULES; i++) {
		char name[8];
		snprintf(name, sizeof(name), "%d", i);
		combine(&texts[i], parts, PARTS);
		struct rule rule = {.name = name,
				    .streams = streams,
				    .n_streams = 1,
				    .where = texts[i].data,
				    .enabled = true,
				    .file = "x",
				    .line = 1,
				    .source = {"x", 1, 1}};
		assert_int_equal(rules_add_rule(rules, &rule, &error), 0);
		alone[i] = compile(f, texts[i].data, rules_defs(rules));
	}
	if (engine_new(&e, rules, &f->schema, on_fired, &fired, &error))
		fail_msg("%s", error.text);
	for (uint32_t i = 0; i < RECORDS; i++) {
		uint32_t expected = 0;
		rnd_record(f, &r, models);
		for (int k = 0; k < RULES; k++)
			expected |= (uint32_t)match(f, alone[k], &r) << k;
		fired = 0;
		event(f, e, &r, r.head.time);
		if (fired != expected)
			fail_msg("case %u, record %u: %x instead of %x", n, i, fired, expected);
		*fired_in_all += (uint64_t)__builtin_popcount(fired);
	}
	engine_destroy(e);
	rules_free(rules);
	for (int i = 0; i < RULES; i++) {
		filter_destroy(alone[i]);
		free(texts[i].data);
	}
	for (int i = 0; i < PARTS; i++)
		free(parts[i].data);
}

static void test_random(void **state)
{
	uint64_t fired = 0;
	for (uint32_t n = 0; n < CASES; n++)
		one_case(*state, n, &fired);
	assert_true(fired > CASES * RECORDS * RULES / 20);
	assert_true(fired < CASES * RECORDS * RULES * 19ull / 20);
}

int main(void)
{
	struct fixture f;
	fixture_init(&f);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_alert, &f),  cmocka_unit_test_prestate(test_wants, &f),
		cmocka_unit_test_prestate(test_reads, &f),  cmocka_unit_test_prestate(test_when, &f),
		cmocka_unit_test_prestate(test_random, &f),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&f);
	return failed;
}
