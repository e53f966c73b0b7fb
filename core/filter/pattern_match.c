/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "pattern.h"

/* The positions that may follow those in `from`. */
static inline void followers(const struct pattern *p, const uint64_t *from, uint64_t *out, uint32_t words)
{
	for (uint32_t i = 0; i < words; i++)
		out[i] = 0;
	for (uint32_t i = 0; i < words; i++)
		for (uint64_t left = from[i]; left; left &= left - 1) {
			const uint64_t *follow = p->follow + (i * 64 + (uint32_t)__builtin_ctzll(left)) * words;
			for (uint32_t j = 0; j < words; j++)
				out[j] |= follow[j];
		}
}

/* Passes the ^ and $ that hold here, and those behind them. */
static inline void settle(const struct pattern *p, uint64_t *now, bool begin, bool end, uint32_t words)
{
	bool more = true;
	while (more) {
		uint64_t next[PATTERN_WORDS];
		followers(p, now, next, words);
		more = false;
		for (uint32_t i = 0; i < words; i++) {
			next[i] &= (begin ? p->begins[i] : 0) | (end ? p->ends[i] : 0);
			more |= (next[i] & ~now[i]) != 0;
			now[i] |= next[i];
		}
	}
}

static inline bool only_start(const uint64_t *now, uint32_t words)
{
	uint64_t others = now[0] & ~1ull;
	for (uint32_t i = 1; i < words; i++)
		others |= now[i];
	return !others;
}

static inline bool done(const struct pattern *p, const uint64_t *now, uint32_t words)
{
	uint64_t both = 0;
	for (uint32_t i = 0; i < words; i++)
		both |= now[i] & p->last[i];
	return both;
}

static inline __attribute__((always_inline)) bool match(const struct pattern *p, const unsigned char *value,
							uint32_t len, uint32_t words)
{
	uint64_t now[PATTERN_WORDS] = {1}, next[PATTERN_WORDS];
	for (uint32_t at = 0;; at++) {
		/* Most of the time nothing has begun yet. */
		while (at && at < len && !p->starts[value[at]] && only_start(now, words))
			at++;
		if (at == 0 || at == len)
			settle(p, now, at == 0, at == len, words);
		if (done(p, now, words))
			return true;
		if (at == len)
			return false;
		followers(p, now, next, words);
		const uint64_t *takes = p->takes + value[at] * words;
		for (uint32_t i = 0; i < words; i++)
			now[i] = next[i] & takes[i];
		now[0] |= 1; /* a match may begin anywhere */
	}
}

bool pattern_match(const struct pattern *p, const char *value, uint32_t len)
{
	const unsigned char *bytes = (const unsigned char *)value;
	return p->words == 1 ? match(p, bytes, len, 1) : match(p, bytes, len, p->words);
}
