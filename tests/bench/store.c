/* SPDX-License-Identifier: MIT */
/*
 * What the history costs the event path, and whether it keeps up: `bench_store [RATE [SECONDS]]` offers so many events
 * a second (100000, for 5 s), in rounds of a millisecond as a drain has them, of processes that have an exe, arguments
 * and ancestors, into a file below TMPDIR. One line: ns an offer (the median round's), taken, written, lost, bytes an
 * event.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <eunomia/plugin.h>

#include "store/store.h"
#include "target/computed.h"

#define PROCESSES 100

struct connect {
	struct eun_event head;
	__u64 sock;
	struct eun_ip saddr, daddr;
	__u16 sport, dport;
	__s32 ret;
	__u64 latency_ns;
};

static const struct eun_field fields[] = {
	EUN_FIELD(struct connect, saddr, EUN_IP, 0, "local address"),
	EUN_FIELD(struct connect, sport, EUN_U16, 0, "local port"),
	EUN_FIELD(struct connect, daddr, EUN_IP, 0, "the peer's address"),
	EUN_FIELD(struct connect, dport, EUN_U16, 0, "the peer's port"),
	EUN_FIELD(struct connect, ret, EUN_ERRNO, EUN_FIELD_ERROR, "outcome"),
	EUN_FIELD(struct connect, latency_ns, EUN_U64, 0, "latency"),
};

static const struct eun_stream row = {
	.name = "bench.connect",
	.version = 1,
	.record_size = sizeof(struct connect),
	.fields = EUN_TABLE(fields),
	.columns = "",
	.help = "connections",
};

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Each the child of one of those before it. */
static struct procs *people(void)
{
	struct procs *procs = procs_new(4096, 4 << 20);
	char exe[64];
	for (uint32_t pid = 1; procs && pid <= PROCESSES; pid++) {
		snprintf(exe, sizeof(exe), "/usr/local/bin/program-%u", pid);
		const struct proc proc = {.serial = pid,
					  .pid = pid,
					  .ppid = pid / 2,
					  .start = pid * 1000,
					  .exe = exe,
					  .argv = "program\0--configuration\0/etc/program.conf",
					  .argv_len = 41};
		procs_learn(procs, &proc, pid / 2, pid / 2);
	}
	return procs;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	unsigned rate = argc > 1 ? (unsigned)atoi(argv[1]) : 100000, seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 5;
	unsigned rounds = seconds * 1000, each = rate / 1000;
	char folder[] = "/tmp/eunomia-bench-XXXXXX", path[64], why[256];
	const struct alert_style style = {.hostname = "bench"};
	struct schema schema = {0};
	struct computed computed;
	struct store *store;
	struct store_counts c;
	double *cost = calloc(rounds + 1, sizeof(*cost));
	struct stream *stream = stream_new(&row, why, sizeof(why));
	if (!each || !rounds || !cost || !stream || computed_init(&computed) || schema_add(&schema, stream) ||
	    !mkdtemp(folder))
		return 1;
	computed_offer(&computed, &schema);
	computed.procs = people();
	snprintf(path, sizeof(path), "%s/history.db", folder);
	const struct store_config config = {.path = path,
					    .max_bytes = 1ull << 32,
					    .style = &style,
					    .computed = computed.fields,
					    .n_computed = computed.n_fields};
	if (store_open(&store, &config, why, sizeof(why))) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	uint64_t next = now_ns();
	for (unsigned r = 0; r < rounds; r++) {
		struct connect e = {
			.head = {.time = now_ns(), .len = sizeof(e), .stream = stream->id, .comm = "bench"}};
		uint64_t begin = now_ns();
		for (unsigned i = 0; i < each; i++) {
			e.head.pid = 1 + (r * each + i) % PROCESSES;
			e.dport = (__u16)i;
			store_event(store, &(struct view){.rec = &e.head, .len = sizeof(e), .stream = stream});
		}
		cost[r] = (double)(now_ns() - begin) / each;
		next += 1000000;
		for (uint64_t now = now_ns(); now < next; now = now_ns())
			nanosleep(&(struct timespec){.tv_nsec = (long)(next - now)}, NULL);
	}
	store_flush(store, 60000);
	store_counts(store, &c);
	qsort(cost, rounds, sizeof(*cost), by_size);
	printf("%.0f ns an offer, %llu taken, %llu written, %llu lost, %llu bytes an event\n", cost[rounds / 2],
	       (unsigned long long)c.taken, (unsigned long long)c.written, (unsigned long long)c.lost,
	       (unsigned long long)(c.written ? c.bytes / c.written : 0));
	store_close(store, 10000, NULL);
	unlink(path);
	strcat(path, "-lock");
	unlink(path);
	rmdir(folder);
	procs_destroy((struct procs *)computed.procs);
	computed_free(&computed);
	schema_destroy(&schema);
	free(cost);
	return c.lost > 0;
}
