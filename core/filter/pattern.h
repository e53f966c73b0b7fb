/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions: POSIX extended, on bytes, without references back; besides \d \D \s \S \w \W.
 *
 * Not libc's: patterns meet hostile texts. Against a path of 4 KiB made of random letters glibc 2.36 needs 5 s and
 * 30 MB, which it keeps, for /.*a.{30}c, and 20 ms for a.*b.*c. Here the time is bounded by the product of the two
 * lengths, matching allocates nothing, and a NUL may be seen as a space.
 */
#ifndef CORE_FILTER_PATTERN_H
#define CORE_FILTER_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

#define PATTERN_WORDS 8 /* positions of a pattern, in words of 64 */

/*
 * An automaton whose states are the positions of the pattern: each byte or set of bytes in it, each ^ and $, and
 * position 0, before all others. The positions reached so far are a set of bits.
 */
struct pattern {
	struct pattern *next;
	const char *text;
	bool spaces; /* NUL is a space */
	uint32_t words;
	bool starts[256];               /* a match may begin with the byte */
	uint64_t last[PATTERN_WORDS];   /* positions a match may end at */
	uint64_t begins[PATTERN_WORDS]; /* each ^ */
	uint64_t ends[PATTERN_WORDS];   /* each $ */
	uint64_t *follow;               /* `words` for each position: those that may come next */
	uint64_t *takes;                /* `words` for each byte: the positions that it fits */
};

/* The pattern lives in `pool`. NULL: `why` says what is wrong with the text, static; or NULL: no memory. */
struct pattern *pattern_new(struct pool *pool, const char *text, uint32_t len, bool spaces, const char **why);

/* Whether any part of the value fits. */
bool pattern_match(const struct pattern *pattern, const char *value, uint32_t len);

#endif
