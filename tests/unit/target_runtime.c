/* SPDX-License-Identifier: MIT */
/* The state of each runtime as its versions write it (tests/fixtures/runtimes): all containers, all that is known. */
#include "target_runtime.h"

struct tree_case {
	const char *tree;
	const char *containers[8]; /* as struct told has them */
};

/* clang-format off */
static const struct tree_case cases[] = {
	{"containerd", {
		"5cabaa953bd37c3e357e779bb82aa195eda3b2afa2bdd19594a7162c4f7497be "
			"alpine-c0ffe - containerd - - "
			"/system.slice"
			"/nerdctl-5cabaa953bd37c3e357e779bb82aa195eda3b2afa2bdd19594a7162c4f7497be.scope 0",
		"web1 "
			"web1 docker.io/library/eun-busybox:1 containerd - - "
			"/default/web1 28697",
	}},
	{"crio", {
		"731ace6b8f5d0595c5f69b2ce9fe00a14f5e42fc1220de1988441bb75c5752ac "
			"etcd quay.io/shop/etcd:3.5 cri-o etcd-0 shop "
			"/kubepods.slice/kubepods-besteffort.slice"
			"/kubepods-besteffort-pod9d0c5a11_2f6e_47a3_b1c8_6a7e55d3c201.slice"
			"/crio-731ace6b8f5d0595c5f69b2ce9fe00a14f5e42fc1220de1988441bb75c5752ac.scope 6150",
		"5a335c0bcde3a1f62e9d3a72cfc6468146954b1fce8e967e8f3491ed13fcb2ae "
			"POD registry.k8s.io/pause:3.9 cri-o etcd-0 shop "
			"/kubepods.slice/kubepods-besteffort.slice"
			"/kubepods-besteffort-pod9d0c5a11_2f6e_47a3_b1c8_6a7e55d3c201.slice"
			"/crio-5a335c0bcde3a1f62e9d3a72cfc6468146954b1fce8e967e8f3491ed13fcb2ae.scope 6100",
		"2a4042346922abfe882b16030e1b71e0f03d065fe78f4d19e08c6701ae0e24f5 "
			"backup quay.io/shop/backup:1 cri-o etcd-0 shop "
			"/kubepods.slice/kubepods-besteffort.slice"
			"/kubepods-besteffort-pod9d0c5a11_2f6e_47a3_b1c8_6a7e55d3c201.slice"
			"/crio-2a4042346922abfe882b16030e1b71e0f03d065fe78f4d19e08c6701ae0e24f5.scope 6160",
		"0c69691b34bd47d66064179970f8df434bc7561b7f32fa8a565783830ff9dd1f "
			"vm quay.io/shop/vm:1 cri-o etcd-0 shop "
			"/kubepods.slice/kubepods-besteffort.slice"
			"/kubepods-besteffort-pod9d0c5a11_2f6e_47a3_b1c8_6a7e55d3c201.slice"
			"/crio-0c69691b34bd47d66064179970f8df434bc7561b7f32fa8a565783830ff9dd1f.scope 6170",
	}},
	{"crun", {
		"job "
			"job - crun - - "
			"/job 16981",
		"unit "
			"unit - crun - - "
			"/system.slice/crun-unit.scope 0",
	}},
	{"docker", {
		"4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2 "
			"web nginx:1.25 docker - - "
			"/system.slice"
			"/docker-4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2.scope 4242",
	}},
	{"docker-v1", {
		"7bdc25d1694ef984782a16f6f1710c1c6bc83ba7a131b515baf532bea021d011 "
			"db postgres:15 docker - - "
			"/docker/7bdc25d1694ef984782a16f6f1710c1c6bc83ba7a131b515baf532bea021d011 4300",
		"340859adf909e276437521f7b423d20d07287717ebce103ae59fc25e5cb4e9c7 "
			"app app@sha256:12 docker pod-1 team "
			"/kubepods/burstable/pod1"
			"/340859adf909e276437521f7b423d20d07287717ebce103ae59fc25e5cb4e9c7 4301",
	}},
	{"k8s-cgroupfs", {
		"3afd129ee921294b3753baa031d797950bb050eb1a0f7bb84aaf3f146a3529a7 "
			"sidecar registry.k8s.io/e2e@sha256:ab containerd nginx-7d8b49557c-x2lmv shop "
			"/kubepods/besteffort/pod3f2c1b7e-90ab-4c3d-8e21-0c4b7a6d5e4f"
			"/3afd129ee921294b3753baa031d797950bb050eb1a0f7bb84aaf3f146a3529a7 5151",
		"46f1baa098fb1c0a446e19cefaa1dda8e14b7a20413f70fda6c7ea63fd71f5cd "
			"nginx docker.io/library/nginx:1.25 containerd nginx-7d8b49557c-x2lmv shop "
			"/kubepods/besteffort/pod3f2c1b7e-90ab-4c3d-8e21-0c4b7a6d5e4f"
			"/46f1baa098fb1c0a446e19cefaa1dda8e14b7a20413f70fda6c7ea63fd71f5cd 5150",
		"2b30b835254f4b82b2cfbe7d6cad79dda14c4f52ba060b9fab49c1c0fa4cf54d "
			"vm vm:1 containerd vm-0 shop "
			"/kubepods/burstable/pod9"
			"/2b30b835254f4b82b2cfbe7d6cad79dda14c4f52ba060b9fab49c1c0fa4cf54d 5200",
		"e34ec9e099d9f3c4d0e4d98e423c60a27fa0a7c733604329d969d84bb29ee03e "
			"POD - containerd nginx-7d8b49557c-x2lmv shop "
			"/kubepods/besteffort/pod3f2c1b7e-90ab-4c3d-8e21-0c4b7a6d5e4f"
			"/e34ec9e099d9f3c4d0e4d98e423c60a27fa0a7c733604329d969d84bb29ee03e 5100",
	}},
	{"k8s-systemd", {
		"2353724bd74eab6d47a7455d6cfa89da22575c3ffc03d16bf1155f6380640c47 "
			"sidecar registry.k8s.io/e2e@sha256:ab containerd nginx-7d8b49557c-x2lmv shop "
			"/kubepods.slice/kubepods-burstable.slice"
			"/kubepods-burstable-pod3f2c1b7e_90ab_4c3d_8e21_0c4b7a6d5e4f.slice"
			"/cri-containerd-2353724bd74eab6d47a7455d6cfa89da22575c3ffc03d16bf1155f6380640c47.scope 5151",
		"20e2767204d2ffe929b9f823c24182bd9d9e85c4c3d3bf3e72238d51c24ce850 "
			"POD - containerd nginx-7d8b49557c-x2lmv shop "
			"/kubepods.slice/kubepods-burstable.slice"
			"/kubepods-burstable-pod3f2c1b7e_90ab_4c3d_8e21_0c4b7a6d5e4f.slice"
			"/cri-containerd-20e2767204d2ffe929b9f823c24182bd9d9e85c4c3d3bf3e72238d51c24ce850.scope 5100",
		"cd7659cd6975b674c91e957e1cfe06cbd5fe399ee8e50c923e2f44ff8f08ecd5 "
			"nginx docker.io/library/nginx:1.25 containerd nginx-7d8b49557c-x2lmv shop "
			"/kubepods.slice/kubepods-burstable.slice"
			"/kubepods-burstable-pod3f2c1b7e_90ab_4c3d_8e21_0c4b7a6d5e4f.slice"
			"/cri-containerd-cd7659cd6975b674c91e957e1cfe06cbd5fe399ee8e50c923e2f44ff8f08ecd5.scope 5150",
	}},
	{"podman", {
		"f1ce717835b05e43feb12aaab88c2440be87057a979697c954cf5c517d0babce "
			"web localhost/eun-busybox:1 podman shop - "
			"/libpod_parent/192e3ae6d14f7ac7fb1f74a612b35dbad1b7f60d24af3587cd683d7286cb3b7a"
			"/libpod-f1ce717835b05e43feb12aaab88c2440be87057a979697c954cf5c517d0babce 0",
		"c1e286aaf92d3f1ebd4882be402295ea3bde30b7dd0b614782b3ee984b360404 "
			"web-runc localhost/eun-busybox:1 podman - - "
			"/libpod_parent/libpod-c1e286aaf92d3f1ebd4882be402295ea3bde30b7dd0b614782b3ee984b360404 995",
		"9bf7fedd217ed693153f9ca42bca11b55f1e22626e6ac3ad1ce58057cdbfdf72 "
			"tmp docker.io/library/redis:7 podman - - "
			"/machine.slice"
			"/libpod-9bf7fedd217ed693153f9ca42bca11b55f1e22626e6ac3ad1ce58057cdbfdf72.scope/container 0",
		"bfa7b5f3b4156351b7e6fbea89112bc391fe14ccfb73f486178191e0643ca7af "
			"cache docker.io/library/redis:7 podman - - "
			"/machine.slice"
			"/libpod-bfa7b5f3b4156351b7e6fbea89112bc391fe14ccfb73f486178191e0643ca7af.scope/container 7001",
	}},
	{"runc", {
		"plain1 "
			"plain1 - runc - - "
			"/plain1 25803",
		"stale_2.x "
			"stale_2.x - runc - - "
			"/a/stale_2.x 0",
		"mine "
			"mine - runc - - "
			"/user.slice/user-1000.slice/user@1000.service/mine 0",
	}},
};
/* clang-format on */

static struct runtimes *open_tree(const char *tree)
{
	char root[PATH_MAX];
	snprintf(root, sizeof(root), FIXTURES "/%s", tree);
	struct runtimes *runtimes = runtimes_new(root);
	assert_non_null(runtimes);
	return runtimes;
}

static void test_scan(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct told *told = calloc(1, sizeof(*told));
		struct runtimes *runtimes = open_tree(cases[i].tree);
		assert_int_equal(runtimes_scan(runtimes, tell, told), 0);
		size_t n = 0;
		for (; n < 8 && cases[i].containers[n]; n++)
			if (!was_told(told, cases[i].containers[n]))
				fail_msg("%s: not told: %s", cases[i].tree, cases[i].containers[n]);
		if (told->n != n)
			fail_msg("%s: %zu containers, not %zu; the last is %s", cases[i].tree, told->n, n,
				 told->lines[told->n - 1]);
		runtimes_destroy(runtimes);
		free(told);
	}
}

static void test_find(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct runtimes *runtimes = open_tree(cases[i].tree);
		for (size_t n = 0; n < 8 && cases[i].containers[n]; n++) {
			struct told told = {.n = 0};
			char id[CONTAINER_ID_MAX + 1];
			snprintf(id, sizeof(id), "%.*s", (int)strcspn(cases[i].containers[n], " "),
				 cases[i].containers[n]);
			assert_true(runtimes_find(runtimes, id, tell, &told));
			assert_int_equal(told.n, 1);
			assert_string_equal(told.lines[0], cases[i].containers[n]);
		}
		runtimes_destroy(runtimes);
	}
}

/* What isn't running is known to who asks by id: it may be about to start, and have told its cgroup before its pid. */
static void test_find_not_running(void **unused)
{
	(void)unused;
	struct told told = {.n = 0};
	struct runtimes *runtimes = open_tree("docker");
	assert_true(runtimes_find(runtimes, "cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4", tell,
				  &told));
	assert_int_equal(told.n, 1);
	assert_string_equal(told.lines[0], "cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4 old "
					   "nginx:1.24 docker - - - 0");
	assert_false(runtimes_find(runtimes, "cba06b5736faf67e", tell, &told)); /* a prefix is no id */
	assert_false(runtimes_find(runtimes, "../containers/x", tell, &told));
	assert_false(runtimes_find(runtimes, "", tell, &told));
	assert_int_equal(told.n, 1);
	runtimes_destroy(runtimes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_find_not_running),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
