/* SPDX-License-Identifier: MIT */
/* Rules as files say them: what later files change, who is enabled, and where a mistake is. */
#include "rule_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

static void test_rule(void **state)
{
	(void)state;
	struct rules *rules = rules_of("[rule A b]\nstreams = test.all, test.f*\nwhere = u8 = 1\n  and dport = 3\n"
				       "severity = CRITICAL\ntags = x, T1059\nmessage = m {pid}\nkey = pid, comm\n"
				       "window = 60s\ndescription = one\n  two\nnumber = 21\nactions = kill, exec:x\n"
				       "[rule C]\nstreams = test.all\nenabled = no\n");
	const struct rule *r = rules_find(rules, "A b");
	assert_int_equal(rules_count(rules), 2);
	assert_ptr_equal(r, rules_at(rules, 0));
	assert_string_equal(r->streams[1], "test.f*");
	assert_int_equal(r->n_streams, 2);
	assert_int_equal(r->severity, SEVERITY_CRITICAL);
	assert_string_equal(r->tags[1], "T1059");
	assert_string_equal(r->key[1], "comm");
	assert_int_equal(r->window_ms, 60000);
	assert_string_equal(r->description, "one two");
	assert_int_equal(r->number, 21);
	assert_string_equal(r->actions[1], "exec:x");
	assert_null(r->cost);
	assert_true(r->enabled);
	assert_int_equal(r->source.line, 3);
	assert_int_equal(r->source.column, 9);
	r = rules_at(rules, 1);
	assert_false(r->enabled);
	assert_int_equal(r->severity, SEVERITY_WARNING);
	assert_null(r->where);
	const char **names;
	assert_int_equal(rules_streams(rules, &names), 2);
	assert_string_equal(names[0], "test.all");
	free(names);
	rules_free(rules);
}

static const char base[] = "[list ports]\nitems = 1, 2\n[macro admin]\ncondition = uid = 0\n"
			   "[rule A]\nstreams = test.all\nwhere = dport in (ports) and admin\ntags = x\nmessage = A\n"
			   "[rule B]\nstreams = test.all\ntags = y\nwhere = false\n";

static bool fires(const struct fixture *f, const struct rules *rules, uint16_t dport, uint32_t uid)
{
	static struct record r;
	struct told told = {0};
	struct engine *engine = engine_of(f, rules, &told);
	record_begin(&r, f->all);
	r.all.dport = dport;
	r.head.uid = uid;
	event(f, engine, &r, 1);
	engine_destroy(engine);
	told_free(&told);
	return told.n;
}

static void test_later_file(void **state)
{
	struct config_error error;
	struct rules *rules = rules_of(base);
	assert_true(fires(*state, rules, 2, 0));
	assert_false(fires(*state, rules, 3, 0));
	assert_false(fires(*state, rules, 2, 7));
	assert_int_equal(add_text(rules, "y.ini",
				  "[list ports]\nappend = 3\n[macro admin]\nappend = uid = 7\n[exception A]\n"
				  "where = dport = 1\n[rule A]\nmessage = new\nseverity = debug\n[exception A]\n"
				  "where = uid = 8\n[list ports]\nappend = 4\n",
				  &error),
			 0);
	assert_true(fires(*state, rules, 3, 0));
	assert_true(fires(*state, rules, 4, 7));
	assert_false(fires(*state, rules, 1, 0));
	assert_false(fires(*state, rules, 2, 8));
	assert_string_equal(rules_find(rules, "A")->message, "new");
	assert_string_equal(rules_find(rules, "A")->where, "dport in (ports) and admin");
	assert_int_equal(add_text(rules, "z.ini", "[list ports]\nitems = 9\n[macro admin]\ncondition = true\n", &error),
			 0);
	assert_false(fires(*state, rules, 3, 0));
	assert_true(fires(*state, rules, 9, 55));
	rules_free(rules);
}

static void enabled(const char *text, bool a, bool b)
{
	struct config_error error;
	struct rules *rules = rules_of(base);
	assert_int_equal(add_text(rules, "y.ini", text, &error), 0);
	assert_int_equal(rules_find(rules, "A")->enabled, a);
	assert_int_equal(rules_find(rules, "B")->enabled, b);
	rules_free(rules);
}

static void test_switches(void **state)
{
	(void)state;
	enabled("[rules]\ndisable = A\n", false, true);
	enabled("[rules]\ndisable = *\nenable = A\n", true, false);
	enabled("[rules]\nenable = A\ndisable = *\n", false, false);
	enabled("[rules]\ndisable = tag:x\n", false, true);
	enabled("[rules]\ndisable = *\n[rules]\nenable = tag:[xy]\n", true, true);
	enabled("[rule A]\nenabled = no\n[rules]\nenable = A\n", true, true);
	enabled("[rules]\ndisable = A\n[rule A]\nenabled = yes\n", true, true);
	/* a rule that comes later is meant too */
	struct config_error error;
	struct rules *rules = rules_new();
	assert_int_equal(add_text(rules, "a.ini", "[rules]\ndisable = B\n[exception A]\nwhere = true\n", &error), 0);
	assert_int_equal(rules_check(rules, &error), -EINVAL);
	assert_int_equal(add_text(rules, "b.ini", base, &error), 0);
	assert_int_equal(rules_check(rules, &error), 0);
	assert_false(rules_find(rules, "B")->enabled);
	assert_false(fires(*state, rules, 2, 0));
	rules_free(rules);
}

#define A "[rule A]\nstreams = test.all\n"

static void test_refused(void **state)
{
	const struct fixture *f = *state;
	refused(f, "[rule A]\nwhere = true\n", 1, 1, "no streams");
	refused(f, "[rule]\n", 1, 1, "no name");
	refused(f, "[rule A]\nstreams = test.all, test.fwe\n", 2, 21,
		"unknown stream 'test.fwe', did you mean 'test.few'?");
	refused(f, "[rule A]\nstreams = nope.*\n", 2, 11, "unknown stream 'nope.*'");
	refused(f, A "wher = true\n", 3, 1, "no key 'wher' (did you mean 'where'?)");
	refused(f, A "where = dprot = 1\n", 3, 9, "unknown field 'dprot' (did you mean 'dport'?)");
	refused(f, A "where = u8 = 1 and\n  dport contains 5\n", 4, 9, "'contains' is not for 'dport'");
	refused(f, A "where = u8 = 1 and\n\n  ; c\n  (dport = \n", 6, 11, "expected a value");
	refused(f, A "severity = crtical\n", 3, 12, "'crtical' is no severity");
	refused(f, A "severity = crtical\n", 3, 12, "did you mean 'Critical'?");
	refused(f, A "key = pid,\n  comn\n", 4, 3, "unknown field 'comn' (did you mean 'comm'?)");
	refused(f, A "message = a {pid} {pit}\n", 3, 20, "unknown field 'pit' (did you mean 'pid'?)");
	refused(f, A "message = a\n  b {pid\n", 4, 5, "'{' begins no {field}");
	refused(f, A "window = 1y\n", 3, 10, "is not a time");
	refused(f, A "actions = kill, exec\n", 3, 17, "unknown action 'exec'");
	refused(f, A "\n" A, 4, 1, "rule 'A' is there twice: first in line 1");
	refused(f, "[list a]\nitems = 1\n[list a]\nitems = 2\n", 3, 1, "list 'a' is there twice");
	refused(f, "[list a]\nitems = 1,,2\n", 2, 11, "");
	refused(f, "[list a]\n", 1, 1, "says nothing");
	refused(f, "[macro a]\ncondition = x =\n", 2, 16, "");
	refused(f, "[macro a b]\ncondition = true\n", 2, 13, "can't name a macro");
	refused(f, A "[exception B]\nwhere = true\n", 3, 1, "unknown rule 'B'");
	refused(f, A "[exception A]\n", 3, 1, "no where");
	refused(f, A "[exception A]\nwhere = pdi = 1\n", 4, 9, "did you mean 'pid'?");
	refused(f, A "[rules]\nenable = A, Aa\n", 4, 13, "unknown rule 'Aa' (did you mean 'A'?)");
	refused(f, A "[rules]\ndisable = tag:zzz\n", 4, 11, "unknown tag 'tag:zzz'");
	refused(f, A "enabled = no\nwhere = dprot = 1\n", 4, 9, "unknown field");
}

static void test_added(void **state)
{
	(void)state;
	struct config_error error;
	struct rules *rules = rules_of(A);
	const char *streams[] = {"test.all"};
	char name[] = "L";
	struct rule rule = {.name = name,
			    .severity = SEVERITY_ERROR,
			    .streams = streams,
			    .n_streams = 1,
			    .where = "dport = 1",
			    .enabled = true,
			    .file = "a.lua",
			    .line = 7,
			    .source = {"a.lua", 9, 3}};
	assert_int_equal(rules_add_rule(rules, &rule, &error), 0);
	assert_int_equal(rules_add_rule(rules, &rule, &error), -EEXIST);
	assert_string_equal(error.file, "a.lua");
	assert_int_equal(error.line, 7);
	name[0] = 'X';
	streams[0] = "";
	const struct rule *copy = rules_find(rules, "L");
	assert_string_equal(copy->streams[0], "test.all");
	assert_string_equal(copy->where, "dport = 1");
	assert_int_equal(copy->source.line, 9);
	rules_free(rules);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_folder(void **state)
{
	(void)state;
	char folder[] = "/tmp/rules-XXXXXX", command[64];
	struct config_error error;
	assert_non_null(mkdtemp(folder));
	write_file(folder, "10.ini", base);
	write_file(folder, "20-user.ini", "[rule A]\nmessage = mine\n");
	write_file(folder, "30.txt", "nothing\n");
	write_file(folder, ".hidden.ini", "nothing\n");
	struct rules *rules = rules_new();
	assert_int_equal(rules_read(rules, folder, &error), 0);
	assert_string_equal(rules_find(rules, "A")->message, "mine");
	rules_free(rules);
	write_file(folder, "40.ini", "nothing\n");
	rules = rules_new();
	assert_int_equal(rules_read(rules, folder, &error), -EINVAL);
	assert_non_null(strstr(error.file, "/40.ini"));
	rules_free(rules);
	rules = rules_new();
	assert_int_equal(rules_read(rules, "/nowhere/rules", &error), -ENOENT);
	rules_free(rules);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	struct fixture f;
	fixture_init(&f);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_rule, &f),     cmocka_unit_test_prestate(test_later_file, &f),
		cmocka_unit_test_prestate(test_switches, &f), cmocka_unit_test_prestate(test_refused, &f),
		cmocka_unit_test_prestate(test_added, &f),    cmocka_unit_test_prestate(test_folder, &f),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&f);
	return failed;
}
