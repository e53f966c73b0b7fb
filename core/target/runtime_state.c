/* SPDX-License-Identifier: MIT */
#include "runtime_state.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime_bolt.h"
#include "runtime_cgroup.h"
#include "runtime_file.h"

#define DOCKER "$docker" /* begins a pattern: docker's folder */

static json_t *keep(struct state *state, json_t *file)
{
	if (file && state->n_files == sizeof(state->files) / sizeof(*state->files)) {
		json_decref(file);
		return NULL;
	}
	if (file)
		state->files[state->n_files++] = file;
	return file;
}

/* Takes the text. */
static const char *keep_text(struct state *state, char *text)
{
	json_t *json = keep(state, text ? json_string(text) : NULL);
	free(text);
	return json_string_value(json);
}

/* A file relative to a folder of the machine's. */
static json_t *load(struct state *state, const char *folder, const char *name, size_t max)
{
	if (*folder != '/' || (size_t)snprintf(state->path, sizeof(state->path), "%s/%s", folder, name) >= PATH_MAX)
		return NULL;
	return keep(state, state_json(state->root, state->path, max));
}

static const char *annotation(const struct state *state, const char *key)
{
	if (!json_is_array(state->annotations))
		return state_text(state->annotations, key);
	size_t i, n = strlen(key);
	json_t *label;
	json_array_foreach(state->annotations, i, label)
	{
		const char *text = json_string_value(label);
		if (text && !strncmp(text, key, n) && text[n] == '=' && text[n + 1])
			return text + n + 1;
	}
	return NULL;
}

/*
 * The process is the container's when it began when the state says, or, where it doesn't say, when its cgroup names
 * the container. It gives the cgroup where the state has none.
 */
static void set_pid(struct state *state, uint64_t pid, uint64_t start)
{
	char cgroup[PATH_MAX];
	if (!pid || pid > INT_MAX || (start && state_pid_start(state->root, (uint32_t)pid) != start) ||
	    !runtime_cgroup_of_pid(state->root, (uint32_t)pid, cgroup, sizeof(cgroup)) ||
	    (!start && !strstr(cgroup, state->info.id)))
		return;
	state->info.pid = (uint32_t)pid;
	state->there = true;
	if (!*state->cgroup)
		strcpy(state->cgroup, cgroup);
}

static bool read_runc(struct state *state, const char *path, const json_t *file)
{
	(void)path;
	const char *id = state_text(file, "id");
	if (!id || strcmp(id, state->info.id))
		return false;
	state->annotations = json_object_get(json_object_get(file, "config"), "labels");
	state->bundle = annotation(state, "bundle");
	runtime_cgroup_of_paths(json_object_get(file, "cgroup_paths"), state->cgroup, sizeof(state->cgroup));
	set_pid(state, state_number(file, "init_process_pid"), state_number(file, "init_process_start"));
	return true;
}

static const json_t *annotations_of(const json_t *config)
{
	const json_t *annotations = json_object_get(config, "annotations");
	return json_is_object(annotations) ? annotations : NULL;
}

/* The folder of the file with that path, for free(). */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? strndup(path, (size_t)(slash - path)) : NULL;
}

static bool read_crun(struct state *state, const char *path, const json_t *file)
{
	state->bundle = state_text(file, "bundle");
	if (!state->bundle)
		return false;
	char *folder = folder_of(path);
	const json_t *config = folder ? load(state, folder, "config.json", STATE_MAX) : NULL;
	if (!config)
		config = load(state, state->bundle, "config.json", STATE_MAX);
	free(folder);
	state->annotations = annotations_of(config);
	const char *cgroup = state_text(file, "cgroup-path");
	if (cgroup)
		runtime_cgroup_of_oci(cgroup, state->cgroup, sizeof(state->cgroup));
	set_pid(state, state_number(file, "pid"), state_number(file, "process-start-time"));
	return true;
}

/* A bundle: the config.json that an OCI runtime is given; beside it, the file with the process id. */
static bool read_bundle(struct state *state, const char *path, const json_t *file)
{
	static const char *const pid_files[] = {"init.pid", "pidfile"};
	char *folder = folder_of(path);
	state->bundle = keep_text(state, folder);
	if (!json_is_object(file) || !state->bundle)
		return false;
	state->annotations = annotations_of(file);
	const char *cgroup = state_text(json_object_get(file, "linux"), "cgroupsPath");
	if (cgroup)
		runtime_cgroup_of_oci(cgroup, state->cgroup, sizeof(state->cgroup));
	for (size_t i = 0; i < 2 && !state->info.pid; i++) {
		snprintf(state->path, sizeof(state->path), "%s/%s", state->bundle, pid_files[i]);
		set_pid(state, state_pid(state->root, state->path), 0);
	}
	return true;
}

/* docker's own file: the name is "/web"; labels are there where a kubelet drives docker. */
static bool read_docker(struct state *state, const char *path, const json_t *file)
{
	(void)path;
	const char *id = state_text(file, "ID"), *name = state_text(file, "Name");
	if (!id || strcmp(id, state->info.id))
		return false;
	const json_t *config = json_object_get(file, "Config"), *labels = json_object_get(config, "Labels");
	const char *k8s_name = state_text(labels, "io.kubernetes.container.name");
	struct container_info *info = &state->info;
	info->runtime = "docker";
	info->name = k8s_name ? k8s_name : name && *name == '/' && name[1] ? name + 1 : name;
	info->image = state_text(config, "Image");
	info->pod = state_text(labels, "io.kubernetes.pod.name");
	info->pod_namespace = state_text(labels, "io.kubernetes.pod.namespace");
	if (!info->pid)
		set_pid(state, state_number(json_object_get(file, "State"), "Pid"), 0);
	return true;
}

const struct state_source state_sources[] = {
	{"/run/runc/@/state.json", "runc", .oci = true, .watch = true, .read = read_runc},
	{"/run/crun/@/status", "crun", .oci = true, .watch = true, .read = read_crun},
	{"/run/containerd/runc/*/@/state.json", "runc", .oci = true, .watch = true, .read = read_runc},
	{"/run/containerd/runc/*/@/status", "crun", .oci = true, .watch = true, .read = read_crun},
	{"/run/docker/runtime-*/*/@/state.json", "runc", .oci = true, .watch = true, .read = read_runc},
	{"/run/docker/runtime-*/*/@/status", "crun", .oci = true, .watch = true, .read = read_crun},
	{"/run/containerd/io.containerd.runtime.v2.task/*/@/config.json", "containerd", .watch = true,
	 .read = read_bundle},
	{DOCKER "/containers/@/config.v2.json", "docker", .watch = true, .read = read_docker},
	{DOCKER "/*.*/containers/@/config.v2.json", "docker", .watch = true, .read = read_docker}, /* userns-remap */
	{"/run/containers/storage/*-containers/@/userdata/config.json", "oci", .read = read_bundle},
	{"/var/lib/containers/storage/*-containers/@/userdata/config.json", "oci", .read = read_bundle},
	{"/run/user/*/runc/@/state.json", "runc", .oci = true, .user = true, .watch = true, .read = read_runc},
	{"/run/user/*/crun/@/status", "crun", .oci = true, .user = true, .watch = true, .read = read_crun},
	{"/run/user/*/docker/runtime-*/*/@/state.json", "runc", .oci = true, .user = true, .watch = true,
	 .read = read_runc},
	{.pattern = NULL},
};

void state_pattern(const struct state_source *source, const char *docker, char pattern[PATH_MAX])
{
	bool in_docker = !strncmp(source->pattern, DOCKER, sizeof(DOCKER) - 1);
	snprintf(pattern, PATH_MAX, "%s%s", in_docker ? docker : "",
		 source->pattern + (in_docker ? sizeof(DOCKER) - 1 : 0));
}

static bool docker_file(void *context, const char *path, const char *id)
{
	(void)id;
	struct state *state = context;
	const json_t *file = keep(state, state_json(state->root, path, STATE_MAX));
	return !read_docker(state, path, file);
}

static void fill_docker(struct state *state)
{
	char pattern[PATH_MAX];
	for (const struct state_source *s = state_sources; s->pattern && !state->info.name; s++)
		if (s->read == read_docker) {
			state_pattern(s, state->docker, pattern);
			state_walk(state->root, pattern, state->info.id, docker_file, state);
		}
}

/* The entry of containers/storage's index, an array. */
static const json_t *entry_of(const json_t *index, const char *id)
{
	size_t i;
	json_t *entry;
	json_array_foreach(index, i, entry)
	{
		const char *text = state_text(entry, "id");
		if (text && !strcmp(text, id))
			return entry;
	}
	return NULL;
}

/*
 * containers/storage, which podman's bundles are in: .../overlay-containers/ID/userdata. Containers that need not
 * survive a crash are in an index of their own, which newer versions keep below /run.
 */
static void fill_storage(struct state *state)
{
	const char *name = state->bundle ? strstr(state->bundle, "-containers/") : NULL;
	if (!name)
		return;
	while (name > state->bundle && name[-1] != '/')
		name--;
	size_t n = strcspn(name, "/");
	char folders[2][PATH_MAX];
	snprintf(folders[0], PATH_MAX, "%.*s", (int)(name + n - state->bundle), state->bundle);
	snprintf(folders[1], PATH_MAX, "/run/containers/storage/%.*s", (int)n, name);
	static const struct {
		int folder;
		const char *file;
	} places[] = {{0, "containers.json"}, {0, "volatile-containers.json"}, {1, "volatile-containers.json"}};
	for (size_t i = 0; i < 3; i++) {
		const json_t *entry =
			entry_of(load(state, folders[places[i].folder], places[i].file, STORE_MAX), state->info.id);
		if (!entry)
			continue;
		/* What podman wants to know later it puts there, as JSON in a text. */
		const char *text = state_text(entry, "metadata");
		const json_t *metadata = keep(state, text ? json_loads(text, 0, NULL) : NULL);
		const char *first = json_string_value(json_array_get(json_object_get(entry, "names"), 0));
		state->info.name = state_text(metadata, "name");
		if (!state->info.name && first && *first)
			state->info.name = first;
		state->info.image = state_text(metadata, "image-name");
		return;
	}
}

/* The pod is in podman's own database, by number and, elsewhere, name. Versions that have SQLite's do not tell. */
static void fill_podman(struct state *state)
{
	fill_storage(state);
	const char *driver = state->bundle ? strstr(state->bundle, "-containers/") : NULL;
	while (driver && driver > state->bundle && *driver != '/')
		driver--;
	if (!driver)
		return;
	int n = snprintf(state->path, sizeof(state->path), "%.*s/libpod/bolt_state.db", (int)(driver - state->bundle),
			 state->bundle);
	if ((size_t)n >= sizeof(state->path))
		return;
	const char *of_container[] = {"ctr", state->info.id, "pod-id"};
	char *pod = bolt_text(state->root, state->path, of_container, 3);
	const char *of_pod[] = {"id-registry", pod};
	state->info.pod = keep_text(state, pod ? bolt_text(state->root, state->path, of_pod, 2) : NULL);
	free(pod);
}

/*
 * ctr's containers have no name but their id; nerdctl's have. A pod's sandbox has none, "POD" is what k8s calls it. The
 * image is told to OCI runtimes by CRI only; for others it is in containerd's database.
 */
static void fill_containerd(struct state *state)
{
	static const char database[] = "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db";
	const char *task = strstr(state->bundle, "/io.containerd.runtime.v"), *space = strchr(task + 1, '/');
	if (!state->info.image && space) {
		char *name = strndup(space + 1, strcspn(space + 1, "/"));
		const char *keys[] = {"v1", name, "containers", state->info.id, "image"};
		char *image = name ? bolt_text(state->root, database, keys, sizeof(keys) / sizeof(*keys)) : NULL;
		state->info.image = keep_text(state, image);
		free(name);
	}
	const char *type = annotation(state, "io.kubernetes.cri.container-type");
	if (!state->info.name)
		state->info.name = !type ? state->info.id : !strcmp(type, "sandbox") ? "POD" : NULL;
}

static void fill_plain(struct state *state)
{
	state->info.name = state->info.id;
}

/* Who had the container run, by an annotation that no other gives or by where the bundle is. The first that fits. */
static const struct manager {
	const char *runtime; /* NULL: the OCI runtime itself */
	const char *key, *value;
	const char *bundle;                                   /* fnmatch(3) */
	const char *name[2], *image[2], *pod, *pod_namespace; /* annotations, the first that is there */
	void (*fill)(struct state *state);                    /* what is in no annotation */
} managers[] = {
	{
		.runtime = "cri-o",
		.key = "io.container.manager",
		.value = "cri-o",
		.name = {"io.kubernetes.container.name", "io.kubernetes.cri-o.Name"},
		.image = {"io.kubernetes.cri-o.ImageName", "io.kubernetes.cri-o.Image"},
		.pod = "io.kubernetes.pod.name",
		.pod_namespace = "io.kubernetes.pod.namespace",
	},
	{.runtime = "podman", .key = "io.container.manager", .value = "libpod", .fill = fill_podman},
	{.runtime = "docker", .bundle = "*/io.containerd.runtime.v*/moby/*", .fill = fill_docker},
	{
		.runtime = "containerd",
		.bundle = "*/io.containerd.runtime.v*",
		.name = {"io.kubernetes.cri.container-name", "nerdctl/name"},
		.image = {"io.kubernetes.cri.image-name", "io.kubernetes.cri.podsandbox.image-name"},
		.pod = "io.kubernetes.cri.sandbox-name",
		.pod_namespace = "io.kubernetes.cri.sandbox-namespace",
		.fill = fill_containerd,
	},
	{.fill = fill_plain},
};

static bool manages(const struct manager *manager, const struct state *state)
{
	const char *value = manager->key ? annotation(state, manager->key) : NULL;
	return (!manager->key || (value && !strcmp(value, manager->value))) &&
	       (!manager->bundle || (state->bundle && !fnmatch(manager->bundle, state->bundle, 0)));
}

static const char *either(const struct state *state, const char *const keys[2])
{
	const char *text = keys[0] ? annotation(state, keys[0]) : NULL;
	return text || !keys[1] ? text : annotation(state, keys[1]);
}

static void identify(struct state *state)
{
	const struct manager *m = managers;
	while (!manages(m, state))
		m++;
	struct container_info *info = &state->info;
	if (m->runtime)
		info->runtime = m->runtime;
	info->name = either(state, m->name);
	info->image = either(state, m->image);
	info->pod = m->pod ? annotation(state, m->pod) : NULL;
	info->pod_namespace = m->pod_namespace ? annotation(state, m->pod_namespace) : NULL;
	if (m->fill)
		m->fill(state);
}

/* What a user wrote may speak of that user's cgroups: not of the host's, nor of another's container. */
static bool allowed(const struct state *state, const char *path)
{
	unsigned uid;
	char slice[64];
	if (sscanf(path, "/run/user/%u/", &uid) != 1)
		return true;
	int n = snprintf(slice, sizeof(slice), "/user.slice/user-%u.slice/", uid);
	return state->info.cgroup && !strncmp(state->info.cgroup, slice, (size_t)n);
}

bool state_read(struct state *state, const char *root, const char *docker, const struct state_source *source,
		const char *path, const char *id)
{
	*state = (struct state){.root = root, .docker = docker, .there = source->oci};
	state->info.id = id;
	state->info.runtime = source->runtime;
	const json_t *file = keep(state, state_json(root, path, STATE_MAX));
	if (!file || !source->read(state, path, file))
		return false;
	if (state->bundle && strlen(state->bundle) >= PATH_MAX)
		state->bundle = NULL;
	if (source->read != read_docker)
		identify(state);
	if (!source->oci && !strcmp(state->info.runtime, "oci"))
		return false; /* a folder of containers/storage that neither podman nor CRI-O made */
	state->info.cgroup = *state->cgroup ? state->cgroup : NULL;
	return allowed(state, path);
}

void state_free(struct state *state)
{
	for (size_t i = 0; i < state->n_files; i++)
		json_decref(state->files[i]);
	state->n_files = 0;
}
