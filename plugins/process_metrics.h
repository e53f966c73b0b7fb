/* SPDX-License-Identifier: MIT */
/* What monitoring gets of process's streams. Part of process.c. */
#ifndef EUNOMIA_PLUGIN_PROCESS_METRICS_H
#define EUNOMIA_PLUGIN_PROCESS_METRICS_H

#include <eunomia/plugin.h>

#include "process.h"

#define COUNTER .type = EUN_METRIC_COUNTER
#define HISTOGRAM .type = EUN_METRIC_HISTOGRAM

static const struct eun_metric metrics[] = {
	{.name = "starts_total",
	 COUNTER,
	 .stream = PROCESS_FORK,
	 .help = "Processes that were made, by the one that made them.",
	 .labels = "container,comm",
	 .where = "thread = false"},
	{.name = "execs_total",
	 COUNTER,
	 .stream = PROCESS_EXEC,
	 .help = "Programs that were executed, or failed to be.",
	 .labels = "container,comm,ret"},
	{.name = "exits_total",
	 COUNTER,
	 .stream = PROCESS_EXIT,
	 .help = "Processes that ended, by the signal that ended them.",
	 .labels = "container,comm,signal",
	 .where = "thread = false"},
	{.name = "lifetime_seconds",
	 HISTOGRAM,
	 .stream = PROCESS_EXIT,
	 .help = "Time that processes lived.",
	 .field = "duration_ns",
	 .labels = "container",
	 .where = "thread = false"},
	{.name = "oom_kills_total",
	 COUNTER,
	 .stream = PROCESS_OOM,
	 .help = "Processes that were killed for want of memory, by who asked for it.",
	 .labels = "container,comm"},
	{.name = "ptraces_total",
	 COUNTER,
	 .stream = PROCESS_PTRACE,
	 .help = "Calls of ptrace.",
	 .labels = "container,comm,request"},
	{.name = "module_loads_total",
	 COUNTER,
	 .stream = PROCESS_MODULE,
	 .help = "Calls that load or remove kernel modules.",
	 .labels = "container,call,ret"},
};

#endif
