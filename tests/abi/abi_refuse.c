/* SPDX-License-Identifier: MIT */
/* Each bad plugin of cases.cmake is refused with its own message and without running; unusual good ones are taken. */
#include "abi.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/plugin.h"

struct bad {
	const char *name, *message;
	bool runs; /* when it is loaded or unloaded without a check */
};

static const struct bad cases[] = {
#include "cases.inc"
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static const char *const right[] = {"good", "hash_sysv", "hash_gnu", "hash_both", "relr", "future"};
#define N_RIGHT (sizeof(right) / sizeof(right[0]))

/* The file as NAME.so, alone in a folder. */
static void put(const char *from, const char *name, char *folder, char *path)
{
	char source[PATH_MAX];
	scratch_make(folder);
	snprintf(source, sizeof(source), "%s/%s.so", ABI_DIR, from);
	snprintf(path, PATH_MAX, "%.4000s/%s.so", folder, name);
	file_copy(source, path, 0755);
}

static void test_refused(void **state)
{
	const struct bad *bad = *state;
	char folder[PATH_MAX], path[PATH_MAX];
	put(bad->name, "good", folder, path);
	refused(path, bad->message);
	scratch_remove(folder);
}

/* The same file does run without the check: so the test above would see it. */
static void test_runs(void **state)
{
	const struct bad *bad = *state;
	char path[PATH_MAX], name[16];
	int status;
	snprintf(path, sizeof(path), "%s/%s.so", ABI_DIR, bad->name);
	pid_t child = fork();
	if (!child) {
		void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		if (handle)
			dlclose(handle);
		prctl(PR_GET_NAME, name);
		_exit(handle && !strcmp(name, "plugin ran") ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_accepted(void **state)
{
	const char *from = *state, *name = strcmp(from, "future") ? "good" : from;
	char folder[PATH_MAX], path[PATH_MAX], source[PATH_MAX];
	snprintf(source, sizeof(source), "%s/%s.so", ABI_DIR, from);
	if (access(source, F_OK) && !strcmp(from, "relr"))
		skip(); /* this linker can't make one */
	put(from, name, folder, path);
	accepted(path, name);
	scratch_remove(folder);
}

/* No two bad plugins get the same message. */
static void test_own_message(void **state)
{
	(void)state;
	char *messages[N_CASES];
	for (size_t i = 0; i < N_CASES; i++) {
		char folder[PATH_MAX], path[PATH_MAX], why[1024];
		put(cases[i].name, "good", folder, path);
		assert_null(plugin_open(path, why, sizeof(why)));
		messages[i] = strdup(why + strlen(path));
		assert_non_null(messages[i]);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(messages[i], messages[j]))
				fail_msg("%s and %s both get: %s", cases[i].name, cases[j].name, messages[i]);
		scratch_remove(folder);
	}
	for (size_t i = 0; i < N_CASES; i++)
		free(messages[i]);
}

/* What later versions added at the ends of rows is passed over, not taken for the next row. */
static void test_future_rows(void **state)
{
	(void)state;
	char folder[PATH_MAX], path[PATH_MAX], why[1024] = "";
	put("future", "future", folder, path);
	struct plugin *p = plugin_open(path, why, sizeof(why));
	if (!p)
		fail_msg("%s", why);
	assert_int_equal(p->abi.streams.count, 2);
	assert_string_equal(p->streams[1].name, "future.two");
	assert_string_equal(p->streams[1].help, "the second");
	struct stream *s = plugin_stream_new(p, 1, why, sizeof(why));
	assert_non_null(s);
	assert_non_null(stream_field(s, "other"));
	assert_int_equal(stream_field(s, "other")->offset, 76);
	stream_destroy(s);
	plugin_close(p);
	scratch_remove(folder);
}

/* The rows of the good plugin as a host will use them. */
static void test_good_rows(void **state)
{
	(void)state;
	char folder[PATH_MAX], path[PATH_MAX], why[1024] = "";
	put("good", "good", folder, path);
	struct plugin *p = plugin_open(path, why, sizeof(why));
	if (!p)
		fail_msg("%s", why);
	assert_string_equal(p->path, path);
	assert_string_equal(p->abi.license, "Dual MIT/GPL");
	assert_int_equal(p->abi.streams.count, 2);
	assert_string_equal(p->streams[0].columns, "number,path,took_ns");
	assert_int_equal(p->abi.options.count, 4);
	assert_string_equal(p->options[1].def, "10ms");
	assert_int_equal(p->abi.programs.count, 3);
	assert_string_equal(p->programs[0].at, "net/net_dev_queue");
	assert_null(p->programs[1].at);
	assert_int_equal(p->aggregates[0].stream, 1);
	assert_string_equal(p->tools[0].unless, "port");
	struct eun_column column;
	table_row(&p->tools[0].columns, 1, &column, sizeof(column));
	assert_string_equal(column.header, "MS");
	assert_true(p->abi.object_end - p->abi.object > 64);
	struct stream *s = plugin_stream_new(p, 0, why, sizeof(why));
	assert_non_null(s);
	assert_string_equal(s->plugin, "good");
	assert_string_equal(stream_field(s, "kind")->labels[1].name, "reply");
	stream_destroy(s);
	plugin_close(p);
	scratch_remove(folder);
}

int main(void)
{
	struct CMUnitTest tests[2 * N_CASES + N_RIGHT + 3];
	size_t n = 0;
	for (size_t i = 0; i < N_CASES; i++) {
		tests[n++] = (struct CMUnitTest){cases[i].name, test_refused, NULL, NULL, (void *)&cases[i]};
		if (cases[i].runs)
			tests[n++] = (struct CMUnitTest){"runs unchecked", test_runs, NULL, NULL, (void *)&cases[i]};
	}
	for (size_t i = 0; i < N_RIGHT; i++)
		tests[n++] = (struct CMUnitTest){right[i], test_accepted, NULL, NULL, (void *)right[i]};
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_own_message);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_future_rows);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_good_rows);
	return _cmocka_run_group_tests("abi_refuse", tests, n, NULL, NULL);
}
