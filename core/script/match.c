/* SPDX-License-Identifier: MIT */
/*
 * The matcher of patterns, each step charged to the call: a pattern can need exponentially many. It follows the one of
 * Lua 5.4 (lstrlib.c, MIT, Lua.org, PUC-Rio), which is part of a library that can't be asked to stop.
 */
#include <ctype.h>
#include <string.h>

#include "match.h"

#define ESCAPE '%'
#define DEPTH_MAX 200
#define STEPS_LOOK 2048

static const char *match_here(struct match *m, const char *s, const char *p);

static void step(struct match *m)
{
	if (++m->steps < STEPS_LOOK)
		return;
	limits_charge(m->L, m->steps);
	m->steps = 0;
}

static int closed_capture(struct match *m, int digit)
{
	digit -= '1';
	if (digit < 0 || digit >= m->level || m->captures[digit].len == CAPTURE_OPEN)
		return luaL_error(m->L, "invalid capture index %%%d", digit + 1);
	return digit;
}

static int open_capture(struct match *m)
{
	for (int level = m->level - 1; level >= 0; level--)
		if (m->captures[level].len == CAPTURE_OPEN)
			return level;
	return luaL_error(m->L, "invalid pattern capture");
}

/* The end of the single-character class at p. */
static const char *class_end(struct match *m, const char *p)
{
	if (*p == ESCAPE) {
		if (p + 1 == m->pattern_end)
			luaL_error(m->L, "malformed pattern (ends with '%%')");
		return p + 2;
	}
	if (*p++ != '[')
		return p;
	if (*p == '^')
		p++;
	do { /* a ] in the first place is one of the set */
		if (p == m->pattern_end)
			luaL_error(m->L, "malformed pattern (missing ']')");
		if (*p++ == ESCAPE && p < m->pattern_end)
			p++;
	} while (*p != ']');
	return p + 1;
}

static bool in_class(int c, int class)
{
	bool is;
	switch (tolower(class)) {
	case 'a':
		is = isalpha(c);
		break;
	case 'c':
		is = iscntrl(c);
		break;
	case 'd':
		is = isdigit(c);
		break;
	case 'g':
		is = isgraph(c);
		break;
	case 'l':
		is = islower(c);
		break;
	case 'p':
		is = ispunct(c);
		break;
	case 's':
		is = isspace(c);
		break;
	case 'u':
		is = isupper(c);
		break;
	case 'w':
		is = isalnum(c);
		break;
	case 'x':
		is = isxdigit(c);
		break;
	default:
		return class == c;
	}
	return isupper(class) ? !is : is;
}

/* The set from p ('[') to end (']'). */
static bool in_set(int c, const char *p, const char *end)
{
	bool wanted = true;
	if (p[1] == '^') {
		wanted = false;
		p++;
	}
	while (++p < end) {
		if (*p == ESCAPE) {
			if (in_class(c, (unsigned char)*++p))
				return wanted;
		} else if (p[1] == '-' && p + 2 < end) {
			p += 2;
			if ((unsigned char)p[-2] <= c && c <= (unsigned char)*p)
				return wanted;
		} else if ((unsigned char)*p == c) {
			return wanted;
		}
	}
	return !wanted;
}

static bool single(struct match *m, const char *s, const char *p, const char *end)
{
	step(m);
	if (s >= m->src_end)
		return false;
	int c = (unsigned char)*s;
	switch (*p) {
	case '.':
		return true;
	case ESCAPE:
		return in_class(c, (unsigned char)p[1]);
	case '[':
		m->steps += (unsigned)(end - p) / 8;
		return in_set(c, p, end - 1);
	default:
		return (unsigned char)*p == c;
	}
}

static const char *balance(struct match *m, const char *s, const char *p)
{
	if (p >= m->pattern_end - 1)
		luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
	if (s >= m->src_end || *s != *p)
		return NULL;
	int open = p[0], close = p[1], depth = 1;
	while (++s < m->src_end) {
		step(m);
		if (*s == close) {
			if (!--depth)
				return s + 1;
		} else if (*s == open) {
			depth++;
		}
	}
	return NULL;
}

static const char *longest(struct match *m, const char *s, const char *p, const char *end)
{
	ptrdiff_t i = 0;
	while (single(m, s + i, p, end))
		i++;
	for (; i >= 0; i--) {
		const char *rest = match_here(m, s + i, end + 1);
		if (rest)
			return rest;
	}
	return NULL;
}

static const char *shortest(struct match *m, const char *s, const char *p, const char *end)
{
	for (;; s++) {
		const char *rest = match_here(m, s, end + 1);
		if (rest || !single(m, s, p, end))
			return rest;
	}
}

static const char *start_capture(struct match *m, const char *s, const char *p, ptrdiff_t what)
{
	if (m->level >= CAPTURES_MAX)
		luaL_error(m->L, "too many captures");
	m->captures[m->level].start = s;
	m->captures[m->level].len = what;
	m->level++;
	const char *rest = match_here(m, s, p);
	if (!rest)
		m->level--;
	return rest;
}

static const char *end_capture(struct match *m, const char *s, const char *p)
{
	int level = open_capture(m);
	m->captures[level].len = s - m->captures[level].start;
	const char *rest = match_here(m, s, p);
	if (!rest)
		m->captures[level].len = CAPTURE_OPEN;
	return rest;
}

static const char *same_again(struct match *m, const char *s, int digit)
{
	int level = closed_capture(m, digit);
	size_t len = (size_t)m->captures[level].len;
	m->steps += (unsigned)(len / 8);
	step(m);
	if ((size_t)(m->src_end - s) < len || memcmp(m->captures[level].start, s, len))
		return NULL;
	return s + len;
}

static const char *frontier(struct match *m, const char *s, const char **p)
{
	*p += 2;
	if (*p >= m->pattern_end || **p != '[')
		luaL_error(m->L, "missing '[' after '%%f' in pattern");
	const char *end = class_end(m, *p);
	int before = s == m->src ? 0 : (unsigned char)s[-1], here = s < m->src_end ? (unsigned char)*s : 0;
	m->steps += (unsigned)(end - *p) / 8;
	bool at = !in_set(before, *p, end - 1) && in_set(here, *p, end - 1);
	*p = end;
	return at ? s : NULL;
}

static const char *match_items(struct match *m, const char *s, const char *p)
{
	while (p != m->pattern_end) {
		step(m);
		if (*p == '(')
			return p[1] == ')' ? start_capture(m, s, p + 2, CAPTURE_POSITION)
					   : start_capture(m, s, p + 1, CAPTURE_OPEN);
		if (*p == ')')
			return end_capture(m, s, p + 1);
		if (*p == '$' && p + 1 == m->pattern_end)
			return s == m->src_end ? s : NULL;
		if (*p == ESCAPE && p[1] == 'b') {
			s = balance(m, s, p + 2);
			p += 4;
		} else if (*p == ESCAPE && p[1] == 'f') {
			s = frontier(m, s, &p);
		} else if (*p == ESCAPE && isdigit((unsigned char)p[1])) {
			s = same_again(m, s, (unsigned char)p[1]);
			p += 2;
		} else {
			const char *end = class_end(m, p);
			switch (end < m->pattern_end ? *end : 0) {
			case '*':
				return longest(m, s, p, end);
			case '+':
				return single(m, s, p, end) ? longest(m, s + 1, p, end) : NULL;
			case '-':
				return shortest(m, s, p, end);
			case '?': {
				const char *rest;
				if (single(m, s, p, end) && (rest = match_here(m, s + 1, end + 1)))
					return rest;
				p = end + 1;
				break;
			}
			default:
				s = single(m, s, p, end) ? s + 1 : NULL;
				p = end;
			}
		}
		if (!s)
			return NULL;
	}
	return s;
}

static const char *match_here(struct match *m, const char *s, const char *p)
{
	if (!m->depth--)
		luaL_error(m->L, "pattern too complex");
	const char *rest = match_items(m, s, p);
	m->depth++;
	return rest;
}

void match_begin(struct match *m, lua_State *L, const char *s, size_t len, const char *p, size_t len_p)
{
	m->L = L;
	m->src = s;
	m->src_end = s + len;
	m->pattern_end = p + len_p;
	m->steps = 0;
}

const char *match_at(struct match *m, const char *s, const char *p)
{
	m->depth = DEPTH_MAX;
	m->level = 0;
	return match_here(m, s, p);
}
