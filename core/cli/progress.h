/* SPDX-License-Identifier: MIT */
/*
 * One line at the bottom of the terminal that says how far a run of a given time is: "12 of 30 s, 4711 events, 0 lost".
 * It gives way to whatever is written to the same terminal. One thread.
 */
#ifndef CORE_CLI_PROGRESS_H
#define CORE_CLI_PROGRESS_H

#include "sink/output.h"

struct progress {
	uint64_t duration_ms;
	uint64_t start; /* boot clock, ns */
	uint64_t shown; /* seconds; the line is there while `visible` */
	bool on, visible;
};

/* Only where stderr is a terminal and the run has an end. The line is hidden whenever `output` writes. */
void progress_init(struct progress *progress, uint64_t duration_ms, struct output *output);
/* Draws it anew, at most once a second unless it was hidden. */
void progress_show(struct progress *progress, uint64_t events, uint64_t lost);
void progress_hide(struct progress *progress);

#endif
