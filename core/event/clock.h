/* SPDX-License-Identifier: MIT */
#ifndef CORE_EVENT_CLOCK_H
#define CORE_EVENT_CLOCK_H

#include <stdint.h>
#include <time.h>

/* A clock of clock_gettime(2), in ns. Events have CLOCK_BOOTTIME. */
static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
