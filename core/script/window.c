/* SPDX-License-Identifier: MIT */
/*
 * count_within, distinct_within, sequence: what happened lately, by key. A fixed number of keys in sets of WAYS; a new
 * key takes the place of the one of its set that was quiet for longest. All of it is one block of the script's memory.
 */
#include <string.h>

#include "impl.h"

#define WAYS 8
#define KEYS_DEFAULT 1024
#define KEYS_MAX 65536
#define VALUES_DEFAULT 64
#define VALUES_MAX 1024
#define SLOTS 16 /* of time */
#define STEPS_MAX 16

struct entry {
	uint64_t key;  /* 0: none */
	uint64_t used; /* the window's count of uses then */
};

struct counts {
	struct entry head;
	uint64_t slot; /* the newest: time / width */
	uint32_t n[SLOTS];
};

struct values {
	struct entry head;
	struct {
		uint64_t hash, time; /* time 0: none */
	} seen[];
};

struct steps {
	struct entry head;
	uint64_t started;
	uint32_t done;
};

struct window {
	uint64_t span; /* ns */
	uint64_t uses;
	uint32_t sets, values, n_steps;
	uint32_t entry_size;
	_Alignas(uint64_t) char entries[];
};

enum { COUNTS, VALUES, STEPS };
static const char *const types[] = {"count_within", "distinct_within", "sequence"};

static uint64_t mix(uint64_t h, uint64_t n)
{
	h = (h ^ n) * 0x9fb21c651e98df25ull;
	h ^= h >> 35;
	h *= 0xc2b2ae3d27d4eb4full;
	return h ^ h >> 28;
}

uint64_t hash_check(lua_State *L, int index)
{
	uint64_t h = script_of(L)->seed, w;
	size_t len;
	const char *text;
	lua_Number number;
	int type = lua_type(L, index);
	switch (type) {
	case LUA_TNONE:
	case LUA_TNIL:
		h = mix(h, 1);
		break;
	case LUA_TBOOLEAN:
		h = mix(h, 2 + (uint64_t)lua_toboolean(L, index));
		break;
	case LUA_TNUMBER:
		number = lua_tonumber(L, index);
		memcpy(&w, &number, sizeof(w));
		h = mix(h, lua_isinteger(L, index) ? (uint64_t)lua_tointeger(L, index) : w);
		break;
	case LUA_TSTRING:
		text = lua_tolstring(L, index, &len);
		limits_charge(L, len / 16);
		h = mix(h, ~(uint64_t)len);
		for (; len; text += sizeof(w), len -= sizeof(w)) {
			w = 0;
			memcpy(&w, text, len < sizeof(w) ? len : sizeof(w));
			h = mix(h, w);
			if (len < sizeof(w))
				break;
		}
		break;
	default:
		luaL_argerror(L, index, "a text, a number, a boolean or nil is wanted");
	}
	return h ? h : 1;
}

static struct entry *at(struct window *w, uint64_t i)
{
	return (struct entry *)(w->entries + i * w->entry_size);
}

/* The key's entry; with `make` a new one takes the quietest's place. */
static struct entry *find(struct window *w, uint64_t key, bool make)
{
	uint64_t first = key % w->sets * WAYS;
	struct entry *quietest = at(w, first);
	for (uint64_t i = first; i < first + WAYS; i++) {
		struct entry *e = at(w, i);
		if (e->key == key) {
			e->used = ++w->uses;
			return e;
		}
		if (e->used < quietest->used)
			quietest = e;
	}
	if (!make)
		return NULL;
	memset(quietest, 0, w->entry_size);
	quietest->key = key;
	quietest->used = ++w->uses;
	return quietest;
}

static struct window *check(lua_State *L, int kind)
{
	return luaL_checkudata(L, 1, types[kind]);
}

/* Forgets what is older than the window; the newest slot is now's. */
static void turn(const struct window *w, struct counts *c, uint64_t now)
{
	uint64_t slot = now / (w->span / SLOTS);
	if (slot <= c->slot)
		return;
	uint64_t steps = slot - c->slot < SLOTS ? slot - c->slot : SLOTS;
	for (uint64_t i = 0; i < steps; i++)
		c->n[(slot - i) % SLOTS] = 0;
	c->slot = slot;
}

static int push_sum(lua_State *L, const struct counts *c)
{
	lua_Integer sum = 0;
	for (int i = 0; c && i < SLOTS; i++)
		sum += c->n[i];
	lua_pushinteger(L, sum);
	return 1;
}

/* window:add(key, n = 1): how many there are now. */
static int counts_add(lua_State *L)
{
	struct window *w = check(L, COUNTS);
	struct counts *c = (struct counts *)find(w, hash_check(L, 2), true);
	lua_Integer n = luaL_optinteger(L, 3, 1);
	uint64_t now = script_of(L)->now;
	luaL_argcheck(L, n >= 0 && n <= INT32_MAX, 3, "0 to 2^31-1");
	turn(w, c, now);
	uint32_t *slot = &c->n[c->slot % SLOTS];
	*slot = *slot > UINT32_MAX - (uint32_t)n ? UINT32_MAX : *slot + (uint32_t)n;
	return push_sum(L, c);
}

static int counts_count(lua_State *L)
{
	struct window *w = check(L, COUNTS);
	struct counts *c = (struct counts *)find(w, hash_check(L, 2), false);
	if (c)
		turn(w, c, script_of(L)->now);
	return push_sum(L, c);
}

static bool fresh(const struct window *w, uint64_t time, uint64_t now)
{
	return time && (now <= time || now - time < w->span);
}

/* window:add(key, value): how many different values there are now; all that there is room for means: or more. */
static int values_add(lua_State *L)
{
	struct window *w = check(L, VALUES);
	struct values *v = (struct values *)find(w, hash_check(L, 2), true);
	uint64_t hash = hash_check(L, 3), now = script_of(L)->now;
	uint32_t n = 0, place = w->values, oldest = 0;
	limits_charge(L, w->values / 4);
	for (uint32_t i = 0; i < w->values; i++) {
		bool alive = fresh(w, v->seen[i].time, now);
		n += alive;
		if (v->seen[i].hash == hash && v->seen[i].time) {
			n += !alive;
			place = i;
			hash = 0; /* found */
		} else if (!alive && place == w->values) {
			place = i;
		}
		if (v->seen[i].time < v->seen[oldest].time)
			oldest = i;
	}
	if (hash) {
		n += place < w->values;
		place = place < w->values ? place : oldest;
		v->seen[place].hash = hash;
	}
	v->seen[place].time = now ? now : 1;
	lua_pushinteger(L, n);
	return 1;
}

static int values_count(lua_State *L)
{
	struct window *w = check(L, VALUES);
	struct values *v = (struct values *)find(w, hash_check(L, 2), false);
	lua_Integer n = 0;
	limits_charge(L, w->values / 4);
	for (uint32_t i = 0; v && i < w->values; i++)
		n += fresh(w, v->seen[i].time, script_of(L)->now);
	lua_pushinteger(L, n);
	return 1;
}

/* The number of a step, from 1, by its name. */
static uint32_t check_step(lua_State *L, uint32_t n)
{
	lua_getiuservalue(L, 1, 1);
	lua_pushvalue(L, 3);
	lua_rawget(L, -2);
	lua_Integer step = lua_tointeger(L, -1);
	luaL_argcheck(L, step >= 1 && step <= n, 3, "a step of this sequence is wanted");
	return (uint32_t)step;
}

/* sequence:step(key, name): true when it was the last one and all happened in order within the window. */
static int steps_step(lua_State *L)
{
	struct window *w = check(L, STEPS);
	uint32_t step = check_step(L, w->n_steps);
	uint64_t now = script_of(L)->now;
	struct steps *s = (struct steps *)find(w, hash_check(L, 2), step == 1);
	bool whole = false;
	if (s && s->done && now > s->started && now - s->started >= w->span)
		s->done = 0;
	if (s && step == s->done + 1) {
		s->done = step;
		whole = step == w->n_steps;
	}
	if (s && step == 1 && s->done == 1)
		s->started = now; /* again: it goes by the latest beginning */
	if (whole)
		s->done = 0;
	lua_pushboolean(L, whole);
	return 1;
}

/* sequence:at(key): the name of the step that was done last, or nil. */
static int steps_at(lua_State *L)
{
	struct window *w = check(L, STEPS);
	struct steps *s = (struct steps *)find(w, hash_check(L, 2), false);
	uint64_t now = script_of(L)->now;
	if (!s || !s->done || (now > s->started && now - s->started >= w->span))
		return 0;
	lua_getiuservalue(L, 1, 1);
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		if (lua_tointeger(L, -1) == s->done) {
			lua_pop(L, 1);
			return 1;
		}
	}
	return 0;
}

/* window:forget(key) */
static int window_forget(lua_State *L)
{
	struct window *w = check(L, (int)lua_tointeger(L, lua_upvalueindex(1)));
	struct entry *e = find(w, hash_check(L, 2), false);
	if (e)
		memset(e, 0, w->entry_size);
	return 0;
}

static uint32_t option(lua_State *L, int index, const char *name, uint32_t otherwise, uint32_t most)
{
	if (lua_isnoneornil(L, index))
		return otherwise;
	luaL_checktype(L, index, LUA_TTABLE);
	if (lua_getfield(L, index, name) != LUA_TNIL) {
		lua_Integer n = luaL_checkinteger(L, -1);
		if (n < 1 || n > most)
			luaL_error(L, "%s: %I is not between 1 and %d", name, n, (int)most);
		otherwise = (uint32_t)n;
	}
	lua_pop(L, 1);
	return otherwise;
}

/* Pushes a window; `options` is the argument that may have {keys = }. */
static struct window *make(lua_State *L, int kind, size_t entry_size, int options)
{
	uint64_t span = duration_check(L, 1);
	uint32_t sets = (option(L, options, "keys", KEYS_DEFAULT, KEYS_MAX) + WAYS - 1) / WAYS;
	size_t size = sizeof(struct window) + (size_t)sets * WAYS * entry_size;
	struct window *w = lua_newuserdatauv(L, size, 1);
	limits_zero(L, w, size);
	w->span = span < SLOTS ? SLOTS : span;
	w->sets = sets;
	w->entry_size = (uint32_t)entry_size;
	luaL_setmetatable(L, types[kind]);
	return w;
}

static int count_within(lua_State *L)
{
	make(L, COUNTS, sizeof(struct counts), 2);
	return 1;
}

static int distinct_within(lua_State *L)
{
	uint32_t n = option(L, 2, "values", VALUES_DEFAULT, VALUES_MAX);
	struct values *v;
	make(L, VALUES, sizeof(*v) + n * sizeof(v->seen[0]), 2)->values = n;
	return 1;
}

static int sequence(lua_State *L)
{
	luaL_checktype(L, 2, LUA_TTABLE);
	size_t n = lua_rawlen(L, 2);
	luaL_argcheck(L, n >= 2 && n <= STEPS_MAX, 2, "a list of 2 to 16 steps is wanted");
	make(L, STEPS, sizeof(struct steps), 3)->n_steps = (uint32_t)n;
	lua_newtable(L);
	for (lua_Integer i = 1; i <= (lua_Integer)n; i++) {
		lua_rawgeti(L, 2, i);
		luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 2, "a step is named by a text");
		lua_pushinteger(L, i);
		lua_rawset(L, -3);
	}
	lua_setiuservalue(L, -2, 1);
	return 1;
}

void windows_open(lua_State *L)
{
	static const luaL_Reg counts[] = {
		{"add", counts_add}, {"count", counts_count}, {"forget", window_forget}, {NULL, NULL}};
	static const luaL_Reg values[] = {
		{"add", values_add}, {"count", values_count}, {"forget", window_forget}, {NULL, NULL}};
	static const luaL_Reg steps[] = {
		{"step", steps_step}, {"at", steps_at}, {"forget", window_forget}, {NULL, NULL}};
	static const luaL_Reg *const methods[] = {counts, values, steps};
	static const luaL_Reg functions[] = {{"count_within", count_within},
					     {"distinct_within", distinct_within},
					     {"sequence", sequence},
					     {NULL, NULL}};
	lua_pushglobaltable(L);
	luaL_setfuncs(L, functions, 0);
	lua_pop(L, 1);
	for (int kind = COUNTS; kind <= STEPS; kind++) {
		luaL_newmetatable(L, types[kind]);
		lua_pushboolean(L, 0);
		lua_setfield(L, -2, "__metatable");
		lua_newtable(L);
		lua_pushinteger(L, kind);
		luaL_setfuncs(L, methods[kind], 1);
		lua_setfield(L, -2, "__index");
		lua_pop(L, 1);
	}
}
