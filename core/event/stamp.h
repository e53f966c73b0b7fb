/* SPDX-License-Identifier: MIT */
/* Boot-clock times as wall-clock text. Events come in time order, so the text of the last second is kept. */
#ifndef CORE_EVENT_STAMP_H
#define CORE_EVENT_STAMP_H

#include "buf.h"

struct stamp {
	uint64_t offset;                   /* CLOCK_REALTIME - CLOCK_BOOTTIME, ns (modulo 2^64) */
	uint64_t utc_second, local_second; /* since 1970: those of the texts */
	char utc[20];                      /* 2026-11-24T10:11:12. */
	char local[8];                     /* 10:11:12 */
};

void stamp_init(struct stamp *stamp, int64_t clock_offset);

/* RFC 3339 in UTC: 2026-11-24T10:11:12.123456789Z */
void stamp_utc(struct stamp *stamp, uint64_t boot, struct buf *out);

/* Time of day where the host is: 10:11:12 and so many decimals, 0 to 9. */
void stamp_local(struct stamp *stamp, uint64_t boot, unsigned decimals, struct buf *out);

#endif
