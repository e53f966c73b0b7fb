/* SPDX-License-Identifier: MIT */
/*
 * From events to the output, for a live run and a replay alike: at once, or in rounds when the view is a table. On a
 * terminal a round replaces the one before; elsewhere rounds follow each other. One thread.
 */
#ifndef CORE_CLI_PRINTER_H
#define CORE_CLI_PRINTER_H

#include "sink/output.h"
#include "sink/table.h"
#include "view.h"

struct printer {
	const struct show *show;
	struct output *output;
	struct writer *writer;
	struct table *table; /* NULL: no rounds */
	int64_t clock_offset;
	uint64_t events, rounds;
	bool terminal;
};

/* Writes the head of a listing. -errno: why. */
int printer_init(struct printer *p, const struct show *show, struct output *output, int64_t clock_offset,
		 const struct stream *const *streams, size_t n, char *why, size_t why_size);
void printer_free(struct printer *p);
void printer_event(struct printer *p, const struct view *view);
void printer_lost(struct printer *p, const struct stream *stream, uint64_t count, uint64_t time);
/* Ends a round at `time` (boot clock, ns). */
void printer_round(struct printer *p, uint64_t time);
/* True: there are events that wait for the end of the round. */
bool printer_waiting(const struct printer *p);

#endif
