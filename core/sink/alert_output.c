/* SPDX-License-Identifier: MIT */
/* The queue of an output, its thread, and its counters. */
#include "alert_output.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "alert_output_config.h"
#include "alert_output_impl.h"
#include "event/clock.h"

#define MS 1000000ull
#define ALERT_MOST (1u << 20) /* bytes of one rendered alert */
#define QUEUE_BYTES (4u << 20)
#define PAUSE_LEAST (100 * MS)
#define PAUSE_MOST (10000 * MS)
#define GRACE (300 * MS) /* beyond the patience, until a thread counts as hanging */

static const struct alert_output_ops *const kinds[ALERT_OUTPUTS] = {
	[ALERT_STDOUT] = &alert_stdout_ops,   [ALERT_FILE] = &alert_file_ops,
	[ALERT_SYSLOG] = &alert_syslog_ops,   [ALERT_JOURNALD] = &alert_journald_ops,
	[ALERT_PROGRAM] = &alert_program_ops, [ALERT_WEBHOOK] = &alert_webhook_ops,
};

uint64_t alert_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static void wake(struct alert_output *o)
{
	uint64_t one = 1;
	/* It fails only where the counter is full, and then the thread is awake. */
	ssize_t n = write(o->wake, &one, sizeof(one));
	(void)n;
}

void alert_output_woken(struct alert_output *o)
{
	uint64_t times;
	ssize_t n = read(o->wake, &times, sizeof(times));
	(void)n;
}

void alert_output_fail(struct alert_output *o, const char *fmt, ...)
{
	va_list args;
	pthread_mutex_lock(&o->lock);
	o->counts.errors++;
	va_start(args, fmt);
	vsnprintf(o->counts.last_error, sizeof(o->counts.last_error), fmt, args);
	va_end(args);
	pthread_mutex_unlock(&o->lock);
}

uint64_t alert_output_until(const struct alert_output *o)
{
	return alert_now() + o->config.timeout_ms * MS;
}

int alert_output_left_ms(const struct alert_output *o, uint64_t until)
{
	uint64_t now = alert_now(), deadline = atomic_load(&o->deadline);
	if (deadline < until)
		until = deadline;
	if (until <= now)
		return 0;
	uint64_t ms = (until - now) / MS + 1;
	return ms > 60000 ? 60000 : (int)ms;
}

int alert_output_wait(struct alert_output *o, int fd, short events, uint64_t until)
{
	for (;;) {
		struct pollfd fds[] = {{.fd = fd, .events = events}, {.fd = o->wake, .events = POLLIN}};
		int left = alert_output_left_ms(o, until);
		int n = poll(fds, 2, left);
		if (n > 0 && fds[0].revents)
			return 0;
		if (n > 0)
			alert_output_woken(o);
		if (!left)
			return -ETIMEDOUT;
	}
}

/* What became of the first items of a batch. */
static struct alert_item *settle(struct alert_output *o, struct alert_item *first, const struct alert_delivery *done)
{
	size_t n = done->written + done->lost, bytes = 0;
	for (size_t i = 0; i < n && first; i++) {
		struct alert_item *next = first->next;
		bytes += first->len;
		free(first);
		first = next;
	}
	pthread_mutex_lock(&o->lock);
	o->n -= n;
	o->bytes -= bytes;
	o->counts.written += done->written;
	o->counts.lost += done->lost;
	pthread_mutex_unlock(&o->lock);
	return first;
}

static bool is_over(const struct alert_output *o)
{
	return alert_now() >= atomic_load(&o->deadline);
}

struct pause {
	uint64_t length; /* the last one's, ns */
	uint64_t end;
};

/* Doubled while it goes on failing; one that follows a long calm begins anew. */
static void take_pause(struct alert_output *o, struct pause *pause)
{
	uint64_t now = alert_now();
	pause->length = now - pause->end > PAUSE_MOST || !pause->length ? PAUSE_LEAST : 2 * pause->length;
	if (pause->length > PAUSE_MOST)
		pause->length = PAUSE_MOST;
	alert_output_wait(o, -1, 0, now + pause->length);
	pause->end = alert_now();
}

/* The next batch: all that is queued; NULL: closing, and there is none or no time. */
static struct alert_item *next_batch(struct alert_output *o, struct pause *pause)
{
	for (;;) {
		bool closing = atomic_load(&o->deadline) != UINT64_MAX;
		pthread_mutex_lock(&o->lock);
		struct alert_item *batch = o->head;
		o->head = NULL;
		o->tail = &o->head;
		o->idle = !batch;
		pthread_mutex_unlock(&o->lock);
		if (batch || closing)
			return batch;
		struct pollfd fds[] = {{.fd = o->watch, .events = POLLIN}, {.fd = o->wake, .events = POLLIN}};
		if (!atomic_load(&o->reopen) && poll(fds, 2, -1) > 0) {
			if (fds[1].revents)
				alert_output_woken(o);
			if (fds[0].revents) {
				o->ops->watched(o);
				take_pause(o, pause);
			}
		}
		if (atomic_exchange(&o->reopen, false) && o->ops->reopen)
			o->ops->reopen(o);
	}
}

/* Nothing of a batch that is left is delivered. */
static void free_items(struct alert_item *item)
{
	while (item) {
		struct alert_item *next = item->next;
		free(item);
		item = next;
	}
}

static void destroy(struct alert_output *o)
{
	if (!o)
		return;
	free_items(o->head);
	if (o->wake >= 0)
		close(o->wake);
	pthread_cond_destroy(&o->end);
	pthread_mutex_destroy(&o->lock);
	buf_free(&o->line);
	free(o->state);
	free((char *)o->style.hostname);
	alert_config_free(&o->config);
	free(o);
}

static void *work(void *arg)
{
	struct alert_output *o = arg;
	struct alert_item *batch;
	struct pause pause = {0};
	while ((batch = next_batch(o, &pause))) {
		while (batch && !is_over(o)) {
			struct alert_delivery done = {0};
			if (atomic_exchange(&o->reopen, false) && o->ops->reopen)
				o->ops->reopen(o);
			int err = o->ops->deliver(o, batch, &done);
			batch = settle(o, batch, &done);
			if (err)
				take_pause(o, &pause);
		}
		free_items(batch);
	}
	if (o->ops->close)
		o->ops->close(o);
	pthread_mutex_lock(&o->lock);
	bool orphan = o->orphan;
	o->counts.lost += o->n;
	o->n = 0;
	o->finished = true;
	pthread_cond_signal(&o->end);
	pthread_mutex_unlock(&o->lock);
	if (orphan)
		destroy(o);
	return NULL;
}

/* Signals are the main thread's. */
static int start_thread(struct alert_output *o)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(&o->thread, NULL, work, o);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

static int init_sync(struct alert_output *o)
{
	pthread_condattr_t monotonic;
	pthread_mutex_init(&o->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&o->end, &monotonic);
	pthread_condattr_destroy(&monotonic);
	o->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return o->wake < 0 ? -errno : 0;
}

struct alert_output *alert_output_open(const struct alert_output_config *config, const struct alert_style *style,
				       char *why, size_t why_size)
{
	char reason[256] = "no memory";
	struct alert_output *o = calloc(1, sizeof(*o));
	int err = o ? init_sync(o) : -ENOMEM;
	if (err)
		goto fail;
	o->ops = kinds[config->kind];
	o->tail = &o->head;
	o->watch = -1;
	o->line.limit = ALERT_MOST;
	atomic_init(&o->deadline, UINT64_MAX);
	o->style.clock_offset = style->clock_offset;
	o->style.hostname = strdup(style->hostname);
	o->state = calloc(1, o->ops->state_size);
	o->render = o->ops->render ? o->ops->render : config->json ? alert_json : alert_text;
	err = !o->style.hostname || !o->state ? -ENOMEM : alert_config_copy(&o->config, config);
	if (err)
		goto fail;
	err = o->ops->open(o, reason, sizeof(reason));
	if (!err && (err = start_thread(o)))
		snprintf(reason, sizeof(reason), "thread: %s", strerror(-err));
	if (!err)
		return o;
	if (o->ops->close)
		o->ops->close(o);
fail:
	snprintf(why, why_size, "%s: %s", config->name, reason);
	destroy(o);
	errno = -err;
	return NULL;
}

/* Queues a rendered alert, NULL: it could not be rendered; or counts it as lost. */
static void enqueue(struct alert_output *o, const struct buf *line)
{
	struct alert_item *item = line ? malloc(sizeof(*item) + line->len) : NULL;
	if (item) {
		*item = (struct alert_item){.len = line->len};
		memcpy(item->bytes, line->data, line->len);
	}
	pthread_mutex_lock(&o->lock);
	o->counts.taken++;
	bool fits = item && o->n < o->config.queue && item->len <= QUEUE_BYTES - o->bytes;
	bool idle = fits && o->idle;
	if (fits) {
		*o->tail = item;
		o->tail = &item->next;
		o->n++;
		o->bytes += item->len;
		o->idle = false;
	} else {
		o->counts.lost++;
	}
	pthread_mutex_unlock(&o->lock);
	if (!fits)
		free(item);
	if (idle)
		wake(o);
}

/* The line of an earlier output that takes the same form. */
static const struct buf *rendered(struct alert_output *const *outputs, size_t i, const struct alert *alert)
{
	struct alert_output *o = outputs[i];
	for (size_t k = 0; k < i; k++)
		if (outputs[k]->render == o->render && alert->severity <= outputs[k]->config.least)
			return outputs[k]->line.len ? &outputs[k]->line : NULL;
	o->line.len = 0;
	return o->render(alert, &o->style, &o->line) ? NULL : &o->line;
}

void alert_outputs_put(struct alert_output *const *outputs, size_t n, const struct alert *alert)
{
	for (size_t i = 0; i < n; i++)
		if (alert->severity <= outputs[i]->config.least)
			enqueue(outputs[i], rendered(outputs, i, alert));
}

void alert_output_put(struct alert_output *o, const struct alert *alert)
{
	alert_outputs_put(&o, 1, alert);
}

void alert_output_reopen(struct alert_output *o)
{
	atomic_store(&o->reopen, true);
	wake(o);
}

void alert_output_counts(const struct alert_output *output, struct alert_output_counts *out)
{
	struct alert_output *o = (struct alert_output *)output;
	pthread_mutex_lock(&o->lock);
	*out = o->counts;
	pthread_mutex_unlock(&o->lock);
}

static void finish(struct alert_output *o, struct alert_output_counts *last)
{
	uint64_t until = atomic_load(&o->deadline) + GRACE;
	struct timespec at = {.tv_sec = (time_t)(until / 1000000000u), .tv_nsec = (long)(until % 1000000000u)};
	pthread_mutex_lock(&o->lock);
	for (int err = 0; !o->finished && err != ETIMEDOUT;)
		err = pthread_cond_timedwait(&o->end, &o->lock, &at);
	bool finished = o->finished;
	o->orphan = !finished;
	if (last) {
		*last = o->counts;
		last->lost += o->n;
	}
	pthread_t thread = o->thread;
	pthread_mutex_unlock(&o->lock);
	if (finished) {
		pthread_join(thread, NULL);
		destroy(o);
	} else {
		pthread_detach(thread);
	}
}

void alert_outputs_close(struct alert_output *const *outputs, size_t n, unsigned patience_ms,
			 struct alert_output_counts *last)
{
	uint64_t deadline = alert_now() + patience_ms * MS;
	for (size_t i = 0; i < n; i++) {
		atomic_store(&outputs[i]->deadline, deadline);
		wake(outputs[i]);
	}
	for (size_t i = 0; i < n; i++)
		finish(outputs[i], last ? &last[i] : NULL);
}

void alert_output_close(struct alert_output *o, unsigned patience_ms, struct alert_output_counts *last)
{
	if (o)
		alert_outputs_close(&o, 1, patience_ms, last);
}
