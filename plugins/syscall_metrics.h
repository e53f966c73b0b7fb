/* SPDX-License-Identifier: MIT */
/* What monitoring gets of syscall's streams. Part of syscall.c. */
#ifndef EUNOMIA_PLUGIN_SYSCALL_METRICS_H
#define EUNOMIA_PLUGIN_SYSCALL_METRICS_H

#include <eunomia/plugin.h>

#include "syscall.h"

#define COUNTER .type = EUN_METRIC_COUNTER
#define HISTOGRAM .type = EUN_METRIC_HISTOGRAM

static const struct eun_metric metrics[] = {
	{.name = "calls_total",
	 COUNTER,
	 .stream = SYSCALL_COUNT,
	 .help = "System calls that ended.",
	 .labels = "container,syscall",
	 .flags = EUN_METRIC_ASKED},
	{.name = "errors_total",
	 COUNTER,
	 .stream = SYSCALL_COUNT,
	 .help = "System calls that failed.",
	 .labels = "container,syscall,ret",
	 .where = "ret < 0",
	 .flags = EUN_METRIC_ASKED},
	{.name = "call_seconds_total",
	 COUNTER,
	 .stream = SYSCALL_COUNT,
	 .help = "Time in system calls; 0 without the option latency.",
	 .field = "time_ns",
	 .labels = "container,syscall",
	 .flags = EUN_METRIC_ASKED},
};

#endif
