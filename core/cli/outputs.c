/* SPDX-License-Identifier: MIT */
#include "outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "pipeline/loop.h"
#include "say.h"

void outputs_init(struct outputs *o)
{
	*o = (struct outputs){.output.fd = -1};
}

void outputs_free(struct outputs *o)
{
	printer_free(&o->printer);
	stacks_free(o->stacks);
}

static int complain(const char *why, int status)
{
	say("%s", why);
	return status;
}

static int record(struct outputs *o, const char *path, const struct show *show, const struct stream *const *streams,
		  size_t n, int64_t clock_offset)
{
	char why[512];
	struct utsname u = {0};
	o->recorder = recorder_new(path, why, sizeof(why));
	if (!o->recorder)
		return complain(why, EXIT_RUN);
	uname(&u);
	recorder_meta(o->recorder, "hostname", u.nodename);
	recorder_meta(o->recorder, "kernel", u.release);
	recorder_meta(o->recorder, "version", EUNOMIA_VERSION);
	show_record(show, o->recorder);
	for (size_t i = 0; i < n; i++)
		recorder_stream(o->recorder, streams[i]);
	recorder_start(o->recorder, clock_offset);
	return EXIT_OK;
}

int outputs_open(struct outputs *o, const struct request *request, const struct show *show,
		 const struct stream *const *streams, size_t n)
{
	char why[512];
	int64_t clock_offset = clock_offset_ns();
	if (output_open(&o->output, request->output, why, sizeof(why)))
		return complain(why, EXIT_RUN);
	if (printer_init(&o->printer, show, &o->output, clock_offset, streams, n, why, sizeof(why)))
		return complain(why, EXIT_USAGE);
	if (request->stacks) {
		const char *title = request->operands.n ? request->operands.items[0] : "stacks";
		o->stacks = stacks_new(request->stacks, title, streams, n, why, sizeof(why));
		if (!o->stacks)
			return complain(why, EXIT_USAGE);
		o->output.buf.len = 0; /* the head of a table */
	}
	return request->record ? record(o, request->record, show, streams, n, clock_offset) : EXIT_OK;
}

void outputs_event(struct outputs *o, const struct view *view)
{
	if (o->recorder)
		recorder_event(o->recorder, view);
	if (o->stacks) {
		stacks_event(o->stacks, view);
		o->printer.events++;
		return;
	}
	printer_event(&o->printer, view);
}

void outputs_lost(struct outputs *o, const struct stream *stream, uint64_t count)
{
	uint64_t now = clock_boot_ns();
	o->lost += count;
	if (!o->stacks)
		printer_lost(&o->printer, stream, count, now);
	if (o->recorder)
		recorder_lost(o->recorder, stream, count, now);
}

void outputs_round(struct outputs *o, uint64_t time)
{
	if (o->recorder)
		recorder_mark(o->recorder, time);
	if (!o->stacks)
		printer_round(&o->printer, time);
}

bool outputs_flush(struct outputs *o, bool save, int *status)
{
	char why[512];
	bool good = true;
	if (o->recorder && save)
		recorder_flush(o->recorder);
	output_flush(&o->output);
	if (o->output.error && !*status) {
		*status = o->output.error == EPIPE ? EXIT_OK : EXIT_RUN;
		if (*status)
			say("output %s: %s; stopped after %llu events", o->output.name,
			    o->output.error == ETIME ? "its reader takes nothing" : strerror(o->output.error),
			    (unsigned long long)o->printer.events);
		good = false;
	}
	if (o->recorder && *status != EXIT_RUN && recorder_error(o->recorder, why, sizeof(why))) {
		*status = complain(why, EXIT_RUN);
		good = false;
	}
	return good;
}

int outputs_close(struct outputs *o, int status)
{
	char why[512];
	if (o->stacks && !status && stacks_write(o->stacks, o->lost, &o->output.buf))
		status = complain("no memory for the profile", EXIT_RUN);
	int err = output_close(&o->output);
	if (err && err != -EPIPE && !status) {
		say("output %s: %s", o->output.name, strerror(-err));
		status = EXIT_RUN;
	}
	if (o->recorder && recorder_close(o->recorder, why, sizeof(why)) && !status)
		status = complain(why, EXIT_RUN);
	o->recorder = NULL;
	return status;
}

void outputs_discard(struct outputs *o)
{
	char why[512];
	o->output.buf.len = 0;
	output_close(&o->output);
	if (o->recorder)
		recorder_close(o->recorder, why, sizeof(why));
	o->recorder = NULL;
}
