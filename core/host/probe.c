/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instance_impl.h"
#include "symbol/functions.h"
#include "symbol/root.h"
#include "symbol/usdt.h"

#define FILES_MAX 4096
#define LINKS_MAX 16384

/*
 * Which file it is, whatever it is reached by: the same inode has different devices through the overlays of several
 * containers, and the probe would be in it twice.
 */
struct file_key {
	ino_t inode;
	off_t size;
	struct timespec changed;
	uint32_t pid; /* the process, where the probes are for it alone; else 0 */
};

struct probe {
	const struct eun_attach *row;
	const char *pattern;
	struct bpf_program *program;
	size_t places;
};

struct probes {
	struct instance *instance;
	struct probe *items;
	size_t n;
	struct file_key *files;
	size_t n_files;
	struct bpf_link **links;
	size_t n_links, room;
};

static void report(const struct probes *p, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void report(const struct probes *p, int level, const char *format, ...)
{
	const struct host *host = p->instance->host;
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (host->log)
		host->log(host->log_context, level, p->instance->plugin->abi.name, text);
}

static const char *option_of(const struct instance *in, const char *key)
{
	for (uint32_t i = 0; key && i < in->plugin->abi.options.count; i++)
		if (!strcmp(in->plugin->options[i].key, key))
			return in->options[i];
	return "";
}

static bool row_wanted(const struct instance *in, const struct eun_attach *row, uint64_t streams)
{
	return row->streams & streams && (!row->option || !strcmp(option_of(in, row->option), "true"));
}

bool probes_want(const struct instance *in, uint64_t streams, const char *program)
{
	for (uint32_t i = 0; i < in->plugin->abi.attach.count; i++)
		if (!strcmp(in->plugin->attach[i].program, program) && row_wanted(in, &in->plugin->attach[i], streams))
			return true;
	return false;
}

int probes_new(struct instance *in, uint64_t streams, char *why, size_t why_size)
{
	uint32_t rows = in->plugin->abi.attach.count;
	struct probes *p = rows ? calloc(1, sizeof(*p)) : NULL;
	if (!rows)
		return 0;
	if (p)
		p->items = calloc(rows, sizeof(*p->items));
	if (!p || !p->items) {
		free(p);
		snprintf(why, why_size, "[%s] probes: no memory", in->plugin->abi.name);
		return -ENOMEM;
	}
	p->instance = in;
	for (uint32_t i = 0; i < rows; i++) {
		const struct eun_attach *row = &in->plugin->attach[i];
		if (!row_wanted(in, row, streams))
			continue;
		struct bpf_program *program = bpf_object__find_program_by_name(in->object, row->program);
		if (!program) {
			snprintf(why, why_size, "[%s] probes: the object has no program '%s'", in->plugin->abi.name,
				 row->program);
			probes_destroy(p);
			return -ENOENT;
		}
		const char *path = option_of(in, row->path);
		p->items[p->n++] = (struct probe){row, *path ? path : row->file, program, 0};
	}
	if (!p->n) {
		probes_destroy(p);
		return 0;
	}
	in->probes = p;
	return 0;
}

void probes_destroy(struct probes *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_links; i++)
		bpf_link__destroy(p->links[i]);
	free(p->links);
	free(p->files);
	free(p->items);
	free(p);
}

/* Also of a file that was deleted or replaced while it is mapped. */
static bool means(const struct probe *item, const char *path)
{
	static const char deleted[] = " (deleted)";
	char alive[PATH_MAX];
	size_t n = strlen(path), tail = sizeof(deleted) - 1;
	if (n > tail && n < sizeof(alive) && !strcmp(path + n - tail, deleted)) {
		memcpy(alive, path, n - tail);
		alive[n - tail] = '\0';
		path = alive;
	}
	const char *slash = strrchr(path, '/');
	return !fnmatch(item->pattern, strchr(item->pattern, '/') || !slash ? path : slash + 1, 0);
}

bool probes_mean(const struct probes *p, const char *path)
{
	for (size_t i = 0; *path == '/' && i < p->n; i++)
		if (means(&p->items[i], path))
			return true;
	return false;
}

/* A file that was looked at is not looked at again, whatever was found in it. -EEXIST, -ENOSPC, -ENOMEM. */
static int file_new(struct probes *p, const struct file_key *key)
{
	for (size_t i = 0; i < p->n_files; i++) {
		const struct file_key *f = &p->files[i];
		if (f->inode == key->inode && f->size == key->size && f->pid == key->pid &&
		    f->changed.tv_sec == key->changed.tv_sec && f->changed.tv_nsec == key->changed.tv_nsec)
			return -EEXIST;
	}
	if (p->n_files >= FILES_MAX)
		return -ENOSPC;
	if (p->n_files % 64 == 0) {
		struct file_key *grown = realloc(p->files, (p->n_files + 64) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		p->files = grown;
	}
	p->files[p->n_files++] = *key;
	return 0;
}

static int link_keep(struct probes *p, struct bpf_link *link)
{
	if (!link)
		return -errno;
	if (p->n_links == p->room) {
		size_t room = p->room ? p->room * 2 : 64;
		struct bpf_link **grown = room <= LINKS_MAX ? realloc(p->links, room * sizeof(*grown)) : NULL;
		if (!grown) {
			bpf_link__destroy(link);
			return -ENOSPC;
		}
		p->links = grown;
		p->room = room;
	}
	p->links[p->n_links++] = link;
	return 0;
}

static int has_probe(void *context, const struct usdt_probe *probe)
{
	const char *wanted = context, *colon = strchr(wanted, ':');
	size_t n = (size_t)(colon - wanted);
	return strlen(probe->provider) == n && !memcmp(probe->provider, wanted, n) && !strcmp(probe->name, colon + 1);
}

struct spot {
	const struct elf_file *elf;
	const struct where_debug *where;
	const char *path; /* by which the kernel and libbpf open that very file */
	pid_t pid;        /* -1: all */
};

/* -errno; -ENOENT: the file has no such place. */
static int put_one(struct probes *p, struct probe *item, const struct spot *at)
{
	const struct eun_attach *row = item->row;
	if (row->probe) {
		if (usdt_each(at->elf, has_probe, (void *)row->probe) <= 0)
			return -ENOENT;
		char provider[128];
		const char *colon = strchr(row->probe, ':');
		snprintf(provider, sizeof(provider), "%.*s", (int)(colon - row->probe), row->probe);
		LIBBPF_OPTS(bpf_usdt_opts, opts, .usdt_cookie = row->cookie);
		return link_keep(
			p, bpf_program__attach_usdt(item->program, at->pid, at->path, provider, colon + 1, &opts));
	}
	int64_t offset = row->symbol ? functions_offset(at->elf, at->where, row->symbol) : 0;
	if (offset < 0)
		return (int)offset;
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .bpf_cookie = row->cookie, .retprobe = row->flags & EUN_ATTACH_RETURN);
	return link_keep(p, bpf_program__attach_uprobe_opts(item->program, at->pid, at->path,
							    (size_t)offset + row->offset, &opts));
}

static const char *name_of(const struct eun_attach *row)
{
	return row->probe ? row->probe : row->symbol ? row->symbol : row->program;
}

static void put_all(struct probes *p, const char *path, uint32_t pid, const struct spot *at)
{
	char missing[640] = "";
	size_t used = 0, put = 0;
	for (size_t i = 0; i < p->n; i++) {
		struct probe *item = &p->items[i];
		if (!means(item, path))
			continue;
		int err = put_one(p, item, at);
		if (!err) {
			item->places++;
			put++;
			continue;
		}
		const char *reason = err == -ENOENT && item->row->probe ? "no such static probe"
				     : err == -ENOENT                   ? "no symbol"
									: strerror(-err);
		int n = snprintf(missing + used, sizeof(missing) - used, "%s%s: %s", used ? ", " : "",
				 name_of(item->row), reason);
		used = used + (size_t)n < sizeof(missing) ? used + (size_t)n : sizeof(missing) - 1;
	}
	report(p, *missing ? EUN_LOG_WARN : EUN_LOG_INFO, "%zu probes in %s (pid %u)%s%s", put, path, pid,
	       *missing ? "; missing: " : "", missing);
}

void probes_put(struct probes *p, uint32_t pid, const struct mapping *m, bool alone)
{
	char self[32], folder[PATH_MAX];
	struct stat st;
	int fd = maps_open(pid, m);
	if (fd < 0 || fstat(fd, &st)) {
		if (fd >= 0)
			close(fd);
		return; /* the process is gone, and its file will be seen with the next one */
	}
	const struct file_key key = {st.st_ino, st.st_size, st.st_mtim, alone ? pid : 0};
	int keep = file_new(p, &key) ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	struct elf_file *elf = keep < 0 ? NULL : elf_file_open(keep);
	if (elf) {
		int root = root_of(pid), host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		const int roots[] = {root >= 0 ? root : host, host};
		const char *slash = strrchr(m->path, '/');
		snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - m->path) : 0, m->path);
		const struct where_debug where = {roots, 2, folder};
		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		put_all(p, m->path, pid, &(struct spot){elf, &where, self, alone ? (pid_t)pid : -1});
		elf_file_close(elf);
		close(host);
		if (root >= 0)
			close(root);
	}
	close(fd);
}

void probes_say_missing(const struct probes *p)
{
	for (size_t i = 0; i < p->n; i++) { /* once a pattern */
		bool said = p->items[i].places;
		for (size_t j = 0; j < p->n && !said; j++)
			said = !strcmp(p->items[j].pattern, p->items[i].pattern) && (j < i || p->items[j].places);
		if (!said)
			report(p, EUN_LOG_WARN,
			       "no process that is meant has code of %s that probes fit into; "
			       "they are put there when one maps it",
			       p->items[i].pattern);
	}
}

size_t probes_count(const struct probes *p)
{
	return p->n_links;
}
