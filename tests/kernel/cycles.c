/* SPDX-License-Identifier: MIT */
/*
 * cycles FOLDER: starts and stops each plugin of the folder again and again, each in a process of its own. What a cycle
 * takes it gives back: file descriptors, memory, and the programs, maps and links of the kernel, which are looked up by
 * their ids until they are gone. The only target is the process itself, which is never a subject.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/instance.h"
#include "target/target.h"

#define CYCLES 20
#define WARM 2 /* cycles with all streams at the begin and at the end; in those between a stream in turn */
#define PLUGINS_MAX 64
#define IDS_MAX 4096
#define SKIPPED 77

static const char *const kinds[] = {"prog_id", "map_id", "link_id"};
static int (*const by_id[])(__u32 id) = {bpf_prog_get_fd_by_id, bpf_map_get_fd_by_id, bpf_link_get_fd_by_id};
#define KINDS 3

/* What the kernel has for this process at a moment. */
struct held {
	size_t fds;
	size_t n[KINDS];
	uint32_t ids[KINDS][IDS_MAX];
};

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void read_ids(struct held *h, const char *fd)
{
	char path[300], line[256];
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", fd);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		char name[32];
		unsigned id;
		if (sscanf(line, "%31[^:]: %u", name, &id) != 2)
			continue;
		for (int k = 0; k < KINDS; k++)
			if (!strcmp(name, kinds[k]) && h->n[k] < IDS_MAX)
				h->ids[k][h->n[k]++] = id;
	}
	if (f)
		fclose(f);
}

static void look(struct held *h)
{
	memset(h, 0, sizeof(*h));
	DIR *dir = opendir("/proc/self/fd");
	for (struct dirent *d; dir && (d = readdir(dir));) {
		if (*d->d_name == '.' || atoi(d->d_name) == dirfd(dir))
			continue;
		h->fds++;
		read_ids(h, d->d_name);
	}
	closedir(dir);
}

/* Until the kernel has freed it, which it does after a while and not in our time: at most some seconds. */
static void check_gone(int kind, uint32_t id, const char *plugin)
{
	for (int tries = 0; tries < 1000; tries++) {
		int fd = by_id[kind](id);
		if (fd == -ENOENT || (fd < 0 && errno == ENOENT))
			return;
		if (fd >= 0)
			close(fd);
		usleep(10000);
	}
	die("%s: %s %u is still there", plugin, kinds[kind], id);
}

static bool is_in(uint32_t id, const uint32_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static void check_law(const struct instance *in, const struct plugin *p)
{
	for (uint32_t s = 0; s < p->abi.streams.count; s++) {
		struct stream_counts c;
		if (instance_counts(in, s, &c))
			die("%s: no counts", p->streams[s].name);
		if (stream_counts_error(&c) || c.bpf.sent)
			die("%s: %llu sent, error %lld", p->streams[s].name, c.bpf.sent,
			    (long long)stream_counts_error(&c));
	}
}

/* One start and stop. `during`: what is held while it runs. */
static void cycle(const struct host *host, const struct plugin *p, uint64_t streams, int set, struct held *during)
{
	char why[512];
	struct instance *in = instance_new(host, p, NULL, 0, why, sizeof(why));
	if (!in || instance_load(in, streams, why, sizeof(why)) || instance_open(in, why, sizeof(why)))
		die("%s", why);
	for (uint32_t s = 0; s < p->abi.streams.count; s++)
		if (streams & EUN_BIT(s))
			instance_want(in, s, set, true);
	if (instance_seed(in, why, sizeof(why)))
		die("%s", why);
	look(during);
	instance_stop(in);
	kernel_grace();
	instance_stopped(in);
	if (instance_drain(in, true, why, sizeof(why)))
		die("%s", why);
	check_law(in, p);
	instance_destroy(in);
	kernel_forget(host->kernel);
}

static void cycles(const struct host *host, const struct plugin *p, int set)
{
	static struct held before, during, after, first;
	size_t memory = 0, fds = 0;
	look(&before);
	for (int i = 0; i < CYCLES; i++) {
		bool all = i < WARM || i >= CYCLES - WARM;
		cycle(host, p, all ? ~0ull : EUN_BIT((uint32_t)i % p->abi.streams.count), set, &during);
		look(&after);
		/* the first one opens tracefs for all that come */
		if (i && after.fds != fds)
			die("%s: %zu file descriptors after %d cycles, %zu after the first", p->abi.name, after.fds,
			    i + 1, fds);
		fds = after.fds;
		if (all && (during.n[0] == before.n[0] || during.n[1] == before.n[1] || during.n[2] == before.n[2]))
			die("%s: nothing was loaded", p->abi.name);
		if (!i)
			first = during;
		/* the first cycles fill caches of libbpf and of libc */
		size_t now = mallinfo2().uordblks;
		if (i == WARM)
			memory = now;
		else if (i > WARM && now > memory)
			die("%s: %zu bytes of memory after %d cycles, %zu after %d", p->abi.name, now, i + 1, memory,
			    WARM + 1);
	}
	for (int k = 0; k < KINDS; k++) {
		for (size_t i = 0; i < first.n[k]; i++)
			if (!is_in(first.ids[k][i], before.ids[k], before.n[k]))
				check_gone(k, first.ids[k][i], p->abi.name);
		for (size_t i = 0; i < during.n[k]; i++)
			if (!is_in(during.ids[k][i], before.ids[k], before.n[k]))
				check_gone(k, during.ids[k][i], p->abi.name);
	}
	printf("%s: %d cycles, up to %zu programs, %zu maps, %zu links\n", p->abi.name, CYCLES,
	       during.n[0] - before.n[0], during.n[1] - before.n[1], during.n[2] - before.n[2]);
}

/* The host's own parts around it; they, too, give everything back. */
static void test(const struct plugin *p)
{
	static struct held before, after;
	char why[512];
	struct schema schema = {0};
	struct host host = {.schema = &schema};
	const uint32_t self = (uint32_t)getpid();
	const struct target_spec spec = {.pids = &self, .n_pids = 1, .follow = true};
	look(&before);
	host.kernel = kernel_new(NULL);
	host.routes = routes_new(&schema);
	host.targets = targets_new(why, sizeof(why));
	if (!host.kernel || !host.routes || !host.targets)
		die("%s", why);
	host.rings = rings_new(1 << 16, targets_ctl(host.targets), why, sizeof(why));
	if (!host.rings || rings_connect(host.rings))
		die("rings: %s", why);
	int set = targets_add(host.targets, &spec, why, sizeof(why));
	if (set < 0)
		die("%s", why);
	cycles(&host, p, set);
	rings_destroy(host.rings);
	targets_destroy(host.targets);
	routes_destroy(host.routes);
	kernel_destroy(host.kernel);
	schema_destroy(&schema);
	look(&after);
	if (after.fds != before.fds)
		die("%s: %zu file descriptors at the end, %zu at the begin", p->abi.name, after.fds, before.fds);
}

static int each(void *context, const char *path, struct plugin *p, const char *why)
{
	size_t *n = context;
	if (!p)
		die("%s: %s", path, why);
	if (!p->abi.object) { /* the built-in one has nothing in the kernel */
		plugin_close(p);
		return 0;
	}
	fflush(stdout);
	pid_t pid = *n < PLUGINS_MAX ? fork() : -1;
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		test(p);
		plugin_close(p);
		exit(0);
	}
	plugin_close(p);
	(*n)++;
	return 0;
}

int main(int argc, char **argv)
{
	char why[512];
	size_t n = 0;
	int status, failed = 0;
	if (argc != 2)
		die("usage: cycles FOLDER");
	if (geteuid())
		return SKIPPED;
	/* what malloc keeps for the next one counts as taken; it reads this before main() */
	if (!getenv("GLIBC_TUNABLES")) {
		setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
		execv("/proc/self/exe", argv);
	}
	char *const paths[] = {argv[1], NULL};
	if (plugin_each(paths, each, &n, why, sizeof(why)))
		die("%s", why);
	for (size_t i = 0; i < n; i++) {
		wait(&status);
		failed |= status;
	}
	return failed || !n;
}
