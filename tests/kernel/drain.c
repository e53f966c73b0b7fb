/* SPDX-License-Identifier: MIT */
/*
 * drain FOLDER: a drain of the rings ends though each event that it delivers makes another one, and gives each of them
 * once, in order of time. The events are a child's opens, which the consumer asks it for.
 */
#include <errno.h>
#include <signal.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/instance.h"
#include "target/target.h"

#define FIRST 5000 /* more than a round of the reader takes */
#define SKIPPED 77

struct child {
	pid_t pid;
	int ask, answer;
};

struct seen {
	struct child *child;
	size_t n;
	uint64_t last; /* time */
	bool disorder;
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

static void opens(int asked, int say)
{
	unsigned n;
	while (read(asked, &n, sizeof(n)) == (ssize_t)sizeof(n)) {
		for (; n; n--)
			close(open("/dev/null", O_RDONLY));
		if (write(say, "", 1) != 1)
			break;
	}
	_exit(0);
}

static struct child child_new(void)
{
	int ask[2], answer[2];
	if (pipe(ask) || pipe(answer))
		die("pipe: %s", strerror(errno));
	struct child c = {fork(), ask[1], answer[0]};
	if (c.pid < 0)
		die("fork: %s", strerror(errno));
	if (!c.pid) {
		close(ask[1]);
		opens(ask[0], answer[1]);
	}
	close(ask[0]);
	close(answer[1]);
	return c;
}

/* The child has opened a file so often when it returns. */
static void ask(const struct child *c, unsigned n)
{
	char done;
	if (write(c->ask, &n, sizeof(n)) != (ssize_t)sizeof(n) || read(c->answer, &done, 1) != 1)
		die("the child is gone");
}

static void on_record(void *context, const void *record, uint32_t len, uint64_t sets)
{
	struct seen *s = context;
	if (!len || !sets)
		die("record %zu has %u bytes, sets 0x%llx", s->n, len, (unsigned long long)sets);
	uint64_t time = ((const struct eun_event *)record)->time;
	s->disorder |= time < s->last;
	s->last = time;
	if (++s->n > 4 * FIRST)
		die("a drain does not end while events come");
	if (s->child)
		ask(s->child, 1);
}

static void test(const struct host *host, struct instance *in, uint32_t stream, struct child *child)
{
	size_t n;
	struct seen first = {.child = child}, second = {0};
	ask(child, FIRST);
	n = rings_drain(host->rings, on_record, &first);
	if (n != FIRST || first.n != FIRST || first.disorder)
		die("the first drain: %zu events, %zu delivered%s; %d were there", n, first.n,
		    first.disorder ? " in disorder" : "", FIRST);
	n = rings_drain(host->rings, on_record, &second);
	if (n != FIRST || second.n != FIRST || second.disorder)
		die("the second drain: %zu events, %zu delivered%s; %d had come", n, second.n,
		    second.disorder ? " in disorder" : "", FIRST);
	struct stream_counts c;
	if (instance_counts(in, stream, &c) || c.bpf.sent != 2 * FIRST || c.bpf.lost)
		die("sent %llu, lost %llu", c.bpf.sent, c.bpf.lost);
}

static uint32_t find(const struct plugin *p, const char *name)
{
	for (uint32_t i = 0; i < p->abi.streams.count; i++)
		if (!strcmp(p->streams[i].name, name))
			return i;
	die("no stream %s", name);
}

int main(int argc, char **argv)
{
	char why[512];
	if (argc != 2)
		die("usage: drain FOLDER");
	if (geteuid())
		return SKIPPED;
	signal(SIGPIPE, SIG_IGN);
	struct child child = child_new();
	struct schema schema = {0};
	struct host host = {.schema = &schema};
	const uint32_t pid = (uint32_t)child.pid;
	const struct target_spec spec = {.pids = &pid, .n_pids = 1};
	struct plugin *p = plugin_find("files", (char *const[]){argv[1], NULL}, why, sizeof(why));
	if (!p)
		die("%s", why);
	uint32_t stream = find(p, "files.open");
	host.kernel = kernel_new(NULL);
	host.routes = routes_new(&schema);
	host.targets = targets_new(why, sizeof(why));
	if (!host.kernel || !host.routes || !host.targets)
		die("%s", why);
	host.rings = rings_new(RINGS_BULK_BYTES, targets_ctl(host.targets), why, sizeof(why));
	if (!host.rings || rings_connect(host.rings))
		die("rings: %s", why);
	int set = targets_add(host.targets, &spec, why, sizeof(why));
	struct instance *in = set < 0 ? NULL : instance_new(&host, p, NULL, 0, why, sizeof(why));
	if (!in || instance_load(in, EUN_BIT(stream), why, sizeof(why)) || instance_open(in, why, sizeof(why)))
		die("%s", why);
	instance_want(in, stream, set, true);
	test(&host, in, stream, &child);
	instance_destroy(in);
	rings_destroy(host.rings);
	targets_destroy(host.targets);
	routes_destroy(host.routes);
	kernel_destroy(host.kernel);
	schema_destroy(&schema);
	plugin_close(p);
	close(child.ask);
	close(child.answer);
	waitpid(child.pid, NULL, 0);
	return 0;
}
