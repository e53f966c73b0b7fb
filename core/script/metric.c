/* SPDX-License-Identifier: MIT */
/* metric.counter, gauge, histogram: numbers that a script keeps for others to read. Bounded in metrics and series. */
#include <stdlib.h>
#include <string.h>

#include "impl.h"

#define METRICS_MAX 32
#define SERIES_MAX 128 /* label values of a metric; what is beyond is counted as "other" */
#define VALUE_MAX 64
#define SLOTS 64

struct series {
	uint64_t hash;
	double value;
	uint64_t count;
	uint64_t *slots; /* of a histogram */
	char values[SCRIPT_METRIC_LABELS][VALUE_MAX];
};

struct metric {
	enum script_metric_kind kind;
	char *name, *help;
	unsigned n_labels;
	char *labels[SCRIPT_METRIC_LABELS];
	struct series *series;
	size_t n_series, cap;
};

struct metrics {
	struct metric metric[METRICS_MAX];
	size_t n;
};

static const char *const types[] = {"counter", "gauge", "histogram"};

void metrics_free(struct metrics *m)
{
	for (size_t i = 0; m && i < m->n; i++) {
		struct metric *metric = &m->metric[i];
		for (size_t j = 0; j < metric->n_series; j++)
			free(metric->series[j].slots);
		for (unsigned j = 0; j < metric->n_labels; j++)
			free(metric->labels[j]);
		free(metric->series);
		free(metric->name);
		free(metric->help);
	}
	free(m);
}

static struct metric *check(lua_State *L, int kind)
{
	struct metric **at = luaL_checkudata(L, 1, types[kind]);
	return *at;
}

static struct series *add_series(lua_State *L, struct metric *m, uint64_t hash)
{
	if (m->n_series == m->cap) {
		size_t cap = m->cap ? 2 * m->cap : 4;
		struct series *grown = realloc(m->series, cap * sizeof(*grown));
		if (!grown)
			luaL_error(L, "no memory");
		m->series = grown;
		m->cap = cap;
	}
	struct series *s = &m->series[m->n_series];
	memset(s, 0, sizeof(*s));
	s->hash = hash;
	if (m->kind == SCRIPT_HISTOGRAM && !(s->slots = calloc(SLOTS, sizeof(*s->slots))))
		luaL_error(L, "no memory");
	m->n_series++;
	return s;
}

/* That of the label values from the index on. */
static struct series *find_series(lua_State *L, struct metric *m, int index)
{
	uint64_t hash = 1;
	lua_settop(L, index + (int)m->n_labels - 1);
	for (unsigned i = 0; i < m->n_labels; i++)
		hash = hash * 31 + hash_check(L, index + (int)i);
	bool other = false;
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < m->n_series; i++)
			if (m->series[i].hash == hash)
				return &m->series[i];
		if (m->n_series < SERIES_MAX || other)
			break;
		other = true;
		hash = 0;
	}
	struct series *s = add_series(L, m, hash);
	for (unsigned i = 0; i < m->n_labels; i++) {
		const char *text = other ? "other" : luaL_tolstring(L, index + (int)i, NULL);
		snprintf(s->values[i], VALUE_MAX, "%s", text);
		lua_settop(L, index + (int)m->n_labels - 1);
	}
	return s;
}

/* counter:add(n = 1, labels...) */
static int counter_add(lua_State *L)
{
	struct metric *m = check(L, SCRIPT_COUNTER);
	double n = luaL_optnumber(L, 2, 1);
	luaL_argcheck(L, n >= 0, 2, "a counter only grows");
	find_series(L, m, 3)->value += n;
	return 0;
}

/* gauge:set(n, labels...) */
static int gauge_set(lua_State *L)
{
	struct metric *m = check(L, SCRIPT_GAUGE);
	double n = luaL_checknumber(L, 2);
	find_series(L, m, 3)->value = n;
	return 0;
}

/* histogram:observe(n, labels...) */
static int histogram_observe(lua_State *L)
{
	struct metric *m = check(L, SCRIPT_HISTOGRAM);
	double n = luaL_checknumber(L, 2);
	luaL_argcheck(L, n >= 0, 2, "what is observed is not negative");
	struct series *s = find_series(L, m, 3);
	uint64_t whole = n >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)n;
	s->slots[63 - __builtin_clzll(whole | 1)]++;
	s->value += n;
	s->count++;
	return 0;
}

/* metric.KIND(name, help, label names...) */
static int declare(lua_State *L)
{
	struct script *s = script_of(L);
	enum script_metric_kind kind = (enum script_metric_kind)lua_tointeger(L, lua_upvalueindex(1));
	const char *name = luaL_checkstring(L, 1), *help = luaL_optstring(L, 2, "");
	int n_labels = lua_gettop(L) > 2 ? lua_gettop(L) - 2 : 0;
	if (s->loaded)
		return luaL_error(L, "metric.%s() is for the start of a script", types[kind]);
	luaL_argcheck(L, n_labels <= SCRIPT_METRIC_LABELS, 3, "at most 4 labels");
	const char *texts[1 + SCRIPT_METRIC_LABELS] = {name};
	for (int i = 0; i < n_labels; i++)
		texts[1 + i] = luaL_checkstring(L, 3 + i);
	for (int i = 0; i <= n_labels; i++)
		if (!*texts[i] || strlen(texts[i]) > 63 ||
		    strspn(texts[i], "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(texts[i]))
			return luaL_error(L, "'%s' can't name a metric or a label: [a-z0-9_]", texts[i]);
	if (!s->metrics && !(s->metrics = calloc(1, sizeof(*s->metrics))))
		return luaL_error(L, "no memory");
	for (size_t i = 0; i < s->metrics->n; i++)
		if (!strcmp(s->metrics->metric[i].name, name))
			return luaL_error(L, "there is a metric '%s' already", name);
	if (s->metrics->n == METRICS_MAX)
		return luaL_error(L, "a script has at most %d metrics", METRICS_MAX);
	struct metric **at = lua_newuserdatauv(L, sizeof(struct metric *), 0);
	struct metric *m = *at = &s->metrics->metric[s->metrics->n++];
	*m = (struct metric){.kind = kind, .name = strdup(name), .help = strdup(help)};
	for (int i = 0; i < n_labels; i++)
		if ((m->labels[i] = strdup(texts[1 + i])))
			m->n_labels++;
	if (!m->name || !m->help || m->n_labels != (unsigned)n_labels)
		return luaL_error(L, "no memory");
	luaL_setmetatable(L, types[kind]);
	return 1;
}

void metrics_open(lua_State *L)
{
	static const luaL_Reg methods[] = {{"add", counter_add}, {"set", gauge_set}, {"observe", histogram_observe}};
	lua_newtable(L);
	for (int kind = SCRIPT_COUNTER; kind <= SCRIPT_HISTOGRAM; kind++) {
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

void script_metrics(const struct script *script, void (*each)(void *context, const struct script_sample *sample),
		    void *context)
{
	for (size_t i = 0; script->metrics && i < script->metrics->n; i++) {
		const struct metric *m = &script->metrics->metric[i];
		for (size_t j = 0; j < m->n_series; j++) {
			const struct series *s = &m->series[j];
			struct script_sample sample = {
				.kind = m->kind,
				.name = m->name,
				.help = m->help,
				.n_labels = m->n_labels,
				.value = s->value,
				.count = s->count,
				.slots = s->slots,
			};
			for (unsigned k = 0; k < m->n_labels; k++) {
				sample.labels[k] = m->labels[k];
				sample.values[k] = s->values[k];
			}
			each(context, &sample);
		}
	}
}
