/* SPDX-License-Identifier: MIT */
#include "plugin.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin.h"
#include "refuse.h"

#if defined(__x86_64__)
#define MULTIARCH "lib/x86_64-linux-gnu"
#elif defined(__aarch64__)
#define MULTIARCH "lib/aarch64-linux-gnu"
#elif defined(__riscv)
#define MULTIARCH "lib/riscv64-linux-gnu"
#endif

struct found {
	char *stem, *path;
};

struct list {
	struct found *items;
	size_t n, cap;
};

static void list_free(struct list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].stem);
		free(list->items[i].path);
	}
	free(list->items);
}

static int list_add(struct list *list, const char *folder, const char *stem)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->items[i].stem, stem))
			return 0; /* of an earlier folder, which counts */
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 16;
		struct found *grown = realloc(list->items, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		list->items = grown;
		list->cap = cap;
	}
	struct found *f = &list->items[list->n];
	f->stem = strdup(stem);
	if (!f->stem || asprintf(&f->path, "%s/%s.so", folder, stem) < 0) {
		free(f->stem);
		return -ENOMEM;
	}
	list->n++;
	return 0;
}

static int by_stem(const void *a, const void *b)
{
	return strcmp(((const struct found *)a)->stem, ((const struct found *)b)->stem);
}

/* The folder that belongs to this executable; NULL: no memory, or no /proc to know it by. */
static char *own_folder(void)
{
	static const char *const libs[] = {"lib", MULTIARCH, "lib64"};
	char exe[PATH_MAX], *folder = NULL;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	for (int up = 0; up < 2; up++) { /* bin/eunomia */
		while (n > 0 && exe[n - 1] != '/')
			n--;
		if (n > 1)
			n--;
	}
	if (n <= 0)
		return NULL;
	exe[n] = 0;
	for (size_t i = 0; i < sizeof(libs) / sizeof(libs[0]); i++) {
		if (asprintf(&folder, "%s/%s/eunomia/plugins", exe, libs[i]) < 0)
			return NULL;
		if (!access(folder, F_OK))
			return folder;
		free(folder);
	}
	return asprintf(&folder, "%s/lib/eunomia/plugins", exe) < 0 ? NULL : folder;
}

/* Takes `path`. */
static int paths_add(char ***paths, size_t *n, char *path)
{
	char **grown = path ? realloc(*paths, (*n + 2) * sizeof(*grown)) : NULL;
	if (!grown) {
		free(path);
		return -ENOMEM;
	}
	*paths = grown;
	grown[(*n)++] = path;
	grown[*n] = NULL;
	return 0;
}

char **plugin_paths(const char *const *extra, size_t n_extra)
{
	char **paths = calloc(1, sizeof(*paths));
	size_t n = 0;
	int err = paths ? 0 : -ENOMEM;
	for (size_t i = 0; !err && i < n_extra; i++)
		err = paths_add(&paths, &n, strdup(extra[i]));
	for (const char *p = secure_getenv("EUNOMIA_PLUGIN_PATH"); !err && p && *p;) {
		size_t len = strcspn(p, ":");
		if (len)
			err = paths_add(&paths, &n, strndup(p, len));
		p += len + (p[len] == ':');
	}
	char *own = err ? NULL : own_folder();
	if (own)
		err = paths_add(&paths, &n, own);
	if (err) {
		plugin_paths_free(paths);
		return NULL;
	}
	return paths;
}

void plugin_paths_free(char **paths)
{
	for (size_t i = 0; paths && paths[i]; i++)
		free(paths[i]);
	free(paths);
}

/* All plugin files by name. The executable's own folder need not exist; those that somebody gave must. */
static int list_all(char *const *paths, struct list *list, char *why, size_t why_size)
{
	char *own = own_folder();
	int err = 0;
	for (size_t i = 0; paths[i] && !err; i++) {
		DIR *dir = opendir(paths[i]);
		if (!dir && own && !strcmp(own, paths[i]) && errno == ENOENT)
			continue;
		if (!dir) {
			err = -errno;
			refuse(why, why_size, "plugin folder '%s': %s; give one that can be read", paths[i],
			       strerror(errno));
			break;
		}
		for (struct dirent *d; !err && (d = readdir(dir));) {
			size_t len = strlen(d->d_name);
			if (len <= 3 || d->d_name[0] == '.' || strcmp(d->d_name + len - 3, ".so"))
				continue;
			d->d_name[len - 3] = 0;
			err = list_add(list, paths[i], d->d_name);
			if (err)
				refuse(why, why_size, "plugin folder '%s': no memory", paths[i]);
		}
		closedir(dir);
	}
	free(own);
	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), by_stem);
	return err;
}

static void not_found(const char *name, char *const *paths, const struct list *list, char *why, size_t why_size)
{
	const char **stems = calloc(list->n + 1, sizeof(*stems));
	for (size_t i = 0; stems && i < list->n; i++)
		stems[i] = list->items[i].stem;
	const char *near = stems ? nearest_name(name, stems, list->n) : NULL;
	free(stems);
	if (near)
		refuse(why, why_size, "no plugin '%s' (did you mean '%s'?)", name, near);
	else
		refuse(why, why_size, "no plugin '%s'", name);
	for (size_t i = 0; paths[i]; i++) {
		size_t len = strlen(why);
		refuse(why + len, why_size - len, "%s%s", i ? ", " : "; searched ", paths[i]);
	}
	size_t len = strlen(why);
	refuse(why + len, why_size - len, "; name another folder with --plugin-path");
}

struct plugin *plugin_find(const char *name, char *const *paths, char *why, size_t why_size)
{
	if (strchr(name, '/'))
		return plugin_open(name, why, why_size);
	int own = builtin_find(name);
	if (own >= 0)
		return builtin_open((uint32_t)own, why, why_size);
	struct list list = {0};
	struct plugin *plugin = NULL;
	if (!list_all(paths, &list, why, why_size)) {
		struct found key = {.stem = (char *)name};
		struct found *f = list.n ? bsearch(&key, list.items, list.n, sizeof(key), by_stem) : NULL;
		if (f)
			plugin = plugin_open(f->path, why, why_size);
		else
			not_found(name, paths, &list, why, why_size);
	}
	list_free(&list);
	return plugin;
}

int plugin_each(char *const *paths,
		int (*each)(void *context, const char *path, struct plugin *plugin, const char *why), void *context,
		char *why, size_t why_size)
{
	struct list list = {0};
	int err = list_all(paths, &list, why, why_size);
	struct plugin *own;
	for (uint32_t i = 0; !err && (own = builtin_open(i, why, why_size)); i++)
		err = each(context, own->path, own, NULL);
	for (size_t i = 0; !err && i < list.n; i++) {
		struct plugin *plugin = plugin_open(list.items[i].path, why, why_size);
		err = each(context, list.items[i].path, plugin, plugin ? NULL : why);
	}
	list_free(&list);
	return err;
}
