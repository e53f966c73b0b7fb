/* SPDX-License-Identifier: MIT */
/* Containers that come while they are watched for, in the ways in which runtimes write their state. */
#include "target_runtime.h"

#define ID "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2"
#define MOBY "\"bundle=/run/containerd/io.containerd.runtime.v2.task/moby/" ID "\""

static struct runtimes *watch(const struct tree *tree)
{
	struct runtimes *runtimes = runtimes_new(tree->root);
	assert_non_null(runtimes);
	return runtimes;
}

/* Whether the fd is readable; then what runtimes_changed() tells, in place of what was told before. */
static bool changed(struct runtimes *runtimes, struct told *told)
{
	struct pollfd fd = {.fd = runtimes_fd(runtimes), .events = POLLIN};
	bool readable = poll(&fd, 1, 0) == 1;
	told->n = 0;
	assert_int_equal(runtimes_changed(runtimes, tell, told), 0);
	assert_int_equal(poll(&fd, 1, 0), 0);
	return readable;
}

/* runc: a folder, then the state by rename. It is known as soon as the rename is done. */
static void test_runc(void **state)
{
	const struct tree *tree = *state;
	struct told told;
	tree_folders(tree, "/run/runc/");
	struct runtimes *runtimes = watch(tree);
	assert_false(changed(runtimes, &told));
	assert_int_equal(told.n, 0);
	tree_replace(tree, "/run/runc/a/state.json", RUNC_STATE("a", "a", "")); /* all at once */
	assert_true(changed(runtimes, &told));
	assert_true(was_told(&told, "a a - runc - - /a 0"));
	tree_folders(tree, "/run/runc/b/"); /* step by step */
	changed(runtimes, &told);
	assert_int_equal(told.n, 0);
	tree_replace(tree, "/run/runc/b/state.json", RUNC_STATE("b", "b", ""));
	assert_true(changed(runtimes, &told));
	assert_int_equal(told.n, 1);
	assert_string_equal(told.lines[0], "b b - runc - - /b 0");
	runtimes_destroy(runtimes);
}

/* Nothing of a runtime's is there yet; then folder by folder, or a whole tree moved to its place. */
static void test_roots_later(void **state)
{
	static const char *const steps[] = {"/run/", "/run/containerd/", "/run/containerd/runc/",
					    "/run/containerd/runc/k8s.io/", "/run/containerd/runc/k8s.io/x/"};
	const struct tree *tree = *state;
	struct told told;
	struct runtimes *runtimes = watch(tree);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		tree_folders(tree, steps[i]);
		assert_true(changed(runtimes, &told));
		assert_int_equal(told.n, 0);
	}
	tree_replace(tree, "/run/containerd/runc/k8s.io/x/state.json", RUNC_STATE("x", "x", ""));
	assert_true(changed(runtimes, &told));
	assert_true(was_told(&told, "x x - runc - - /x 0"));

	char from[PATH_MAX];
	tree_write(tree, "/elsewhere/crun/y/status", "{\"bundle\":\"/b\",\"cgroup-path\":\"/y\"}");
	strcpy(from, tree_path(tree, "/elsewhere/crun"));
	assert_int_equal(rename(from, tree_path(tree, "/run/crun")), 0);
	assert_true(changed(runtimes, &told));
	assert_int_equal(told.n, 1);
	assert_string_equal(told.lines[0], "y y - crun - - /y 0");
	runtimes_destroy(runtimes);
}

/* A runtime's folder is removed and comes again. */
static void test_root_again(void **state)
{
	const struct tree *tree = *state;
	struct told told;
	struct runtimes *runtimes = watch(tree);
	for (int i = 0; i < 3; i++) {
		tree_replace(tree, "/run/runc/a/state.json", RUNC_STATE("a", "a", ""));
		assert_true(changed(runtimes, &told));
		assert_true(was_told(&told, "a a - runc - - /a 0"));
		nftw(tree_path(tree, "/run/runc"), tree_drop, 16, FTW_DEPTH | FTW_PHYS);
		changed(runtimes, &told);
		assert_int_equal(told.n, 0);
	}
	runtimes_destroy(runtimes);
}

/* Half written is nothing; the rest of it, written in place, brings the container. */
static void test_half_written(void **state)
{
	const struct tree *tree = *state;
	struct told told;
	struct runtimes *runtimes = watch(tree);
	tree_write(tree, "/run/runc/a/state.json", "{\"id\":\"a\",\"init_pro");
	assert_true(changed(runtimes, &told));
	assert_int_equal(told.n, 0);
	tree_write(tree, "/run/runc/a/state.json", RUNC_STATE("a", "a", ""));
	assert_true(changed(runtimes, &told));
	assert_true(was_told(&told, "a a - runc - - /a 0"));
	runtimes_destroy(runtimes);
}

/* docker: what names the container may come, or change, after the OCI runtime has it. */
static void test_docker_name(void **state)
{
	const struct tree *tree = *state;
	struct told told;
	struct runtimes *runtimes = watch(tree);
	tree_replace(tree, "/var/lib/docker/containers/" ID "/config.v2.json", "{\"ID\":\"" ID "\",\"Name\":\"/web\"}");
	assert_true(changed(runtimes, &told));
	assert_int_equal(told.n, 0); /* made, not running */
	tree_replace(tree, "/run/docker/runtime-runc/moby/" ID "/state.json", RUNC_STATE(ID, "c", MOBY));
	assert_true(changed(runtimes, &told));
	assert_true(was_told(&told, ID " web - docker - - /c 0"));
	tree_replace(tree, "/var/lib/docker/containers/" ID "/config.v2.json", "{\"ID\":\"" ID "\",\"Name\":\"/www\"}");
	assert_true(changed(runtimes, &told));
	assert_int_equal(told.n, 1);
	assert_string_equal(told.lines[0], ID " www - docker - - /c 0");
	runtimes_destroy(runtimes);
}

/* What else happens in /run and beside a container's state is none of ours. */
static void test_unrelated(void **state)
{
	const struct tree *tree = *state;
	struct told told;
	tree_write(tree, "/run/runc/a/state.json", RUNC_STATE("a", "a", ""));
	struct runtimes *runtimes = watch(tree);
	tree_write(tree, "/run/lock", "x");
	tree_write(tree, "/run/systemd/units/x", "x");
	tree_write(tree, "/run/runc/a/other", "x");
	tree_write(tree, "/run/runc/lock", "x");
	tree_write(tree, "/var/lib/docker/overlay2/x", "x");
	changed(runtimes, &told);
	assert_int_equal(told.n, 0);
	/* in folders that lead to no state nothing is watched at all */
	tree_write(tree, "/run/systemd/units/y", "x");
	tree_write(tree, "/var/lib/docker/overlay2/y", "x");
	assert_false(changed(runtimes, &told));
	runtimes_destroy(runtimes);
}

/* More short containers, one after the other, than folders may be watched: each is told. */
static void test_many(void **state)
{
	const struct tree *tree = *state;
	struct told told;
	tree_folders(tree, "/run/runc/");
	struct runtimes *runtimes = watch(tree);
	for (int i = 0; i < 4200; i++) {
		char path[64], text[256], line[64];
		snprintf(path, sizeof(path), "/run/runc/c%d/state.json", i);
		snprintf(text, sizeof(text), RUNC_STATE("c%d", "c%d", ""), i, i);
		snprintf(line, sizeof(line), "c%d c%d - runc - - /c%d 0", i, i, i);
		tree_folders(tree, path);
		changed(runtimes, &told);
		tree_replace(tree, path, text);
		assert_true(changed(runtimes, &told));
		assert_true(was_told(&told, line));
		assert_int_equal(told.n, 1);
		assert_int_equal(unlink(tree_path(tree, path)), 0);
		*strrchr(path, '/') = '\0';
		assert_int_equal(rmdir(tree_path(tree, path)), 0);
	}
	runtimes_destroy(runtimes);
}

/* More happened than the kernel keeps: all containers are told, and later ones still are. */
static void test_overflow(void **state)
{
	const struct tree *tree = *state;
	struct told told;
	unsigned max = 0;
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &max), 1);
	fclose(f);
	if (max > 200000)
		skip();
	tree_write(tree, "/run/runc/a/state.json", RUNC_STATE("a", "a", ""));
	struct runtimes *runtimes = watch(tree);
	char from[PATH_MAX], to[PATH_MAX];
	strcpy(from, tree_path(tree, "/run/x"));
	strcpy(to, tree_path(tree, "/run/y"));
	tree_write(tree, "/run/x", "");
	for (unsigned i = 0; i <= max / 2; i++) {
		assert_int_equal(rename(from, to), 0);
		assert_int_equal(rename(to, from), 0);
	}
	tree_replace(tree, "/run/runc/b/state.json", RUNC_STATE("b", "b", "")); /* not told by the kernel */
	assert_true(changed(runtimes, &told));
	assert_true(was_told(&told, "a a - runc - - /a 0"));
	assert_true(was_told(&told, "b b - runc - - /b 0"));
	changed(runtimes, &told);
	tree_replace(tree, "/run/runc/b/state.json", RUNC_STATE("b", "b2", ""));
	tree_replace(tree, "/run/runc/c/state.json", RUNC_STATE("c", "c", ""));
	assert_true(changed(runtimes, &told));
	assert_true(was_told(&told, "b b - runc - - /b2 0"));
	assert_true(was_told(&told, "c c - runc - - /c 0"));
	runtimes_destroy(runtimes);
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)
	const struct CMUnitTest tests[] = {
		IN_TREE(test_runc),         IN_TREE(test_roots_later), IN_TREE(test_root_again),
		IN_TREE(test_half_written), IN_TREE(test_docker_name), IN_TREE(test_unrelated),
		IN_TREE(test_overflow),     IN_TREE(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
