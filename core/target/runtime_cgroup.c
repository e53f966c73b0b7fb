/* SPDX-License-Identifier: MIT */
#include "runtime_cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime.h"
#include "runtime_file.h"

#define ID_DIGITS 64

/*
 * A component of a cgroup's path that holds an id of 64 digits, or of any name where `any` says so. The helpers of
 * runtimes (libpod-conmon-ID.scope, crio-conmon-ID) don't match: what stands between prefix and suffix is no id.
 */
static const struct pattern {
	const char *parent; /* the component before it, NULL: any */
	const char *prefix, *suffix;
	const char *runtime;
	bool any;
} patterns[] = {
	{NULL, "docker-", ".scope", "docker", false},
	{NULL, "cri-containerd-", ".scope", "containerd", false},
	{NULL, "nerdctl-", ".scope", "containerd", false},
	{NULL, "crio-", ".scope", "cri-o", false},
	{NULL, "crio-", "", "cri-o", false}, /* cgroupfs */
	{NULL, "libpod-", ".scope", "podman", false},
	{NULL, "libpod-", "", "podman", false}, /* cgroupfs */
	{NULL, "runc-", ".scope", "runc", true},
	{NULL, "crun-", ".scope", "crun", true},
	{"docker", "", "", "docker", false},
	/* kubepods with cgroupfs, a --cgroup-parent, nerdctl: the id alone, by which runtime is not told */
	{NULL, "", "", NULL, false},
};

static bool is_digits(const char *text, size_t n)
{
	return n == ID_DIGITS && strspn(text, "0123456789abcdef") >= n;
}

static bool is_id(const char *text, size_t n, bool any)
{
	if (!any)
		return is_digits(text, n);
	char id[CONTAINER_ID_MAX + 1];
	if (!n || n > CONTAINER_ID_MAX)
		return false;
	memcpy(id, text, n);
	id[n] = '\0';
	return state_id_ok(id);
}

struct part {
	const char *at;
	size_t len;
};

static bool part_is(struct part part, const char *text)
{
	return strlen(text) == part.len && !memcmp(part.at, text, part.len);
}

static const struct pattern *match(struct part parent, struct part part, struct part *id)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		const struct pattern *p = &patterns[i];
		size_t prefix = strlen(p->prefix), suffix = strlen(p->suffix);
		if (part.len <= prefix + suffix || (p->parent && !part_is(parent, p->parent)) ||
		    memcmp(part.at, p->prefix, prefix) || memcmp(part.at + part.len - suffix, p->suffix, suffix))
			continue;
		*id = (struct part){part.at + prefix, part.len - prefix - suffix};
		if (is_id(id->at, id->len, p->any))
			return p;
	}
	return NULL;
}

/* systemd's slice:prefix:name as a folder's own name: what a runtime makes that was not told of systemd. */
static const struct pattern *match_colons(struct part part, struct part *id)
{
	const char *colon = memchr(part.at, ':', part.len);
	const char *last = memrchr(part.at, ':', part.len);
	if (!colon || colon == last)
		return NULL;
	*id = (struct part){last + 1, (size_t)(part.at + part.len - last - 1)};
	struct part middle = {colon + 1, (size_t)(last - colon - 1)};
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		const struct pattern *p = &patterns[i];
		size_t prefix = strlen(p->prefix);
		if (prefix && middle.len + 1 == prefix && !memcmp(middle.at, p->prefix, middle.len) &&
		    is_id(id->at, id->len, p->any))
			return p;
	}
	return NULL;
}

/* From the innermost component outwards: a container may have cgroups of its own, and containers of its own. */
bool runtime_id_of_cgroup(const char *path, char id[CONTAINER_ID_MAX + 1], const char **runtime)
{
	for (const char *end = path + strlen(path); end > path;) {
		const char *slash = memrchr(path, '/', (size_t)(end - path));
		const char *start = slash ? slash + 1 : path, *up = slash ? slash : path;
		const char *before = memrchr(path, '/', (size_t)(up - path));
		struct part parent = {before ? before + 1 : path, 0}, found;
		parent.len = (size_t)(up - parent.at);
		struct part part = {start, (size_t)(end - start)};
		const struct pattern *p = match(parent, part, &found);
		if (!p)
			p = match_colons(part, &found);
		if (p) {
			memcpy(id, found.at, found.len);
			id[found.len] = '\0';
			if (runtime)
				*runtime = p->runtime;
			return true;
		}
		end = up;
	}
	return false;
}

static bool put(const char *text, char *path, size_t size)
{
	if (*text != '/' || !text[1] || strlen(text) >= size)
		return false;
	strcpy(path, text);
	return true;
}

/* Hierarchies in the order in which one is taken for a container's; the empty name is the unified one's. */
static const char *const hierarchies[] = {"", "pids", "name=systemd", "memory", "devices"};
#define N_HIERARCHIES (sizeof(hierarchies) / sizeof(*hierarchies))

bool runtime_cgroup_of_paths(const json_t *paths, char *path, size_t size)
{
	static const char mount[] = "/sys/fs/cgroup", unified[] = "/unified/";
	for (size_t i = 0; i < N_HIERARCHIES; i++) {
		const char *text = state_text(paths, hierarchies[i]);
		if (!text || strncmp(text, mount, sizeof(mount) - 1))
			continue;
		text += sizeof(mount) - 1;
		if (*hierarchies[i] || !strncmp(text, unified, sizeof(unified) - 1)) /* a folder for each hierarchy */
			text = *text == '/' ? strchr(text + 1, '/') : NULL;
		if (text && put(text, path, size))
			return true;
	}
	return false;
}

/* a-b.slice is in a.slice; system.slice where none is named */
static bool systemd_path(const char *slice, size_t n, const char *prefix, size_t n_prefix, const char *name, char *path,
			 size_t size)
{
	static const char suffix[] = ".slice";
	size_t len = 0, base = n;
	if (!n) {
		slice = "system.slice";
		n = strlen(slice);
		base = n;
	}
	if (base < sizeof(suffix) || memcmp(slice + n - sizeof(suffix) + 1, suffix, sizeof(suffix) - 1))
		return false;
	base -= sizeof(suffix) - 1;
	for (size_t i = 1; i <= base && !(base == 1 && *slice == '-'); i++) /* "-.slice" is the root */
		if (i == base || slice[i] == '-')
			len += (size_t)snprintf(path + (len < size ? len : size), len < size ? size - len : 0,
						"/%.*s.slice", (int)i, slice);
	len += (size_t)snprintf(path + (len < size ? len : size), len < size ? size - len : 0, "/%.*s%s%s.scope",
				(int)n_prefix, prefix, n_prefix ? "-" : "", name);
	return len < size;
}

bool runtime_cgroup_of_oci(const char *text, char *path, size_t size)
{
	const char *first = strchr(text, ':'), *second = first ? strchr(first + 1, ':') : NULL;
	if (*text == '/' || !second)
		return put(text, path, size);
	return systemd_path(text, (size_t)(first - text), first + 1, (size_t)(second - first - 1), second + 1, path,
			    size);
}

bool runtime_cgroup_of_pid(const char *root, uint32_t pid, char *path, size_t size)
{
	char file[64];
	size_t len;
	snprintf(file, sizeof(file), "/proc/%u/cgroup", pid);
	char *text = state_load(root, file, STATE_MAX, &len);
	size_t best = N_HIERARCHIES;
	char *save = NULL;
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		char *names = strchr(line, ':'), *where = names ? strchr(names + 1, ':') : NULL; /* 8:pids:/a */
		if (!where)
			continue;
		*where++ = '\0';
		for (size_t i = 0; i < best; i++)
			if (!strcmp(names + 1, hierarchies[i]) && put(where, path, size))
				best = i;
	}
	free(text);
	return best < N_HIERARCHIES;
}
