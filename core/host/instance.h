/* SPDX-License-Identifier: MIT */
/*
 * An instance: one loaded BPF object of a plugin with one set of option values. Loaded, started (attached), stopped,
 * closed; a step that fails undoes what it did and says `[plugin] step: reason (remedy)`.
 *
 * Which streams flow is a matter of target sets (instance_want), changed at run time without reloading; a stream that
 * nobody wants is off in the kernel. One thread.
 */
#ifndef CORE_HOST_INSTANCE_H
#define CORE_HOST_INSTANCE_H

#include "host/kernel.h"
#include "host/option.h"
#include "host/plugin.h"
#include "pipeline/rings.h"
#include "pipeline/routes.h"
#include "host/where.h"

/* What instances share; filled by main, outlives them. */
struct host {
	struct kernel *kernel;
	struct schema *schema;
	struct targets *targets;
	struct rings *rings;
	struct routes *routes;
	struct wheres *wheres;   /* NULL: nothing is filtered in the kernel */
	bool cgroup_v1;          /* see eun_cgroup_v1 in bpf/common.bpf.h */
	bool ia32;               /* rows flagged EUN_PROGRAM_IA32 are attached */
	struct probing *probing; /* NULL: attach[] is left alone */
	/* A plugin's log line: without newline, not yet escaped. */
	void (*log)(void *context, int level, const char *plugin, const char *text);
	void *log_context;
};

struct instance;

/* `options`: n texts "key=value" over the defaults. NULL: why. The streams are in the schema from here on. */
struct instance *instance_new(const struct host *host, const struct plugin *plugin, const char *const *options,
			      size_t n, char *why, size_t why_size);
/* Detaches, closes, gives everything back. Slow: the kernel waits tens of milliseconds for each tracepoint. */
void instance_destroy(struct instance *instance);

/*
 * The same in two steps, for a process that lives on: the plugin's close callback, then, in any thread, the slow part.
 * instance_destroy() is quick afterwards. Nothing flows any more: instance_stopped() was called.
 */
void instance_close(struct instance *instance);
void instance_detach(struct instance *instance);

/* The plugin's stream `i` as it is in the schema. */
const struct stream *instance_stream(const struct instance *instance, uint32_t i);

/*
 * Opens, loads, attaches what serves `streams` (EUN_BIT each); optional rows that fail are noted, see
 * instance_program(). Nothing flows before instance_want(). May run in a thread of its own, one for each instance: most
 * of a start is spent here, and objects are independent. -errno: why.
 */
int instance_load(struct instance *instance, uint64_t streams, char *why, size_t why_size);

/* After the load, in the host's thread: the plugin's open callback. -errno: why, and the load is undone. */
int instance_open(struct instance *instance, char *why, size_t why_size);

/* Adds or takes away a target set's wish for a stream. */
void instance_want(struct instance *instance, uint32_t stream, int set, bool wanted);

/* The sets that want it now. */
uint64_t instance_wanted(const struct instance *instance, uint32_t stream);

/*
 * The filters of all subscriptions of a stream (NULL: one that wants everything), as far as the kernel can ask them.
 * The place of the ones before is free from the next kernel_grace() on: it is returned for wheres_free(), or -errno,
 * and then all pass.
 */
int instance_where(struct instance *instance, uint32_t stream, const struct filter *const *filters, size_t n);

/* Runs the seed programs (iterators): after instance_want(), so that they know who is meant. */
int instance_seed(struct instance *instance, char *why, size_t why_size);

/* No event flows once it returns and a grace period (kernel_grace()) has passed. */
void instance_stop(struct instance *instance);
/* After the grace period: the plugin's stop callback. */
void instance_stopped(struct instance *instance);

/*
 * Delivers the rows of all aggregates whose stream is wanted. Waits a grace period when there are any, unless `stopped`
 * says that nothing flows any more.
 */
int instance_drain(struct instance *instance, bool stopped, char *why, size_t why_size);
/* The plugin's tick, when due. */
int instance_tick(struct instance *instance, uint64_t now, char *why, size_t why_size);

/* One stream's account. Law: error is 0 once stopped. */
struct stream_counts {
	struct eun_counts bpf; /* summed over CPUs */
	struct route_counts host;
	uint64_t drained; /* sum of `count` over the rows drained */
};
int instance_counts(const struct instance *instance, uint32_t stream, struct stream_counts *out);
/* What the law leaves over: 0 in a run that is stopped and drained. */
int64_t stream_counts_error(const struct stream_counts *counts);

/* Runs that the kernel skipped because a program was already running on that CPU (recursion_misses). */
uint64_t instance_missed(const struct instance *instance);

/* What became of a row of programs[]. */
enum program_state { PROGRAM_UNUSED, PROGRAM_ATTACHED, PROGRAM_MISSING, PROGRAM_FAILED };
struct program_status {
	enum program_state state;
	char why[160];
};
const struct program_status *instance_program(const struct instance *instance, uint32_t row);

/* Waits until every program that was running has ended: a grace period of RCU. */
void kernel_grace(void);

#endif
