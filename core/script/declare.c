/* SPDX-License-Identifier: MIT */
/* What a script declares while its chunk runs: on(), every(), rule{}. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"

#define HANDLERS_MAX 256
#define TIMERS_MAX 64
#define RULES_MAX 256
#define LIST_MAX 64
#define DURATION_MAX 31536000000000000ll /* a year, ns */

uint64_t duration_check(lua_State *L, int index)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}};
	double ns = 0;
	if (lua_type(L, index) == LUA_TNUMBER) {
		ns = lua_tonumber(L, index) * 1e9;
	} else {
		const char *text = luaL_checkstring(L, index);
		char *unit;
		double n = strtod(text, &unit);
		for (size_t i = 0; unit != text && i < sizeof(units) / sizeof(units[0]); i++)
			if (!strcmp(unit, units[i].unit))
				ns = n * units[i].ns;
	}
	if (!(ns >= 1 && ns <= (double)DURATION_MAX))
		luaL_argerror(L, index, "a time like \"500ms\", \"10s\", \"5m\", or seconds, is wanted");
	return (uint64_t)ns;
}

static struct script *declaring(lua_State *L, const char *what)
{
	struct script *s = script_of(L);
	if (s->loaded)
		luaL_error(L, "%s is for the start of a script, not for its handlers", what);
	return s;
}

/* Lua has a new copy of a function each time a chunk of code runs; the number stands for this one. */
static int keep_function(lua_State *L, int index)
{
	struct script *s = script_of(L);
	lua_rawgetp(L, LUA_REGISTRYINDEX, s);
	lua_pushvalue(L, index);
	lua_rawseti(L, -2, ++s->n_functions);
	lua_pop(L, 1);
	return s->n_functions;
}

static int line_of(lua_State *L)
{
	lua_Debug ar;
	if (!lua_getstack(L, 1, &ar))
		return 0;
	lua_getinfo(L, "l", &ar);
	return ar.currentline > 0 ? ar.currentline : 0;
}

/* Keys of the table at the index that nobody reads are mistakes. */
static void check_keys(lua_State *L, int index, const char *what, const char *const *known, size_t n)
{
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
		size_t i = 0;
		if (!key)
			luaL_error(L, "%s: its table has names, not numbers", what);
		while (i < n && strcmp(known[i], key))
			i++;
		const char *nearest = i == n ? nearest_name(key, known, n) : NULL;
		if (i == n)
			luaL_error(L, "%s: unknown key '%s'%s%s%s", what, key, nearest ? " (did you mean '" : "",
				   nearest ? nearest : "", nearest ? "'?)" : "");
	}
}

/*
 * A text or a list of texts at the index; leaves what holds the array on the stack (NULL: nil). The texts are held by
 * the value at the index.
 */
static const char **check_list(lua_State *L, int index, const char *what, size_t *n)
{
	*n = 0;
	int type = lua_type(L, index);
	if (type == LUA_TNIL) {
		lua_pushnil(L);
		return NULL;
	}
	if (type != LUA_TSTRING && type != LUA_TTABLE)
		luaL_error(L, "%s: a text or a list of texts is wanted", what);
	size_t count = type == LUA_TSTRING ? 1 : lua_rawlen(L, index);
	if (!count || count > LIST_MAX)
		luaL_error(L, "%s: a list of 1 to %d texts is wanted", what, LIST_MAX);
	const char **list = lua_newuserdatauv(L, count * sizeof(*list), 0);
	for (size_t i = 0; i < count; i++) {
		if (type == LUA_TTABLE)
			lua_rawgeti(L, index, (lua_Integer)i + 1);
		else
			lua_pushvalue(L, index);
		if (lua_type(L, -1) != LUA_TSTRING)
			luaL_error(L, "%s: a text or a list of texts is wanted", what);
		list[i] = lua_tostring(L, -1);
		lua_pop(L, 1);
	}
	*n = count;
	return list;
}

/* The script's own copy of a stream's name, for as long as it lives. */
static const char *keep_name(struct script *s, const char *name)
{
	for (size_t i = 0; i < s->n_names; i++)
		if (!strcmp(s->names[i], name))
			return s->names[i];
	const char **grown = realloc(s->names, (s->n_names + 1) * sizeof(*grown));
	if (grown)
		s->names = grown;
	char *copy = grown ? strdup(name) : NULL;
	if (copy)
		s->names[s->n_names++] = copy;
	return copy;
}

/* The array with room for one more element, zeroed. */
static void *grow(lua_State *L, void *array, size_t n, size_t size)
{
	char *grown = realloc(array, (n + 1) * size);
	if (!grown)
		luaL_error(L, "no memory");
	memset(grown + n * size, 0, size);
	return grown;
}

static int api_on(lua_State *L)
{
	static const char *const keys[] = {"where"};
	struct script *s = declaring(L, "on()");
	bool options = lua_gettop(L) > 2;
	luaL_checktype(L, options ? 3 : 2, LUA_TFUNCTION);
	lua_settop(L, 3);
	const char *where = NULL;
	if (options) {
		luaL_checktype(L, 2, LUA_TTABLE);
		check_keys(L, 2, "on()", keys, 1);
		lua_getfield(L, 2, "where");
		where = luaL_optstring(L, -1, NULL);
	}
	size_t n;
	const char **streams = check_list(L, 1, "on(): its streams", &n);
	if (!n)
		return luaL_argerror(L, 1, "a stream, or a list of streams, is wanted");
	if (s->n_handlers == HANDLERS_MAX)
		return luaL_error(L, "a script has at most %d handlers", HANDLERS_MAX);
	s->handlers = grow(L, s->handlers, s->n_handlers, sizeof(*s->handlers));
	int function = keep_function(L, options ? 3 : 2);
	struct handler *h = &s->handlers[s->n_handlers++];
	*h = (struct handler){.function = function, .line = line_of(L), .streams = calloc(n, sizeof(*h->streams))};
	for (size_t i = 0; h->streams && i < n && (h->streams[i] = keep_name(s, streams[i])); i++)
		h->n_streams++;
	if (where)
		h->where = strdup(where);
	if (h->n_streams != n || (where && !h->where))
		return luaL_error(L, "no memory");
	return 0;
}

static int api_every(lua_State *L)
{
	struct script *s = declaring(L, "every()");
	uint64_t period = duration_check(L, 1);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	if (s->n_timers == TIMERS_MAX)
		return luaL_error(L, "a script has at most %d timers", TIMERS_MAX);
	s->timers = grow(L, s->timers, s->n_timers, sizeof(*s->timers));
	int function = keep_function(L, 2);
	s->timers[s->n_timers++] = (struct timer){.period = period, .function = function};
	return 0;
}

/* A text of the rule's table, or NULL; it is held by the table. */
static const char *text_key(lua_State *L, const char *key)
{
	lua_pushstring(L, key);
	int type = lua_rawget(L, 1);
	if (type != LUA_TNIL && type != LUA_TSTRING)
		luaL_error(L, "rule: %s is to be a text", key);
	const char *text = lua_tostring(L, -1);
	lua_pop(L, 1);
	return text;
}

static const char **list_key(lua_State *L, const char *key, size_t *n)
{
	char what[64];
	snprintf(what, sizeof(what), "rule: %s", key);
	lua_getfield(L, 1, key);
	return check_list(L, lua_gettop(L), what, n);
}

static int api_rule(lua_State *L)
{
	static const char *const keys[] = {"name", "severity", "on",          "where",  "when",    "key",     "window",
					   "tags", "message",  "description", "number", "enabled", "actions", "cost"};
	struct script *s = declaring(L, "rule{}");
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	check_keys(L, 1, "rule", keys, sizeof(keys) / sizeof(keys[0]));
	uint32_t line = (uint32_t)line_of(L);
	const char *severity = text_key(L, "severity");
	struct rule rule = {
		.name = text_key(L, "name"),
		.description = text_key(L, "description"),
		.cost = text_key(L, "cost"),
		.severity = SEVERITY_WARNING,
		.where = text_key(L, "where"),
		.message = text_key(L, "message"),
		.enabled = true,
		.source = {.name = s->path, .line = line, .column = 1},
		.file = s->path,
		.line = line,
	};
	if (!rule.name || !*rule.name)
		return luaL_error(L, "rule: name is missing");
	if (!rule.message)
		return luaL_error(L, "rule '%s': message is missing", rule.name);
	if (severity && severity_parse(severity, &rule.severity))
		return luaL_error(L, "rule '%s': unknown severity '%s'", rule.name, severity);
	rule.streams = list_key(L, "on", &rule.n_streams);
	rule.tags = list_key(L, "tags", &rule.n_tags);
	rule.key = list_key(L, "key", &rule.n_key);
	rule.actions = list_key(L, "actions", &rule.n_actions);
	if (!rule.n_streams)
		return luaL_error(L, "rule '%s': on (its streams) is missing", rule.name);
	if (lua_getfield(L, 1, "window") != LUA_TNIL)
		rule.window_ms = duration_check(L, lua_gettop(L)) / 1000000;
	if (lua_getfield(L, 1, "number") != LUA_TNIL)
		rule.number = (uint32_t)luaL_checkinteger(L, -1);
	if (lua_getfield(L, 1, "enabled") != LUA_TNIL)
		rule.enabled = lua_toboolean(L, -1);
	int when = lua_getfield(L, 1, "when");
	if (when != LUA_TNIL && when != LUA_TFUNCTION)
		return luaL_error(L, "rule '%s': when is to be a function", rule.name);
	if (s->n_whens == RULES_MAX)
		return luaL_error(L, "a script has at most %d rules", RULES_MAX);
	s->whens = grow(L, s->whens, s->n_whens, sizeof(*s->whens));
	int function = when == LUA_TFUNCTION ? keep_function(L, lua_gettop(L)) : 0;
	struct config_error error = {0};
	int err = s->host.rule ? s->host.rule(s->host.context, &rule, &error) : 0;
	if (err)
		return luaL_error(L, "rule '%s': %s", rule.name, error.text[0] ? error.text : strerror(-err));
	s->whens[s->n_whens++] = function;
	return 0;
}

void declare_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"on", api_on}, {"every", api_every}, {"rule", api_rule}, {NULL, NULL}};
	lua_pushglobaltable(L);
	luaL_setfuncs(L, functions, 0);
	lua_pop(L, 1);
}
