/* SPDX-License-Identifier: MIT */
/*
 * An alert: what a rule or a script found, on its way to the outputs. Made on the event path, where it borrows
 * everything; an output that keeps it renders it first. Its strings come from events and are hostile: the writers here
 * escape them.
 */
#ifndef CORE_SINK_ALERT_H
#define CORE_SINK_ALERT_H

#include "event/buf.h"
#include "event/view.h"
#include "sink/severity.h"

/* A member of output_fields: of the event, or (field NULL) a text that a script gave. */
struct alert_field {
	const char *name;
	const struct field *field;
	const char *text;
	size_t len;
};

struct alert {
	uint64_t time; /* boot clock, ns */
	const char *rule;
	enum severity severity;
	const char *source;  /* stream, "tcp.connect"; of a script's own: "script" */
	const char *message; /* "output": with the values in it, not escaped, message_len bytes */
	size_t message_len;
	const char *const *tags;
	size_t n_tags;
	const struct view *view; /* the event, or NULL */
	const struct alert_field *fields;
	size_t n_fields;
	uint64_t count;          /* 1, or how many it stands for: a window's summary */
	uint64_t dropped_before; /* alerts of this rule that were not told before it (a storm) */
};

struct alert_style {
	int64_t clock_offset; /* CLOCK_REALTIME - CLOCK_BOOTTIME, ns */
	const char *hostname;
};

/*
 * One line with its newline. JSON: {"time":"2026-11-24T10:11:12.123456789Z","rule":,"priority":"Critical","source":,
 * "hostname":,"output":,"tags":[],"output_fields":{},"count":1,"dropped_before":0}; of two fields of one name the
 * first. Text, as Falco prints it: 10:11:12.123456789: Critical message (repeated N times) (N dropped before).
 */
int alert_json(const struct alert *alert, const struct alert_style *style, struct buf *out);
int alert_text(const struct alert *alert, const struct alert_style *style, struct buf *out);
/*
 * A datagram. Syslog's is RFC 3164 as /dev/log takes it: <PRI>Nov 24 10:11:12 eunomia[PID]: Critical message..., at
 * most 8 KiB; facility daemon. The journal's is its native protocol: MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, and
 * EUNOMIA_RULE, _SOURCE, _TAG (each), _COUNT, _DROPPED_BEFORE, and EUNOMIA_FIELD_NAME of each field.
 */
int alert_syslog(const struct alert *alert, const struct alert_style *style, struct buf *out);
int alert_journal(const struct alert *alert, const struct alert_style *style, struct buf *out);
/* All of them: -ENOMEM, and nothing is appended. */

/* Of that object, the values of "tags" and "output_fields". Failures are the buffer's. */
void alert_json_tags(const struct alert *alert, struct buf *out);
void alert_json_fields(const struct alert *alert, const struct alert_style *style, struct buf *out);

#endif
