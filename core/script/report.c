/* SPDX-License-Identifier: MIT */
/* What a script says: alert{}, log(), emit(); and now(). All so many a second at most. */
#include <math.h>
#include <string.h>

#include "event/escape.h"
#include "impl.h"

#define FIELDS_MAX 32
#define TAGS_MAX 16
#define JSON_DEPTH 8

/* A text of the alert's table, left on the stack. */
static const char *text_key(lua_State *L, const char *key, const char *otherwise, size_t *len)
{
	int type = lua_getfield(L, 1, key);
	if (type != LUA_TNIL && type != LUA_TSTRING)
		luaL_error(L, "alert: %s is to be a text", key);
	if (type == LUA_TNIL)
		lua_pushstring(L, otherwise);
	return lua_tolstring(L, -1, len);
}

static const struct view *view_key(lua_State *L)
{
	struct script *s = script_of(L);
	if (lua_getfield(L, 1, "event") == LUA_TNIL)
		return s->events[s->at]->view;
	return event_check(L, lua_gettop(L));
}

static size_t tags_key(lua_State *L, const char **tags)
{
	if (lua_getfield(L, 1, "tags") == LUA_TNIL)
		return 0;
	luaL_argcheck(L, lua_istable(L, -1), 1, "tags is a list of texts");
	int table = lua_gettop(L);
	size_t n = lua_rawlen(L, table);
	for (size_t i = 0; i < n && i < TAGS_MAX; i++) {
		lua_rawgeti(L, table, (lua_Integer)i + 1);
		luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, "tags is a list of texts");
		tags[i] = lua_tostring(L, -1);
	}
	return n < TAGS_MAX ? n : TAGS_MAX;
}

/* {"path", "exe"}: the event's; {port = 80}: the script's own. */
static size_t fields_key(lua_State *L, const struct view *view, struct alert_field *fields)
{
	size_t n = 0;
	if (lua_getfield(L, 1, "fields") == LUA_TNIL)
		return 0;
	luaL_argcheck(L, lua_istable(L, -1), 1, "fields is a table");
	int table = lua_gettop(L);
	for (lua_pushnil(L); n < FIELDS_MAX && lua_next(L, table); n++) {
		struct alert_field *f = &fields[n];
		if (lua_type(L, -2) != LUA_TSTRING) {
			f->name = luaL_checkstring(L, -1);
			f->field = view ? stream_field(view->stream, f->name) : NULL;
			if (!f->field)
				luaL_error(L, "alert: the event has no field '%s'", f->name);
		} else {
			f->name = lua_tostring(L, -2);
			luaL_tolstring(L, -1, NULL);
			lua_remove(L, -2);
			f->text = lua_tolstring(L, -1, &f->len);
		}
		lua_pushvalue(L, -2); /* the value stays below it: the alert borrows the text */
	}
	return n;
}

static int api_alert(lua_State *L)
{
	struct script *s = script_of(L);
	const char *tags[TAGS_MAX];
	struct alert_field fields[FIELDS_MAX] = {0};
	struct alert alert = {.time = s->now, .count = 1, .severity = SEVERITY_WARNING, .tags = tags, .fields = fields};
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	luaL_checkstack(L, 2 * FIELDS_MAX + TAGS_MAX + 16, "alert");
	if (!limits_rate(s, &s->alert_rate)) {
		s->dropped++;
		s->stats.dropped++;
		return 0;
	}
	alert.rule = text_key(L, "rule", s->name, NULL);
	alert.message = text_key(L, "message", NULL, &alert.message_len);
	if (!alert.message)
		return luaL_error(L, "alert: message is missing");
	const char *severity = text_key(L, "severity", "warning", NULL);
	if (severity_parse(severity, &alert.severity))
		return luaL_error(L, "alert: unknown severity '%s'", severity);
	alert.view = view_key(L);
	alert.source = alert.view ? alert.view->stream->name : "script";
	alert.n_tags = tags_key(L, tags);
	alert.n_fields = fields_key(L, alert.view, fields);
	alert.dropped_before = s->dropped;
	s->dropped = 0;
	s->stats.alerts++;
	if (s->host.alert)
		s->host.alert(s->host.context, &alert);
	return 0;
}

/* log(...) and print(...): the values as text, a tab between. */
static int api_log(lua_State *L)
{
	int n = lua_gettop(L);
	luaL_Buffer b;
	luaL_buffinit(L, &b);
	for (int i = 1; i <= n; i++) {
		if (i > 1)
			luaL_addchar(&b, '\t');
		luaL_tolstring(L, i, NULL);
		luaL_addvalue(&b);
	}
	luaL_pushresult(&b);
	size_t len;
	const char *text = lua_tolstring(L, -1, &len);
	limits_log(script_of(L), text, len);
	return 0;
}

static int api_now(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)script_of(L)->now);
	return 1;
}

static void json_value(lua_State *L, struct buf *out, int depth);

static void json_table(lua_State *L, struct buf *out, int depth)
{
	int table = lua_gettop(L);
	lua_Integer n = (lua_Integer)lua_rawlen(L, table);
	if (depth > JSON_DEPTH)
		luaL_error(L, "emit: tables in tables, more than %d deep", JSON_DEPTH);
	luaL_checkstack(L, 8, "emit");
	buf_char(out, n ? '[' : '{');
	for (lua_Integer i = 1; i <= n; i++) {
		if (i > 1)
			buf_char(out, ',');
		lua_rawgeti(L, table, i);
		json_value(L, out, depth);
		lua_pop(L, 1);
	}
	bool first = true;
	for (lua_pushnil(L); !n && lua_next(L, table); first = false, lua_pop(L, 1)) {
		size_t len;
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "emit: a field is named by a text");
		const char *key = lua_tolstring(L, -2, &len);
		if (!first)
			buf_char(out, ',');
		escape_json(out, key, len);
		buf_char(out, ':');
		json_value(L, out, depth);
	}
	if (n)
		lua_settop(L, table);
	buf_char(out, n ? ']' : '}');
}

static void json_value(lua_State *L, struct buf *out, int depth)
{
	size_t len;
	const char *text;
	if (out->failed)
		luaL_error(L, "emit: more than %d bytes", (int)TEXT_MAX);
	limits_charge(L, 4);
	switch (lua_type(L, -1)) {
	case LUA_TBOOLEAN:
		buf_str(out, lua_toboolean(L, -1) ? "true" : "false");
		break;
	case LUA_TNUMBER:
		if (lua_isinteger(L, -1))
			buf_s64(out, lua_tointeger(L, -1));
		else if (isfinite(lua_tonumber(L, -1)))
			buf_printf(out, "%.17g", lua_tonumber(L, -1));
		else
			buf_str(out, "null");
		break;
	case LUA_TSTRING:
		text = lua_tolstring(L, -1, &len);
		escape_json(out, text, len);
		break;
	case LUA_TTABLE:
		json_table(L, out, depth + 1);
		break;
	default:
		luaL_error(L, "emit: a %s can't be written", luaL_typename(L, -1));
	}
}

/* A derived stream has a name like any other, but not that of another. */
static const char *check_derived(lua_State *L)
{
	const struct script *s = script_of(L);
	const char *name = luaL_checkstring(L, 1), *dot = strchr(name, '.');
	if (strlen(name) > 63 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-") != strlen(name) || !dot ||
	    dot == name || !dot[1])
		luaL_argerror(L, 1, "a stream's name is like app.slow: [a-z0-9_.-] with a dot, at most 63");
	if (s->schema && schema_find(s->schema, name))
		luaL_argerror(L, 1, "there is a stream of that name already");
	return name;
}

static int api_emit(lua_State *L)
{
	struct script *s = script_of(L);
	const char *stream = check_derived(L);
	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	if (lua_rawlen(L, 2))
		return luaL_argerror(L, 2, "fields have names");
	s->text.len = 0;
	s->text.failed = false;
	json_table(L, &s->text, 1);
	if (buf_commit(&s->text, 0))
		return luaL_error(L, "emit: more than %d bytes", (int)TEXT_MAX);
	if (s->host.emit && limits_rate(s, &s->emit_rate))
		s->host.emit(s->host.context, stream, s->text.data, s->text.len);
	return 0;
}

void report_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"alert", api_alert}, {"log", api_log}, {"print", api_log},
					     {"emit", api_emit},   {"now", api_now}, {NULL, NULL}};
	lua_pushglobaltable(L);
	luaL_setfuncs(L, functions, 0);
	lua_pop(L, 1);
}
