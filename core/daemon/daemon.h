/* SPDX-License-Identifier: MIT */
/* `eunomia daemon`: runs by a configuration until SIGTERM or SIGINT. SIGHUP reads it anew, SIGUSR1 reopens files. */
#ifndef CORE_DAEMON_DAEMON_H
#define CORE_DAEMON_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DAEMON_CONFIG "/etc/eunomia/eunomia.ini" /* where none is given; it need not be there */

struct alert;
struct daemon;
struct view;

/*
 * Who lives in the daemon's process beside it: core/server. Called in the loop's thread, in this order; members but
 * `start` may be NULL.
 */
struct daemon_guest {
	void *context;
	/* All is at work, the loop does not run yet. 0, or the process's exit code with why. */
	int (*start)(void *context, struct daemon *daemon, char *why, size_t why_size);
	void (*tick)(void *context);                             /* every 100 ms */
	void (*drained)(void *context);                          /* after each round that delivered something */
	void (*event)(void *context, const struct view *view);   /* that [events] has */
	void (*alert)(void *context, const struct alert *alert); /* told to all outputs */
	void (*settle)(void *context);                           /* before a reload: nothing of it may be loading */
	void (*stop)(void *context);                             /* the end: nothing of it may flow any more */
	void (*close)(void *context);                            /* nothing waits for what is closed now */
};

/* The command line, which goes before the configuration: a kind of target that is given replaces the file's. */
struct daemon_options {
	const char *config; /* NULL: DAEMON_CONFIG */
	const char *const *rules;
	size_t n_rules;
	const uint32_t *pids, *uids;
	size_t n_pids, n_uids;
	const char *const *comms, *const *containers;
	size_t n_comms, n_containers;
	bool follow;
	bool metrics;                     /* plugins' are kept, as with an empty [metrics] */
	const char *seccomp;              /* a profile for the targets by pid or container; NULL: none */
	bool json;                        /* of the output that there is when no [output] is */
	char *const *plugin_paths;        /* where plugins are looked for; ends at NULL */
	void (*say)(const char *text);    /* one line of diagnostics; escapes it */
	const struct daemon_guest *guest; /* or NULL */
	char *const *listen;              /* in place of [server]'s; ends at NULL, or NULL */
	bool insecure;                    /* [server] may be reached from elsewhere without TLS */
};

/* The process's exit code: section 8 of the contract. */
enum daemon_status { DAEMON_FINE = 0, DAEMON_FAILED = 1, DAEMON_WRONG = 3, DAEMON_DENIED = 4 };

enum daemon_status daemon_run(const struct daemon_options *options);

#endif
