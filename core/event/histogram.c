/* SPDX-License-Identifier: MIT */
#include <sys/param.h>

#include "view.h"
#include "writer.h"

#define SLOTS_MAX 64

/* libbpf-tools' two shapes: a narrow one while the last slot's bounds have at most ten digits. */
static const struct shape {
	int indent, unit_width; /* of the head */
	int bound_width;
	uint64_t stars; /* of the largest slot */
} narrow = {5, 19, 10, 40}, broad = {15, 29, 20, 20};
#define NARROW_LAST 32u

int histogram_bars(const uint64_t *slots, uint32_t n, const char *unit, struct buf *out)
{
	uint64_t most = 0;
	uint32_t used = 0;
	size_t start = out->len;
	for (uint32_t i = 0; i < MIN(n, SLOTS_MAX); i++) {
		if (slots[i])
			used = i + 1;
		most = MAX(most, slots[i]);
	}
	if (!used)
		return 0;
	const struct shape *s = used - 1 <= NARROW_LAST ? &narrow : &broad;
	buf_printf(out, "%*s%-*s : count    distribution\n", s->indent, "", s->unit_width, unit);
	for (uint32_t i = 0; i < used; i++) {
		uint64_t stars = (uint64_t)((unsigned __int128)slots[i] * s->stars / most);
		buf_printf(out, "%*llu -> %-*llu : %-8llu |", s->bound_width, (unsigned long long)hist_low(i),
			   s->bound_width, (unsigned long long)hist_high(i), (unsigned long long)slots[i]);
		buf_pad(out, '*', stars);
		buf_pad(out, ' ', s->stars - stars);
		buf_str(out, "|\n");
	}
	return buf_commit(out, start);
}
