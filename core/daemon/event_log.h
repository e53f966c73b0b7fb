/* SPDX-License-Identifier: MIT */
/* Where [events] go: lines of text or JSON, appended to a file or stdout. One thread. */
#ifndef CORE_DAEMON_EVENT_LOG_H
#define CORE_DAEMON_EVENT_LOG_H

#include "event/view.h"

struct event_log;

/* `path` NULL: stdout. The file is appended to. NULL and errno: why. */
struct event_log *event_log_open(const char *path, bool json, int64_t clock_offset, char *why, size_t why_size);
/* Flushes. */
void event_log_close(struct event_log *events);
/* True: it is what event_log_open() with these would give. */
bool event_log_same(const struct event_log *events, const char *path, bool json);

void event_log_event(struct event_log *events, const struct view *view);
void event_log_lost(struct event_log *events, const struct stream *stream, uint64_t count, uint64_t time);
/* A script's: the members of one JSON object. Text has no place for it. */
void event_log_derived(struct event_log *events, const char *stream, const char *json, size_t len, uint64_t time);
/* Writes what there is. The first error is told once, in why: -errno; what does not arrive is lost. */
int event_log_flush(struct event_log *events, char *why, size_t why_size);
/* The file is opened anew under its name: logrotate may have moved it. -errno: why, and the old one stays. */
int event_log_reopen(struct event_log *events, char *why, size_t why_size);
/* A slow reader is waited for no longer than a second from here on. */
void event_log_hurry(struct event_log *events);

#endif
