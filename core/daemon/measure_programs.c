/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "host/cost.h"
#include "measure_impl.h"

bool measure_programs_open(struct measure *m)
{
	static const char *const labels[] = {"program", NULL};
	m->program_runs =
		measure_family(m, "eunomia_program_runs_total",
			       "Runs of a BPF program, by the first 15 letters of its name.", METRIC_COUNTER, labels);
	m->program_seconds =
		measure_family(m, "eunomia_program_seconds_total", "Time in a BPF program.", METRIC_COUNTER, labels);
	return m->program_runs && m->program_seconds;
}

static void each(void *context, const struct cost *cost)
{
	struct measure *m = context;
	const char *values[] = {cost->name};
	if (cost->kind != COST_PROGRAM)
		return;
	series_add(metric_at(m->program_runs, values), (double)cost->runs);
	series_add(metric_at(m->program_seconds, values), (double)cost->time_ns / 1e9);
}

void measure_programs(struct measure *m, struct settings_metrics *settings)
{
	uint32_t self = (uint32_t)getpid();
	char why[256];
	if (!settings->programs) {
		costs_destroy(m->costs);
		m->costs = NULL;
		return;
	}
	if (!m->costs && !(m->costs = costs_new(&self, 1, why, sizeof(why)))) {
		settings->programs = false; /* it will not be otherwise next time */
		daemon_say(m->daemon, EUN_LOG_ERROR, "metrics: %s", why);
		return;
	}
	costs_read(m->costs, each, m);
}
