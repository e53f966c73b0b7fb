/* SPDX-License-Identifier: MIT */
/* Records of plugin profile. */
#ifndef EUNOMIA_PROFILE_H
#define EUNOMIA_PROFILE_H

#include <eunomia/event.h>

enum { PROFILE_SAMPLE, PROFILE_OFFCPU, PROFILE_STREAMS };

#define PROFILE_FRAMES 127 /* of each stack, as the kernel's own limit has it (perf_event_max_stack) */

/* A thread was found on a CPU, or was off it for a while. */
struct profile_stack {
	struct eun_event h;
	__u64 count;   /* samples */
	__u64 time_ns; /* off the CPU */
	__u64 cost_ns; /* what it took the kernel to find out */
	__u64 image;   /* another one where the process has other code: it began, or executed something */
	__u64 kernel[PROFILE_FRAMES];
	__u64 user[PROFILE_FRAMES];
};

#endif
