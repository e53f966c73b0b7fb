/* SPDX-License-Identifier: MIT */
/* Where a live run's events go: the output and, with --record, a recording. Says itself what goes wrong. One thread. */
#ifndef CORE_CLI_OUTPUTS_H
#define CORE_CLI_OUTPUTS_H

#include "printer.h"
#include "request.h"
#include "stacks.h"

struct outputs {
	struct output output;
	struct printer printer;
	struct recorder *recorder; /* NULL: none */
	struct stacks *stacks;     /* in place of the printer; NULL: it prints */
	uint64_t lost;             /* events, as told so far */
};

/* Nothing is open; may be closed, discarded and freed. */
void outputs_init(struct outputs *o);
void outputs_free(struct outputs *o);

/* Opens both and writes their heads. `show` is borrowed. Returns the exit code. */
int outputs_open(struct outputs *o, const struct request *request, const struct show *show,
		 const struct stream *const *streams, size_t n);

void outputs_event(struct outputs *o, const struct view *view);
void outputs_lost(struct outputs *o, const struct stream *stream, uint64_t count);
/* Ends a round at `time` (boot clock, ns). */
void outputs_round(struct outputs *o, uint64_t time);

/*
 * Writes what there is; with `save` the recording too. False: one can't go on, or nobody reads any more. *status, if it
 * is not set yet, becomes the exit code.
 */
bool outputs_flush(struct outputs *o, bool save, int *status);

/* Returns the exit code: `status`, if it is an error already. */
int outputs_close(struct outputs *o, int status);
/* Of a run that did not begin: nothing is printed. */
void outputs_discard(struct outputs *o);

#endif
