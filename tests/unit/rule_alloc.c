/* SPDX-License-Identifier: MIT */
/* Memory: no event takes any, but the first one of a window; and making an engine survives when there is none. */
#include "rule_fixture.h"

#include "alloc.h"

static const char text[] =
	"[list ports]\nitems = 1, 2, 3\n[macro in_box]\ncondition = container.name exists\n"
	"[rule A]\nstreams = test.all\nwhere = in_box and dport in (ports) and path glob '/e*'\n"
	"message = {comm} {path} {argv} {flags} {daddr} {container.name}\n"
	"[rule B]\nstreams = test.*\nwhere = in_box and path startswith /etc and uid = 7\nkey = path, container.name\n"
	"window = 10s\n[rule C]\nstreams = test.all\nwhere = argv regex 'a+b' or string icontains X\n"
	"[exception A]\nwhere = uid = 9\n";

static void count_alert(void *context, const struct rule *rule, const struct alert *alert)
{
	(void)rule;
	(void)alert;
	++*(uint64_t *)context;
}

static void test_events(void **state)
{
	const struct fixture *f = *state;
	static struct record r;
	uint64_t alerts = 0;
	struct config_error error;
	struct engine *e;
	struct rules *rules = rules_of(text);
	struct view view;
	assert_int_equal(engine_new(&e, rules, &f->schema, count_alert, &alerts, &error), 0);
	record_begin(&r, f->all);
	r.head.pid = 1;
	r.head.uid = 7;
	r.head.time = 5;
	r.all.dport = 2;
	r.all.path = record_str(&r, "/etc/passwd");
	r.all.argv = record_put(&r, "sh\0-c", 5);
	assert_true(view_init(&view, &r, r.head.len, &f->schema));
	engine_event(e, &view);
	assert_int_equal(alerts, 2);
	/* rule A tells each, B counts */
	allocations = 0;
	for (int i = 0; i < 1000; i++)
		engine_event(e, &view);
	r.head.pid = 2;
	for (int i = 0; i < 1000; i++)
		engine_event(e, &view);
	assert_int_equal(allocations, 0);
	assert_int_equal(alerts, 1002);
	engine_destroy(e);
	rules_free(rules);
}

static int build(const struct fixture *f, struct config_error *error)
{
	struct config *config = NULL;
	struct engine *e = NULL;
	uint64_t alerts = 0;
	struct rules *rules = rules_new();
	if (!rules)
		return -ENOMEM;
	int err = config_parse(&config, "x", text, sizeof(text) - 1, error);
	if (!err)
		err = rules_add(rules, config, error);
	if (!err)
		err = engine_new(&e, rules, &f->schema, count_alert, &alerts, error);
	engine_destroy(e);
	config_free(config);
	rules_free(rules);
	return err;
}

/* Each allocation fails in turn. */
static void test_making(void **state)
{
	struct config_error error;
	allocations = 0;
	assert_int_equal(build(*state, &error), 0);
	uint32_t n = allocations;
	assert_in_range(n, 100, 2000);
	for (uint32_t i = 1; i <= n; i++) {
		allocations = 0;
		fail_at = i;
		int err = build(*state, &error);
		fail_at = 0;
		if (err != -ENOMEM)
			fail_msg("allocation %u of %u failed: %d", i, n, err);
	}
}

int main(void)
{
	struct fixture f;
	fixture_init(&f);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_events, &f),
		cmocka_unit_test_prestate(test_making, &f),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&f);
	return failed;
}
