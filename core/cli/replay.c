/* SPDX-License-Identifier: MIT */
/* `eunomia replay FILE`: a recording through the same view, filter and writers as a live run; no root, no kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "printer.h"
#include "say.h"
#include "target/computed.h"
#include "where.h"

/* As a run has it, and texts four times: those that processes share are told for each. */
#define PROCESSES_MAX 65536
#define PROCESS_TEXT_MAX (64u << 20)

struct replay {
	struct recording *recording;
	struct procs *procs; /* as the run's, whose facts are in the recording */
	struct containers *containers;
	struct computed computed;
	const struct stream **streams;
	size_t n_streams;
	struct filter *where;
	struct show show;
	struct output output;
	struct printer printer;
	char why[512];
};

static int complain(struct replay *r, int status)
{
	say("%s", r->why);
	return status;
}

static int open_all(struct replay *r, const struct request *q)
{
	r->recording = recording_open(q->operands.items[0], r->why, sizeof(r->why));
	if (!r->recording)
		return complain(r, EXIT_RUN);
	struct schema *schema = recording_schema(r->recording);
	r->streams = calloc(schema->n_streams + 1, sizeof(*r->streams));
	r->procs = procs_new(PROCESSES_MAX, PROCESS_TEXT_MAX);
	r->containers = containers_new(NULL, NULL);
	if (!r->streams || !r->procs || !r->containers || computed_init(&r->computed)) {
		snprintf(r->why, sizeof(r->why), "no memory");
		return complain(r, EXIT_RUN);
	}
	r->computed.procs = r->procs;
	r->computed.containers = r->containers;
	computed_offer(&r->computed, schema);
	for (uint32_t i = 0; i < schema->n_streams; i++)
		if (schema->streams[i])
			r->streams[r->n_streams++] = schema->streams[i];
	if (show_from_recording(&r->show, q, r->recording, r->streams, r->n_streams, r->why, sizeof(r->why)) ||
	    where_compile(&r->where, q, NULL, r->streams, r->n_streams, r->why, sizeof(r->why)))
		return complain(r, EXIT_USAGE);
	if (output_open(&r->output, q->output, r->why, sizeof(r->why)))
		return complain(r, EXIT_RUN);
	if (printer_init(&r->printer, &r->show, &r->output, recording_clock(r->recording), r->streams, r->n_streams,
			 r->why, sizeof(r->why)))
		return complain(r, EXIT_USAGE);
	return EXIT_OK;
}

/* What finds no memory, or no room in a table, is not known: as in a run. */
static void learn_container(struct replay *r, const struct fact_container *fact)
{
	containers_unlearn(r->containers, fact->container.cgroup);
	if (fact->known)
		containers_learn(r->containers, &fact->container);
}

static void show_item(struct replay *r, const struct recording_item *item)
{
	const struct fact_process *p = &item->process;
	switch (item->kind) {
	case RECORDING_EVENT:
		if (!r->where || filter_match(r->where, &item->view))
			printer_event(&r->printer, &item->view);
		break;
	case RECORDING_LOST:
		printer_lost(&r->printer, item->stream, item->count, item->time);
		break;
	case RECORDING_MARK:
		printer_round(&r->printer, item->time);
		break;
	case RECORDING_PROCESS:
		procs_learn(r->procs, &p->proc, p->parent_pid, p->parent);
		break;
	case RECORDING_FORGOT:
		procs_forget(r->procs, p->proc.pid, p->proc.serial);
		break;
	case RECORDING_CONTAINER:
		learn_container(r, &item->container);
		break;
	}
}

static int play(struct replay *r)
{
	struct recording_item item;
	uint64_t last = 0;
	int more = 0;
	while (!r->output.error && (more = recording_next(r->recording, &item, r->why, sizeof(r->why))) > 0) {
		show_item(r, &item);
		if (item.kind == RECORDING_EVENT || item.time)
			last = item.kind == RECORDING_EVENT ? item.view.rec->time : item.time;
	}
	bool damaged = !r->output.error && more < 0;
	if (printer_waiting(&r->printer)) /* it was cut off in the midst of a round */
		printer_round(&r->printer, last);
	int err = output_close(&r->output);
	uint64_t dropped = r->printer.table ? table_dropped(r->printer.table) : 0;
	if (dropped && !err)
		say("%llu events did not fit into the table", (unsigned long long)dropped);
	if (err == -EPIPE)
		return EXIT_OK;
	if (err)
		snprintf(r->why, sizeof(r->why), "output %s: %s", r->output.name, strerror(-err));
	return err || damaged ? complain(r, EXIT_RUN) : EXIT_OK;
}

int command_replay(const struct request *request, char *const *paths)
{
	struct replay r = {.output.fd = -1};
	(void)paths;
	int status = open_all(&r, request);
	if (!status)
		status = play(&r);
	printer_free(&r.printer);
	show_free(&r.show);
	filter_destroy(r.where);
	free(r.streams);
	recording_close(r.recording);
	computed_free(&r.computed);
	containers_destroy(r.containers);
	procs_destroy(r.procs);
	return status;
}
