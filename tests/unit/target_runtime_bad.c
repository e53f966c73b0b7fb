/* SPDX-License-Identifier: MIT */
/* State that is half written, unreadable, huge, or not what it should be: no container, and never a wrong name. */
#include "target_runtime.h"

#define ID "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2"
#define GOOD RUNC_STATE("good", "good", "")
#define GOOD_LINE "good good - runc - - /good 0"

static size_t scan(const struct tree *tree, struct told *told)
{
	struct runtimes *runtimes = runtimes_new(tree->root);
	assert_non_null(runtimes);
	told->n = 0;
	assert_int_equal(runtimes_scan(runtimes, tell, told), 0);
	runtimes_destroy(runtimes);
	return told->n;
}

/* Every text is a state of "x"; beside it a good container stays what it is. */
static void test_texts(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"null",
		"[]",
		"17",
		"\"x\"",
		"{}",
		"{\"id\":\"x\"",
		"{\"id\":17}",
		"{\"id\":\"y\"}",
		"{\"id\":[\"x\"]}",
		"{\"id\":\"x\"}}",
		"{\"id\":\"x\\u0000\"}",
		"{\"id\":\"\xff\"}",
	};
	const struct tree *tree = *state;
	struct told told;
	tree_write(tree, "/run/runc/good/state.json", GOOD);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		tree_write(tree, "/run/runc/x/state.json", texts[i]);
		assert_int_equal(scan(tree, &told), 1);
		assert_string_equal(told.lines[0], GOOD_LINE);
	}
}

/* Complete, but of wrong types where it says more than who it is. */
static void test_types(void **state)
{
	static const char *const texts[] = {
		"{\"id\":\"x\"}",
		"{\"id\":\"x\",\"config\":[],\"cgroup_paths\":\"/a\",\"init_process_pid\":\"1\"}",
		"{\"id\":\"x\",\"config\":{\"labels\":{\"bundle\":1}},\"init_process_pid\":-1}",
		"{\"id\":\"x\",\"config\":{\"labels\":[1,null,\"bundle\",\"bundle=\",\"=\"]},\"init_process_pid\":1e9}",
		"{\"id\":\"x\",\"init_process_pid\":4294967297,\"init_process_start\":1}",
		"{\"id\":\"x\",\"config\":{\"labels\":[\"io.container.manager=libpod-not\"]}}",
	};
	const struct tree *tree = *state;
	struct told told;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		tree_write(tree, "/run/runc/x/state.json", texts[i]);
		assert_int_equal(scan(tree, &told), 1);
		assert_string_equal(told.lines[0], "x x - runc - - - 0");
	}
}

/* The OCI runtime knows the container, but who names it can't be read: the name is not known, not another. */
static void test_no_name(void **state)
{
	static const struct {
		const char *label, *file, *text, *line;
	} cases[] = {
		{"\"bundle=/run/containerd/io.containerd.runtime.v2.task/moby/" ID "\"",
		 "/var/lib/docker/containers/" ID "/config.v2.json", "{\"ID\":\"" ID "\",\"Name\":\"/we",
		 ID " - - docker - - /c 0"},
		{"\"bundle=/run/containerd/io.containerd.runtime.v2.task/moby/" ID "\"",
		 "/var/lib/docker/containers/" ID "/config.v2.json", "{\"ID\":\"other\",\"Name\":\"/web\"}",
		 ID " - - docker - - /c 0"},
		{"\"io.container.manager=libpod\",\"bundle=/var/lib/containers/storage/vfs-containers/" ID
		 "/userdata\"",
		 "/var/lib/containers/storage/vfs-containers/containers.json", "[{\"id\":\"" ID "\",\"names\":[\"we",
		 ID " - - podman - - /c 0"},
		{"\"io.container.manager=libpod\",\"bundle=/var/lib/containers/storage/vfs-containers/" ID
		 "/userdata\"",
		 "/var/lib/containers/storage/vfs-containers/containers.json",
		 "[1,{\"id\":[]},{\"id\":\"other\",\"names\":[\"a\"]},{\"id\":\"" ID
		 "\",\"names\":{},\"metadata\":\"{\"}]",
		 ID " - - podman - - /c 0"},
		{"\"io.container.manager=libpod\",\"bundle=/no/such\"", "/x", "", ID " - - podman - - /c 0"},
		{"\"io.container.manager=libpod\"", "/x", "", ID " - - podman - - /c 0"},
		{"\"io.container.manager=libpod\",\"bundle=-containers/\"", "/x", "", ID " - - podman - - /c 0"},
		{"\"io.kubernetes.cri.container-type=container\","
		 "\"bundle=/run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "\"",
		 "/x", "", ID " - - containerd - - /c 0"},
		{"\"io.container.manager=cri-o\"", "/x", "", ID " - - cri-o - - /c 0"},
	};
	const struct tree *tree = *state;
	struct told told;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[1024];
		snprintf(text, sizeof(text), RUNC_STATE(ID, "c", "%s"), cases[i].label);
		tree_write(tree, "/run/runc/" ID "/state.json", text);
		tree_write(tree, cases[i].file, cases[i].text);
		assert_int_equal(scan(tree, &told), 1);
		assert_string_equal(told.lines[0], cases[i].line);
	}
}

static void test_huge(void **state)
{
	const struct tree *tree = *state;
	struct told told;
	/* complete JSON with 1 MiB of blanks before it, and one byte less */
	size_t limit = 1U << 20, n = strlen(GOOD);
	char *text = malloc(limit + 2);
	memset(text, ' ', limit + 1 - n);
	strcpy(text + limit + 1 - n, GOOD);
	tree_write(tree, "/run/runc/good/state.json", text);
	assert_int_equal(scan(tree, &told), 0);
	tree_write(tree, "/run/runc/good/state.json", text + 1);
	assert_int_equal(scan(tree, &told), 1);
	/* as deep as it gets */
	memset(text, '[', limit);
	text[limit] = '\0';
	tree_write(tree, "/run/runc/good/state.json", text);
	assert_int_equal(scan(tree, &told), 0);
	free(text);
}

static void test_not_a_file(void **state)
{
	const struct tree *tree = *state;
	struct told told;
	char elsewhere[PATH_MAX];
	tree_write(tree, "/elsewhere/state.json", GOOD);
	strcpy(elsewhere, tree_path(tree, "/elsewhere/state.json"));
	/* a link at the end of the path */
	tree_folders(tree, "/run/runc/good/state.json");
	assert_int_equal(symlink(elsewhere, tree_path(tree, "/run/runc/good/state.json")), 0);
	assert_int_equal(scan(tree, &told), 0);
	assert_int_equal(unlink(tree_path(tree, "/run/runc/good/state.json")), 0);
	/* nobody writes into this pipe: reading must not wait */
	assert_int_equal(mkfifo(tree_path(tree, "/run/runc/good/state.json"), 0644), 0);
	assert_int_equal(scan(tree, &told), 0);
	assert_int_equal(unlink(tree_path(tree, "/run/runc/good/state.json")), 0);
	assert_int_equal(mkdir(tree_path(tree, "/run/runc/good/state.json"), 0755), 0);
	assert_int_equal(scan(tree, &told), 0);
	assert_int_equal(rmdir(tree_path(tree, "/run/runc/good/state.json")), 0);
	/* a file where a folder should be, and a folder of a name that is no id */
	tree_write(tree, "/run/runc/file", GOOD);
	tree_write(tree, "/run/runc/a b/state.json", RUNC_STATE("a b", "x", ""));
	tree_write(tree, "/run/runc/.hidden/state.json", RUNC_STATE(".hidden", "x", ""));
	assert_int_equal(scan(tree, &told), 0);
	/* what can't be read; root can */
	tree_write(tree, "/run/runc/good/state.json", GOOD);
	assert_int_equal(chmod(tree_path(tree, "/run/runc/good/state.json"), 0), 0);
	assert_int_equal(scan(tree, &told), geteuid() ? 0 : 1);
}

/* A container in a user's state folder may not be said to have another's cgroup. */
static void test_users(void **state)
{
	const struct tree *tree = *state;
	struct told told;
	tree_write(tree, "/run/user/1000/runc/a/state.json", RUNC_STATE("a", "docker/" ID, ""));
	tree_write(tree, "/run/user/1000/crun/b/status", "{\"bundle\":\"/b\",\"cgroup-path\":\"/system.slice/b\"}");
	tree_write(tree, "/run/user/1000/crun/c/status",
		   "{\"bundle\":\"/b\",\"cgroup-path\":\"/user.slice/user-1001.slice/x\"}");
	tree_write(tree, "/run/user/1000/crun/d/status", "{\"bundle\":\"/b\"}");
	assert_int_equal(scan(tree, &told), 0);
	tree_write(tree, "/run/user/1000/crun/e/status",
		   "{\"bundle\":\"/b\",\"cgroup-path\":\"/user.slice/user-1000.slice/x\"}");
	assert_int_equal(scan(tree, &told), 1);
	assert_string_equal(told.lines[0], "e e - crun - - /user.slice/user-1000.slice/x 0");
	/* nor its id */
	tree_write(tree, "/run/runc/e/state.json", RUNC_STATE("e", "e", ""));
	assert_int_equal(scan(tree, &told), 1);
	assert_string_equal(told.lines[0], "e e - runc - - /e 0");
	struct runtimes *runtimes = runtimes_new(tree->root);
	told.n = 0;
	assert_true(runtimes_find(runtimes, "e", tell, &told));
	tree_write(tree, "/run/user/1000/crun/e/status",
		   "{\"bundle\":\"/c\",\"cgroup-path\":\"/user.slice/user-1000.slice/y\"}");
	assert_int_equal(runtimes_changed(runtimes, tell, &told), 0);
	assert_int_equal(told.n, 1);
	assert_string_equal(told.lines[0], "e e - runc - - /e 0");
	runtimes_destroy(runtimes);
}

/* docker's configuration may be anything. */
static void test_docker_folder(void **state)
{
	static const char *const texts[] = {"{", "[]", "{\"data-root\":17}", "{\"data-root\":\"\"}",
					    "{\"data-root\":\"x\"}"};
	const struct tree *tree = *state;
	struct told told;
	tree_write(tree, "/run/docker/runtime-runc/moby/" ID "/state.json",
		   RUNC_STATE(ID, "c", "\"bundle=/run/containerd/io.containerd.runtime.v2.task/moby/" ID "\""));
	tree_write(tree, "/var/lib/docker/containers/" ID "/config.v2.json", "{\"ID\":\"" ID "\",\"Name\":\"/web\"}");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		tree_write(tree, "/etc/docker/daemon.json", texts[i]);
		assert_int_equal(scan(tree, &told), 1);
		assert_string_equal(told.lines[0], ID " web - docker - - /c 0");
	}
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)
	const struct CMUnitTest tests[] = {
		IN_TREE(test_texts),      IN_TREE(test_types), IN_TREE(test_no_name),       IN_TREE(test_huge),
		IN_TREE(test_not_a_file), IN_TREE(test_users), IN_TREE(test_docker_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
