/* SPDX-License-Identifier: MIT */
/* `eunomia replay FILE`: a recording through the same view, filter and writers as a live run; no root, no kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "player.h"
#include "printer.h"
#include "say.h"
#include "where.h"

struct replay {
	struct player player;
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
	struct player *p = &r->player;
	if (player_open(p, q->operands.items[0], r->why, sizeof(r->why)))
		return complain(r, EXIT_RUN);
	if (show_from_recording(&r->show, q, p->recording, p->streams, p->n_streams, r->why, sizeof(r->why)) ||
	    where_compile(&r->where, q, NULL, p->streams, p->n_streams, r->why, sizeof(r->why)))
		return complain(r, EXIT_USAGE);
	if (output_open(&r->output, q->output, r->why, sizeof(r->why)))
		return complain(r, EXIT_RUN);
	if (printer_init(&r->printer, &r->show, &r->output, recording_clock(p->recording), p->streams, p->n_streams,
			 r->why, sizeof(r->why)))
		return complain(r, EXIT_USAGE);
	return EXIT_OK;
}

static void show_item(struct replay *r, const struct recording_item *item)
{
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
	default:
		break;
	}
}

static int play(struct replay *r)
{
	struct recording_item item;
	uint64_t last = 0;
	int more = 0;
	while (!r->output.error && (more = player_next(&r->player, &item, r->why, sizeof(r->why))) > 0) {
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
	player_close(&r.player);
	return status;
}
