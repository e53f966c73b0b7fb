/* SPDX-License-Identifier: MIT */
/* `eunomia top`: what running hosts cost, program by program, in rounds. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "host/cost.h"
#include "pipeline/loop.h"
#include "printer.h"
#include "say.h"
#include "where.h"

#define INTERVAL_MS 1000

struct top_cost {
	struct eun_event h; /* pid and comm: the host's */
	uint64_t time_ns;
	uint64_t runs;
	uint64_t avg_ns;
	uint64_t cpu_ppm;
	uint32_t id;
	uint8_t kind; /* enum cost_kind */
	char name[35];
};

static const struct eun_label kinds[] = {{COST_HOST, "host"}, {COST_PROGRAM, "program"}, {0, NULL}};

#define COST(member, type, help) EUN_FIELD(struct top_cost, member, type, 0, help)

static const struct eun_field fields[] = {
	EUN_LABELLED(struct top_cost, kind, EUN_ENUM, 0, kinds, "a host, or a BPF program that it holds"),
	COST(name, EUN_CHARS, "of the program, as the kernel keeps it (15 characters)"),
	COST(id, EUN_U32, "of the program"),
	COST(runs, EUN_U64, "how often it ran in the interval"),
	COST(time_ns, EUN_U64, "time on a CPU in the interval"),
	COST(avg_ns, EUN_U64, "time of one run"),
	COST(cpu_ppm, EUN_U64, "share of one CPU, in millionths"),
};

static const struct eun_stream stream_row = {
	.name = "top.cost",
	.version = 1,
	.record_size = sizeof(struct top_cost),
	.fields = EUN_TABLE(fields),
	.columns = "kind,name,runs,avg_ns,cpu_ppm",
	.help = "what a host or one of its programs cost in an interval",
};

static const struct eun_column columns[] = {
	{.header = "PID", .field = "pid"},
	{.header = "KIND", .field = "kind", .width = 7},
	{.header = "NAME", .field = "name", .width = 16},
	{.header = "RUNS", .field = "runs"},
	{.header = "AVG_NS", .field = "avg_ns", .width = 7},
	{.header = "CPU_%", .field = "cpu_ppm", .width = 6, .decimals = 2, .divisor = 10000},
};

static const struct eun_tool tool = {
	.name = "top",
	.help = "what running hosts cost",
	.interval_ms = INTERVAL_MS,
	.columns = EUN_TABLE(columns),
	.sort = "-time_ns",
};

struct top {
	const struct request *request;
	struct schema schema;
	const struct stream *stream;
	struct filter *where;
	struct show show;
	struct output output;
	struct printer printer;
	struct costs *costs;
	struct loop *loop;
	uint64_t last, rounds; /* boot clock, ns */
	uint64_t elapsed;
	int status;
	char why[512];
};

static int complain(struct top *t, int status)
{
	say("%s", t->why);
	return status;
}

static void on_cost(void *context, const struct cost *cost)
{
	struct top *t = context;
	struct top_cost rec = {.h = {.time = t->last, .stream = t->stream->id, .len = sizeof(rec), .pid = cost->host},
			       .time_ns = cost->time_ns,
			       .runs = cost->runs,
			       .avg_ns = cost->runs ? cost->time_ns / cost->runs : 0,
			       .cpu_ppm = t->elapsed ? cost->time_ns * 1000000 / t->elapsed : 0,
			       .id = cost->id,
			       .kind = (uint8_t)cost->kind};
	struct view view = {.rec = &rec.h, .len = sizeof(rec), .stream = t->stream};
	memcpy(rec.h.comm, "eunomia", sizeof("eunomia"));
	memcpy(rec.name, cost->name, sizeof(cost->name));
	if (!t->where || filter_match(t->where, &view))
		printer_event(&t->printer, &view);
}

static void ignore(void *context, const struct cost *cost)
{
	(void)context, (void)cost;
}

static void on_round(void *context)
{
	struct top *t = context;
	uint64_t now = clock_boot_ns();
	t->elapsed = now - t->last;
	t->last = now;
	int hosts = costs_read(t->costs, on_cost, t);
	if (hosts < 0) {
		snprintf(t->why, sizeof(t->why), "top: %s", strerror(-hosts));
		t->status = complain(t, EXIT_RUN);
	}
	printer_round(&t->printer, now);
	if (t->output.error && t->output.error != EPIPE && !t->status) {
		snprintf(t->why, sizeof(t->why), "output %s: %s", t->output.name, strerror(t->output.error));
		t->status = complain(t, EXIT_RUN);
	}
	if (hosts == 0 && t->request->pids.n) {
		say("no host is left");
		loop_stop(t->loop, 0);
	}
	if (t->status || t->output.error || ++t->rounds == t->request->count)
		loop_stop(t->loop, 0);
}

static void on_duration(void *context)
{
	loop_stop(((struct top *)context)->loop, 0);
}

static int prepare(struct top *t)
{
	struct stream *stream = stream_new(&stream_row, t->why, sizeof(t->why));
	if (!stream || schema_add(&t->schema, stream)) {
		stream_destroy(stream);
		return complain(t, EXIT_RUN);
	}
	t->stream = stream;
	if (show_from_request(&t->show, t->request, &tool, &t->stream, 1, t->why, sizeof(t->why)) ||
	    where_compile(&t->where, t->request, &tool, &t->stream, 1, t->why, sizeof(t->why)))
		return complain(t, EXIT_USAGE);
	if (output_open(&t->output, t->request->output, t->why, sizeof(t->why)))
		return complain(t, EXIT_RUN);
	if (printer_init(&t->printer, &t->show, &t->output, clock_offset_ns(), &t->stream, 1, t->why, sizeof(t->why)))
		return complain(t, EXIT_USAGE);
	t->costs = costs_new(t->request->pids.items, t->request->pids.n, t->why, sizeof(t->why));
	return t->costs ? EXIT_OK : complain(t, errno == EPERM ? EXIT_KERNEL : EXIT_RUN);
}

static int watch(struct top *t)
{
	t->loop = loop_new(NULL, NULL, NULL);
	int err = t->loop ? 0 : -errno;
	if (!err && t->request->duration_ms)
		err = loop_add_timer(t->loop, (uint32_t)t->request->duration_ms, on_duration, t);
	if (err >= 0)
		err = loop_add_timer(t->loop, (uint32_t)t->show.interval_ms, on_round, t);
	if (err < 0) {
		snprintf(t->why, sizeof(t->why), "event loop: %s", strerror(-err));
		return complain(t, EXIT_RUN);
	}
	t->last = clock_boot_ns();
	int hosts = costs_read(t->costs, ignore, t);
	if (hosts <= 0) {
		snprintf(t->why, sizeof(t->why), "top: no %s is running", t->request->pids.n ? "such process" : "host");
		return complain(t, EXIT_RUN);
	}
	say("started");
	loop_run(t->loop);
	return t->status;
}

int command_top(const struct request *request, char *const *paths)
{
	struct top t = {.request = request, .output.fd = -1};
	(void)paths;
	int status = prepare(&t);
	if (!status)
		status = watch(&t);
	output_close(&t.output);
	loop_destroy(t.loop);
	costs_destroy(t.costs);
	printer_free(&t.printer);
	show_free(&t.show);
	filter_destroy(t.where);
	schema_destroy(&t.schema);
	return status;
}
