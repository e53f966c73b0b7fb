/* SPDX-License-Identifier: MIT */
#include "runtime_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime.h"

#define ENTRIES_MAX 65536 /* looked at in one folder */

static int open_state(const char *root, const char *path, int flags)
{
	char full[PATH_MAX];
	if ((size_t)snprintf(full, sizeof(full), "%s%s", root, path) >= sizeof(full)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(full, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
}

int state_open(const char *root, const char *path)
{
	struct stat st;
	int fd = open_state(root, path, O_NOFOLLOW);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

char *state_load(const char *root, const char *path, size_t max, size_t *len)
{
	int fd = state_open(root, path);
	if (fd < 0)
		return NULL;
	struct stat st;
	char *text = NULL;
	int err = 0;
	if (fstat(fd, &st) < 0)
		err = errno;
	else if (st.st_size < 0 || (uint64_t)st.st_size > max)
		err = EFBIG;
	/* /proc's files say size 0; a file may have grown since: what comes behind is not complete and no JSON. */
	size_t cap = err ? 0 : st.st_size ? (size_t)st.st_size : 65536, n = 0;
	if (!err && !(text = malloc(cap + 1)))
		err = ENOMEM;
	while (!err && n < cap) {
		ssize_t got = read(fd, text + n, cap - n);
		if (got <= 0) {
			err = got < 0 ? errno : 0;
			break;
		}
		n += (size_t)got;
	}
	close(fd);
	if (err) {
		free(text);
		errno = err;
		return NULL;
	}
	text[n] = '\0';
	*len = n;
	return text;
}

json_t *state_json(const char *root, const char *path, size_t max)
{
	size_t len;
	char *text = state_load(root, path, max, &len);
	if (!text)
		return NULL;
	json_t *json = json_loadb(text, len, 0, NULL);
	free(text);
	return json;
}

const char *state_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text && *text ? text : NULL;
}

uint64_t state_number(const json_t *object, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(object, key));
	return number > 0 ? (uint64_t)number : 0;
}

uint32_t state_pid(const char *root, const char *path)
{
	size_t len;
	char *text = state_load(root, path, 64, &len);
	if (!text)
		return 0;
	char *end;
	unsigned long pid = strtoul(text, &end, 10);
	bool ok = end != text && (!*end || *end == '\n') && pid <= INT_MAX;
	free(text);
	return ok ? (uint32_t)pid : 0;
}

uint64_t state_pid_start(const char *root, uint32_t pid)
{
	char path[64];
	size_t len;
	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	char *text = state_load(root, path, STATE_MAX, &len);
	if (!text)
		return 0;
	char *field = strrchr(text, ')'); /* the name before it may hold anything */
	for (int i = 2; field && i < 22; i++)
		field = strchr(field + 1, ' ');
	uint64_t start = field ? strtoull(field, NULL, 10) : 0;
	free(text);
	return start;
}

bool state_id_ok(const char *id)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-+";
	size_t n = strspn(id, allowed);
	return n && !id[n] && n <= CONTAINER_ID_MAX && strcmp(id, ".") && strcmp(id, "..");
}

struct walk {
	const char *root, *want;
	state_each each;
	void *context;
	char path[PATH_MAX];
	char id[CONTAINER_ID_MAX + 1];
};

static bool walk_step(struct walk *walk, size_t len, const char *pattern);

static bool walk_name(struct walk *walk, size_t len, const char *rest, const char *name, size_t n, bool is_id)
{
	if (is_id && (!state_id_ok(name) || n > CONTAINER_ID_MAX))
		return true;
	if (is_id)
		memcpy(walk->id, name, n + 1);
	if (len + 1 + n >= sizeof(walk->path))
		return true;
	walk->path[len] = '/';
	memcpy(walk->path + len + 1, name, n);
	walk->path[len + 1 + n] = '\0';
	return walk_step(walk, len + 1 + n, rest);
}

static bool walk_folder(struct walk *walk, size_t len, const char *rest, const char *glob, bool is_id)
{
	int fd = open_state(walk->root, walk->path, O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	bool more = true;
	struct dirent *e;
	for (unsigned i = 0; more && i < ENTRIES_MAX && (e = readdir(dir)); i++) {
		bool may_be = e->d_type == DT_DIR || e->d_type == DT_UNKNOWN;
		if (may_be && *e->d_name != '.' && (is_id || !fnmatch(glob, e->d_name, FNM_PERIOD)))
			more = walk_name(walk, len, rest, e->d_name, strlen(e->d_name), is_id);
	}
	closedir(dir);
	return more;
}

/* walk->path is the first `len` bytes of a path, `pattern` what is to follow. */
static bool walk_step(struct walk *walk, size_t len, const char *pattern)
{
	walk->path[len] = '\0';
	if (!*pattern) {
		int fd = open_state(walk->root, walk->path, O_NOFOLLOW | O_PATH);
		if (fd < 0)
			return true;
		close(fd);
		return walk->each(walk->context, walk->path, walk->id);
	}
	char name[NAME_MAX + 1];
	size_t n = strcspn(pattern + 1, "/");
	if (n >= sizeof(name))
		return true;
	memcpy(name, pattern + 1, n);
	name[n] = '\0';
	const char *rest = pattern + 1 + n;
	bool is_id = !strcmp(name, "@");
	if (is_id && walk->want)
		return walk_name(walk, len, rest, walk->want, strlen(walk->want), true);
	if (is_id || strpbrk(name, "*?["))
		return walk_folder(walk, len, rest, name, is_id);
	return walk_name(walk, len, rest, name, n, false);
}

bool state_walk(const char *root, const char *pattern, const char *id, state_each each, void *context)
{
	struct walk walk = {.root = root, .want = id, .each = each, .context = context};
	return walk_step(&walk, 0, pattern);
}
