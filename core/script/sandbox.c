/* SPDX-License-Identifier: MIT */
/*
 * What a script can name: an allow-list of Lua's own functions. Those whose work is not bounded by their instructions
 * are charged for it or replaced. Nothing loads code, nothing reaches the registry, a file or another state.
 */
#include <lualib.h>
#include <string.h>

#include "impl.h"

/* What a call of a library function costs beside its instruction. */
enum cost {
	FREE,
	TEXTS,  /* by the length of the texts it is given */
	RESULT, /* by the number of its results */
	LENGTH, /* by the length of the table */
	SORT,   /* n log n */
	RANGE,  /* by the arguments 2 and 3, */
	JOIN,   /* and 3 and 4: from, to */
};

struct allowed {
	const char *name;
	enum cost cost;
};

static const struct allowed base[] = {
	{"assert", FREE},   {"error", FREE},  {"getmetatable", FREE}, {"ipairs", FREE},
	{"next", FREE},     {"pairs", FREE},  {"rawequal", FREE},     {"rawget", FREE},
	{"rawlen", FREE},   {"rawset", FREE}, {"select", FREE},       {"tonumber", TEXTS},
	{"tostring", FREE}, {"type", FREE},   {"_VERSION", FREE},     {NULL, FREE},
};
static const struct allowed coroutines[] = {
	{"isyieldable", FREE}, {"running", FREE}, {"status", FREE}, {"yield", FREE}, {NULL, FREE},
};
static const struct allowed strings[] = {
	{"byte", RESULT},  {"char", FREE}, {"format", TEXTS}, {"len", FREE}, {"lower", FREE},
	{"reverse", FREE}, {"sub", FREE},  {"upper", FREE},   {NULL, FREE},
};
static const struct allowed tables[] = {
	{"concat", JOIN},   {"insert", LENGTH}, {"move", RANGE},   {"pack", FREE},
	{"remove", LENGTH}, {"sort", SORT},     {"unpack", RANGE}, {NULL, FREE},
};
static const struct allowed utf8[] = {
	{"char", FREE}, {"charpattern", FREE}, {"codepoint", TEXTS}, {"codes", FREE},
	{"len", TEXTS}, {"offset", TEXTS},     {NULL, FREE},
};
static const struct allowed maths[] = {
	{"abs", FREE},       {"ceil", FREE}, {"floor", FREE},      {"fmod", FREE}, {"huge", FREE},
	{"log", FREE},       {"max", FREE},  {"maxinteger", FREE}, {"min", FREE},  {"mininteger", FREE},
	{"modf", FREE},      {"pi", FREE},   {"random", FREE},     {"sqrt", FREE}, {"exp", FREE},
	{"tointeger", FREE}, {"type", FREE}, {"ult", FREE},        {NULL, FREE},
};

static const struct {
	const char *name; /* NULL: the globals */
	lua_CFunction open;
	const struct allowed *allowed;
} libraries[] = {
	{NULL, luaopen_base, base},          {"coroutine", luaopen_coroutine, coroutines},
	{"string", luaopen_string, strings}, {"table", luaopen_table, tables},
	{"utf8", luaopen_utf8, utf8},        {"math", luaopen_math, maths},
};

/* Of a table that lies about its length any loop over it would believe the lie. */
static uint64_t length_of(lua_State *L)
{
	if (!lua_istable(L, 1))
		return 0; /* the function will say so */
	if (luaL_getmetafield(L, 1, "__len") != LUA_TNIL)
		luaL_argerror(L, 1, "a table with __len");
	return lua_rawlen(L, 1);
}

static uint64_t range(lua_State *L, int from, uint64_t length)
{
	lua_Integer first = luaL_optinteger(L, from, 1), last = luaL_optinteger(L, from + 1, (lua_Integer)length);
	return last < first ? 0 : (uint64_t)last - (uint64_t)first;
}

static uint64_t texts(lua_State *L)
{
	uint64_t n = 0;
	for (int i = lua_gettop(L); i > 0; i--)
		if (lua_type(L, i) == LUA_TSTRING)
			n += lua_rawlen(L, i);
	return n / 4;
}

static int charged(lua_State *L)
{
	lua_CFunction function = lua_tocfunction(L, lua_upvalueindex(1));
	enum cost cost = (enum cost)lua_tointeger(L, lua_upvalueindex(2));
	uint64_t steps = cost == TEXTS ? texts(L) : cost == RESULT ? 0 : length_of(L);
	if (cost == RANGE)
		steps = range(L, 2, steps);
	if (cost == JOIN)
		steps = range(L, 3, steps);
	if (cost == SORT)
		steps *= (uint64_t)(64 - __builtin_clzll(steps | 1));
	limits_charge(L, steps);
	int n = function(L);
	if (cost == RESULT)
		limits_charge(L, (uint64_t)n);
	return n;
}

static int safe_rep(lua_State *L)
{
	size_t len, len_sep;
	const char *s = luaL_checklstring(L, 1, &len);
	lua_Integer n = luaL_checkinteger(L, 2);
	const char *sep = luaL_optlstring(L, 3, "", &len_sep);
	uint64_t memory = script_of(L)->limits.memory;
	if (n <= 0 || !(len + len_sep)) {
		lua_pushliteral(L, "");
		return 1;
	}
	if ((uint64_t)n > memory / (len + len_sep))
		return luaL_error(L, "string.rep: the text would be longer than all memory of a script");
	size_t total = (size_t)n * (len + len_sep) - len_sep;
	limits_charge(L, total / 16);
	luaL_Buffer b;
	char *at = luaL_buffinitsize(L, &b, total);
	for (; n > 1; n--) {
		memcpy(at, s, len);
		memcpy(at + len, sep, len_sep);
		at += len + len_sep;
	}
	memcpy(at, s, len);
	luaL_pushresultsize(&b, total);
	return 1;
}

/* Its address names the copies of metatables in the registry, by the metatable they are of. */
static const char copies;

static void check_method(lua_State *L, const char *name, int type)
{
	if (!strcmp(name, "__gc"))
		luaL_error(L, "a metatable with __gc");
	bool any = !strcmp(name, "__mode") || !strcmp(name, "__name") || !strcmp(name, "__metatable");
	bool table = type == LUA_TTABLE && (!strcmp(name, "__index") || !strcmp(name, "__newindex"));
	if (!any && !table && type != LUA_TFUNCTION)
		luaL_error(L, "%s of a metatable is to be a function", name);
}

/*
 * What the metatable at the index 2 says now, as a table that the script can't reach. Finalizers would run without a
 * hook; and to call a table whose __call is a table, whose __call..., takes the square of their number in one
 * instruction. Neither can be put into a copy later.
 */
static void push_copy(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &copies);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, 3) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING || strncmp(lua_tostring(L, -2), "__", 2))
			continue;
		check_method(L, lua_tostring(L, -2), lua_type(L, -1));
		lua_pushvalue(L, -2);
		lua_pushvalue(L, -2);
		lua_rawset(L, 4);
	}
	lua_pushliteral(L, "__metatable"); /* getmetatable() says the one that was given */
	if (lua_rawget(L, 4) == LUA_TNIL) {
		lua_pushliteral(L, "__metatable");
		lua_pushvalue(L, 2);
		lua_rawset(L, 4);
	}
	lua_pop(L, 1);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, 4);
	lua_rawset(L, 3);
}

/* The script's own __metatable, not ours, protects the table at the index 1. */
static bool is_protected(lua_State *L)
{
	if (!lua_getmetatable(L, 1))
		return false;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &copies);
	lua_pushliteral(L, "__metatable");
	lua_rawget(L, -3);
	bool own = !lua_istable(L, -1);
	if (!own) {
		lua_rawget(L, -2);
		own = !lua_rawequal(L, -1, -3);
	}
	lua_settop(L, 2);
	return own;
}

static int safe_setmetatable(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
	lua_settop(L, 2);
	if (is_protected(L))
		return luaL_error(L, "cannot change a protected metatable");
	if (lua_istable(L, 2))
		push_copy(L);
	lua_setmetatable(L, 1);
	lua_settop(L, 1);
	return 1;
}

static void make_copies(lua_State *L)
{
	lua_newtable(L);
	lua_newtable(L);
	lua_pushliteral(L, "k");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &copies);
}

/* The library on top of the stack to the table below it. */
static void copy(lua_State *L, const struct allowed *allowed)
{
	for (; allowed->name; allowed++) {
		lua_getfield(L, -1, allowed->name);
		if (allowed->cost != FREE) {
			lua_pushinteger(L, allowed->cost);
			lua_pushcclosure(L, charged, 2);
		}
		lua_setfield(L, -3, allowed->name);
	}
}

void sandbox_open(lua_State *L)
{
	make_copies(L);
	lua_newtable(L); /* the globals to be */
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		if (libraries[i].name)
			lua_newtable(L);
		else
			lua_pushvalue(L, -1);
		lua_pushcfunction(L, libraries[i].open);
		lua_call(L, 0, 1);
		copy(L, libraries[i].allowed);
		lua_pop(L, 1);
		if (libraries[i].name)
			lua_setfield(L, -2, libraries[i].name);
		else
			lua_pop(L, 1);
	}
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "_G");
	lua_pushcfunction(L, safe_setmetatable);
	lua_setfield(L, -2, "setmetatable");
	lua_getfield(L, -1, "string");
	lua_pushcfunction(L, safe_rep);
	lua_setfield(L, -2, "rep");
	pattern_open(L);

	/* Methods of texts are found through their metatable, which the library made with all of its own. */
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 3);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	limits_open(L);
}
