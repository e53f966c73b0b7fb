/* SPDX-License-Identifier: MIT */
/* What monitoring gets of files's streams. Part of files.c. */
#ifndef EUNOMIA_PLUGIN_FILES_METRICS_H
#define EUNOMIA_PLUGIN_FILES_METRICS_H

#include <eunomia/plugin.h>

#include "files.h"

#define COUNTER .type = EUN_METRIC_COUNTER
#define HISTOGRAM .type = EUN_METRIC_HISTOGRAM

static const struct eun_metric metrics[] = {
	{.name = "reads_total",
	 COUNTER,
	 .stream = FILES_IO,
	 .help = "Calls that read.",
	 .field = "reads",
	 .labels = "container,comm,type"},
	{.name = "writes_total",
	 COUNTER,
	 .stream = FILES_IO,
	 .help = "Calls that wrote.",
	 .field = "writes",
	 .labels = "container,comm,type"},
	{.name = "syncs_total",
	 COUNTER,
	 .stream = FILES_IO,
	 .help = "Calls that waited for the disk.",
	 .field = "syncs",
	 .labels = "container,comm,type"},
	{.name = "io_errors_total",
	 COUNTER,
	 .stream = FILES_IO,
	 .help = "Reads, writes and syncs that failed.",
	 .field = "errors",
	 .labels = "container,comm,type"},
	{.name = "read_bytes_total",
	 COUNTER,
	 .stream = FILES_IO,
	 .help = "Bytes read.",
	 .field = "read_bytes",
	 .labels = "container,comm,type"},
	{.name = "write_bytes_total",
	 COUNTER,
	 .stream = FILES_IO,
	 .help = "Bytes written.",
	 .field = "write_bytes",
	 .labels = "container,comm,type"},
	{.name = "removals_total",
	 COUNTER,
	 .stream = FILES_UNLINK,
	 .help = "Names that were removed, or were to be.",
	 .labels = "container,comm,is_dir,ret"},
	{.name = "renames_total",
	 COUNTER,
	 .stream = FILES_RENAME,
	 .help = "Files that got another name, or were to.",
	 .labels = "container,comm,ret"},
	{.name = "mounts_total",
	 COUNTER,
	 .stream = FILES_MOUNT,
	 .help = "Calls that change the tree of mounts.",
	 .labels = "container,call,ret"},
	{.name = "opens_total",
	 COUNTER,
	 .stream = FILES_OPEN,
	 .help = "Files that were opened, or failed to be.",
	 .labels = "container,comm,ret",
	 .flags = EUN_METRIC_ASKED},
	{.name = "io_seconds",
	 HISTOGRAM,
	 .stream = FILES_IO_CALL,
	 .help = "Time that reads, writes and syncs took.",
	 .field = "latency_ns",
	 .labels = "container,op",
	 .flags = EUN_METRIC_ASKED},
};

#endif
