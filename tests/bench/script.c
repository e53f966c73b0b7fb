/* SPDX-License-Identifier: MIT */
/*
 * What a call of a Lua handler costs, from events in memory, without and with the sandbox's limits: lines of name, ns,
 * ns, with tabs between. `bench_script [SECONDS]`, on one core; the fastest round of 4096 events counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <eunomia/plugin.h>

#include "script/script.h"

struct opened {
	struct eun_event head;
	eun_ref path;
	__s32 ret;
	__u32 flags;
	__u32 mode;
};

static const struct eun_field fields[] = {
	EUN_FIELD(struct opened, path, EUN_PATH, 0, "path"),
	EUN_FIELD(struct opened, ret, EUN_ERRNO, 0, "result"),
	EUN_FIELD(struct opened, flags, EUN_U32, 0, "flags"),
	EUN_FIELD(struct opened, mode, EUN_U32, 0, "mode"),
};

static const struct eun_stream opened = {
	.name = "bench.open",
	.version = 1,
	.record_size = sizeof(struct opened),
	.fields = EUN_TABLE(fields),
	.help = "opens",
};

#define EVENTS 4096
#define BYTES 256

static char records[EVENTS][BYTES];
static struct view views[EVENTS];

static const struct {
	const char *name, *text;
} handlers[] = {
	{"empty", "on('bench.open', function(ev) end)"},
	{"two integers and comm",
	 "local n = 0 on('bench.open', function(ev) if ev.uid == 77 and ev.pid > 4000000 or ev.comm == 'nobody' then n "
	 "= n + 1 end end)"},
	{"three integers",
	 "local n = 0 on('bench.open', function(ev) if ev.uid + ev.pid + ev.flags == 7 then n = n + 1 end end)"},
	{"two integers and a path", "local n = 0 on('bench.open', function(ev) if ev.uid == 77 and ev.pid > 1 or "
				    "ev.path == '/etc/shadow' then n = "
				    "n + 1 end end)"},
	{"count_within", "local w = count_within('10s') on('bench.open', function(ev) w:add(ev.pid) end)"},
	{"where that passes none", "on('bench.open', {where = 'uid = 77'}, function(ev) end)"},
};

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_events(const struct schema *schema)
{
	for (unsigned i = 0; i < EVENTS; i++) {
		struct opened r = {.ret = 3, .flags = 0x8000, .mode = 0};
		char path[64];
		int len = snprintf(path, sizeof(path), "/usr/lib/x86_64-linux-gnu/lib%u.so", i % 100);
		r.head = (struct eun_event){.time = 1000000000ull + i,
					    .len = sizeof(r) + (unsigned)len,
					    .pid = 1000 + i % 50,
					    .uid = i % 3};
		snprintf(r.head.comm, sizeof(r.head.comm), "worker-%u", i % 20);
		r.path = EUN_REF(sizeof(r), len);
		memcpy(records[i], &r, sizeof(r));
		memcpy(records[i] + sizeof(r), path, (size_t)len);
		if (!view_init(&views[i], records[i], r.head.len, schema))
			exit(1);
	}
}

static double run(const char *path, const struct schema *schema, uint64_t instructions, double time)
{
	struct script_limits limits = {.instructions = instructions};
	struct script_host host = {0};
	struct config_error error;
	struct script *s;
	if (script_open(&s, path, &limits, &host, &error) || script_bind(s, schema, &error)) {
		fprintf(stderr, "bench: %s:%u: %s\n", error.file, error.line, error.text);
		exit(1);
	}
	double best = 1e9, end = seconds() + time;
	while (seconds() < end) {
		double start = seconds();
		for (unsigned i = 0; i < EVENTS; i++)
			script_event(s, &views[i]);
		double took = (seconds() - start) / EVENTS * 1e9;
		best = took < best ? took : best;
	}
	script_close(s);
	return best;
}

int main(int argc, char **argv)
{
	double time = argc > 1 ? atof(argv[1]) : 1;
	char path[] = "/tmp/eunomia-bench-XXXXXX.lua", why[256];
	struct schema schema = {0};
	struct stream *stream = stream_new(&opened, why, sizeof(why));
	if (!stream || schema_add(&schema, stream) || mkstemps(path, 4) < 0)
		return 1;
	make_events(&schema);
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		FILE *file = fopen(path, "we");
		if (!file || fputs(handlers[i].text, file) < 0 || fclose(file))
			return 1;
		double plain = run(path, &schema, SCRIPT_UNLIMITED, time);
		double limited = run(path, &schema, 0, time);
		printf("%s\t%.1f\t%.1f\n", handlers[i].name, plain, limited);
	}
	unlink(path);
	schema_destroy(&schema);
	return 0;
}
