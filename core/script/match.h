/* SPDX-License-Identifier: MIT */
/* Lua's patterns: one match at one place. */
#ifndef CORE_SCRIPT_MATCH_H
#define CORE_SCRIPT_MATCH_H

#include "impl.h"

#define CAPTURES_MAX 32

enum { CAPTURE_OPEN = -1, CAPTURE_POSITION = -2 };

struct match {
	lua_State *L;
	const char *src, *src_end, *pattern_end;
	int depth; /* left */
	unsigned steps;
	int level; /* captures, open or closed */
	struct {
		const char *start;
		ptrdiff_t len;
	} captures[CAPTURES_MAX];
};

void match_begin(struct match *m, lua_State *L, const char *s, size_t len, const char *p, size_t len_p);
/* The end of the pattern's match at `s`, or NULL. */
const char *match_at(struct match *m, const char *s, const char *p);

#endif
