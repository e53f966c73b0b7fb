/* SPDX-License-Identifier: MIT */
/*
 * Hot plug: subscriptions that are started and stopped while the daemon runs. A job is one of them: who is meant, which
 * streams, a filter. Its object is an instance, shared by all jobs with the same options whose streams it has. Nothing
 * slow is done in the loop: loading, waiting for programs to end and detaching are done in threads. One thread.
 */
#ifndef CORE_SERVER_HOTPLUG_H
#define CORE_SERVER_HOTPLUG_H

#include "daemon/daemon_impl.h"
#include "server/hub.h"
#include "server/shelf.h"

enum job_state {
	JOB_LOADING,
	JOB_RUNNING,
	JOB_STOPPING, /* switched off; what is on its way is still delivered */
	JOB_CLOSING,  /* nothing comes any more; the kernel takes its programs down */
	JOB_CLOSED,
	JOB_FAILED,
};
extern const char *const job_state_names[];

struct job;

struct job_spec {
	const struct shelf_plugin *plugin;
	const struct eun_tool *tool; /* or NULL */
	uint64_t streams;            /* EUN_BIT each */
	char **options;              /* "key=value"; ends at NULL, or NULL */
	char *filter;                /* or NULL */
	char *label;                 /* who wanted it, in the list; or NULL */
	uint32_t *pids, *uids;
	size_t n_pids, n_uids;
	bool follow;
	char **comms, **containers; /* end at NULL, or NULL */
	uint64_t duration_ms;       /* 0: until it is stopped */
	bool internal;              /* the server's own: not stopped by callers */
	bool patient;               /* aggregates are drained once, at the end */
	void *context;
	void (*event)(void *context, const struct view *view); /* of the shelf's streams */
	void (*started)(void *context, struct job *job);       /* or failed */
	void (*stopped)(void *context, struct job *job);       /* or failed: no event comes any more */
};

void job_spec_free(struct job_spec *spec);

struct job {
	uint64_t id;
	enum job_state state;
	struct job_spec spec;
	char why[512]; /* failed */
	uint64_t events;
	uint64_t started, ended; /* boot clock, ns; 0: not yet */
	uint64_t load_ns;        /* from the request until events flow */
	struct stream_counts counts[EUN_STREAMS_MAX];
	uint64_t missed;
	struct job *next;
	struct job_run *run; /* NULL: it is over */
};

struct hotplug;

/* `changed` is called when a job's state is another. NULL and errno. */
struct hotplug *hotplug_new(struct daemon *daemon, size_t most, void (*changed)(void *context, struct job *job),
			    void *context, char *why, size_t why_size);

/*
 * Takes the spec in any case. NULL: why, with its place ("filter:1:5", "options"), and errno: EINVAL it is wrong, EBUSY
 * there are too many, else the host's fault. It is loading when this returns.
 */
struct job *hotplug_start(struct hotplug *pool, struct job_spec *spec, char *place, size_t place_size, char *why,
			  size_t why_size);
/* Begins to. Nothing where it is stopping already. */
void hotplug_stop(struct hotplug *pool, struct job *job);
/* NULL: there is none, or it ended long ago. */
struct job *hotplug_find(const struct hotplug *pool, uint64_t id);
struct job *hotplug_first(const struct hotplug *pool); /* the newest; see job->next */
/* Brings a running job's counts up to date. */
void hotplug_count(struct job *job);

struct hotplug_counts {
	uint64_t started, failed, active, objects;
};
void hotplug_counts(const struct hotplug *pool, struct hotplug_counts *out);

/* Every 100 ms. */
void hotplug_tick(struct hotplug *pool);
/* Waits until nothing is loading. */
void hotplug_settle(struct hotplug *pool);
/* The end, in two steps: nothing flows any more; what may take long is left behind (teardown_behind()). */
void hotplug_end(struct hotplug *pool);
void hotplug_destroy(struct hotplug *pool);

#endif
