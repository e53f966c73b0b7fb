/* SPDX-License-Identifier: MIT */
/*
 * Lua 5.4 scripts: one state per file, in a sandbox (section 7 of the contract). A script declares rules and handlers
 * while its chunk runs; the host then binds them to a schema and calls them for the events that passed their `where`.
 *
 * Over a limit: the call is ended; after three strikes the script is stopped, which `stopped` tells once. Ten errors in
 * a row stop it too. One thread; nothing is allocated for an event but what the script itself makes.
 */
#ifndef CORE_SCRIPT_SCRIPT_H
#define CORE_SCRIPT_SCRIPT_H

#include "filter/filter.h"
#include "metric/metric.h"
#include "rule/rule.h"

#define SCRIPT_UNLIMITED UINT64_MAX /* instructions: no hook at all, neither these nor time are limited */

struct script_limits {
	uint64_t memory;       /* bytes, all of the state; 0: 16 MiB */
	uint64_t instructions; /* of one call; 0: 1,000,000 */
	uint64_t wall_ns;      /* of one call, as far as the thread ran; 0: 15 ms */
	unsigned strikes;      /* 0: 3 */
	unsigned alerts;       /* a second; 0: 1000; more are counted as dropped_before. emit() and log have the same */
};

struct script_host {
	void *context;
	/*
	 * A rule{} of the script: to be added to the others; the nth call is number n of script_when(), from 0.
	 * -EINVAL or -EEXIST with `error` ends the load.
	 */
	int (*rule)(void *context, const struct rule *rule, struct config_error *error);
	void (*alert)(void *context, const struct alert *alert);
	void (*log)(void *context, const char *script, const char *text, size_t len);
	/* A derived stream's record: emit("app.slow", {...}); fields as JSON text of one object. */
	void (*emit)(void *context, const char *stream, const char *json, size_t len);
	/* What stopped it: "memory", "instructions", "time", "error". */
	void (*stopped)(void *context, const char *script, const char *limit, const char *detail);
	const struct filter_defs *defs;
	uint64_t (*now)(void *context); /* boot clock, ns */
	/* Folder of what require() finds, NAME.lua; NULL: `lib` in the script's folder, else `lib` beside that. */
	const char *lib;
};

struct script;

/*
 * Runs the chunk. -EINVAL: `error` names file and line (syntax, a mistake in rule{} or on(), over a limit, bytecode);
 * -errno: the file can't be read. `host` and `limits` are copied; what they point to outlives the script.
 */
int script_open(struct script **out, const char *path, const struct script_limits *limits,
		const struct script_host *host, struct config_error *error);
void script_close(struct script *script);
/* The file's name without its folder. */
const char *script_name(const struct script *script);

/* Streams its handlers name, with globs as written; valid as long as the script. Those of rule{} are the host's. */
size_t script_streams(const struct script *script, const char *const **names);
/* True: its text names the field, as it is ("parent.exe") or as an identifier (parent_exe): it may read it. */
bool script_names(const struct script *script, const char *field);

/*
 * Compiles `where`s against the schema's streams. -EINVAL with `error`. To be called again when the schema changed. A
 * handler of streams whose plugin is not in the schema is never called.
 */
int script_bind(struct script *script, const struct schema *schema, struct config_error *error);
bool script_wants(const struct script *script, uint16_t stream);
/*
 * The filters whose union the handlers of the stream want, `most` of them at most. How many there are; a handler
 * without `where` wants all: then NULL is among them.
 */
size_t script_filters(const struct script *script, uint16_t stream, const struct filter **out, size_t most);
/* All handlers of the stream whose `where` passes, in the order of their on(). */
void script_event(struct script *script, const struct view *view);
/* A rule{} with `when`: asked for an event that passed its `where`. False: no alert. */
bool script_when(struct script *script, size_t rule, const struct view *view);
/* True: the rule has a `when`. */
bool script_has_when(const struct script *script, size_t rule);
/* every(): what is due. */
void script_tick(struct script *script, uint64_t now);

/* The table `state` of the old one is merged into the new one's (plain data only). */
int script_inherit(struct script *script, struct script *before);

struct script_stats {
	uint64_t calls, errors, strikes, alerts, dropped;
	uint64_t time_ns;             /* estimated from every 64th call and all long ones */
	uint64_t longest_ns;          /* of those */
	uint64_t memory, memory_most; /* bytes */
	bool stopped;
};
void script_stats(const struct script *script, struct script_stats *out);

/* metric.*: what the script counts, as eunomia_script_NAME{script=...}. NULL: nothing. Lives as long as the script. */
struct metrics *script_metrics(const struct script *script);

/* The API and the schema's streams as annotations for editors (LuaLS: ---@class). */
int script_annotations(const struct schema *schema, struct buf *out);

#endif
