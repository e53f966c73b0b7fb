/* SPDX-License-Identifier: MIT */
/*
 * Where alerts go. Each output has a bounded queue, a thread and counters of its own: a slow or full one loses alerts,
 * counted, and holds nobody up. stdout and file take lines of text or JSON, the others JSON but syslog and journald,
 * which take the message and structured fields.
 *
 * alert_output_put() from one thread; the rest as said.
 */
#ifndef CORE_SINK_ALERT_OUTPUT_H
#define CORE_SINK_ALERT_OUTPUT_H

#include <stdbool.h>

#include "sink/alert.h"

enum alert_output_kind {
	ALERT_STDOUT,
	ALERT_FILE,     /* path, rotate_bytes, keep */
	ALERT_SYSLOG,   /* /dev/log, RFC 3164 as the local socket wants it; path: another socket */
	ALERT_JOURNALD, /* /run/systemd/journal/socket, its native protocol; path: another socket */
	ALERT_PROGRAM,  /* argv, no shell; one process, JSON lines on its stdin; started again when it ends */
	ALERT_WEBHOOK,  /* url: POST of a JSON array, by libcurl; retried with growing pauses */
	ALERT_OUTPUTS,
};

struct alert_output_config {
	enum alert_output_kind kind;
	const char *name; /* for messages and metrics: the section, "output slack" */
	bool json;        /* stdout, file */
	const char *path, *url;
	const char *const *argv;    /* ends at NULL */
	const char *const *headers; /* webhook: "Name: value", ends at NULL; or NULL */
	enum severity least;        /* what is less severe is not for it */
	uint64_t rotate_bytes;      /* 0: never */
	unsigned keep;              /* rotated files: path.1 is the newest */
	unsigned queue;             /* alerts, 0: 1024; together at most 4 MiB */
	unsigned timeout_ms;        /* of one attempt, 0: 5000 */
	unsigned retries;           /* webhook: attempts after the first one; then the alerts are lost, counted */
};

struct alert_output_counts {
	uint64_t taken;   /* put and not below its severity */
	uint64_t written; /* given to the file, socket, program or server, which took them */
	uint64_t lost;    /* queue full, refused, or not delivered when it closed */
	uint64_t errors;  /* attempts that failed */
	char last_error[160];
};

struct alert_output;

/*
 * Copies the config and the style. NULL and errno, with why: "output slack: ...". A server that is down is no error
 * here. What failed is tried again after 100 ms, doubled up to 10 s.
 */
struct alert_output *alert_output_open(const struct alert_output_config *config, const struct alert_style *style,
				       char *why, size_t why_size);
/* Never waits. */
void alert_output_put(struct alert_output *output, const struct alert *alert);
/* The same to several outputs of one style: rendered once for all that take one form. */
void alert_outputs_put(struct alert_output *const *outputs, size_t n, const struct alert *alert);
/* SIGUSR1: files are opened anew, so that logrotate may have moved them. Any thread. */
void alert_output_reopen(struct alert_output *output);
/* Any thread. */
void alert_output_counts(const struct alert_output *output, struct alert_output_counts *out);
/* Delivers what is queued, for at most `patience_ms`; what is left is counted as lost in `last` (may be NULL). */
void alert_output_close(struct alert_output *output, unsigned patience_ms, struct alert_output_counts *last);
/* Closes all at once, with one patience. `last`: n of them, or NULL. */
void alert_outputs_close(struct alert_output *const *outputs, size_t n, unsigned patience_ms,
			 struct alert_output_counts *last);

#endif
