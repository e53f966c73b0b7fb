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

/* What one test is about, and a folder for it. */
struct item {
	const struct bad *bad;
	const char *from; /* of a right one */
	const char *folder;
};

/* ABI_DIR/FROM.so as NAME.so in the folder; unlinked before, so that it is another file for the dynamic linker. */
static void put(const struct item *item, const char *from, const char *name, char *path)
{
	char source[PATH_MAX];
	snprintf(source, sizeof(source), "%s/%s.so", ABI_DIR, from);
	snprintf(path, PATH_MAX, "%s/%s.so", item->folder, name);
	unlink(path);
	file_copy(source, path, 0755);
}

static void test_refused(void **state)
{
	const struct item *item = *state;
	char path[PATH_MAX];
	put(item, item->bad->name, "good", path);
	refused(path, item->bad->message);
}

/* The same file does run without the check: so the test above would see it. */
static void test_runs(void **state)
{
	const struct item *item = *state;
	char path[PATH_MAX], name[16];
	int status;
	snprintf(path, sizeof(path), "%s/%s.so", ABI_DIR, item->bad->name);
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
	const struct item *item = *state;
	const char *name = strcmp(item->from, "future") ? "good" : "future";
	char path[PATH_MAX], source[PATH_MAX];
	snprintf(source, sizeof(source), "%s/%s.so", ABI_DIR, item->from);
	if (access(source, F_OK) && !strcmp(item->from, "relr"))
		skip(); /* this linker can't make one */
	put(item, item->from, name, path);
	accepted(path, name);
}

/* No two bad plugins get the same message. */
static void test_own_message(void **state)
{
	const struct item *item = *state;
	char *messages[N_CASES];
	for (size_t i = 0; i < N_CASES; i++) {
		char path[PATH_MAX], why[1024];
		put(item, cases[i].name, "good", path);
		assert_null(plugin_open(path, why, sizeof(why)));
		messages[i] = strdup(why + strlen(path));
		assert_non_null(messages[i]);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(messages[i], messages[j]))
				fail_msg("%s and %s both get: %s", cases[i].name, cases[j].name, messages[i]);
	}
	for (size_t i = 0; i < N_CASES; i++)
		free(messages[i]);
}

/* What later versions added at the ends of rows is passed over, not taken for the next row. */
static void test_future_rows(void **state)
{
	char path[PATH_MAX], why[1024] = "";
	put(*state, "future", "future", path);
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
}

/* The rows of the good plugin as a host will use them. */
static void test_good_rows(void **state)
{
	char path[PATH_MAX], why[1024] = "";
	put(*state, "good", "good", path);
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
	assert_int_equal(p->abi.metrics.count, 2);
	assert_string_equal(p->metrics[1].field, "took_ns");
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
}

int main(void)
{
	struct CMUnitTest tests[2 * N_CASES + N_RIGHT + 3];
	struct item items[N_CASES + N_RIGHT + 1];
	char folder[PATH_MAX];
	size_t n = 0;
	struct item *item = items;
	scratch_make(folder);
	for (size_t i = 0; i < N_CASES; i++, item++) {
		*item = (struct item){.bad = &cases[i], .folder = folder};
		tests[n++] = (struct CMUnitTest){cases[i].name, test_refused, NULL, NULL, item};
		if (cases[i].runs)
			tests[n++] = (struct CMUnitTest){"runs unchecked", test_runs, NULL, NULL, item};
	}
	for (size_t i = 0; i < N_RIGHT; i++, item++) {
		*item = (struct item){.from = right[i], .folder = folder};
		tests[n++] = (struct CMUnitTest){right[i], test_accepted, NULL, NULL, item};
	}
	*item = (struct item){.folder = folder};
	tests[n++] = (struct CMUnitTest){"every message is its own", test_own_message, NULL, NULL, item};
	tests[n++] = (struct CMUnitTest){"rows of the future", test_future_rows, NULL, NULL, item};
	tests[n++] = (struct CMUnitTest){"rows", test_good_rows, NULL, NULL, item};
	int failed = _cmocka_run_group_tests("abi_refuse", tests, n, NULL, NULL);
	scratch_remove(folder);
	return failed;
}
