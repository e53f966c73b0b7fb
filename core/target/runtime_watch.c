/* SPDX-License-Identifier: MIT */
#include "runtime_watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime.h"
#include "runtime_file.h"

#define FOLDERS_MAX 4096
#define ENTRIES_MAX 65536 /* looked at in one folder */
#define PARTS_MAX 24

struct pattern {
	char *text; /* its components end in NUL */
	const char *parts[PARTS_MAX];
	unsigned n;
	unsigned id; /* which part is the container's id */
};

/* A folder at depth d holds what part d of its patterns may be. */
struct folder {
	int wd;
	unsigned depth;
	uint32_t patterns; /* bits */
	char *path;
};

struct watcher {
	int fd;
	char *root;
	struct pattern patterns[WATCH_PATTERNS];
	size_t n_patterns;
	struct folder *folders; /* by wd: the kernel counts them up */
	size_t n, cap;
	watcher_told told; /* NULL: not to be told */
	void *context;
};

static struct folder *find(const struct watcher *w, int wd)
{
	size_t low = 0, high = w->n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (w->folders[mid].wd < wd)
			low = mid + 1;
		else
			high = mid;
	}
	return low < w->n && w->folders[low].wd == wd ? &w->folders[low] : NULL;
}

static void forget(struct watcher *w, struct folder *folder)
{
	free(folder->path);
	size_t at = (size_t)(folder - w->folders);
	memmove(folder, folder + 1, (--w->n - at) * sizeof(*folder));
}

static bool put(struct watcher *w, const struct folder *folder)
{
	if (w->n == w->cap) {
		size_t cap = w->cap ? 2 * w->cap : 64;
		struct folder *folders = realloc(w->folders, cap * sizeof(*folders));
		if (!folders)
			return false;
		w->folders = folders;
		w->cap = cap;
	}
	size_t at = w->n++;
	for (; at && w->folders[at - 1].wd > folder->wd; at--)
		w->folders[at] = w->folders[at - 1];
	w->folders[at] = *folder;
	return true;
}

static bool is_glob(const char *part)
{
	return strpbrk(part, "*?[@");
}

static bool fits(const char *part, const char *name)
{
	return !strcmp(part, "@") ? state_id_ok(name) : !fnmatch(part, name, FNM_PERIOD);
}

/* The component of a path that stands for the id. */
static void tell(const struct watcher *w, size_t i, const char *path)
{
	char id[CONTAINER_ID_MAX + 1];
	const char *at = path;
	for (unsigned k = 0; k < w->patterns[i].id; k++)
		at = strchr(at + 1, '/');
	size_t n = strcspn(at + 1, "/");
	memcpy(id, at + 1, n);
	id[n] = '\0';
	w->told(w->context, i, path, id);
}

static void enter(struct watcher *w, const char *path, unsigned depth, uint32_t patterns);

/* Something called `name` is, or was written, in a folder. */
static void seen(struct watcher *w, const char *path, unsigned depth, uint32_t patterns, const char *name)
{
	uint32_t deeper = 0;
	char child[PATH_MAX];
	for (size_t i = 0; i < w->n_patterns; i++) {
		const struct pattern *p = &w->patterns[i];
		if (!(patterns & 1U << i) || !fits(p->parts[depth], name))
			continue;
		if ((size_t)snprintf(child, sizeof(child), "%s/%s", path, name) >= sizeof(child))
			return;
		if (depth + 1 < p->n)
			deeper |= 1U << i;
		else if (w->told)
			tell(w, i, child);
	}
	if (deeper)
		enter(w, child, depth + 1, deeper);
}

static bool exists(const char *full)
{
	struct stat st;
	return !lstat(full, &st);
}

/* What is in a folder already: asked after it is watched, so that nothing falls in between. */
static void look(struct watcher *w, const char *path, unsigned depth, uint32_t patterns)
{
	char full[PATH_MAX];
	uint32_t globs = 0;
	for (size_t i = 0; i < w->n_patterns; i++) {
		const char *part = patterns & 1U << i ? w->patterns[i].parts[depth] : NULL;
		if (part && is_glob(part))
			globs |= 1U << i;
		else if (part && (size_t)snprintf(full, sizeof(full), "%s%s/%s", w->root, path, part) < sizeof(full) &&
			 exists(full))
			seen(w, path, depth, 1U << i, part);
	}
	if (!globs || (size_t)snprintf(full, sizeof(full), "%s%s", w->root, path) >= sizeof(full))
		return;
	DIR *dir = opendir(full);
	struct dirent *e;
	for (unsigned n = 0; dir && n < ENTRIES_MAX && (e = readdir(dir)); n++)
		if (*e->d_name != '.' && (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN))
			seen(w, path, depth, globs, e->d_name);
	if (dir)
		closedir(dir);
}

static void enter(struct watcher *w, const char *path, unsigned depth, uint32_t patterns)
{
	char full[PATH_MAX];
	uint32_t mask = IN_ONLYDIR | IN_MOVED_TO | IN_MASK_ADD;
	for (size_t i = 0; i < w->n_patterns; i++)
		if (patterns & 1U << i) {
			mask |= depth + 1 < w->patterns[i].n ? IN_CREATE : IN_CLOSE_WRITE;
			/* /var/lib/docker may well be a link; what a container or user is named after may not */
			if (depth && is_glob(w->patterns[i].parts[depth - 1]))
				mask |= IN_DONT_FOLLOW;
		}
	if (w->n >= FOLDERS_MAX || (size_t)snprintf(full, sizeof(full), "%s%s/", w->root, path) >= sizeof(full))
		return;
	if (mask & IN_DONT_FOLLOW)
		full[strlen(full) - 1] = '\0';
	int wd = inotify_add_watch(w->fd, full, mask);
	if (wd < 0)
		return;
	struct folder *known = find(w, wd);
	if (known) {
		patterns &= ~known->patterns;
		known->patterns |= patterns;
	} else {
		struct folder folder = {.wd = wd, .depth = depth, .patterns = patterns, .path = strdup(path)};
		if (!folder.path || !put(w, &folder)) {
			free(folder.path);
			inotify_rm_watch(w->fd, wd);
			return;
		}
	}
	look(w, path, depth, patterns);
}

static void plant(struct watcher *w)
{
	enter(w, "", 0, (uint32_t)((1ULL << w->n_patterns) - 1));
}

/* With all that the kernel still has to tell: without a folder nothing is added. */
static void uproot(struct watcher *w)
{
	char buf[4096];
	while (w->n) {
		struct folder *last = &w->folders[w->n - 1];
		inotify_rm_watch(w->fd, last->wd);
		forget(w, last);
	}
	while (read(w->fd, buf, sizeof(buf)) > 0)
		;
}

static int split(struct pattern *p, const char *text)
{
	char *save = NULL;
	p->text = strdup(text);
	if (!p->text)
		return -ENOMEM;
	for (char *part = strtok_r(p->text, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		if (p->n == PARTS_MAX)
			return -ENAMETOOLONG;
		if (!strcmp(part, "@"))
			p->id = p->n;
		p->parts[p->n++] = part;
	}
	return 0;
}

struct watcher *watcher_new(const char *root, const char *const *patterns, size_t n)
{
	struct watcher *w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	int err = n > WATCH_PATTERNS ? -E2BIG : 0;
	w->root = strdup(root);
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0)
		err = -errno;
	else if (!w->root)
		err = -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		err = split(&w->patterns[i], patterns[i]);
		w->n_patterns++;
	}
	if (err) {
		watcher_destroy(w);
		errno = -err;
		return NULL;
	}
	plant(w);
	return w;
}

void watcher_destroy(struct watcher *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n; i++)
		free(w->folders[i].path);
	for (size_t i = 0; i < w->n_patterns; i++)
		free(w->patterns[i].text);
	if (w->fd >= 0)
		close(w->fd);
	free(w->folders);
	free(w->root);
	free(w);
}

int watcher_fd(const struct watcher *w)
{
	return w->fd;
}

/* True: the kernel's queue was full. */
static bool handle(struct watcher *w, const struct inotify_event *e)
{
	struct folder *folder = find(w, e->wd);
	if (folder && e->mask & IN_IGNORED)
		forget(w, folder);
	else if (folder && e->len) {
		struct folder at = *folder; /* the table may grow */
		at.path = strdup(folder->path);
		if (at.path)
			seen(w, at.path, at.depth, at.patterns, e->name);
		free(at.path);
	}
	return e->mask & IN_Q_OVERFLOW;
}

int watcher_read(struct watcher *w, watcher_told told, void *context)
{
	_Alignas(struct inotify_event) char buf[16384];
	int pending = 0, err = 0;
	bool lost = false;
	w->told = told;
	w->context = context;
	/* What is there now, not what a busy user adds meanwhile. */
	if (ioctl(w->fd, FIONREAD, &pending) < 0)
		err = -errno;
	while (!err && pending > 0) {
		ssize_t n = read(w->fd, buf, sizeof(buf));
		if (n < 0 && errno != EINTR)
			err = errno == EAGAIN ? 0 : -errno;
		if (n < 0 && errno != EINTR)
			break;
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const void *)(buf + at);
			lost |= handle(w, e);
			at += (ssize_t)(sizeof(*e) + e->len);
		}
		pending -= n > 0 ? (int)n : 0;
	}
	w->told = NULL;
	if (lost) {
		uproot(w);
		plant(w);
	}
	return err ? err : lost;
}
