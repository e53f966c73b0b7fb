/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 32 /* folders below a container's */

/* "\040" and the like, as the kernel writes a mount point, back to characters. */
static void unescape(char *text)
{
	char *to = text;
	for (const char *p = text; *p; p++) {
		unsigned code;
		if (*p == '\\' && sscanf(p + 1, "%3o", &code) == 1) {
			*to++ = (char)code;
			p += 3;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
}

static bool word_in(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ',') && (!p[n] || p[n] == ',' || p[n] == ' ' || p[n] == '\n'))
			return true;
	return false;
}

/* The number of the v1 hierarchy that has `pids`: "8:pids:/". */
static uint32_t v1_number(void)
{
	char line[4096], names[256];
	unsigned number = 0, found = 0;
	FILE *f = fopen("/proc/self/cgroup", "re");
	while (f && !found && fgets(line, sizeof(line), f))
		if (sscanf(line, "%u:%255[^:]:", &number, names) == 2 && word_in(names, "pids"))
			found = number;
	if (f)
		fclose(f);
	return found;
}

int hierarchy_find(struct hierarchy *h)
{
	char *line = NULL;
	size_t size = 0;
	bool found = false, v2 = false;
	*h = (struct hierarchy){0};
	FILE *f = fopen("/proc/self/mountinfo", "re");
	if (!f)
		return -errno;
	while (!v2 && getline(&line, &size, f) > 0) {
		/* 31 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - tmpfs tmpfs rw,mode=755 */
		char at[sizeof(h->mount)], type[32], options[512];
		const char *rest = strstr(line, " - ");
		if (!rest || sscanf(line, "%*s %*s %*s %*s %1023s", at) != 1 ||
		    sscanf(rest, " - %31s %*s %511s", type, options) != 2)
			continue;
		v2 = !strcmp(type, "cgroup2");
		if (!v2 && (found || strcmp(type, "cgroup") != 0 || !word_in(options, "pids")))
			continue;
		unescape(at);
		strcpy(h->mount, at);
		found = true;
	}
	free(line);
	fclose(f);
	if (!found)
		return -ENOENT;
	h->v1 = !v2;
	h->id = v2 ? 0 : v1_number();
	return 0;
}

uint64_t cgroup_id(const struct hierarchy *h, const char *path)
{
	char name[8192];
	struct stat st;
	if (!*h->mount || (size_t)snprintf(name, sizeof(name), "%s%s", h->mount, path) >= sizeof(name))
		return 0;
	return stat(name, &st) || !S_ISDIR(st.st_mode) ? 0 : st.st_ino;
}

struct walk {
	const struct hierarchy *hierarchy;
	void (*each)(void *context, uint64_t id, uint64_t parent, const char *path);
	void *context;
	char path[4096];
};

static void below(struct walk *w, uint64_t id, int depth)
{
	char name[8192];
	size_t len = strlen(w->path);
	snprintf(name, sizeof(name), "%s%s", w->hierarchy->mount, w->path);
	DIR *dir = depth ? opendir(name) : NULL;
	for (struct dirent *d; dir && (d = readdir(dir));) {
		if (d->d_type != DT_DIR || d->d_name[0] == '.' || len + strlen(d->d_name) + 2 > sizeof(w->path))
			continue;
		snprintf(w->path + len, sizeof(w->path) - len, "/%s", d->d_name);
		w->each(w->context, d->d_ino, id, w->path);
		below(w, d->d_ino, depth - 1);
		w->path[len] = '\0';
	}
	if (dir)
		closedir(dir);
}

void cgroup_below(const struct hierarchy *h, const char *path, uint64_t id,
		  void (*each)(void *context, uint64_t id, uint64_t parent, const char *path), void *context)
{
	struct walk w = {.hierarchy = h, .each = each, .context = context};
	if (!*h->mount)
		return;
	snprintf(w.path, sizeof(w.path), "%s", strcmp(path, "/") ? path : "");
	below(&w, id, DEPTH_MAX);
}
