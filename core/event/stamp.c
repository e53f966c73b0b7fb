/* SPDX-License-Identifier: MIT */
#include "stamp.h"

#include <time.h>

#define NS 1000000000ull
#define NS_DIGITS 9u

void stamp_init(struct stamp *stamp, int64_t clock_offset)
{
	/* No nanosecond count reaches this second: nothing is kept yet. */
	*stamp = (struct stamp){.offset = (uint64_t)clock_offset, .utc_second = UINT64_MAX, .local_second = UINT64_MAX};
}

/* The second's text, made by strftime in the time zone of `convert`. */
static void second_text(uint64_t second, struct tm *(*convert)(const time_t *, struct tm *), const char *format,
			char *text, size_t size)
{
	char whole[32];
	struct tm tm;
	time_t t = (time_t)second;
	memset(text, '?', size);
	if (convert(&t, &tm) && strftime(whole, sizeof(whole), format, &tm) == size)
		memcpy(text, whole, size);
}

/* The leading `digits` of the nanoseconds. */
static void fraction(char *to, uint64_t ns, unsigned digits)
{
	for (unsigned i = NS_DIGITS; i > 0; i--, ns /= 10)
		if (i <= digits)
			to[i - 1] = (char)('0' + ns % 10);
}

void stamp_utc(struct stamp *stamp, uint64_t boot, struct buf *out)
{
	uint64_t now = boot + stamp->offset, second = now / NS;
	if (second != stamp->utc_second) {
		second_text(second, gmtime_r, "%Y-%m-%dT%H:%M:%S.", stamp->utc, sizeof(stamp->utc));
		stamp->utc_second = second;
	}
	char *to = buf_room(out, sizeof(stamp->utc) + NS_DIGITS + 1);
	if (!to)
		return;
	memcpy(to, stamp->utc, sizeof(stamp->utc));
	fraction(to + sizeof(stamp->utc), now % NS, NS_DIGITS);
	to[sizeof(stamp->utc) + NS_DIGITS] = 'Z';
	out->len += sizeof(stamp->utc) + NS_DIGITS + 1;
}

void stamp_local(struct stamp *stamp, uint64_t boot, unsigned decimals, struct buf *out)
{
	uint64_t now = boot + stamp->offset, second = now / NS;
	if (second != stamp->local_second) {
		second_text(second, localtime_r, "%H:%M:%S", stamp->local, sizeof(stamp->local));
		stamp->local_second = second;
	}
	size_t n = sizeof(stamp->local) + (decimals ? 1 + decimals : 0);
	char *to = buf_room(out, n);
	if (!to)
		return;
	memcpy(to, stamp->local, sizeof(stamp->local));
	if (decimals) {
		to[sizeof(stamp->local)] = '.';
		fraction(to + sizeof(stamp->local) + 1, now % NS, decimals);
	}
	out->len += n;
}
