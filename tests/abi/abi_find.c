/* SPDX-License-Identifier: MIT */
/* Folders and names; several plugins at once. */
#include "abi.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/plugin.h"

/* Two folders: a/good.so, a/broken.so, b/good.so (bad), b/future.so */
struct place {
	char root[PATH_MAX], a[PATH_MAX], b[PATH_MAX];
	char *paths[3];
};

static void put(const char *from, const char *folder, const char *name)
{
	char source[PATH_MAX], path[PATH_MAX];
	snprintf(source, sizeof(source), "%s/%s.so", ABI_DIR, from);
	snprintf(path, sizeof(path), "%.4000s/%s.so", folder, name);
	file_copy(source, path, 0644);
}

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	assert_non_null(p);
	scratch_make(p->root);
	snprintf(p->a, sizeof(p->a), "%.4000s/a", p->root);
	snprintf(p->b, sizeof(p->b), "%.4000s/b", p->root);
	assert_int_equal(mkdir(p->a, 0755), 0);
	assert_int_equal(mkdir(p->b, 0755), 0);
	put("good", p->a, "good");
	put("constructor", p->a, "broken");
	put("magic", p->b, "good");
	put("future", p->b, "future");
	p->paths[0] = p->a;
	p->paths[1] = p->b;
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	scratch_remove(p->root);
	free(p);
	return 0;
}

static void test_find(void **state)
{
	struct place *p = *state;
	char why[1024] = "", path[PATH_MAX];
	struct plugin *good = plugin_find("good", p->paths, why, sizeof(why));
	if (!good)
		fail_msg("%s", why);
	snprintf(path, sizeof(path), "%.4000s/good.so", p->a);
	assert_string_equal(good->path, path);
	plugin_close(good);
	/* The first folder counts, also when what is there is refused: b's would shadow nothing silently. */
	char *reversed[] = {p->b, p->a, NULL};
	assert_null(plugin_find("good", reversed, why, sizeof(why)));
	assert_non_null(strstr(why, "b/good.so: eunomia_plugin has the magic number"));
	/* A name with a slash is a file. */
	good = plugin_find(path, reversed, why, sizeof(why));
	assert_non_null(good);
	plugin_close(good);
}

static void test_unknown(void **state)
{
	struct place *p = *state;
	char why[1024] = "", expect[3 * PATH_MAX];
	assert_null(plugin_find("god", p->paths, why, sizeof(why)));
	snprintf(expect, sizeof(expect),
		 "no plugin 'god' (did you mean 'good'?); searched %s, %s; name another folder with --plugin-path",
		 p->a, p->b);
	assert_string_equal(why, expect);
	assert_null(plugin_find("entirely-other", p->paths, why, sizeof(why)));
	assert_null(strstr(why, "did you mean"));
}

static void test_no_folder(void **state)
{
	struct place *p = *state;
	char why[1024] = "", gone[PATH_MAX];
	snprintf(gone, sizeof(gone), "%.4000s/gone", p->root);
	char *paths[] = {p->a, gone, NULL};
	assert_null(plugin_find("good", paths, why, sizeof(why)));
	assert_non_null(strstr(why, "/gone': No such file or directory; give one that can be read"));
}

struct seen {
	char names[8][64];
	unsigned n, refused;
	int answer;
};

static int each(void *context, const char *path, struct plugin *plugin, const char *why)
{
	struct seen *seen = context;
	assert_true(seen->n < 8);
	const char *slash = strrchr(path, '/'); /* a built-in one has none */
	snprintf(seen->names[seen->n++], sizeof(seen->names[0]), "%s", slash ? slash - 1 : path);
	assert_true(!plugin == !!why);
	if (!plugin)
		assert_non_null(strstr(why, "broken.so: DT_INIT_ARRAY"));
	seen->refused += !plugin;
	plugin_close(plugin);
	return seen->answer;
}

static void test_each(void **state)
{
	struct place *p = *state;
	struct seen seen = {.answer = 0};
	char why[1024] = "", hidden[PATH_MAX];
	snprintf(hidden, sizeof(hidden), "%.4000s/.hidden.so", p->a);
	file_copy(GOOD, hidden, 0644);
	assert_int_equal(plugin_each(p->paths, each, &seen, why, sizeof(why)), 0);
	assert_int_equal(seen.n, 4);
	assert_string_equal(seen.names[0], "(built in)");
	assert_string_equal(seen.names[1], "a/broken.so");
	assert_string_equal(seen.names[2], "b/future.so");
	assert_string_equal(seen.names[3], "a/good.so");
	assert_int_equal(seen.refused, 1);
	seen = (struct seen){.answer = 42};
	assert_int_equal(plugin_each(p->paths, each, &seen, why, sizeof(why)), 42);
	assert_int_equal(seen.n, 1);
	char *gone[] = {"/nowhere/at/all", NULL};
	assert_int_equal(plugin_each(gone, each, &seen, why, sizeof(why)), -2);
}

static void test_paths(void **state)
{
	(void)state;
	const char *const extra[] = {"/x", "/y"};
	char exe[PATH_MAX], own[PATH_MAX], why[256];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	assert_true(n > 0);
	exe[n] = 0;
	*strrchr(exe, '/') = 0;
	*strrchr(exe, '/') = 0;
	snprintf(own, sizeof(own), "%.4000s/lib/eunomia/plugins", exe);
	setenv("EUNOMIA_PLUGIN_PATH", "/e::/f", 1);
	char **paths = plugin_paths(extra, 2);
	unsetenv("EUNOMIA_PLUGIN_PATH");
	assert_non_null(paths);
	const char *const expect[] = {"/x", "/y", "/e", "/f", own};
	for (int i = 0; i < 5; i++)
		assert_string_equal(paths[i], expect[i]);
	assert_null(paths[5]);
	plugin_paths_free(paths);
	/* The executable's own folder need not be there. */
	paths = plugin_paths(NULL, 0);
	assert_non_null(paths);
	assert_null(plugin_find("no-such-plugin", paths, why, sizeof(why)));
	assert_non_null(strstr(why, "no plugin 'no-such-plugin'"));
	plugin_paths_free(paths);
}

static struct plugin *must(const char *name, char *const *paths)
{
	char why[1024] = "";
	struct plugin *plugin = plugin_find(name, paths, why, sizeof(why));
	if (!plugin)
		fail_msg("%s", why);
	assert_string_equal(plugin->abi.name, name);
	return plugin;
}

/* The dynamic linker knows a file by the name it was loaded by: an fd's number must not come again too early. */
static void test_several(void **state)
{
	struct place *p = *state;
	struct plugin *one = must("good", p->paths), *two = must("future", p->paths), *three = must("good", p->paths);
	assert_ptr_not_equal(one->handle, two->handle);
	plugin_close(one);
	assert_string_equal(three->streams[0].name, "good.ping");
	struct plugin *four = must("future", p->paths);
	plugin_close(two);
	plugin_close(three);
	plugin_close(four);
	for (int i = 0; i < 20; i++)
		plugin_close(must(i % 2 ? "good" : "future", p->paths));
	plugin_close(NULL);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_find), TEST(test_unknown), TEST(test_no_folder),
		TEST(test_each), TEST(test_paths),   TEST(test_several),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
