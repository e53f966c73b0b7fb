/* SPDX-License-Identifier: MIT */
/* Inside the outputs for alerts: what a kind of output is, and what all share. Everything else uses alert_output.h. */
#ifndef CORE_SINK_ALERT_OUTPUT_IMPL_H
#define CORE_SINK_ALERT_OUTPUT_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "sink/alert_output.h"

typedef int alert_render(const struct alert *alert, const struct alert_style *style, struct buf *out);

/* A rendered alert. */
struct alert_item {
	struct alert_item *next;
	size_t len;
	char bytes[];
};

/* What became of the first items. */
struct alert_delivery {
	size_t written, lost;
};

/* All but open are called by the output's own thread. */
struct alert_output_ops {
	alert_render *render;
	size_t state_size; /* of output->state, zeroed */
	/* Checks the config; what it leaves in the state close() must understand, also after an error. -errno: why. */
	int (*open)(struct alert_output *output, char *why, size_t why_size);
	/*
	 * Delivers `first` and maybe what follows, waiting at most one timeout. -errno, told by alert_output_fail():
	 * to be tried again after a pause, with the same first item unless some are done.
	 */
	int (*deliver)(struct alert_output *output, const struct alert_item *first, struct alert_delivery *done);
	void (*reopen)(struct alert_output *output);  /* or NULL */
	void (*watched)(struct alert_output *output); /* output->watch is readable: something failed */
	void (*close)(struct alert_output *output);   /* or NULL; it may wait until output->deadline */
};

extern const struct alert_output_ops alert_stdout_ops, alert_file_ops, alert_syslog_ops, alert_journald_ops,
	alert_program_ops, alert_webhook_ops;

struct alert_output {
	const struct alert_output_ops *ops;
	struct alert_output_config config; /* a copy, defaults filled in */
	struct alert_style style;
	alert_render *render;
	struct buf line; /* of the thread that puts */
	void *state;     /* of the kind */
	int watch;       /* waited for while there is nothing to do, or -1 */
	int wake;        /* eventfd: an alert came and `idle`, or it is to be reopened or closed */
	pthread_t thread;
	atomic_uint_fast64_t deadline; /* monotonic ns: when closing is over; UINT64_MAX: not closing */
	atomic_bool reopen;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t end;   /* `finished` */
	struct alert_item *head, **tail;
	size_t n, bytes; /* queued, or in the hands of the thread */
	bool idle;       /* the thread waits for an alert */
	bool finished;   /* it touches nothing any more */
	bool orphan;     /* it hangs in the kernel and was given up: what is here is its to free */
	struct alert_output_counts counts;
};

uint64_t alert_now(void); /* monotonic, ns */

/* Counts an attempt that failed and keeps its text. */
void alert_output_fail(struct alert_output *output, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* When an attempt that begins now must be over. */
uint64_t alert_output_until(const struct alert_output *output);
/* Until fd (-1: none) is ready. -ETIMEDOUT: it was not until `until`, or closing is over. */
int alert_output_wait(struct alert_output *output, int fd, short events, uint64_t until);
/* poll()'s argument, with the deadline of closing in mind. */
int alert_output_left_ms(const struct alert_output *output, uint64_t until);
/* Forgets that it was woken. */
void alert_output_woken(struct alert_output *output);

/* Writes an item to a file or pipe from byte *at on, which moves. -errno; nothing is told by alert_output_fail(). */
int alert_output_write(struct alert_output *output, int fd, const struct alert_item *item, size_t *at);

#endif
