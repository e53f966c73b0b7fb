/* SPDX-License-Identifier: MIT */
/* metric.counter, gauge, histogram: numbers that a script keeps for others to read, in a registry of its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "metric/metric.h"

#define METRICS_MAX 32
#define SERIES_MAX 128 /* label values of a metric; what is beyond is counted as "other" */
#define LABELS_MAX 4
#define BOUNDS 19 /* of a histogram: powers of four, as nobody knows what a script observes */

static const char *const types[] = {"counter", "gauge", "histogram"};

static struct metric *check(lua_State *L, int kind)
{
	struct metric **at = luaL_checkudata(L, 1, types[kind]);
	return *at;
}

/* That of the label values from the index on. */
static struct series *find_series(lua_State *L, struct metric *m, int index)
{
	struct metric_text values[LABELS_MAX];
	int n = (int)metric_describe(m)->n_labels;
	lua_settop(L, index + n - 1);
	luaL_checkstack(L, n, NULL);
	for (int i = 0; i < n; i++) {
		int type = lua_type(L, index + i);
		luaL_argcheck(L, type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING,
			      index + i, "a text, a number, true, false or nil is a label's value");
		values[i].text = luaL_tolstring(L, index + i, &values[i].len);
	}
	return metric_series(m, values);
}

/* counter:add(n = 1, labels...) */
static int counter_add(lua_State *L)
{
	struct metric *m = check(L, METRIC_COUNTER);
	double n = luaL_optnumber(L, 2, 1);
	luaL_argcheck(L, n >= 0, 2, "a counter only grows");
	series_add(find_series(L, m, 3), n);
	return 0;
}

/* gauge:set(n, labels...) */
static int gauge_set(lua_State *L)
{
	struct metric *m = check(L, METRIC_GAUGE);
	double n = luaL_checknumber(L, 2);
	series_set(find_series(L, m, 3), n);
	return 0;
}

/* histogram:observe(n, labels...) */
static int histogram_observe(lua_State *L)
{
	struct metric *m = check(L, METRIC_HISTOGRAM);
	double n = luaL_checknumber(L, 2);
	luaL_argcheck(L, n >= 0, 2, "what is observed is not negative");
	series_observe(find_series(L, m, 3), n);
	return 0;
}

/* A registry of 32 families at most; each name stands once in a script. */
static struct metric *add(lua_State *L, struct script *s, const struct metric_desc *desc)
{
	char why[256];
	if (!s->metrics && !(s->metrics = metrics_new("eunomia_script_", "script", s->name)))
		luaL_error(L, "no memory");
	if (metrics_has(s->metrics, desc->name))
		luaL_error(L, "there is a metric '%s' already", desc->name);
	if (metrics_families(s->metrics) == METRICS_MAX)
		luaL_error(L, "a script has at most %d metrics", METRICS_MAX);
	struct metric *m = metric_new(s->metrics, desc, why, sizeof(why));
	if (!m)
		luaL_error(L, "%s", why);
	return m;
}

/* metric.KIND(name, help, label names...) */
static int declare(lua_State *L)
{
	struct script *s = script_of(L);
	enum metric_type kind = (enum metric_type)lua_tointeger(L, lua_upvalueindex(1));
	const char *name = luaL_checkstring(L, 1), *help = luaL_optstring(L, 2, "");
	int n_labels = lua_gettop(L) > 2 ? lua_gettop(L) - 2 : 0;
	if (s->loaded)
		return luaL_error(L, "metric.%s() is for the start of a script", types[kind]);
	luaL_argcheck(L, n_labels <= LABELS_MAX, 3, "at most 4 labels");
	const char *texts[1 + LABELS_MAX] = {name};
	for (int i = 0; i < n_labels; i++)
		texts[1 + i] = luaL_checkstring(L, 3 + i);
	for (int i = 0; i <= n_labels; i++)
		if (!*texts[i] || strlen(texts[i]) > 63 ||
		    strspn(texts[i], "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(texts[i]))
			return luaL_error(L, "'%s' can't name a metric or a label: [a-z0-9_]", texts[i]);
	size_t len = strlen(name);
	if (kind == METRIC_COUNTER && (len < 6 || strcmp(name + len - 6, "_total") != 0))
		name = lua_pushfstring(L, "%s_total", name);
	double bounds[BOUNDS] = {1};
	for (int i = 1; i < BOUNDS; i++)
		bounds[i] = 4 * bounds[i - 1];
	const struct metric_desc desc = {
		.name = name,
		.help = *help ? help : "Of a script.",
		.type = kind,
		.labels = texts + 1,
		.n_labels = (uint32_t)n_labels,
		.bounds = bounds,
		.n_bounds = kind == METRIC_HISTOGRAM ? BOUNDS : 0,
		.most = SERIES_MAX,
	};
	struct metric **at = lua_newuserdatauv(L, sizeof(struct metric *), 0);
	*at = add(L, s, &desc);
	luaL_setmetatable(L, types[kind]);
	return 1;
}

void metric_open(lua_State *L)
{
	static const luaL_Reg methods[] = {{"add", counter_add}, {"set", gauge_set}, {"observe", histogram_observe}};
	lua_newtable(L);
	for (int kind = METRIC_COUNTER; kind <= METRIC_HISTOGRAM; kind++) {
		lua_pushinteger(L, kind);
		lua_pushcclosure(L, declare, 1);
		lua_setfield(L, -2, types[kind]);
		luaL_newmetatable(L, types[kind]);
		lua_pushboolean(L, 0);
		lua_setfield(L, -2, "__metatable");
		lua_newtable(L);
		lua_pushcfunction(L, methods[kind].func);
		lua_setfield(L, -2, methods[kind].name);
		lua_setfield(L, -2, "__index");
		lua_pop(L, 1);
	}
	lua_setglobal(L, "metric");
}

struct metrics *script_metrics(const struct script *script)
{
	return script->metrics;
}
