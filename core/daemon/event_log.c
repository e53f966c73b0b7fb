/* SPDX-License-Identifier: MIT */
#include "event_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/stamp.h"
#include "event/writer.h"
#include "sink/output.h"

struct event_log {
	struct output output;
	struct writer *writer;
	struct stamp stamp;
	char *path; /* NULL: stdout */
	bool json;
	bool told; /* its error */
};

static int open_file(const char *path, char *why, size_t why_size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	int err = fd < 0 ? -errno : 0;
	if (err)
		snprintf(why, why_size, "[events]: %s: %s", path, strerror(-err));
	return err ? err : fd;
}

struct event_log *event_log_open(const char *path, bool json, int64_t clock_offset, char *why, size_t why_size)
{
	const struct writer_options options = {
		.format = json ? FORMAT_JSON : FORMAT_TEXT, .clock_offset = clock_offset, .container = true};
	struct event_log *e = calloc(1, sizeof(*e));
	snprintf(why, why_size, "no memory");
	if (!e)
		return NULL;
	e->json = json;
	stamp_init(&e->stamp, clock_offset);
	e->writer = writer_new(&options);
	e->path = path ? strdup(path) : NULL;
	int err = !e->writer || (path && !e->path) ? -ENOMEM : 0;
	if (!err)
		err = output_open(&e->output, NULL, why, why_size);
	if (!err && path) {
		int fd = open_file(path, why, why_size);
		err = fd < 0 ? fd : 0;
		e->output.fd = fd;
		e->output.owned = fd >= 0;
		e->output.name = e->path;
		e->output.waits = false;
	}
	if (!err)
		return e;
	writer_destroy(e->writer);
	free(e->path);
	free(e);
	errno = -err;
	return NULL;
}

void event_log_close(struct event_log *e)
{
	if (!e)
		return;
	output_close(&e->output);
	writer_destroy(e->writer);
	free(e->path);
	free(e);
}

bool event_log_same(const struct event_log *e, const char *path, bool json)
{
	return e->json == json && (path ? e->path && !strcmp(path, e->path) : !e->path);
}

void event_log_event(struct event_log *e, const struct view *view)
{
	if (!e->output.error)
		writer_event(e->writer, view, &e->output.buf);
	if (output_full(&e->output))
		output_flush(&e->output);
}

void event_log_lost(struct event_log *e, const struct stream *stream, uint64_t count, uint64_t time)
{
	writer_lost(e->writer, stream, count, time, &e->output.buf);
}

void event_log_derived(struct event_log *e, const char *stream, const char *json, size_t len, uint64_t time)
{
	struct buf *out = &e->output.buf;
	if (!e->json || len < 2)
		return;
	buf_str(out, "{\"ts\":\"");
	stamp_utc(&e->stamp, time, out);
	buf_printf(out, "\",\"stream\":\"%s\"%s", stream, len > 2 ? "," : "");
	buf_add(out, json + 1, len - 1);
	buf_char(out, '\n');
}

int event_log_flush(struct event_log *e, char *why, size_t why_size)
{
	int err = output_flush(&e->output);
	if (!err || e->told)
		return 0;
	e->told = true;
	snprintf(why, why_size, "[events]: %s: %s; no more events are written", e->output.name,
		 err == -ETIME ? "its reader takes nothing" : strerror(-err));
	return err;
}

int event_log_reopen(struct event_log *e, char *why, size_t why_size)
{
	if (!e->path)
		return 0;
	output_flush(&e->output);
	int fd = open_file(e->path, why, why_size);
	if (fd < 0)
		return fd;
	close(e->output.fd);
	e->output.fd = fd;
	e->output.error = 0;
	e->told = false;
	return 0;
}

void event_log_hurry(struct event_log *e)
{
	output_hurry(&e->output);
}
