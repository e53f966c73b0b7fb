/* SPDX-License-Identifier: MIT */
/* Inside of measure: families by tables, and the parts that have files of their own. */
#ifndef CORE_DAEMON_MEASURE_IMPL_H
#define CORE_DAEMON_MEASURE_IMPL_H

#include "daemon/generation.h"
#include "daemon/measure.h"

struct costs;

/* A family of a number that is a member of some structure. */
struct measured {
	const char *name, *help;
	enum metric_type type;
	size_t offset; /* of a uint64_t */
	double divisor;
};

enum {
	MEASURE_STREAMS = 11,
	MEASURE_RULES = 4,
	MEASURE_SCRIPTS = 7,
	MEASURE_OUTPUTS = 4,
	MEASURE_HISTORY = 5,
	MEASURE_PROCESS = 8
};

struct measure {
	struct daemon *daemon;
	struct metric *streams[MEASURE_STREAMS], *rules[MEASURE_RULES], *scripts[MEASURE_SCRIPTS];
	struct metric *outputs[MEASURE_OUTPUTS], *waiting, *history[MEASURE_HISTORY], *process[MEASURE_PROCESS];
	struct metric *alerts, *build, *reloads, *failed, *events, *loaded, *missed;
	struct metric *ring_size, *ring_waiting, *ring_most;
	struct metric *program_runs, *program_seconds;
	struct costs *costs; /* NULL: nobody asked */
	uint64_t due;        /* when the file is written next */
	bool failing;        /* that was told */
};

/* A family with these labels, of which `labels` ends at NULL. NULL: no memory; a mistake in the table too. */
struct metric *measure_family(struct measure *m, const char *name, const char *help, enum metric_type type,
			      const char *const *labels);

/* measure_process.c: process_*, as all clients of Prometheus have them. */
bool measure_process_open(struct measure *m);
void measure_process(struct measure *m);
/* measure_programs.c: run time and count of BPF programs, from the kernel. */
bool measure_programs_open(struct measure *m);
void measure_programs(struct measure *m, struct settings_metrics *settings);

#endif
