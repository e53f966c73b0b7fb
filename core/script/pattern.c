/* SPDX-License-Identifier: MIT */
/*
 * string.find, match, gmatch and gsub with Lua's patterns, each step of the matcher charged to the call: a pattern can
 * need exponentially many. It follows the matcher of Lua 5.4 (lstrlib.c, MIT, Lua.org, PUC-Rio), which is part of a
 * library that can't be asked to stop.
 */
#include <ctype.h>
#include <string.h>

#include "impl.h"

#define ESCAPE '%'
#define DEPTH_MAX 200
#define CAPTURES_MAX 32
#define STEPS_LOOK 2048

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

static void match_begin(struct match *m, lua_State *L, const char *s, size_t len, const char *p, size_t len_p)
{
	m->L = L;
	m->src = s;
	m->src_end = s + len;
	m->pattern_end = p + len_p;
	m->steps = 0;
}

static const char *match_at(struct match *m, const char *s, const char *p)
{
	m->depth = DEPTH_MAX;
	m->level = 0;
	return match_here(m, s, p);
}

static void push_capture(struct match *m, int i, const char *s, const char *end)
{
	if (i >= m->level) {
		if (i)
			luaL_error(m->L, "invalid capture index %%%d", i + 1);
		lua_pushlstring(m->L, s, (size_t)(end - s));
	} else if (m->captures[i].len == CAPTURE_POSITION) {
		lua_pushinteger(m->L, m->captures[i].start - m->src + 1);
	} else if (m->captures[i].len == CAPTURE_OPEN) {
		luaL_error(m->L, "unfinished capture");
	} else {
		lua_pushlstring(m->L, m->captures[i].start, (size_t)m->captures[i].len);
	}
}

/* All of them; the whole match if there are none and s is given. */
static int push_captures(struct match *m, const char *s, const char *end)
{
	int n = !m->level && s ? 1 : m->level;
	luaL_checkstack(m->L, n, "too many captures");
	for (int i = 0; i < n; i++)
		push_capture(m, i, s, end);
	return n;
}

static size_t position(lua_Integer at, size_t len)
{
	if (at > 0)
		return (size_t)at;
	if (!at || at < -(lua_Integer)len)
		return 1;
	return len + (size_t)at + 1;
}

static bool is_plain(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] && strchr("^$*+?.([%-", p[i]))
			return false;
	return true;
}

static int find(lua_State *L, bool wants_place)
{
	size_t len, len_p;
	const char *s = luaL_checklstring(L, 1, &len), *p = luaL_checklstring(L, 2, &len_p);
	size_t from = position(luaL_optinteger(L, 3, 1), len) - 1;
	if (from > len) {
		lua_pushnil(L);
		return 1;
	}
	if (wants_place && (lua_toboolean(L, 4) || is_plain(p, len_p))) {
		limits_charge(L, (len - from) / 8);
		const char *at = len_p ? memmem(s + from, len - from, p, len_p) : s + from;
		if (!at) {
			lua_pushnil(L);
			return 1;
		}
		lua_pushinteger(L, at - s + 1);
		lua_pushinteger(L, at - s + (lua_Integer)len_p);
		return 2;
	}
	struct match m;
	bool anchored = len_p && *p == '^';
	match_begin(&m, L, s, len, p + anchored, len_p - anchored);
	for (const char *at = s + from; at <= m.src_end; at++) {
		const char *end = match_at(&m, at, p + anchored);
		if (end && wants_place) {
			lua_pushinteger(L, at - s + 1);
			lua_pushinteger(L, end - s);
			return push_captures(&m, NULL, NULL) + 2;
		}
		if (end)
			return push_captures(&m, at, end);
		if (anchored)
			break;
	}
	lua_pushnil(L);
	return 1;
}

static int safe_find(lua_State *L)
{
	return find(L, true);
}

static int safe_match(lua_State *L)
{
	return find(L, false);
}

/* Upvalues: text, pattern, where to go on, where the last match ended. */
static int next_match(lua_State *L)
{
	struct match m;
	size_t len, len_p;
	const char *s = lua_tolstring(L, lua_upvalueindex(1), &len), *p = lua_tolstring(L, lua_upvalueindex(2), &len_p);
	lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
	match_begin(&m, L, s, len, p, len_p);
	for (const char *at = s + lua_tointeger(L, lua_upvalueindex(3)); at <= m.src_end; at++) {
		const char *end = match_at(&m, at, p);
		if (!end || end - s == last)
			continue;
		lua_pushinteger(L, end - s);
		lua_copy(L, -1, lua_upvalueindex(3));
		lua_replace(L, lua_upvalueindex(4));
		return push_captures(&m, at, end);
	}
	return 0;
}

static int safe_gmatch(lua_State *L)
{
	size_t len;
	luaL_checklstring(L, 1, &len);
	luaL_checkstring(L, 2);
	size_t from = position(luaL_optinteger(L, 3, 1), len) - 1;
	lua_settop(L, 2);
	lua_pushinteger(L, (lua_Integer)(from > len ? len + 1 : from));
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, next_match, 4);
	return 1;
}

/* The text of a replacement, with its %1. */
static void add_text(struct match *m, luaL_Buffer *b, const char *s, const char *end)
{
	size_t len;
	const char *text = lua_tolstring(m->L, 3, &len), *stop = text + len, *mark;
	m->steps += (unsigned)(len / 16);
	for (; (mark = memchr(text, ESCAPE, (size_t)(stop - text))); text = mark + 2) {
		char c = mark + 1 < stop ? mark[1] : '\0';
		luaL_addlstring(b, text, (size_t)(mark - text));
		if (c == ESCAPE) {
			luaL_addchar(b, ESCAPE);
		} else if (c == '0') {
			luaL_addlstring(b, s, (size_t)(end - s));
		} else if (isdigit((unsigned char)c)) {
			push_capture(m, c - '1', s, end);
			luaL_tolstring(m->L, -1, NULL); /* a position is a number */
			lua_remove(m->L, -2);
			luaL_addvalue(b);
		} else {
			luaL_error(m->L, "invalid use of '%%' in replacement string");
		}
	}
	luaL_addlstring(b, text, (size_t)(stop - text));
}

/* True: something else than what was there. */
static bool add_value(struct match *m, luaL_Buffer *b, const char *s, const char *end, int type)
{
	lua_State *L = m->L;
	if (type == LUA_TFUNCTION) {
		lua_pushvalue(L, 3);
		lua_call(L, push_captures(m, s, end), 1);
	} else if (type == LUA_TTABLE) {
		push_capture(m, 0, s, end);
		lua_gettable(L, 3);
	} else {
		add_text(m, b, s, end);
		return true;
	}
	if (!lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		luaL_addlstring(b, s, (size_t)(end - s));
		return false;
	}
	if (!lua_isstring(L, -1))
		return luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
	luaL_addvalue(b);
	return true;
}

static int safe_gsub(lua_State *L)
{
	size_t len, len_p;
	const char *s = luaL_checklstring(L, 1, &len), *p = luaL_checklstring(L, 2, &len_p), *last = NULL;
	int type = lua_type(L, 3);
	lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)len + 1), n = 0;
	luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE,
			 3, "string/function/table");
	if (type == LUA_TNUMBER) {
		luaL_tolstring(L, 3, NULL);
		lua_replace(L, 3);
	}
	lua_settop(L, 3);
	bool anchored = len_p && *p == '^', changed = false;
	struct match m;
	luaL_Buffer b;
	match_begin(&m, L, s, len, p + anchored, len_p - anchored);
	luaL_buffinit(L, &b);
	while (n < most) {
		const char *end = match_at(&m, s, p + anchored);
		if (end && end != last) {
			n++;
			changed |= add_value(&m, &b, s, end, type);
			s = last = end;
		} else if (s < m.src_end) {
			luaL_addchar(&b, *s++);
		} else {
			break;
		}
		if (anchored)
			break;
	}
	if (!changed) {
		lua_pushvalue(L, 1);
	} else {
		luaL_addlstring(&b, s, (size_t)(m.src_end - s));
		luaL_pushresult(&b);
	}
	lua_pushinteger(L, n);
	return 2;
}

void pattern_open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"find", safe_find}, {"match", safe_match}, {"gmatch", safe_gmatch}, {"gsub", safe_gsub}, {NULL, NULL}};
	luaL_setfuncs(L, functions, 0);
}
