/* SPDX-License-Identifier: MIT */
/* What monitoring gets of seccomp's streams. Part of seccomp.c. */
#ifndef EUNOMIA_PLUGIN_SECCOMP_METRICS_H
#define EUNOMIA_PLUGIN_SECCOMP_METRICS_H

#include <eunomia/plugin.h>

#include "seccomp.h"

/* Asked: the programs that find denied calls run at each system call. */
static const struct eun_metric metrics[] = {
	{.name = "denied_total",
	 .type = EUN_METRIC_COUNTER,
	 .stream = SECCOMP_DENIED,
	 .help = "Calls that a seccomp filter denied.",
	 .labels = "container,comm,syscall,action",
	 .flags = EUN_METRIC_ASKED},
	{.name = "canary_total",
	 .type = EUN_METRIC_COUNTER,
	 .stream = SECCOMP_CANARY,
	 .help = "Calls that the canary's filter would deny.",
	 .labels = "container,comm,syscall,action",
	 .flags = EUN_METRIC_ASKED},
};

#endif
