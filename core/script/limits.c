/* SPDX-License-Identifier: MIT */
/*
 * What a call may cost. A count hook looks at what was spent and at the clock, more often once there are large strings
 * or tables: then few instructions take long. What a C function does for long it charges itself.
 * A limit that was tripped stays so until the host's call ends: whatever catches errors raises it again, and the hook
 * fires at every instruction of whatever still runs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event/clock.h"

#include "impl.h"

#define COUNT_BIG 32 /* where there are blocks of BIG bytes, one instruction may take a millisecond */
#define BIG (256u << 10)
#define STRING_MAX (1u << 20)
#define ERRORS_IN_ROW 10
#define SAMPLE 64 /* one call of so many is timed */

static void look_hook(lua_State *L, lua_Debug *ar);

static void trip(lua_State *L, const char *limit)
{
	struct script *s = script_of(L);
	lua_Debug ar;
	if (s->tripped)
		return;
	s->tripped = limit;
	s->where[0] = '\0';
	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.currentline > 0) {
			snprintf(s->where, sizeof(s->where), "%s:%d", ar.short_src, ar.currentline);
			return;
		}
	}
}

/* Only a lua_State's own errors end it; the value is the same whoever catches it. */
static int raise_again(lua_State *L)
{
	struct script *s = script_of(L);
	lua_sethook(L, look_hook, LUA_MASKCOUNT, 1);
	return luaL_error(L, "over its limit of %s", s->tripped);
}

static void look(lua_State *L)
{
	struct script *s = script_of(L);
	if (!s->tripped && s->spent > s->limits.instructions)
		trip(L, "instructions");
	if (!s->tripped) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC);
		if (!s->wall) {
			s->wall = now;
			s->cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		} else if (now - s->wall > s->limits.wall_ns &&
			   clock_ns(CLOCK_THREAD_CPUTIME_ID) - s->cpu > s->limits.wall_ns) {
			trip(L, "time"); /* not a host that was put to sleep */
		}
	}
	if (s->tripped)
		raise_again(L);
	s->starved = 0;
}

static void look_hook(lua_State *L, lua_Debug *ar)
{
	struct script *s = script_of(L);
	(void)ar;
	int count = lua_gethookcount(L);
	s->spent += (uint64_t)count;
	look(L);
	if (count != s->count)
		lua_sethook(L, look_hook, LUA_MASKCOUNT, s->count);
}

void limits_charge(lua_State *L, uint64_t steps)
{
	struct script *s = script_of(L);
	if (!s->hooks)
		return;
	s->spent = s->spent + steps < steps ? UINT64_MAX : s->spent + steps;
	if (steps >= LIMITS_COUNT || s->spent > s->limits.instructions)
		look(L);
}

void limits_zero(lua_State *L, void *block, size_t size)
{
	struct script *s = script_of(L);
	limits_charge(L, size / 32);
	uint64_t began = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	memset(block, 0, size);
	s->cpu += clock_ns(CLOCK_THREAD_CPUTIME_ID) - began;
}

/* Looks at the call at the next instruction. */
static void look_soon(struct script *s)
{
	if (s->running && s->hooks)
		lua_sethook(s->running, look_hook, LUA_MASKCOUNT, 1);
}

/*
 * Before Lua gives up it collects all garbage and asks again, which takes long and may free next to nothing: so that is
 * looked at, and between two looks happens once.
 */
static bool is_refused(struct script *s, const void *block, size_t kind, uint64_t total, size_t size)
{
	if (total <= s->limits.memory && (block || kind != LUA_TSTRING || size <= STRING_MAX) && s->starved < 2)
		return false;
	s->starved++;
	look_soon(s);
	return true;
}

/* `old` is what kind of object it will be where there is no block. */
void *limits_alloc(void *context, void *block, size_t old, size_t size)
{
	struct script *s = context;
	size_t had = block ? old : 0;
	if (!size) {
		free(block);
		s->memory -= had;
		return NULL;
	}
	if (size > had && is_refused(s, block, old, s->memory - had + size, size))
		return NULL;
	void *fresh = realloc(block, size);
	if (!fresh)
		return NULL;
	s->memory += size - had;
	if (s->memory > s->memory_most)
		s->memory_most = s->memory;
	if (size >= BIG && s->count != COUNT_BIG) {
		s->count = COUNT_BIG;
		look_soon(s);
	}
	return fresh;
}

void limits_caught(lua_State *L, int status)
{
	if (status == LUA_ERRMEM)
		trip(L, "memory");
	if (script_of(L)->tripped)
		raise_again(L);
}

lua_State *limits_enter(struct script *s, lua_State *thread)
{
	lua_State *before = s->running;
	s->running = thread;
	if (s->hooks && lua_gethookcount(thread) != s->count)
		lua_sethook(thread, look_hook, LUA_MASKCOUNT, s->count);
	return before;
}

void limits_leave(struct script *s, lua_State *before)
{
	s->running = before;
}

static int finish_pcall(lua_State *L, int status, lua_KContext extra)
{
	if (status == LUA_OK || status == LUA_YIELD)
		return lua_gettop(L) - (int)extra;
	limits_caught(L, status);
	lua_pushboolean(L, 0);
	lua_pushvalue(L, -2);
	return 2;
}

static int safe_pcall(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_pushboolean(L, 1);
	lua_insert(L, 1);
	return finish_pcall(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_pcall), 0);
}

/* Hooks are off in a handler whose error came from the hook: then the script's own one is not entered. */
static int safe_handler(lua_State *L)
{
	if (script_of(L)->tripped)
		return 1;
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

static int safe_xpcall(lua_State *L)
{
	int n = lua_gettop(L);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, safe_handler, 1);
	lua_replace(L, 2);
	lua_pushboolean(L, 1);
	lua_pushvalue(L, 1);
	lua_rotate(L, 3, 2);
	return finish_pcall(L, lua_pcallk(L, n - 2, LUA_MULTRET, 2, 2, finish_pcall), 2);
}

/* Results moved to L and their number, or -1 and the message. */
static int resume(lua_State *L, lua_State *co, int n)
{
	struct script *s = script_of(L);
	int results;
	if (!lua_checkstack(co, n)) {
		lua_pushliteral(L, "too many arguments to resume");
		return -1;
	}
	lua_xmove(L, co, n);
	lua_State *before = limits_enter(s, co);
	int status = lua_resume(co, L, n, &results);
	limits_leave(s, before);
	if (status == LUA_OK || status == LUA_YIELD) {
		if (!lua_checkstack(L, results + 1)) {
			lua_pop(co, results);
			lua_pushliteral(L, "too many results to resume");
			return -1;
		}
		lua_xmove(co, L, results);
		return results;
	}
	limits_caught(L, status);
	lua_xmove(co, L, 1);
	return -1;
}

static int safe_resume(lua_State *L)
{
	lua_State *co = lua_tothread(L, 1);
	luaL_argexpected(L, co, 1, "coroutine");
	int n = resume(L, co, lua_gettop(L) - 1);
	lua_pushboolean(L, n >= 0);
	n = n < 0 ? 1 : n;
	lua_insert(L, -(n + 1));
	return n + 1;
}

static int wrapped(lua_State *L)
{
	int n = resume(L, lua_tothread(L, lua_upvalueindex(1)), lua_gettop(L));
	return n < 0 ? lua_error(L) : n;
}

static int safe_create(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TFUNCTION);
	limits_charge(L, LIMITS_COUNT); /* what it may do before its own hook counts it */
	lua_State *co = lua_newthread(L);
	lua_pushvalue(L, 1);
	lua_xmove(L, co, 1);
	return 1;
}

static int safe_wrap(lua_State *L)
{
	safe_create(L);
	lua_pushcclosure(L, wrapped, 1);
	return 1;
}

/*
 * No coroutine.close: what died in the hook would run its __close without one, and closing inside of closing is not
 * counted by Lua 5.4.4 against the C stack.
 */
void limits_open(lua_State *L)
{
	static const luaL_Reg base[] = {{"pcall", safe_pcall}, {"xpcall", safe_xpcall}, {NULL, NULL}};
	static const luaL_Reg coroutine[] = {
		{"create", safe_create}, {"resume", safe_resume}, {"wrap", safe_wrap}, {NULL, NULL}};
	lua_pushglobaltable(L);
	luaL_setfuncs(L, base, 0);
	lua_getfield(L, -1, "coroutine");
	luaL_setfuncs(L, coroutine, 0);
	lua_pop(L, 2);
}

bool limits_rate(struct script *s, struct rate *rate)
{
	uint64_t second = s->now / 1000000000;
	if (rate->second != second)
		*rate = (struct rate){.second = second};
	return ++rate->count <= s->limits.alerts;
}

void limits_log(struct script *s, const char *text, size_t len)
{
	if (s->host.log && limits_rate(s, &s->log_rate))
		s->host.log(s->host.context, s->name, text, len);
}

static void stop(struct script *s, const char *limit, const char *detail)
{
	s->stopped = true;
	if (s->host.stopped)
		s->host.stopped(s->host.context, s->name, limit, detail);
}

/* A call that failed: what is told, and whether it was one too many. The message is on top of the stack. */
static void failed(struct script *s, int status, const char *what)
{
	char text[512];
	const char *message = lua_type(s->L, -1) == LUA_TSTRING ? lua_tostring(s->L, -1) : "an error that is no text";
	const char *limit = status == LUA_ERRMEM ? "memory" : s->tripped;
	if (status == LUA_ERRMEM && !s->tripped)
		s->where[0] = '\0';
	if (limit) {
		s->stats.strikes++;
		s->strikes++;
		snprintf(text, sizeof(text), "%s: over its limit of %s%s%s (strike %u of %u)", what, limit,
			 s->where[0] ? " at " : "", s->where, s->strikes, s->limits.strikes);
	} else {
		s->stats.errors++;
		s->errors_in_row++;
		snprintf(text, sizeof(text), "%s: %s (error %llu)", what, message, (unsigned long long)s->stats.errors);
	}
	s->tripped = NULL;
	if (s->hooks)
		lua_sethook(s->L, look_hook, LUA_MASKCOUNT, s->count);
	/* The first ones, then ever fewer: a script that fails at every event is no flood. */
	if (limit || !(s->stats.errors & (s->stats.errors - 1)))
		limits_log(s, text, strlen(text));
	if (limit && s->strikes >= s->limits.strikes)
		stop(s, limit, text);
	else if (!limit && s->errors_in_row >= ERRORS_IN_ROW)
		stop(s, "error", text);
}

void limits_begin(struct script *s)
{
	s->spent = 0;
	s->wall = 0;
	s->starved = 0;
	s->running = s->L;
}

bool limits_call(struct script *s, int n, int results, const char *what)
{
	bool timed = s->stats.calls++ % SAMPLE == 0;
	uint64_t start = timed ? clock_ns(CLOCK_MONOTONIC) : 0;
	limits_begin(s);
	int status = lua_pcall(s->L, n, results, 0);
	s->running = NULL;
	if (timed || s->wall) {
		uint64_t took = clock_ns(CLOCK_MONOTONIC) - (timed ? start : s->wall);
		s->stats.time_ns += timed ? took * SAMPLE : took;
		if (took > s->stats.longest_ns)
			s->stats.longest_ns = took;
	}
	if (__builtin_expect(status == LUA_OK && !s->tripped, 1)) {
		s->errors_in_row = 0;
		return true;
	}
	if (status == LUA_OK) { /* tripped by the last thing it did */
		lua_settop(s->L, -(results == LUA_MULTRET ? 0 : results) - 1);
		lua_pushnil(s->L);
		status = LUA_ERRRUN;
	}
	failed(s, status, what);
	lua_pop(s->L, 1);
	return false;
}
