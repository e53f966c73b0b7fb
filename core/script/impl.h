/* SPDX-License-Identifier: MIT */
/* Inside core/script: what a script is, and what its parts ask of each other. */
#ifndef CORE_SCRIPT_IMPL_H
#define CORE_SCRIPT_IMPL_H

#include <lauxlib.h>
#include <lua.h>

#include "event/buf.h"
#include "script.h"

struct metrics;
struct cached_field;

/* At most so many events are alive at once, so that one that was kept is stale for a while, not the next one. */
#define EVENTS 16

/* Of the main stack: what is called, by number; then the events. */
#define FUNCTIONS_AT 1
#define EVENTS_AT 2

/* An event as Lua has it. NULL: stale. */
struct event {
	const struct view *view;
};

#define LIMITS_COUNT 1000    /* instructions between two looks at what a call has cost */
#define TEXT_MAX (16u << 10) /* of script.text: what is made of one value, and of one record of emit() */

/* Strings of events that were pushed before: found again without the hash and the allocation of a new one. */
#define STRINGS 256
#define STRING_CACHED_MAX 256
struct cached_string {
	const char *s; /* Lua's own, kept by the table at the same index */
	uint32_t len;
};

#define FIELDS 256

struct handler {
	const char **streams; /* of script->names */
	size_t n_streams;
	char *where; /* or NULL */
	int function;
	int line;
	struct filter *filter;
};

struct timer {
	uint64_t period, due; /* ns; due 0: not started */
	int function;
};

/* So many a second. */
struct rate {
	uint64_t second;
	unsigned count;
};

struct script {
	lua_State *L;
	char *name, *path;
	struct script_host host;
	struct script_limits limits;
	bool loaded; /* the chunk has run: no more declarations */

	/* Limits. `spent` is instructions, steps of patterns, bytes of strings by and by: what a call has cost. */
	lua_State *running; /* the thread that the hook is on; NULL: none runs */
	uint64_t spent;
	uint64_t wall, cpu; /* when the call was first looked at; 0: not yet */
	int count;          /* instructions between two looks */
	unsigned starved;   /* refused since the call was looked at */
	const char *tripped;
	char where[160]; /* and the place */
	bool hooks;
	uint64_t memory, memory_most;
	unsigned strikes, errors_in_row;
	bool stopped;
	struct script_stats stats;

	/* Declarations. */
	const char **names; /* all streams that handlers name, each once */
	size_t n_names;
	struct handler *handlers;
	size_t n_handlers;
	struct timer *timers;
	size_t n_timers;
	int *whens; /* by rule: its function, or 0 */
	size_t n_whens;
	int n_functions;
	struct buf sources; /* the texts of the chunk and of what it required */

	/* Bound to a schema: by stream id, the numbers of the handlers, each list ends at -1. */
	const struct schema *schema;
	int **wanted;
	uint32_t n_wanted;

	struct event *events[EVENTS];
	unsigned at; /* the current one */
	uint64_t now;
	struct cached_field *fields;
	struct cached_string strings[STRINGS];
	struct buf text; /* scratch */
	char state_key;  /* its address names the table `state` in the registry */
	struct rate alert_rate, log_rate, emit_rate;
	uint64_t dropped; /* alerts since the last one told */
	uint64_t seed;    /* of hashes of what events say */
	struct metrics *metrics;
};

static inline struct script *script_of(lua_State *L)
{
	return *(struct script **)lua_getextraspace(L);
}

/* limits.c */
void *limits_alloc(void *context, void *block, size_t old, size_t size);
/* Starts a call: sets the hook, forgets what the last one spent. */
void limits_begin(struct script *script);
/* The call costs so much more; may end it. */
void limits_charge(lua_State *L, uint64_t steps);
/* Zeroes what was just allocated. Charged by its size; the time that fresh pages take is not the script's. */
void limits_zero(lua_State *L, void *block, size_t size);
/* A protected call returned `status`: an error that must not be caught is raised again. */
void limits_caught(lua_State *L, int status);
/* The hook of a thread that is about to run, and back. */
lua_State *limits_enter(struct script *script, lua_State *thread);
void limits_leave(struct script *script, lua_State *before);
/* pcall, xpcall, coroutine. */
void limits_open(lua_State *L);
/* Calls the function below `n` arguments on the main stack. False: it failed, was told, and left nothing. */
bool limits_call(struct script *script, int n, int results, const char *what);
/* True: one more in this second. */
bool limits_rate(struct script *script, struct rate *rate);
/* What the script has to say to people. */
void limits_log(struct script *script, const char *text, size_t len);

/* sandbox.c: a state's globals */
void sandbox_open(lua_State *L);
/* pattern.c: string.find, match, gmatch, gsub into the table on top */
void pattern_open(lua_State *L);
/* require.c */
void require_open(lua_State *L);
/* The text of a file; -EFBIG over 1 MiB, -EILSEQ and `line` not UTF-8, -ENOEXEC bytecode. */
int source_read(const char *path, struct buf *out, uint32_t *line);

/* event.c */
int events_open(struct script *script);
void events_close(struct script *script);
/* Pushes the view as an event, on the main stack; to be ended by event_end(). */
void event_push(struct script *script, const struct view *view);
void event_end(struct script *script);
/* The event at the index; error if it is none or stale. */
const struct view *event_check(lua_State *L, int index);
/* The schema changed. */
void events_forget(struct script *script);

/* declare.c: on, every, rule; report.c: alert, log, emit, now */
void declare_open(lua_State *L);
void report_open(lua_State *L);
/* Nanoseconds of "5s" or of a number of seconds. */
uint64_t duration_check(lua_State *L, int index);

/* window.c, metric.c: their globals */
void windows_open(lua_State *L);
void metric_open(lua_State *L);

/* A hash of the value at the index (text, number, boolean, nil), seeded; error for others. */
uint64_t hash_check(lua_State *L, int index);

#endif
