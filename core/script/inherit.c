/* SPDX-License-Identifier: MIT */
/* A reload: what the old state's `state` holds becomes the new one's. Plain data only; tables are merged in place. */
#include <errno.h>
#include <string.h>

#include "impl.h"

#define DEPTH 32

/* Index 1 of the new state's stack has the tables that were made, by the old one's addresses. */
static void merge(lua_State *L, lua_State *old, int depth);

/* The old state's top as a value on the new one's; nothing (false): it is no data. */
static bool copy(lua_State *L, lua_State *old)
{
	size_t len;
	const char *text;
	switch (lua_type(old, -1)) {
	case LUA_TBOOLEAN:
		lua_pushboolean(L, lua_toboolean(old, -1));
		return true;
	case LUA_TNUMBER:
		if (lua_isinteger(old, -1))
			lua_pushinteger(L, lua_tointeger(old, -1));
		else
			lua_pushnumber(L, lua_tonumber(old, -1));
		return true;
	case LUA_TSTRING:
		text = lua_tolstring(old, -1, &len);
		lua_pushlstring(L, text, len);
		return true;
	default:
		return false;
	}
}

/* The table for the old state's one on its top: made before, or there (nil is below), or new. Leaves it on the stack.
 */
static void table_for(lua_State *L, lua_State *old, int depth)
{
	const void *address = lua_topointer(old, -1);
	if (lua_rawgetp(L, 1, address) == LUA_TTABLE) {
		lua_remove(L, -2);
		return;
	}
	lua_pop(L, 1);
	if (!lua_istable(L, -1)) {
		lua_pop(L, 1);
		lua_newtable(L);
	}
	lua_pushvalue(L, -1);
	lua_rawsetp(L, 1, address);
	merge(L, old, depth + 1);
}

/* From the table on the old stack's top into the one on the new one's. */
static void merge(lua_State *L, lua_State *old, int depth)
{
	if (depth > DEPTH || !lua_checkstack(old, 8))
		return;
	luaL_checkstack(L, 8, "state");
	for (lua_pushnil(old); lua_next(old, -2); lua_pop(old, 1)) {
		limits_charge(L, 1);
		lua_pushvalue(old, -2);
		bool key = copy(L, old);
		lua_pop(old, 1);
		if (!key)
			continue;
		if (lua_istable(old, -1)) {
			lua_pushvalue(L, -1);
			lua_rawget(L, -3);
			table_for(L, old, depth);
		} else if (!copy(L, old)) {
			lua_pop(L, 1);
			continue;
		}
		lua_rawset(L, -3);
	}
}

/* What is called `state` now is found again without naming it, which might allocate. */
static int find_state(lua_State *L)
{
	lua_pushglobaltable(L);
	lua_pushliteral(L, "state");
	lua_rawget(L, -2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &script_of(L)->state_key);
	return 0;
}

static int inherit(lua_State *L)
{
	struct script *before = lua_touserdata(L, 1);
	lua_State *old = before->L;
	lua_settop(L, 0);
	lua_newtable(L);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &script_of(L)->state_key);
	lua_rawgetp(old, LUA_REGISTRYINDEX, &before->state_key);
	if (lua_istable(L, -1) && lua_istable(old, -1))
		merge(L, old, 0);
	return 0;
}

static bool has_state(struct script *s)
{
	lua_pushcfunction(s->L, find_state);
	return limits_call(s, 0, 0, "state");
}

int script_inherit(struct script *s, struct script *before)
{
	int top = lua_gettop(before->L);
	if (s->stopped || !has_state(s) || !has_state(before) || !lua_checkstack(before->L, 8))
		return -EINVAL;
	lua_pushcfunction(s->L, inherit);
	lua_pushlightuserdata(s->L, before);
	bool fine = limits_call(s, 1, 0, "state");
	lua_settop(before->L, top);
	return fine ? 0 : -ENOMEM;
}
