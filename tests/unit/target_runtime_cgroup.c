/* SPDX-License-Identifier: MIT */
/* What a cgroup's path tells of a container, and what it does not. */
#include "target_runtime.h"

#include "target/runtime_cgroup.h"

#define ID "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2"
#define POD "pod3f2c1b7e-90ab-4c3d-8e21-0c4b7a6d5e4f"
#define SLICES "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3f2c_1.slice"

static void test_named(void **unused)
{
	(void)unused;
	static const struct {
		const char *path, *id, *runtime;
	} cases[] = {
		{"/docker/" ID, ID, "docker"},
		{"/system.slice/docker-" ID ".scope", ID, "docker"},
		{"/docker/" ID "/init.scope", ID, "docker"}, /* systemd inside */
		{"/docker/aa/docker/" ID "/kubelet", ID, "docker"},
		{"/custom/" ID, ID, NULL}, /* --cgroup-parent */
		{"/kubepods/besteffort/" POD "/" ID, ID, NULL},
		{"/kubepods/burstable/" POD "/crio-" ID, ID, "cri-o"},
		{SLICES "/cri-containerd-" ID ".scope", ID, "containerd"},
		{SLICES "/crio-" ID ".scope", ID, "cri-o"},
		{SLICES "/crio-" ID ".scope/container", ID, "cri-o"},
		{SLICES "/docker-" ID ".scope", ID, "docker"},
		{"/system.slice/containerd.service/kubepods-burstable-pod1.slice:cri-containerd:" ID, ID, "containerd"},
		{"/system.slice/nerdctl-" ID ".scope", ID, "containerd"},
		{"/machine.slice/libpod-" ID ".scope", ID, "podman"},
		{"/machine.slice/libpod-" ID ".scope/container", ID, "podman"},
		{"/machine.slice/machine-libpod_pod_" ID ".slice/libpod-" ID ".scope", ID, "podman"},
		{"/libpod_parent/libpod-" ID, ID, "podman"},
		{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope", ID, "podman"},
		{"/system.slice/runc-job_1.scope", "job_1", "runc"},
		{"/system.slice/crun-a.b-c.scope", "a.b-c", "crun"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char id[CONTAINER_ID_MAX + 1] = "";
		const char *runtime = "unset";
		if (!runtime_id_of_cgroup(cases[i].path, id, &runtime))
			fail_msg("none in %s", cases[i].path);
		assert_string_equal(id, cases[i].id);
		assert_string_equal(or_none(runtime), or_none(cases[i].runtime));
		assert_true(runtime_id_of_cgroup(cases[i].path, id, NULL));
	}
}

static void test_not_named(void **unused)
{
	(void)unused;
	static const char *const paths[] = {
		"",
		"/",
		"//",
		"/user.slice/user-1000.slice/session-3.scope",
		"/system.slice/docker.service",
		"/system.slice/containerd.service",
		"/init.scope",
		"/plain1",
		"/default/web1",
		"/machine.slice/libpod-conmon-" ID ".scope",
		SLICES "/crio-conmon-" ID ".scope",
		"/kubepods/burstable/" POD "/crio-conmon-" ID,
		"/libpod_parent/conmon",
		"/machine.slice/machine-libpod_pod_" ID ".slice",
		"/kubepods/besteffort/" POD,
		"/docker",
		"/docker/buildkit/k5t1r0vqn1y4k7xp4m6dl2y9c",
		"/docker/4b5e57f6eb2f",                                                     /* short */
		"/docker/4B5E57F6EB2F42B9039B3D1E13929295F231749C510CBE341CD68036D9AF97E2", /* no runtime writes it so
											     */
		"/docker/" ID "0",
		"/system.slice/docker-" ID "0.scope",
		"/system.slice/docker-" ID ".service",
		"/system.slice/docker-.scope",
		"/system.slice/docker.scope",
		"/system.slice/mydocker-" ID ".scope",
		"/system.slice/runc-.scope",
		"/system.slice/runc-a\\x2fb.scope",
		"/system.slice/runc-a b.scope",
		"/a:cri-containerd:" ID "0",
		"/a:unknown:" ID,
		"/a:" ID,
		"/process_api/5acf977170f3d1a39cc3437ddf7118da",
	};
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		char id[CONTAINER_ID_MAX + 1] = "";
		if (runtime_id_of_cgroup(paths[i], id, NULL))
			fail_msg("%s in %s", id, paths[i]);
	}
	/* an id as long as may be, and one more */
	char path[512], id[CONTAINER_ID_MAX + 1], name[CONTAINER_ID_MAX + 2];
	memset(name, 'a', sizeof(name));
	snprintf(path, sizeof(path), "/runc-%.*s.scope", CONTAINER_ID_MAX, name);
	assert_true(runtime_id_of_cgroup(path, id, NULL));
	assert_int_equal(strlen(id), CONTAINER_ID_MAX);
	snprintf(path, sizeof(path), "/runc-%.*s.scope", CONTAINER_ID_MAX + 1, name);
	assert_false(runtime_id_of_cgroup(path, id, NULL));
}

static void test_oci_path(void **unused)
{
	(void)unused;
	static const struct {
		const char *text, *path; /* NULL: none */
	} cases[] = {
		{"/default/web1", "/default/web1"},
		{"system.slice:docker:x", "/system.slice/docker-x.scope"},
		{":docker:x", "/system.slice/docker-x.scope"},
		{"system.slice::x", "/system.slice/x.scope"},
		{"-.slice:crio:x", "/crio-x.scope"},
		{"kubepods-burstable-pod1_2.slice:crio:x",
		 "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/crio-x.scope"},
		{"relative", NULL},
		{"", NULL},
		{"/", NULL},
		{"a:b", NULL},
		{"noslice:docker:x", NULL},
		{".slice:d:x", NULL},
	};
	char path[128];
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool got = runtime_cgroup_of_oci(cases[i].text, path, sizeof(path));
		assert_string_equal(got ? path : "none", cases[i].path ? cases[i].path : "none");
	}
	assert_false(runtime_cgroup_of_oci("a-b-c-d-e-f-g.slice:crio:x", path, 32)); /* no room */
	assert_false(runtime_cgroup_of_oci("/123456789", path, 10));
}

static void test_paths(void **unused)
{
	(void)unused;
	static const struct {
		const char *json, *path; /* NULL: none */
	} cases[] = {
		{"{\"\":\"/sys/fs/cgroup/a/b\"}", "/a/b"},                                               /* v2 */
		{"{\"\":\"/sys/fs/cgroup/unified/a\",\"pids\":\"/sys/fs/cgroup/pids/b\"}", "/a"},        /* hybrid */
		{"{\"pids\":\"/sys/fs/cgroup/pids/a\",\"memory\":\"/sys/fs/cgroup/memory/x/a\"}", "/a"}, /* v1 */
		{"{\"name=systemd\":\"/sys/fs/cgroup/systemd/a\"}", "/a"},
		{"{\"\":\"/sys/fs/cgroup\",\"pids\":\"/sys/fs/cgroup/pids/b\"}", "/b"}, /* the root is nobody's */
		{"{\"pids\":\"/elsewhere/pids/a\"}", NULL},
		{"{\"pids\":17,\"memory\":[]}", NULL},
		{"[]", NULL},
		{"null", NULL},
		{"{}", NULL},
	};
	char path[64];
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *json = json_loads(cases[i].json, JSON_DECODE_ANY, NULL);
		assert_non_null(json);
		bool got = runtime_cgroup_of_paths(json, path, sizeof(path));
		assert_string_equal(got ? path : "none", cases[i].path ? cases[i].path : "none");
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_not_named),
		cmocka_unit_test(test_oci_path),
		cmocka_unit_test(test_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
