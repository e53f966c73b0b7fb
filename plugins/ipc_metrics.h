/* SPDX-License-Identifier: MIT */
/* What monitoring gets of ipc's streams. Part of ipc.c. */
#ifndef EUNOMIA_PLUGIN_IPC_METRICS_H
#define EUNOMIA_PLUGIN_IPC_METRICS_H

#include <eunomia/plugin.h>

#include "ipc.h"

#define COUNTER .type = EUN_METRIC_COUNTER
#define HISTOGRAM .type = EUN_METRIC_HISTOGRAM

static const struct eun_metric metrics[] = {
	{.name = "signals_total",
	 COUNTER,
	 .stream = IPC_SIGNAL,
	 .help = "Signals that were sent, or were to be.",
	 .labels = "container,comm,signal,result"},
	{.name = "memfds_total",
	 COUNTER,
	 .stream = IPC_MEMFD,
	 .help = "Files in memory that were made.",
	 .labels = "container,comm,ret"},
	{.name = "vm_accesses_total",
	 COUNTER,
	 .stream = IPC_VM,
	 .help = "Reads and writes of another process's memory.",
	 .labels = "container,comm,call,ret"},
};

#endif
