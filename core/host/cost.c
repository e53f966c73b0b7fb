/* SPDX-License-Identifier: MIT */
#include "cost.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"

/* What a program or host had used when it was last seen. */
struct past {
	uint32_t host, id;
	uint64_t runs, time_ns;
	bool fresh; /* seen in this round */
};

struct costs {
	int stats; /* fd: the kernel counts while it is open */
	uint32_t *pids;
	size_t n_pids;
	struct past *past;
	size_t n_past, cap;
	void (*each)(void *context, const struct cost *cost);
	void *context;
};

struct costs *costs_new(const uint32_t *pids, size_t n, char *why, size_t why_size)
{
	struct costs *c = calloc(1, sizeof(*c));
	if (!c || !(c->pids = calloc(n + 1, sizeof(*c->pids)))) {
		free(c);
		snprintf(why, why_size, "no memory");
		errno = ENOMEM;
		return NULL;
	}
	if (n)
		memcpy(c->pids, pids, n * sizeof(*pids));
	c->n_pids = n;
	c->stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (c->stats < 0) {
		int err = -c->stats;
		const char *remedy = err == EPERM ? kernel_privileges() : "";
		snprintf(why, why_size, "counting what BPF programs cost: %s%s%s%s", strerror(err), *remedy ? " (" : "",
			 remedy, *remedy ? ")" : "");
		costs_destroy(c);
		errno = err;
		return NULL;
	}
	return c;
}

void costs_destroy(struct costs *c)
{
	if (!c)
		return;
	if (c->stats >= 0)
		close(c->stats);
	free(c->pids);
	free(c->past);
	free(c);
}

/* Tells what was used since the last round. What is new has used nothing: it may have run long before we came. */
static int tell(struct costs *c, struct cost *now)
{
	struct past *p = c->past;
	while (p < c->past + c->n_past && (p->host != now->host || p->id != now->id))
		p++;
	const struct past is = {now->host, now->id, now->runs, now->time_ns, true};
	if (p < c->past + c->n_past) {
		now->runs -= p->runs;
		now->time_ns -= p->time_ns;
		*p = is;
	} else {
		if (c->n_past == c->cap) {
			size_t cap = c->cap ? 2 * c->cap : 64;
			struct past *grown = realloc(c->past, cap * sizeof(*grown));
			if (!grown)
				return -ENOMEM;
			c->past = grown;
			c->cap = cap;
		}
		c->past[c->n_past++] = is;
		now->runs = now->time_ns = 0;
	}
	c->each(c->context, now);
	return 0;
}

/* The number behind `key` in a file of lines "key:\tnumber"; 0: there is none. */
static uint64_t number_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static size_t read_file(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, size - 1, f) : 0;
	if (f)
		fclose(f);
	text[n] = '\0';
	return n;
}

static void program_name(uint32_t id, char *name, size_t size)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
		snprintf(name, size, "%s", info.name);
	if (fd >= 0)
		close(fd);
}

/* bpf_prog_show_fdinfo(), kernel/bpf/syscall.c */
static int program(struct costs *c, uint32_t host, const char *fd)
{
	char path[64], target[64], text[1024];
	snprintf(path, sizeof(path), "/proc/%u/fd/%.16s", host, fd);
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return 0;
	target[n] = '\0';
	if (strcmp(target, "anon_inode:bpf-prog") != 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%u/fdinfo/%.16s", host, fd);
	if (!read_file(path, text, sizeof(text)))
		return 0;
	struct cost cost = {.kind = COST_PROGRAM,
			    .host = host,
			    .id = (uint32_t)number_of(text, "prog_id:"),
			    .runs = number_of(text, "run_cnt:"),
			    .time_ns = number_of(text, "run_time_ns:")};
	program_name(cost.id, cost.name, sizeof(cost.name));
	return tell(c, &cost);
}

/* Calls `each` for the numbers in a folder of /proc. */
static int numbers(const char *folder, int (*each)(struct costs *c, uint32_t host, const char *name), struct costs *c,
		   uint32_t host)
{
	DIR *dir = opendir(folder);
	int err = 0;
	if (!dir)
		return 0; /* it ended meanwhile */
	for (struct dirent *e; !err && (e = readdir(dir));)
		if (isdigit((unsigned char)*e->d_name))
			err = each(c, host, e->d_name);
	closedir(dir);
	return err;
}

/* Time on a CPU of all threads: the first number of schedstat (Documentation/scheduler/sched-stats.rst). */
static uint64_t host_time(uint32_t host)
{
	char path[64], text[128];
	uint64_t sum = 0;
	snprintf(path, sizeof(path), "/proc/%u/task", host);
	DIR *dir = opendir(path);
	for (struct dirent *e; dir && (e = readdir(dir));) {
		snprintf(path, sizeof(path), "/proc/%u/task/%.16s/schedstat", host, e->d_name);
		if (isdigit((unsigned char)*e->d_name) && read_file(path, text, sizeof(text)))
			sum += strtoull(text, NULL, 10);
	}
	if (dir)
		closedir(dir);
	return sum;
}

static bool is_host(uint32_t pid)
{
	char path[64];
	struct stat us, it;
	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	return pid != (uint32_t)getpid() && !stat("/proc/self/exe", &us) && !stat(path, &it) &&
	       us.st_dev == it.st_dev && us.st_ino == it.st_ino;
}

static bool is_meant(const struct costs *c, uint32_t pid)
{
	for (size_t i = 0; i < c->n_pids; i++)
		if (c->pids[i] == pid)
			return true;
	return !c->n_pids && is_host(pid);
}

static int host(struct costs *c, uint32_t unused, const char *name)
{
	char path[64];
	(void)unused;
	struct cost cost = {.kind = COST_HOST, .host = (uint32_t)strtoul(name, NULL, 10)};
	if (!is_meant(c, cost.host))
		return 0;
	snprintf(cost.name, sizeof(cost.name), "host");
	cost.time_ns = host_time(cost.host);
	int err = tell(c, &cost);
	snprintf(path, sizeof(path), "/proc/%u/fd", cost.host);
	return err ? err : numbers(path, program, c, cost.host);
}

int costs_read(struct costs *c, void (*each)(void *context, const struct cost *cost), void *context)
{
	c->each = each;
	c->context = context;
	for (size_t i = 0; i < c->n_past; i++)
		c->past[i].fresh = false;
	int err = numbers("/proc", host, c, 0), hosts = 0;
	size_t kept = 0;
	for (size_t i = 0; i < c->n_past; i++) {
		if (!c->past[i].fresh)
			continue;
		hosts += !c->past[i].id;
		c->past[kept++] = c->past[i];
	}
	c->n_past = kept;
	return err ? err : hosts;
}
