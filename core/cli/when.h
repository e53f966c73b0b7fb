/* SPDX-License-Identifier: MIT */
/* Points in time on the command line. */
#ifndef CORE_CLI_WHEN_H
#define CORE_CLI_WHEN_H

#include <stdint.h>

/*
 * "90s", "15m", "1h", "2d", "1w": so long before `now`; "2026-11-24", "2026-11-24 10:11", "2026-11-24T10:11:12": local
 * time, with Z or +02:00 behind it that zone's; "@1795515072": seconds since 1970. ns since 1970, at least 1. -EINVAL.
 */
int parse_when(const char *text, int64_t now, int64_t *out);

#endif
