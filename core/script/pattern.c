/* SPDX-License-Identifier: MIT */
/* string.find, match, gmatch and gsub, as Lua 5.4 has them (lstrlib.c, MIT, Lua.org, PUC-Rio), with our matcher. */
#include <ctype.h>
#include <string.h>

#include "match.h"

#define ESCAPE '%'

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
